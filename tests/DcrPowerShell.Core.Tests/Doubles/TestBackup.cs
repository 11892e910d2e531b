using System;
using System.Collections.Generic;
using System.IO;
using System.Security;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DcrPowerShell.Compat;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>Seals and backups whose passphrase costs no time.</summary>
internal static class TestBackup
{
    /// <summary>A backup as it is written, but for the number of iterations, which is 1.</summary>
    public static byte[] Cheap(SecureString passphrase, IReadOnlyList<RegistrationRecord> records)
    {
        using var process = new Machine().Start();
        foreach (var record in records)
        {
            process.Ledger.KeepAsync(record, vaultId: null, isDurable: true).GetAwaiter().GetResult();
        }

        using var file = new MemoryStream();
        BackupFile.Write(file, LedgerHash.Parse(process.Ledger.Id), passphrase, new DateTimeOffset(2026, 11, 28, 8, 0, 0, TimeSpan.Zero), process.Ledger.Contents());
        var whole = file.ToArray();
        var end = Array.IndexOf(whole, (byte)'\n');
        var head = JsonBag.Parse(Encoding.UTF8.GetString(whole, 0, end));
        var associated = Encoding.ASCII.GetBytes("DcrPowerShell backup " + process.Ledger.Id);
        var key = new PassphraseSeal(Convert.FromBase64String(head.Text("salt")!), (int)head.Integer("iterations")!, Convert.FromBase64String(head.Text("key")!)).Open(passphrase, associated)!;
        var seal = Seal(key, passphrase, associated);
        var cheap = head
            .With("salt", Convert.ToBase64String(seal.Salt))
            .With("iterations", JsonSerializer.SerializeToElement(seal.Iterations))
            .With("key", Convert.ToBase64String(seal.Sealed))
            .ToUtf8();
        var rest = new byte[whole.Length - end];
        Buffer.BlockCopy(whole, end, rest, 0, rest.Length);
        return [.. cheap, .. rest];
    }

    /// <summary>A seal of one iteration.</summary>
    public static PassphraseSeal Seal(byte[] content, SecureString passphrase, byte[] associated)
    {
        var salt = new byte[PassphraseSeal.SaltSize];
        return new(salt, 1, ContentEncryption.Encrypt(Key(SecureText.Reveal(passphrase), salt), content, associated, ContentEncryption.NewVector()));
    }

    private static byte[] Key(string passphrase, byte[] salt)
    {
        using var mac = new HMACSHA512(Encoding.UTF8.GetBytes(passphrase));

        // The first and only block of PBKDF2 with one iteration (RFC 8018, section 5.2).
        return mac.ComputeHash([.. salt, 0, 0, 0, 1]);
    }
}
