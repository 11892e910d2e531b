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

    /// <summary>Without the statement, which some send back, and its claims about itself: they are no metadata (section 3.2.3).</summary>
    public JsonBag Read(JsonBag answer) =>
        answer.Without(ClientMember.SoftwareStatement, ClientMember.Certifications, "iss", "sub", "aud", "exp", "iat", "jti", "udap");

    public bool SaysDeleted(JsonBag answer) => UdapRegistration.IsCancelled(answer);

    public IDcrProvider Create(DialectContext context, ICredential credential) =>
        new UdapProvider(
            context.RegistrationEndpoint,
            context.Udap ?? throw UdapErrors.WithoutUdap($"{Kind}"),
            context.Sender
        );
}
