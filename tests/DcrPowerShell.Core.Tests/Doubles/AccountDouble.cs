using System.Linq;
using System.Security.Cryptography;
using DcrPowerShell.Ledger;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>An account that protects by turning bits over.</summary>
internal sealed class AccountDouble : IAccountProtection
{
    public string Scheme { get; init; } = "test";

    /// <summary>The key was protected for another account.</summary>
    public bool IsOther { get; set; }

    public byte[] Protect(byte[] key) => key.Select(static one => (byte)~one).ToArray();

    public byte[] Unprotect(byte[] key) => IsOther ? throw new CryptographicException("The data is invalid.") : Protect(key);
}
