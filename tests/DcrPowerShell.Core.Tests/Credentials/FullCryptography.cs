using System;
using System.Runtime.CompilerServices;
using Xunit;

namespace DcrPowerShell.Core.Tests.Credentials;

/// <summary>What both .NET and .NET Framework have and Mono lacks: ECDSA, RSA-PSS, RSA keys made to size, certificates with keys.</summary>
internal static class FullCryptography
{
    private static readonly bool IsMissing = Type.GetType("Mono.Runtime") is not null;

    /// <summary>Why <paramref name="test"/> is skipped; null where it runs.</summary>
    public static string? WhyNot(string? test) =>
        IsMissing ? $"{test} did not run: Mono has no more of cryptography than RSA with PKCS#1 padding." : null;
}

/// <summary>Skipped on Mono. The name says why, because dotnet test prints no reasons.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FullCryptographyFactAttribute : FactAttribute
{
    public FullCryptographyFactAttribute([CallerMemberName] string? test = null) => DisplayName = Skip = FullCryptography.WhyNot(test);
}

/// <inheritdoc cref="FullCryptographyFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FullCryptographyTheoryAttribute : TheoryAttribute
{
    public FullCryptographyTheoryAttribute([CallerMemberName] string? test = null) => DisplayName = Skip = FullCryptography.WhyNot(test);
}
