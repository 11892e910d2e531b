using System;
using System.Collections.Generic;
using DcrPowerShell.Credentials;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Providers.Udap;

namespace DcrPowerShell.Providers;

/// <summary>
/// Recognises a server's dialect, and makes the provider for it. One for each value of <see cref="DcrProvider"/>.
/// </summary>
internal interface IDialect
{
    DcrProvider Kind { get; }

    /// <summary>The credential that is this service's own, by its parameter; null where it has none.</summary>
    string? OwnToken { get; }

    /// <summary>Whether the server speaks it, by its registration endpoint and what it says of itself.</summary>
    bool Speaks(DialectContext context);

    /// <summary>
    /// Where clients are registered at an issuer whose metadata does not say so while registration is switched off; null where that is not
    /// known.
    /// </summary>
    Uri? UsualEndpoint(Uri issuer);

    /// <summary>What the service wants of those who ask it for a token.</summary>
    TokenRules TokenRules(DialectContext context);

    /// <summary>What the service answers, in the words of RFC 7591.</summary>
    JsonBag Read(JsonBag answer);

    /// <summary>The pace that the service is known to take, before it has said any; null where it is not known.</summary>
    DcrRateLimit? UsualLimit { get; }

    /// <summary>Registrations are counted by themselves.</summary>
    bool CountsRegistrationsApart { get; }

    /// <inheritdoc cref="RegistrationAnswer.Sent"/>
    /// <param name="asked">All that the client was to have, as the user named it.</param>
    JsonBag Sent(JsonBag asked);

    /// <summary>Whether an answer with a body, to a deletion, says that the client is deleted.</summary>
    bool SaysDeleted(JsonBag answer);

    IDcrProvider Create(DialectContext context, ICredential credential);
}

/// <summary>What a provider is made from.</summary>
/// <param name="Issuer">As the server writes it.</param>
/// <param name="Server">Empty where discovery was skipped.</param>
/// <param name="Audience">What the user named; null for the dialect's own.</param>
internal sealed record DialectContext(
    string Issuer,
    Uri RegistrationEndpoint,
    ServerMetadata Server,
    string? Audience,
    IReadOnlyCollection<Uri> AllowedOrigins,
    HttpSender Sender
)
{
    /// <summary>The connection shows a client certificate; then endpoints may have other addresses (RFC 8705, section 5).</summary>
    public bool UsesCertificate { get; init; }

    /// <summary>What clients are managed with at servers that keep to the standard; Okta and Auth0 have ways of their own.</summary>
    public DcrManagement ManageBy { get; init; }

    /// <summary>Found by UDAP, with who we are there; null elsewhere.</summary>
    public UdapServer? Udap { get; init; }

    /// <summary>Tokens that clients get for themselves; null where they are managed otherwise.</summary>
    public ClientTokens? Clients { get; init; }

    /// <summary>
    /// The server was found by a resource: MCP wants every registration to say its application_type (specification of 2026-07-28).
    /// </summary>
    public bool WantsApplicationType { get; init; }
}
