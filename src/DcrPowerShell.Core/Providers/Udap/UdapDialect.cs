using System;
using DcrPowerShell.Credentials;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Providers.Udap;

/// <summary>UDAP Dynamic Client Registration (HL7 UDAP Security STU 2, section 3).</summary>
internal sealed class UdapDialect : IDialect
{
    public DcrProvider Kind => DcrProvider.Udap;

    public string? OwnToken => null;

    /// <summary>Nobody registers by UDAP who was not found by it.</summary>
    public bool Speaks(DialectContext context) => context.Udap is not null;

    public Uri? UsualEndpoint(Uri issuer) => null;

    public TokenRules TokenRules(DialectContext context) =>
        new(UriText.Absolute(context.Server.TokenEndpoint), context.Server.TokenEndpoint ?? "", Audience: null);

    public DcrRateLimit? UsualLimit => null;

    public bool CountsRegistrationsApart => false;

    public JsonBag Read(JsonBag answer) => UdapRegistration.Metadata(answer);

    public JsonBag Sent(JsonBag asked) => UdapRules.Complete(asked);

    public bool SaysDeleted(JsonBag answer) => UdapRegistration.IsCancelled(answer);

    public IDcrProvider Create(DialectContext context, ICredential credential) =>
        new UdapProvider(
            context.RegistrationEndpoint,
            context.Udap ?? throw ProviderErrors.ProviderWithoutUdap(),
            context.Sender
        );
}
