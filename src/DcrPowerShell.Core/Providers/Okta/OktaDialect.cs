using System;
using System.Text.RegularExpressions;
using DcrPowerShell.Credentials;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Providers.Okta;

/// <summary>
/// Okta. Clients belong to the organisation, whichever authorization server was connected to: a custom one's metadata names the
/// organisation's registration endpoint (okta-management-openapi-spec, oauth-minimal.yaml, CustomASOAuthMetadata).
/// </summary>
internal sealed class OktaDialect : IDialect
{
    // With an authorization server's id in it too: write-ups have that, and somebody's server behaves so.
    private static readonly Regex ClientsPath = new("^/oauth2/([^/]+/)?v1/clients/?$");

    public DcrProvider Kind => DcrProvider.Okta;

    public string? OwnToken => "ApiToken";

    public Uri? UsualEndpoint(Uri issuer) => null;

    public bool Speaks(DialectContext context) => ClientsPath.IsMatch(context.RegistrationEndpoint.AbsolutePath);

    /// <summary>
    /// Tokens for okta.* scopes come from the organisation's own token endpoint only, and "the audience claim for client_assertion
    /// must be the endpoint invoked for the request" (Okta, Implement OAuth for Okta with a service app).
    /// </summary>
    public TokenRules TokenRules(DialectContext context)
    {
        var endpoint = new Uri(context.RegistrationEndpoint, "/oauth2/v1/token");
        return new(endpoint, endpoint.AbsoluteUri, context.Audience);
    }

    /// <summary>100 a minute, of which one token may use half (Okta developer docs, rl-global-mgmt and rate limits of one token).</summary>
    public DcrRateLimit? UsualLimit => new(50, TimeSpan.FromMinutes(1));

    public bool CountsRegistrationsApart => false;

    public JsonBag Read(JsonBag answer) => answer;

    public JsonBag Sent(JsonBag asked) => JsonBag.Empty;

    public bool SaysDeleted(JsonBag answer) => true;

    public IDcrProvider Create(DialectContext context, ICredential credential) =>
        new OktaProvider(context.RegistrationEndpoint, credential, context.Sender);
}
