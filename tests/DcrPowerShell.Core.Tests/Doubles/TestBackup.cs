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

/// <summary>Seals and backups whose passphrase costs no time: Mono takes many seconds for the real number of iterations.</summary>
internal static class TestBackup
{
    /// <summary>A backup in the form that docs/ledger.md has, but for the number of iterations, which is 1.</summary>
    public static byte[] Cheap(SecureString passphrase, IReadOnlyList<RegistrationRecord> records)
    {
        using var process = new Machine().Start();
        foreach (var record in records)
        {
            process.Ledger.Registrations.KeepAsync(record, vaultId: null, isDurable: true).GetAwaiter().GetResult();
        }

        var keys = new LedgerKeysDouble();
        const string MadeAt = "2026-11-28T08:00:00Z";
        var seal = Seal(keys.Active.ToBytes(), passphrase, BackupFile.Associated(keys.LedgerId, MadeAt, records.Count));
        var head = JsonBag.Empty
            .With("backup", "DcrPowerShell")
            .With("version", JsonSerializer.SerializeToElement(1))
            .With("ledger", keys.LedgerId.ToString())
            .With("made_at", MadeAt)
            .With("frames", JsonSerializer.SerializeToElement(records.Count))
            .With("salt", Convert.ToBase64String(seal.Salt))
            .With("iterations", JsonSerializer.SerializeToElement(seal.Iterations))
            .With("key", Convert.ToBase64String(seal.Sealed))
            .ToUtf8();
        using var file = new MemoryStream();
        file.Write(head, 0, head.Length);
        file.WriteByte((byte)'\n');
        var codec = new FrameCodec(keys);
        var previous = default(FrameHeader);
        foreach (var content in process.Ledger.Backup.Contents())
        {
            (previous, var frame) = codec.Seal(content, previous.Sequence + 1, previous, epoch: 1);
            file.Write(frame, 0, frame.Length);
        }

        return file.ToArray();
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
