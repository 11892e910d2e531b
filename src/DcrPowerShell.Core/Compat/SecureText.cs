using System;
using System.Runtime.InteropServices;
using System.Security;

namespace DcrPowerShell.Compat;

/// <summary>Between the text that goes over the wire and the SecureString that PowerShell handles.</summary>
internal static class SecureText
{
    public static SecureString? Protect(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var secure = new SecureString();
        foreach (var character in text)
        {
            secure.AppendChar(character);
        }

        secure.MakeReadOnly();
        return secure;
    }

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
