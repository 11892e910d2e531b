using DcrPowerShell.TestServer.Auth0;
using DcrPowerShell.TestServer.Okta;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Hosting;

/// <summary>The dialects that there are.</summary>
internal static class Dialects
{
    private static readonly StandardDialect Standard = new();
    private static readonly OktaDialect Okta = new();
    private static readonly Auth0Dialect Auth0 = new();

    public static IDialect Of(Switches switches) => switches.Dialect switch
    {
        Dialect.Okta => Okta,
        Dialect.Auth0 => Auth0,
        _ => Standard,
    };
}
