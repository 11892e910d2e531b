using System;
using DcrPowerShell.Credentials;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Providers.Standard;

/// <summary>RFC 7591 and RFC 7592.</summary>
internal sealed class StandardDialect : IDialect
{
    public DcrProvider Kind => DcrProvider.Standard;

    public string? OwnToken => null;

    public bool Speaks(DialectContext context) => true;

    public Uri? UsualEndpoint(Uri issuer) => null;

    // RFC 7523, section 3, leaves the audience to the server: its token endpoint is what most accept.
    public TokenRules TokenRules(DialectContext context)
    {
        var text = (context.UsesCertificate ? context.Server.MtlsAlias("token_endpoint") : null) ?? context.Server.TokenEndpoint;
        var endpoint = UriText.Absolute(text);
        return new(endpoint, context.Server.TokenEndpoint ?? context.Issuer, context.Audience);
    }

    public DcrRateLimit? UsualLimit => null;

    public bool CountsRegistrationsApart => false;

    public JsonBag Read(JsonBag answer) => answer;

    public JsonBag Sent(JsonBag asked) => JsonBag.Empty;

    public bool SaysDeleted(JsonBag answer) => true;

    public IDcrProvider Create(DialectContext context, ICredential credential) =>
        new StandardProvider(
            context.RegistrationEndpoint,
            new ClientConfiguration(
                context.RegistrationEndpoint,
                context.AllowedOrigins,
                context.Sender,
                context.ManageBy == DcrManagement.Connection ? credential : null,
                context.Clients
            ),
            credential,
            context.Clients,
            context.Sender,
            context.WantsApplicationType
        );
}
