namespace DcrPowerShell.Ledger;

/// <summary>The port to what the user's account can protect by itself.</summary>
internal interface IAccountProtection
{
    /// <summary>How, as the key file has it: <c>dpapi</c>, or <c>file</c> where the file's rights are all there is.</summary>
    string Scheme { get; }

    byte[] Protect(byte[] key);

    /// <exception cref="System.Security.Cryptography.CryptographicException">
    /// It was protected for another account or on another machine.
    /// </exception>
    byte[] Unprotect(byte[] key);
}
