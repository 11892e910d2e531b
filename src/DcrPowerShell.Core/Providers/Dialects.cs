using System;
using System.Linq;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Providers.Auth0;
using DcrPowerShell.Providers.Okta;
using DcrPowerShell.Providers.Standard;
using DcrPowerShell.Providers.Udap;

namespace DcrPowerShell.Providers;

/// <summary>All dialects.</summary>
internal static class Dialects
{
    // The standard speaks with everybody, so it comes last.
    private static readonly IDialect[] All = [new UdapDialect(), new OktaDialect(), new Auth0Dialect(), new StandardDialect()];

    /// <param name="wanted">Auto finds out by the server.</param>
    /// <param name="credential">What the user connects with, by its parameter; a service's own token goes to that service only.</param>
    /// <exception cref="DcrException">The credential is another service's; the service has another way to manage clients.</exception>
    public static IDialect For(DcrProvider wanted, string? credential, DialectContext context)
    {
        var dialect =
            wanted == DcrProvider.Auto ? All.First(dialect => dialect.Speaks(context)) : All.First(dialect => dialect.Kind == wanted);
        if (context.ManageBy == DcrManagement.ClientToken && dialect.Kind != DcrProvider.Standard)
        {
            throw ProviderErrors.NoClientTokenAt($"{dialect.Kind}");
        }

        var owner = All.FirstOrDefault(other => other.OwnToken is not null && other.OwnToken == credential);
        return owner is null || owner == dialect
            ? dialect
            : throw ProviderErrors.TokenOfOtherService(credential!, $"{owner.Kind}", $"{dialect.Kind}");
    }

    /// <inheritdoc cref="IDialect.UsualEndpoint"/>
    public static Uri? UsualEndpoint(DcrProvider wanted, Uri issuer) =>
        All.Where(dialect => dialect.Kind == wanted).Select(dialect => dialect.UsualEndpoint(issuer)).FirstOrDefault();

    /// <inheritdoc cref="IDialect.Sent"/>
    public static JsonBag Sent(string provider, JsonBag asked) => All.First(dialect => dialect.Kind.ToString() == provider).Sent(asked);

    /// <inheritdoc cref="IDialect.SaysDeleted"/>
    public static bool SaysDeleted(string provider, JsonBag answer) =>
        All.First(dialect => dialect.Kind.ToString() == provider).SaysDeleted(answer);

    /// <summary>An answer in the words of RFC 7591, which another process of ours got.</summary>
    public static JsonBag Read(string provider, JsonBag answer) => All.First(dialect => dialect.Kind.ToString() == provider).Read(answer);
}
