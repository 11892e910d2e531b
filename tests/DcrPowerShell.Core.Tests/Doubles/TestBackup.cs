using System.Collections.Generic;
using System.IO;
using System.Security;
using System.Security.Cryptography;
using System.Text;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Ledger;
using DcrPowerShell.Ledger;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>Seals and backups whose passphrase costs no time: Mono takes many seconds for the real number of iterations.</summary>
internal static class TestBackup
{
    /// <summary>A ledger's backup.</summary>
    public static byte[] Of(RegistrationLedger ledger, SecureString passphrase)
    {
        using var file = new MemoryStream();
        BackupFile.Write(
            file,
            LedgerHash.Parse(ledger.Id),
            LedgerSamples.Now,
            ledger.Backup.Contents(),
            (key, firstLine) => Seal(key, passphrase, firstLine)
        );
        return file.ToArray();
    }

    /// <summary>The backup of a ledger with these registrations.</summary>
    public static byte[] Of(IEnumerable<RegistrationRecord> records, SecureString passphrase)
    {
        using var process = new Machine().Start();
        foreach (var record in records)
        {
            process.Ledger.Registrations.KeepAsync(record, vaultId: null, isDurable: true).GetAwaiter().GetResult();
        }

        return Of(process.Ledger, passphrase);
    }

    /// <summary>A seal of one iteration.</summary>
    public static PassphraseSeal Seal(byte[] content, SecureString passphrase, byte[] associated)
    {
        var salt = new byte[PassphraseSeal.SaltSize];
        return new(
            salt,
            1,
            ContentEncryption.Encrypt(Key(SecureText.Reveal(passphrase), salt), content, associated, ContentEncryption.NewVector())
        );
    }

    private static byte[] Key(string passphrase, byte[] salt)
    {
        using var mac = new HMACSHA512(Encoding.UTF8.GetBytes(passphrase));

        // The first and only block of PBKDF2 with one iteration (RFC 8018, section 5.2).
        return mac.ComputeHash([.. salt, 0, 0, 0, 1]);
    }
}
