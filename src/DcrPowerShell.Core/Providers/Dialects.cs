using System;
using System.Linq;
using DcrPowerShell.Providers.Okta;
using DcrPowerShell.Providers.Standard;

namespace DcrPowerShell.Providers;

/// <summary>All dialects.</summary>
internal static class Dialects
{
    // The standard speaks with everybody, so it comes last.
    private static readonly IDialect[] All = [new OktaDialect(), new StandardDialect()];

    /// <param name="wanted">Auto finds out by the registration endpoint.</param>
    public static IDialect For(DcrProvider wanted, Uri registrationEndpoint) =>
        wanted == DcrProvider.Auto ? All.First(dialect => dialect.Speaks(registrationEndpoint)) : All.First(dialect => dialect.Kind == wanted);
}
