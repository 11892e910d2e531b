using System;
using System.Runtime.CompilerServices;
using DcrPowerShell.TestServers;
using Xunit;

namespace DcrPowerShell.Core.Tests.OidcProvider;

/// <summary>A test against oidc-provider, which needs Node.js: where that is missing it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OidcProviderFactAttribute : FactAttribute
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
