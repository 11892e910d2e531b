using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security;
using System.Text;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>Describes, protects, compacts and backs up the local store.</summary>
internal static class StoreOperation
{
    private const int MostTold = 10;

    private static readonly int[] ReminderCounts = [1, 50, 500];

    /// <exception cref="DcrException">StoreDamaged, StoreReadOnly. A locked store is described as such.</exception>
    public static async Task<DcrStoreInfo> DescribeAsync(LocalStore store, string keyPath, Func<string, ISecretVault> vaultOf)
    {
        var settings = store.Settings;
        var info = new DcrStoreInfo
        {
            Path = store.Folder.Path,
            Protection = store.Protection,
            KeyPath = keyPath,
            DefaultVault = settings.DefaultVault,
            LastBackupAt = settings.LastBackupAt,
            LastBackupCount = settings.LastBackupCount,
        };
        try
        {
            var ledger = await store.OpenAsync(vaultOf).ConfigureAwait(false);
            ledger.ReadOn();
            var counts = ledger.Registrations.Count();
            var own = counts.TryGetValue(0, out var count) ? count : 0;
            return info with
            {
                Protection = store.Protection,
                KeyPath = ledger.WhyInMemory is null ? keyPath : ledger.Path,
                Registrations = own,
                InVaults = counts.Values.Sum() - own,
                Pending = ledger.Vaults.CountPending(),
                OpenRequests = ledger.Requests.Open().Count,
                Damaged = ledger.File.Gaps.Count(static gap => gap.IsDamage),
                Size = ledger.File.Size.Length,
            };
        }
        catch (DcrException locked) when (locked.ErrorId is DcrErrorId.StoreLocked or DcrErrorId.StoreKeyMissing)
        {
            return info with { IsLocked = true };
        }
    }

    /// <summary>Judges what was asked for, before anything is done.</summary>
    /// <exception cref="DcrException">InvalidSetup.</exception>
    public static void CheckProtection(DcrProtection? protection, SecureString? passphrase, string? vault)
    {
        if (passphrase is not null != (protection == DcrProtection.Passphrase))
        {
            throw StoreErrors.ProtectionIncomplete("Passphrase", "Passphrase");
        }

        if (passphrase is { Length: 0 })
        {
            throw StoreErrors.PassphraseEmpty();
        }

        if (vault is not null != (protection == DcrProtection.Vault))
        {
            throw StoreErrors.ProtectionIncomplete("Vault", "Vault");
        }
    }

    /// <returns>Where vaults still have former keys.</returns>
    /// <exception cref="DcrException">StoreLocked, StoreReadOnly, VaultWriteFailed: the old protection holds.</exception>
    public static Task<IReadOnlyList<(string Vault, string SecretName)>> ProtectAsync(
        LocalStore store,
        DcrProtection protection,
        SecureString? passphrase,
        string? vault,
        Func<string, ISecretVault> vaultOf
    ) =>
        store.ProtectAsync(
            async (ledgerId, key) =>
                protection switch
                {
                    DcrProtection.User => store.Keys.ByAccount(key),
                    DcrProtection.Passphrase => StoreKeys.ByPassphrase(ledgerId, key, passphrase!),
                    _ => await ByVaultAsync(ledgerId, key, vaultOf(vault!)).ConfigureAwait(false),
                },
            vaultOf
        );

    /// <summary>Writes a backup.</summary>
    /// <returns>How many registrations with their secrets are in it.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static int WriteBackup(RegistrationLedger ledger, Stream target, SecureString passphrase, DateTimeOffset now)
    {
        var contents = ledger.Backup.Contents();
        BackupFile.Write(
            target,
            LedgerHash.Parse(ledger.Id),
            now,
            contents,
            (key, firstLine) => PassphraseSeal.Of(key, passphrase, firstLine)
        );
        return contents.Count(static frame => frame.Header.Kind == FrameKind.Kept);
    }

    /// <summary>Takes what was removed or moved away off the disk, too.</summary>
    /// <returns>A warning where the disk refuses, because the rest is done; null where all is well.</returns>
    public static string? Compact(RegistrationLedger ledger)
    {
        try
        {
            ledger.Compact();
            return null;
        }
        catch (DcrException failure)
        {
            return "It is done, but the file of the local store could not be rewritten: "
                + $"{(failure.InnerException?.Message ?? failure.Message).TrimEnd('.')}. It still has, encrypted, what the store no longer "
                + "needs. The next removal or move drops it.";
        }
    }

    /// <summary>The reminder for a store that has grown and has no backup; null where there is none to give.</summary>
    /// <param name="before">How many registrations it had.</param>
    public static string? BackupReminder(RegistrationLedger ledger, int before)
    {
        var now = ledger.Registrations.LocalCount;
        return ReminderCounts.Any(count => before < count && now >= count) && !ledger.HasBackup
            ? $"The local store holds {now} registration{(now == 1 ? "" : "s")} and has no backup. Backup-DcrStore -Path <file> "
                + "-Passphrase <passphrase> makes one; without it, a lost disk is a lost token for each of them."
            : null;
    }

    /// <summary>The warning about a backup's registrations that were not taken, where they differ; null where none do.</summary>
    public static string? LeftWarning(RegistrationLedger ledger, IReadOnlyList<FrameDraft> contents, IEnumerable<RegistrationRecord> taken)
    {
        var names = new HashSet<string>(taken.Select(static record => record.SecretName));
        var (differing, removed) = (0, 0);
        foreach (var frame in contents.Where(static frame => frame.Header.Kind == FrameKind.Kept))
        {
            var record = RegistrationRecord.Parse(Encoding.UTF8.GetString(frame.Body));
            if (names.Contains(record.SecretName) || ledger.Registrations.IsDamaged(record.Issuer, record.ClientId))
            {
                continue;
            }

            var known = ledger.Registrations.Find(record.Issuer, record.ClientId)?.Record;
            removed += known is null ? 1 : 0;
            differing +=
                known is not null
                && (known.RegistrationAccessToken, known.ClientSecret) != (record.RegistrationAccessToken, record.ClientSecret)
                    ? 1
                    : 0;
        }

        return (differing, removed) == (0, 0) ? null
            : $"Left as they are here, of what the backup has: {differing} with another token or secret, {removed} that were removed. "
                + "What the store knows counts as newer; Import-DcrClient -Overwrite takes a client from elsewhere.";
    }

    /// <summary>The warning about registrations of a backup whose secrets are in vaults; null where there are none.</summary>
    public static string? InVaultsWarning(RegistrationLedger ledger, IEnumerable<RegistrationRecord> taken)
    {
        var vaults = taken
            .Where(static record => record.Omitted is not null)
            .GroupBy(record => ledger.Vaults.VaultAt(ledger.Registrations.PlaceOf(record.Issuer, record.ClientId) ?? 0))
            .Select(static records => $"{records.Count()} in vault '{records.Key}'")
            .ToList();
        return vaults.Count == 0
            ? null
            : $"The backup does not have the secrets of registrations that are kept in a vault: {string.Join(", ", vaults)}. Their tenants "
                + "have clients; Connect-DcrServer -Vault <name> works with them where that vault is.";
    }

    /// <summary>The user has restored what can be had: what is still missing counts as lost.</summary>
    /// <returns>The warning about that; null where nothing is missing.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public static async Task<string?> GiveUpLostAsync(RegistrationLedger ledger) =>
        await ledger.GiveUpLostAsync().ConfigureAwait(false)
            ? "What the local store has lost and was not restored counts as lost from now on: its tenants are registered again."
            : null;

    /// <summary>
    /// The warning about registrations that came from elsewhere, where their tenants have others too; null where none do.
    /// </summary>
    public static string? DoubledWarning(RegistrationLedger ledger, IEnumerable<RegistrationRecord> taken)
    {
        var doubled = ledger.Registrations.Doubled(taken);
        var told = doubled
            .Take(MostTold)
            .Select(static pair =>
                $"Tenant '{pair.Tenants.Tenant}' has more than one client: '{pair.Tenants.ClientId}', which is used for it, and "
                    + $"'{pair.Other.ClientId}'."
            );
        return doubled.Count == 0
            ? null
            : Redaction.Printable(
                $"{string.Join(" ", told)}{(doubled.Count > MostTold ? $" So do {doubled.Count - MostTold} other tenants." : "")} "
                    + "Remove-DcrClient -ClientId removes the one that is not wanted."
            );
    }

    /// <summary>Reads a backup.</summary>
    /// <exception cref="DcrException">InventoryReadFailed: it cannot be read, or opened.</exception>
    public static (LedgerHash From, IReadOnlyList<FrameDraft> Contents, int Damaged) ReadBackup(
        string path,
        Func<byte[]> read,
        SecureString passphrase
    )
    {
        try
        {
            var (from, contents, damaged) = BackupFile.Read(read(), passphrase);
            return (from, AnswerReplay.Unused(contents), damaged);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            throw StoreErrors.BackupUnreadable(path, failure.Message, failure);
        }
    }

    private static async Task<ProtectedKey> ByVaultAsync(LedgerHash ledgerId, LedgerKey key, ISecretVault vault)
    {
        // Each key has its own name: the former one is needed until everything is sealed with the new one.
        var name = SecretName.ForStoreKey(ledgerId.ToString(), key.Id);
        try
        {
            await vault.CheckOpenAsync().ConfigureAwait(false);
            await vault.WriteAsync(name, () => new VaultWrite(Convert.ToBase64String(key.ToBytes()))).ConfigureAwait(false);
        }
        catch (VaultException failure)
        {
            throw failure.IsLocked
                ? StorageErrors.VaultLocked(vault.Name, failure)
                : StorageErrors.VaultNotWritable(vault.Name, failure, failure.NextStep);
        }

        return new ProtectedKey { Id = key.Id, Protection = DcrProtection.Vault, Vault = (vault.Name, name) };
    }
}
