using System;

namespace DcrPowerShell.Keys;

/// <summary>Base64url without padding (RFC 7515, section 2 and appendix C).</summary>
internal static class Base64Url
{
    public static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <exception cref="FormatException">The text is not base64url.</exception>
    public static byte[] Decode(string text)
    {
        var plain = text.TrimEnd('=').Replace('-', '+').Replace('_', '/');
        return Convert.FromBase64String(plain + new string('=', (4 - (plain.Length % 4)) % 4));
    }
}
