using System;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Providers;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Errors;

/// <summary>
/// The table of docs/errors.md, whose rows each provider's own tests have: an operation, what it sent, the answer as "status header;
/// header", its body; then the error's id, and a part of its next step and of its message. The categories of the ids are in
/// tests/cmdlets/Errors.Tests.ps1. What has no answer of the server is tested where it happens: HttpSenderTests (connection),
/// VaultFaultTests and Vault.Tests.ps1.
/// </summary>
internal static class ErrorTable
{
    public const string Origin = "https://id.example.com";
    public const string Found = $$"""{"issuer":"{{Origin}}","token_endpoint":"{{Origin}}/token","registration_endpoint":"{{Origin}}""";
    public const string Sent =
        """{"client_name":"Clinic","redirect_uris":["https://app.example.com/cb","https://app.example.com/cb2"],"grant_types":["authorization_code"],"jwks_uri":"https://app.example.com/keys"}""";
    public const string Changed =
        """{"client_name":"Clinic","redirect_uris":["https://app.example.com/cb","https://app.example.com/cb2"]}""";
    public const string OneUri = """{"redirect_uris":["http://localhost/cb"]}""";
    private const string Token = """{"access_token":"at_1234567","token_type":"Bearer"}""";

    public static async Task AssertTellsAsync(
        string discovery,
        Func<CredentialInput?> usual,
        string? scope,
        string operation,
        string sent,
        string answer,
        string body,
        DcrErrorId id,
        string advice,
        string message
    )
    {
        var error = await Assert.ThrowsAsync<DcrException>(() => RunAsync(discovery, usual, scope, operation, sent, answer, body));
        Assert.Equal(id, error.ErrorId);
        Assert.Contains(advice, error.RecommendedAction);
        Assert.Contains(message, error.Message);
    }

    private static async Task RunAsync(
        string discovery,
        Func<CredentialInput?> usual,
        string? scope,
        string operation,
        string sent,
        string answer,
        string body
    )
    {
        var credential = operation.Contains("with None") ? null
            : operation.Contains("with ClientCredential") ? new CredentialInput.Secret("ops", "cs_1234567")
            : operation.Contains("with InitialToken") ? InitialToken.Of("iat_1234567")
            : usual();
        using var handler = new RecordingHandler();
        if (!operation.StartsWith("connect", StringComparison.Ordinal))
        {
            handler.Answer(200, discovery);
        }

        // A token that is refused is fetched once more.
        var isAtTokenEndpoint = operation.EndsWith("token", StringComparison.Ordinal);
        for (var tries = 0; credential is CredentialInput.Secret && !isAtTokenEndpoint && tries < 3; tries++)
        {
            Answer(handler.Answer(200, Token), answer, body);
        }

        Answer(handler, answer, body).Always();
        var (reporter, clock) = (new RecordingReporter(), new FakeClock());
        using var process = new Machine().Start();
        var request = new ConnectRequest
        {
            Issuer = new Uri(Origin),
            Credential = credential,
            Scope = scope,
        };
        var connection = await ConnectOperation.RunAsync(
            request,
            process.Ledger,
            vault: null,
            reporter,
            clock,
            CancellationToken.None,
            handler
        );
        var (service, call, metadata) = (connection.Service, new ProviderCall(reporter, CancellationToken.None), JsonBag.Parse(sent));
        var client = new RegistrationRecord
        {
            Issuer = Origin,
            ClientId = "c1",
            CreatedAt = clock.UtcNow,
            UpdatedAt = clock.UtcNow,
            Metadata = JsonBag.Empty,
            RegistrationClientUri = connection.Provider == "Standard" ? new Uri($"{Origin}/register/c1") : null,
            RegistrationAccessToken = connection.Provider == "Standard" ? "rat_1234567" : null,
        };
        await (operation.Split(' ')[0] switch
        {
            "register" => service.RegisterAsync(metadata, call),
            "read" => service.ReadAsync(client, call),
            "update" => service.UpdateAsync(client, new MetadataUpdate(metadata, metadata, JsonBag.Empty), call),
            "list" => service.ListAsync(null, null, call),
            "delete" => service.DeleteAsync(client, call),
            "secrets" => service.SecretsOf(client).ListAsync(call),
            _ => throw new ArgumentException($"There is no operation '{operation}'.", nameof(operation)),
        });
    }

    private static RecordingHandler Answer(RecordingHandler handler, string answer, string body)
    {
        var parts = answer.Split([' '], 2);
        return handler.Answer(
            int.Parse(parts[0], CultureInfo.InvariantCulture),
            body,
            parts.Skip(1).SelectMany(static headers => headers.Split([';'])).Select(static header => header.Trim()).ToArray()
        );
    }

    public static string Rfc(string code, string description = "words of the server") =>
        $$"""{"error":"{{code}}","error_description":"{{description}}"}""";
}
