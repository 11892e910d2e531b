using System;
using DcrPowerShell.Credentials;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Providers.Auth0;

/// <summary>Auth0: registration is the tenant's /oidc/register, and all that comes after is its Management API.</summary>
internal sealed class Auth0Dialect : IDialect
{
    private const string RegistrationPath = "/oidc/register";

    public DcrProvider Kind => DcrProvider.Auth0;

    public string? OwnToken => "ManagementToken";

    /// <summary>By its host; under a domain of the customer's own, by an endpoint that nobody else has.</summary>
    public bool Speaks(DialectContext context) =>
        context.RegistrationEndpoint.AbsolutePath == RegistrationPath
        && (context.RegistrationEndpoint.Host.EndsWith(".auth0.com", StringComparison.OrdinalIgnoreCase) || context.Server.MfaChallengeEndpoint is not null);

    /// <summary>
    /// Tokens are for the Management API; an assertion is for the issuer, whose trailing slash counts (Auth0 docs,
    /// authenticate-with-private-key-jwt and get-management-api-access-tokens-for-production).
    /// </summary>
    public TokenRules TokenRules(DialectContext context) => new(
        Uri.TryCreate(context.Server.TokenEndpoint, UriKind.Absolute, out var uri) ? uri : new Uri(context.RegistrationEndpoint, "/oauth/token"),
        new Uri(context.RegistrationEndpoint, "/").AbsoluteUri,
        Audience(context));

    public JsonBag Read(JsonBag answer) => Auth0Vocabulary.ToRfc(answer);

    public IDcrProvider Create(DialectContext context, ICredential credential)
    {
        // Registration is open. An initial access token is for servers that gate it all the same, and no key to the Management API.
        var isInitial = credential.Kind == "InitialAccessToken";
        var api = new Auth0Api(new Uri(Audience(context)), isInitial ? new NoCredential() : credential, context.Sender);
        return new Auth0Provider(context.RegistrationEndpoint, isInitial ? credential : new NoCredential(), api, new ClientConfiguration(context.RegistrationEndpoint, context.AllowedOrigins, context.Sender), context.Sender);
    }

    /// <summary>
    /// The Management API's identifier, and its address: it goes by the tenant's own domain even where a domain of the customer's
    /// is connected to, and then -Audience names it.
    /// </summary>
    private static string Audience(DialectContext context) =>
        context.Audience is { } named && Uri.TryCreate(named, UriKind.Absolute, out var uri) && SafeUrl.IsSafe(uri) && uri.AbsolutePath == Auth0Api.Path
            ? uri.AbsoluteUri
            : new Uri(context.RegistrationEndpoint, Auth0Api.Path).AbsoluteUri;
}
