using System;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Providers.Auth0;

/// <summary>Auth0: registration is the tenant's /oidc/register, and all that comes after is its Management API.</summary>
internal sealed class Auth0Dialect : IDialect
{
    private const string RegistrationPath = "/oidc/register";

    public DcrProvider Kind => DcrProvider.Auth0;

    public string? OwnToken => "ManagementToken";

    public Uri? UsualEndpoint(Uri issuer) => new(issuer, RegistrationPath);

    /// <summary>By its host; under a domain of the customer's own, by an endpoint that nobody else has.</summary>
    public bool Speaks(DialectContext context) =>
        context.RegistrationEndpoint.AbsolutePath == RegistrationPath
        && (
            context.RegistrationEndpoint.Host.EndsWith(".auth0.com", StringComparison.OrdinalIgnoreCase)
            || context.Server.MfaChallengeEndpoint is not null
        );

    /// <summary>
    /// Tokens are for the Management API; an assertion is for the issuer, whose trailing slash counts (Auth0 docs,
    /// authenticate-with-private-key-jwt and get-management-api-access-tokens-for-production, which sends a secret
    /// in the form).
    /// </summary>
    public TokenRules TokenRules(DialectContext context) => new(
        UriText.Absolute(context.Server.TokenEndpoint) ?? new Uri(context.RegistrationEndpoint, "/oauth/token"),
        new Uri(context.RegistrationEndpoint, "/").AbsoluteUri,
        Audience(context))
    {
        SecretInForm = true,
        Explain = server => Explain(server, Audience(context)),
    };

    /// <summary>5 registrations a second (Auth0 docs, dynamic-client-registration); the Management API tells its own limit.</summary>
    public DcrRateLimit? UsualLimit => new(5, TimeSpan.FromSeconds(1));

    public bool CountsRegistrationsApart => true;

    public JsonBag Read(JsonBag answer) => Auth0Vocabulary.ToRfc(answer);

    public JsonBag Sent(JsonBag asked) => JsonBag.Empty;

    public bool SaysDeleted(JsonBag answer) => true;

    public IDcrProvider Create(DialectContext context, ICredential credential)
    {
        // Registration is open. An initial access token is for servers that gate it all the same, and no key to the Management API.
        var isInitial = credential.Kind == "InitialAccessToken";
        var api = new Auth0Api(new Uri(Audience(context)), isInitial ? new NoCredential() : credential, context.Sender);
        return new Auth0Provider(
            context.RegistrationEndpoint,
            isInitial ? credential : new NoCredential(),
            api,
            new ClientConfiguration(context.RegistrationEndpoint, context.AllowedOrigins, context.Sender),
            context.Sender
        );
    }

    /// <summary>All of these have the code access_denied; the words are those seen in the field.</summary>
    private static DcrException? Explain(ServerError server, string audience)
    {
        bool Says(string words) =>
            server.Code == "access_denied" && server.Description?.StartsWith(words, StringComparison.Ordinal) == true;
        return Says("Service not enabled within domain") ? Auth0Errors.Auth0AudienceUnknown(server, audience)
            : Says("Client is not authorized to access") ? Auth0Errors.Auth0NotAuthorized(server, audience)
            : Says("Client has not been granted scopes") ? Auth0Errors.Auth0ScopeNotGranted(server)
            : null;
    }

    /// <summary>
    /// The Management API's identifier, and its address: it goes by the tenant's own domain even where a domain of the customer's
    /// is connected to, and then -Audience names it.
    /// </summary>
    private static string Audience(DialectContext context) =>
        context.Audience is { } named
        && UriText.Absolute(named) is { } uri
        && SafeUrl.IsSafe(uri)
        && uri.AbsolutePath.TrimEnd('/') + "/" == Auth0Api.Path
            ? new Uri(uri, Auth0Api.Path).AbsoluteUri
            : new Uri(context.RegistrationEndpoint, Auth0Api.Path).AbsoluteUri;
}
