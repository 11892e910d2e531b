using System;
using System.Collections.Generic;
using System.Net;
using System.Runtime.InteropServices;
using System.Security;

namespace DcrPowerShell.Compat;

/// <summary>Between the text that goes over the wire and the SecureString that PowerShell handles.</summary>
internal static class SecureText
{
    /// <summary>So many characters a SecureString takes.</summary>
    public const int Longest = 65_536;

    public static SecureString? Protect(string? text)
    {
        if (text is null)
        {
            return null;
        }

        // In one go: character by character, each would be decrypted and encrypted again with those before it.
        var secure = new NetworkCredential(string.Empty, text).SecurePassword;
        secure.MakeReadOnly();
        return secure;
    }

    /// <summary>A text of any length.</summary>
    public static IReadOnlyList<SecureString> Parts(string text)
    {
        var parts = new List<SecureString>();
        for (var start = 0; start == 0 || start < text.Length; start += Longest)
        {
            parts.Add(Protect(text.Substring(start, Math.Min(Longest, text.Length - start)))!);
        }

        return parts;
    }

    /// <summary>As vaults take it: a SecureString, or the plain text where it is too long for one.</summary>
    public static object ForVault(string text) => text.Length <= Longest ? Protect(text)! : text;

    public static string Reveal(SecureString secure)
    {
        var pointer = Marshal.SecureStringToGlobalAllocUnicode(secure);
        try
        {
            return Marshal.PtrToStringUni(pointer)!;
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(pointer);
        }
    }
}
