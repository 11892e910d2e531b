using System;
using System.Text;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>Software statements whose signature nobody looks at.</summary>
internal static class Statements
{
    /// <param name="claims">JSON.</param>
    public static string Of(string claims) => $"{Encode("""{"alg":"PS256"}""")}.{Encode(claims)}.c2lnbmF0dXJl";

    private static string Encode(string json) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(json)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
