using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>What the server's own lists do not have is told before it is sent, and sent all the same (RFC 8414, section 2).</summary>
public class UnlistedTests
{
    private const string Lists = """
        {"discoveryOverrides":{
          "scopes_supported":["openid"],"grant_types_supported":["authorization_code"],"response_types_supported":["code"],
          "token_endpoint_auth_methods_supported":["private_key_jwt"],"token_endpoint_auth_signing_alg_values_supported":["ES256"]} }
        """;

    [Theory]
    [InlineData("""{"scope":"openid read"}""", "scopes_supported does not list read (scope)")]
    [InlineData(
        """{"grant_types":["authorization_code","refresh_token"]}""",
        "grant_types_supported does not list refresh_token (grant_types)"
    )]
    [InlineData("""{"token_endpoint_auth_method":"none"}""", "token_endpoint_auth_methods_supported does not list none")]
    [InlineData("""{"token_endpoint_auth_signing_alg":"RS256"}""", "token_endpoint_auth_signing_alg_values_supported does not list RS256")]
    public async Task What_the_server_does_not_list_is_told_and_sent(string member, string told)
    {
        using var session = await Session.StartAsync(Lists);
        var client = await session.RegisterAsync(
            JsonBag.Parse("""{"client_name":"App","redirect_uris":["https://app.example.com/cb"]}""").With(JsonBag.Parse(member)).ToString()
        );
        Assert.StartsWith("Client 'App': the server's " + told, session.Reporter.Warnings.First());
        var (name, value) = JsonBag.Parse(member).Select(static one => (one.Key, one.Value.ToString())).Single();
        Assert.Equal(
            value,
            JsonBag.Parse(Assert.Single(await session.SentAsync("register")).Body!).ToElement().GetProperty(name).ToString()
        );

        await session.UpdateAsync(client.ClientId, member);
        Assert.Contains(
            session.Reporter.Warnings,
            warning => warning.StartsWith($"Client '{client.ClientId}': the server's " + told, System.StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Where_there_is_no_list_nothing_is_told()
    {
        using var session = await Session.StartAsync("""
            {"discoveryOverrides":{"scopes_supported":null,"grant_types_supported":null,"token_endpoint_auth_methods_supported":[]} }
            """);
        await session.RegisterAsync(
            """{"client_name":"App","redirect_uris":["https://app.example.com/cb"],"scope":"x","token_endpoint_auth_method":"none"}""");
        Assert.Empty(session.Reporter.Warnings);
        Assert.Empty(session.Connection.ScopesSupported);
    }
}
