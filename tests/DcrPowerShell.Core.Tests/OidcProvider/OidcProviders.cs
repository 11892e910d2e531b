using System.Collections.Generic;
using System.Threading.Tasks;
using DcrPowerShell.TestServers;
using Xunit;

namespace DcrPowerShell.Core.Tests.OidcProvider;

/// <summary>One process of oidc-provider with a server for each habit that the tests need.</summary>
public sealed class OidcProviders : IAsyncLifetime
{
    private const string Options = """
        [{},
         {"rotate":false,"initialAccessToken":true,"issuerPath":"/tenant1"},
         {"initialAccessToken":true,"policies":["force-tenant","no-public-clients"]},
         {"initialAccessToken":true,"policies":["deny-all"]},
         {"management":false},
         {"registrationAccessToken":false},
         {"registration":false},
         {"issuerPath":"/realms/a","insertedDiscovery":true,"secretTtl":7776000},
         {"initialAccessToken":true,"registrationScope":"dcr","scopes":["dcr","api:read"]},
         {"initialAccessToken":true,"registrationScope":"dcr","scopes":["dcr","api:read"],"dpopNonce":true},
         {"initialAccessToken":true,"registrationScope":"dcr","scopes":["dcr"],"clientAuthMethods":["client_secret_post"]}]
        """;

    private OidcProviderProcess? _process;

    /// <summary>Registers for anybody; an update replaces the token.</summary>
    public OidcProviderServer Open => Servers[0];

    /// <summary>Wants an initial token, leaves tokens alone, and has a path in its issuer.</summary>
    public OidcProviderServer Guarded => Servers[1];

    /// <summary>Changes what was asked, and refuses public clients.</summary>
    public OidcProviderServer Strict => Servers[2];

    /// <summary>Refuses everybody.</summary>
    public OidcProviderServer Denying => Servers[3];

    /// <summary>Has neither update nor deletion.</summary>
    public OidcProviderServer ReadOnly => Servers[4];

    /// <summary>Gives out no registration access token.</summary>
    public OidcProviderServer Tokenless => Servers[5];

    /// <summary>Does not register clients.</summary>
    public OidcProviderServer Closed => Servers[6];

    /// <summary>Has its metadata where RFC 8414 wants it, and secrets that expire in 90 days.</summary>
    public OidcProviderServer Expiring => Servers[7];

    /// <summary>Registers for whoever has an access token for the scope dcr, or an initial token.</summary>
    public OidcProviderServer Credentialed => Servers[8];

    /// <summary>The same, and its DPoP proofs need nonces.</summary>
    public OidcProviderServer Challenging => Servers[9];

    /// <summary>The same, and secrets stand in the form.</summary>
    public OidcProviderServer Posting => Servers[10];

    /// <summary>What the server complained of itself.</summary>
    public string Errors => _process!.Errors;

    private IReadOnlyList<OidcProviderServer> Servers => _process!.Servers;

    /// <inheritdoc/>
    public async Task InitializeAsync() =>
        _process = OidcProviderProcess.WhyUnavailable() is null ? await OidcProviderProcess.StartAsync(Options) : null;

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        _process?.Dispose();
        return Task.CompletedTask;
    }
}
