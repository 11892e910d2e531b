using System;
using System.Runtime.CompilerServices;
using DcrPowerShell.Core.Tests.Credentials;
using DcrPowerShell.TestServers;
using Xunit;

namespace DcrPowerShell.Core.Tests.OidcProvider;

/// <summary>A test against oidc-provider, which needs Node.js: where that is missing it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public class OidcProviderFactAttribute : FactAttribute
{
    /// <summary>Looks whether the server can run here.</summary>
    public OidcProviderFactAttribute([CallerMemberName] string test = "")
    {
        if (OidcProviderProcess.WhyUnavailable() is { } reason)
        {
            Skip = reason;
            DisplayName = $"{test}: {reason}"; // dotnet test shows a skipped test's name and not the reason.
        }
    }
}

/// <summary>One that needs more of cryptography than Mono has, too.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OidcProviderFullCryptographyFactAttribute : OidcProviderFactAttribute
{
    /// <inheritdoc cref="OidcProviderFactAttribute"/>
    public OidcProviderFullCryptographyFactAttribute([CallerMemberName] string test = "")
        : base(test)
    {
        if (FullCryptography.WhyNot(test) is { } reason)
        {
            DisplayName = Skip = reason;
        }
    }
}
