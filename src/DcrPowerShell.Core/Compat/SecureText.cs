using System.Net;
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

        // In one go: character by character, each would be decrypted and encrypted again with those before it.
        var secure = new NetworkCredential(string.Empty, text).SecurePassword;
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
