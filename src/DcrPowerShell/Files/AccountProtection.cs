using System;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DcrPowerShell.Ledger;

namespace DcrPowerShell.Files;

/// <summary>
/// What the user's account protects: with DPAPI on Windows; elsewhere a key file that only this account can read, and nothing more.
/// </summary>
internal sealed class AccountProtection : IAccountProtection
{
    private const int NoPrompt = 0x1;

    public string Scheme => IsWindows ? "dpapi" : "file";

    private static bool IsWindows => RuntimeInformation.IsOSPlatform(OSPlatform.Windows);

    public byte[] Protect(byte[] key) =>
        IsWindows
            ? Call(
                key,
                static (ref Blob data, out Blob result) =>
                    CryptProtectData(ref data, null, IntPtr.Zero, IntPtr.Zero, IntPtr.Zero, NoPrompt, out result)
            )
            : key;

    public byte[] Unprotect(byte[] key) =>
        IsWindows
            ? Call(
                key,
                static (ref Blob data, out Blob result) =>
                    CryptUnprotectData(ref data, IntPtr.Zero, IntPtr.Zero, IntPtr.Zero, IntPtr.Zero, NoPrompt, out result)
            )
            : key;

    private delegate bool Dpapi(ref Blob data, out Blob result);

    private static byte[] Call(byte[] bytes, Dpapi call)
    {
        var data = new Blob { Length = bytes.Length, Bytes = Marshal.AllocHGlobal(bytes.Length) };
        try
        {
            Marshal.Copy(bytes, 0, data.Bytes, bytes.Length);
            if (!call(ref data, out var result))
            {
                throw new CryptographicException(new Win32Exception(Marshal.GetLastWin32Error()).Message);
            }

            try
            {
                var given = new byte[result.Length];
                Marshal.Copy(result.Bytes, given, 0, given.Length);
                return given;
            }
            finally
            {
                _ = LocalFree(result.Bytes);
            }
        }
        finally
        {
            Marshal.FreeHGlobal(data.Bytes);
        }
    }

    [DllImport("crypt32.dll", SetLastError = true, CharSet = CharSet.Unicode)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern bool CryptProtectData(
        ref Blob data,
        string? description,
        IntPtr entropy,
        IntPtr reserved,
        IntPtr prompt,
        int flags,
        out Blob result
    );

    [DllImport("crypt32.dll", SetLastError = true, CharSet = CharSet.Unicode)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern bool CryptUnprotectData(
        ref Blob data,
        IntPtr description,
        IntPtr entropy,
        IntPtr reserved,
        IntPtr prompt,
        int flags,
        out Blob result
    );

    [DllImport("kernel32.dll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern IntPtr LocalFree(IntPtr memory);

    [StructLayout(LayoutKind.Sequential)]
    private struct Blob
    {
        public int Length;
        public IntPtr Bytes;
    }
}
