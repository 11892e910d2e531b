using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json;
using DcrPowerShell.Files;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Ledger;

/// <summary>
/// What the user has set once and for all, and when the last backup was made: a small JSON file, readable while the store is locked.
/// </summary>
internal sealed record StoreSettings
{
    public const string FileName = "store.json";

    /// <summary>The vault that a connection has where none is named; null for the local store.</summary>
    public string? DefaultVault { get; init; }

    /// <summary>The file with the key, where it is kept apart; null for the store's own folder.</summary>
    public string? KeyPath { get; init; }

    /// <summary>What vaults were registered as when they were last seen, by their ids.</summary>
    public IReadOnlyDictionary<string, string> Vaults { get; init; } = new Dictionary<string, string>();

    public DateTimeOffset? LastBackupAt { get; init; }

    /// <summary>How many registrations were in the store at the last backup.</summary>
    public long LastBackupCount { get; init; }

    /// <exception cref="FormatException">It is damaged.</exception>
    public static StoreSettings Read(IStoreFolder folder)
    {
        if (folder.Read(FileName) is not { } utf8)
        {
            return new StoreSettings();
        }

        return StoredJson.Read(
            Encoding.UTF8.GetString(utf8),
            static json => new StoreSettings
            {
                DefaultVault = json.Text("default_vault"),
                KeyPath = json.Text("key_path"),
                Vaults = json.TryGet("vaults", out var vaults)
                    ? JsonBag.From(vaults).ToDictionary(static vault => vault.Key, static vault => vault.Value.ToString())
                    : new Dictionary<string, string>(),
                LastBackupAt = json.Text("last_backup_at") is { } at ? DateTimeOffset.Parse(at, CultureInfo.InvariantCulture) : null,
                LastBackupCount = json.Integer("last_backup_count") ?? 0,
            }
        );
    }

    /// <summary>Changes the settings, alone among the processes that have this folder.</summary>
    public static void Change(IStoreFolder folder, Func<StoreSettings, StoreSettings> change)
    {
        using var held = StoreLock.Take(folder, LedgerFile.LockName);
        change(Read(folder)).Write(folder);
    }

    private void Write(IStoreFolder folder) => folder.Replace(FileName, JsonBag.Empty
        .With("default_vault", DefaultVault)
        .With("key_path", KeyPath)
        .With("vaults", Vaults.Aggregate(JsonBag.Empty, static (bag, vault) => bag.With(vault.Key, vault.Value)).ToElement())
        .With("last_backup_at", LastBackupAt?.ToString("O", CultureInfo.InvariantCulture))
        .With("last_backup_count", JsonSerializer.SerializeToElement(LastBackupCount))
        .ToUtf8());
}
