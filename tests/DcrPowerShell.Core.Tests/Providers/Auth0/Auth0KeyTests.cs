using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Credentials;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Providers.Auth0;
using Xunit;

namespace DcrPowerShell.Core.Tests.Providers.Auth0;

/// <summary>
/// The public keys of a client, which Auth0 stores as credentials (Auth0 docs, configure-private-key-jwt and rotate-credentials).
/// </summary>
public class Auth0KeyTests
{
    private const string Client = """{"client_name":"App","redirect_uris":["https://application.example.com/callback"]}""";
    private const string AllScopes =
        "\"read:clients\",\"update:clients\",\"read:client_keys\",\"read:client_credentials\",\"create:client_credentials\",\"update:client_credentials\"";

    // The published public keys of RFC 7638, section 3.1, and RFC 7515, appendix A.2.
    private static readonly JsonBag Plain = JsonBag.Parse(RfcVectors.ThumbprintKey).Without("kid");
    private static readonly string First = Plain.ToString();
    private static readonly string Second = JsonBag
        .Parse(RfcVectors.RsaKey)
        .Where(static (name, _) => name is "kty" or "n" or "e")
        .With("alg", "RS384")
        .With("kid", "second-key-2026")
        .ToString();

    [Fact]
    public async Task Keys_become_credentials_that_the_client_authenticates_with()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Client);
        var changed = await SetAsync(session, client, First);
        Assert.Equal("private_key_jwt", changed.TokenEndpointAuthMethod);
        Assert.Empty(changed.Changes);
        Assert.Empty(session.Reporter.Warnings);

        // The server makes the id of the key that it read from the PEM.
        Assert.Equal(
            $$"""{"credential_type":"public_key","name":"{{RfcVectors.Thumbprint}}","alg":"RS256"}""",
            JsonBag.Parse((await session.SentAsync("createCredential")).Single().Body).Without("pem").ToString()
        );
        var credential = (await CredentialsAsync(session)).Single();
        Assert.Equal((RfcVectors.Thumbprint, "RS256"), (credential.Text("kid"), credential.Text("alg")));
        Assert.Equal(
            $$$"""{"client_authentication_methods":{"private_key_jwt":{"credentials":[{"id":"{{{credential.Text("id")}}}"}]}},"token_endpoint_auth_method":null}""",
            (await session.SentAsync("update")).Single().Body);

        var read = await session.ReadAsync(client.ClientId);
        Assert.Equal("private_key_jwt", read.TokenEndpointAuthMethod);
        Assert.False(read.Metadata.Contains("jwks"));
        Assert.NotNull(session.Stored(client.ClientId).ClientSecret);
    }

    [Fact]
    public async Task A_client_with_keys_has_no_secret_to_reset()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Client);
        await SetAsync(session, client, First);
        var error = await Assert.ThrowsAsync<DcrException>(() => session.ResetSecretAsync(client.ClientId));
        Assert.Equal(DcrErrorId.OperationNotSupported, error.ErrorId);
        Assert.Contains("private_key_jwt", error.Message);
        Assert.Empty(await session.SentAsync("rotateSecret"));
    }

    [Fact]
    public async Task The_same_key_again_changes_nothing()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Client);
        await SetAsync(session, client, First, Second);
        await session.Server.ClearRequestsAsync();
        var again = await SetAsync(session, client, Second, First);
        Assert.Empty(again.Changes);
        Assert.Equal(["read", "listCredentials"], (await session.Server.RequestsAsync()).Select(request => request.Operation));
    }

    [Fact]
    public async Task A_replaced_key_is_deleted_once_the_new_one_is_in_use()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Client);
        await SetAsync(session, client, First);
        await session.Server.ClearRequestsAsync();
        await session.UpdateAsync(client.ClientId, $$"""{"client_name":"Renamed","jwks":{"keys":[{{Second}}]} }""");
        Assert.Equal(
            ["read", "listCredentials", "createCredential", "update", "deleteCredential"],
            (await session.Server.RequestsAsync()).Select(request => request.Operation)
        );
        var credential = (await CredentialsAsync(session)).Single();
        Assert.Equal(("second-key-2026", "RS384"), (credential.Text("kid"), credential.Text("alg")));
        Assert.Equal("Renamed", (await session.ReadAsync(client.ClientId)).ClientName);
        Assert.Empty(session.Reporter.Warnings);
    }

    [Fact]
    public async Task The_old_and_the_new_key_of_a_client_both_hold_until_the_old_one_is_left_out()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Client);
        await SetAsync(session, client, First);
        await SetAsync(session, client, First, Second);
        Assert.Equal(2, Auth0Vocabulary.Credentials((await session.ReadAsync(client.ClientId)).Record.Metadata).Count);
        await SetAsync(session, client, Second);
        Assert.Equal("second-key-2026", (await CredentialsAsync(session)).Single().Text("kid"));
        Assert.Equal(2, (await session.SentAsync("createCredential")).Count);
    }

    [Fact]
    public async Task Another_method_takes_the_place_of_the_keys()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Client);
        await SetAsync(session, client, First);
        var changed = await session.UpdateAsync(client.ClientId, """{"token_endpoint_auth_method":"client_secret_post"}""");
        Assert.Equal("client_secret_post", changed.TokenEndpointAuthMethod);
        Assert.Empty(changed.Changes);
        Assert.Equal(
            """{"token_endpoint_auth_method":"client_secret_post","client_authentication_methods":null}""",
            (await session.SentAsync("update"))[1].Body
        );
        Assert.Empty(await CredentialsAsync(session));
    }

    /// <summary>A new key that came to no use must not stand in the way of the next try; and what the user gets to see is why.</summary>
    [Fact]
    public async Task A_key_is_taken_back_where_the_client_cannot_use_it()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Client);
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            session.UpdateAsync(
                client.ClientId,
                $$"""{"redirect_uris":["https://*.example.com/cb"],"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[{{First}}]} }"""
            )
        );
        Assert.Equal((DcrErrorId.InvalidRedirectUri, "redirect_uris"), (error.ErrorId, error.Member));
        Assert.Empty(await CredentialsAsync(session));
        Assert.Equal("client_secret_post", (await session.ReadAsync(client.ClientId)).TokenEndpointAuthMethod);
    }

    [Fact]
    public async Task A_first_key_is_taken_back_where_the_second_is_refused()
    {
        using var session = await StartAsync(""","faults":[{"on":"createCredential","skip":1,"status":400}]""");
        var client = await session.RegisterAsync(Client);
        var error = await Assert.ThrowsAsync<DcrException>(() => SetAsync(session, client, First, Second));
        Assert.Equal(DcrErrorId.InvalidClientMetadata, error.ErrorId);
        Assert.Empty(await CredentialsAsync(session));
        Assert.Empty(await session.SentAsync("update"));
    }

    /// <summary>Nobody knows whether the client uses it: it stays, and the next try finds it.</summary>
    [Fact]
    public async Task A_key_stays_where_the_outcome_is_unknown_and_is_used_the_next_time()
    {
        using var session = await StartAsync(""","faults":[{"on":"update","status":500,"times":2}]""");
        var client = await session.RegisterAsync(Client);
        var error = await Assert.ThrowsAsync<DcrException>(() => SetAsync(session, client, First));
        Assert.Equal(DcrErrorId.OutcomeUnknown, error.ErrorId);
        await SetAsync(session, client, First);
        Assert.Single(await session.SentAsync("createCredential"));
        Assert.Empty(await session.SentAsync("deleteCredential"));
    }

    [Fact]
    public async Task A_replaced_key_that_cannot_be_deleted_is_a_warning()
    {
        using var session = await StartAsync(token: $"\"scopes\":[{AllScopes}]");
        var client = await session.RegisterAsync(Client);
        await SetAsync(session, client, First);
        var changed = await SetAsync(session, client, Second);
        Assert.Equal("private_key_jwt", changed.TokenEndpointAuthMethod);
        Assert.Contains("delete:client_credentials", session.Reporter.Warnings.Single());
        Assert.Equal(2, (await CredentialsAsync(session)).Length);
    }

    [Fact]
    public async Task A_missing_scope_for_keys_is_named()
    {
        using var session = await StartAsync(token: "\"scopes\":[\"read:clients\",\"update:clients\"]");
        var client = await session.RegisterAsync(Client);
        var error = await Assert.ThrowsAsync<DcrException>(() => SetAsync(session, client, First));
        Assert.Equal(DcrErrorId.InsufficientScope, error.ErrorId);
        Assert.Contains("read:client_credentials", error.RecommendedAction);
    }

    [Fact]
    public async Task A_key_that_auth0_has_for_another_algorithm_is_refused_before_anything_changes()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Client);
        await SetAsync(session, client, First);
        var error = await Assert.ThrowsAsync<DcrException>(() => SetAsync(session, client, Second, Plain.With("alg", "PS256").ToString()));
        Assert.Equal((DcrErrorId.InvalidClientMetadata, "jwks"), (error.ErrorId, error.Member));
        Assert.Contains("for RS256", error.Message);
        Assert.Single(await session.SentAsync("createCredential"));
    }

    [Theory]
    [InlineData("""{"token_endpoint_auth_method":"private_key_jwt"}""", "token_endpoint_auth_method", "-Jwks")]
    [InlineData("""{"jwks":KEYS}""", "jwks", "-TokenEndpointAuthMethod private_key_jwt")]
    [InlineData("""{"jwks":KEYS,"token_endpoint_auth_method":"client_secret_post"}""", "jwks", "-TokenEndpointAuthMethod private_key_jwt")]
    public async Task Keys_and_method_go_together(string changes, string member, string advice)
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Client);
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            session.UpdateAsync(client.ClientId, changes.Replace("KEYS", $$"""{"keys":[{{First}}]}"""))
        );
        Assert.Equal((DcrErrorId.InvalidClientMetadata, member), (error.ErrorId, error.Member));
        Assert.Contains(advice, error.RecommendedAction);
        Assert.Equal(
            ["read"],
            (await session.Server.RequestsAsync()).Select(request => request.Operation).SkipWhile(operation => operation != "read")
        );
    }

    [Fact]
    public async Task A_client_that_authenticates_by_keys_keeps_one()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Client);
        await SetAsync(session, client, First);
        var error = await Assert.ThrowsAsync<DcrException>(() => session.UpdateAsync(client.ClientId, """{"jwks":null}"""));
        Assert.Equal("token_endpoint_auth_method", error.Member);
        await session.UpdateAsync(client.ClientId, """{"client_name":"Renamed","token_endpoint_auth_method":"private_key_jwt"}""");
        Assert.Equal("""{"name":"Renamed"}""", (await session.SentAsync("update"))[1].Body);
    }

    [Theory]
    [InlineData(
        """{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}""",
        "'EC'"
    )]
    [InlineData("""{"kty":"RSA","alg":"RS512","n":"AQ","e":"AQAB"}""", "RS512")]
    [InlineData("""{"kty":"RSA","n":"AQ","e":"AQAB"}""", "2048 to 4096")]
    [InlineData("""{"kty":"RSA","e":"AQAB"}""", "'n'")]
    [InlineData("""{"kty":"RSA","n":"no base64url!","e":"AQAB"}""", "'n'")]
    [InlineData("""{"kty":"RSA","n":"AAE","e":"AQAB"}""", "'n'")]
    [InlineData("""{"kty":"RSA","n":"AQ","e":"="}""", "'e'")]
    [InlineData("\"a text\"", "no JSON Web Key")]
    [InlineData("", "has no key")]
    [InlineData("""{"kty":"RSA"},{"kty":"RSA"},{"kty":"RSA"}""", "3 keys")]
    public async Task What_auth0_cannot_take_is_not_sent(string keys, string says)
    {
        using var session = await StartAsync();
        var error = Assert.Throws<DcrException>(() =>
            session.Connection.Service.Check(JsonBag.Parse($$"""{"client_id":"tpc_1","jwks":{"keys":[{{keys}}]} }"""))
        );
        Assert.Equal((DcrErrorId.InvalidClientMetadata, "jwks"), (error.ErrorId, error.Member));
        Assert.Contains(says, error.Message);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("bilbo.baggins@hobbiton.example")]
    public void A_key_id_that_auth0_does_not_take_is_refused(string keyId)
    {
        var error = Assert.Throws<DcrException>(() =>
            Auth0Key.ReadAll(JsonBag.Parse($$"""{"jwks":{"keys":[{{Plain.With("kid", keyId)}}]} }"""))
        );
        Assert.Contains(keyId, error.Message);
    }

    [Fact]
    public void An_address_of_keys_has_no_place_at_auth0()
    {
        var error = Assert.Throws<DcrException>(() =>
            Auth0Key.ReadAll(JsonBag.Parse("""{"jwks_uri":"https://app.example.com/jwks.json"}"""))
        );
        Assert.Equal("jwks_uri", error.Member);
        Assert.Contains("-Jwks", error.RecommendedAction);
    }

    private static Task<DcrClient> SetAsync(Session session, DcrClient client, params string[] keys) =>
        session.UpdateAsync(
            client.ClientId,
            $$"""{"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[{{string.Join(",", keys)}}]} }"""
        );

    private static async Task<JsonBag[]> CredentialsAsync(Session session) =>
        (await session.Server.StateAsync()).GetProperty("credentials").EnumerateArray().Select(JsonBag.From).ToArray();

    private static Task<Session> StartAsync(string root = "", string token = "")
    {
        return Session.StartAuth0Async(
            $$$$$"""{"dialect":"auth0","auth0":{"managementToken":{{{{{{token}}}}}},"registerLimit":null,"managementLimit":null,"tenant":{"settings":{"flags":{"enable_dynamic_client_registration":true}}}}{{{{{root}}}}}}"""
        );
    }
}
