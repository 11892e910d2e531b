using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// Opens the local store and the vault before anything is sent: does what earlier commands left undone, and warns of what is odd.
/// </summary>
internal static class StoreOpening
{
    private const int PartSize = 50;
    private const string LockName = "vault.lock";

    /// <param name="vault">Null for the local store.</param>
    /// <exception cref="DcrException">
    /// VaultNotFound, VaultLocked, VaultReadFailed, VaultWriteFailed, SecretManagementNotFound; StoreReadOnly, StoreDamaged.
    /// </exception>
    public static async Task<Registrations> RunAsync(
        RegistrationLedger ledger,
        ISecretVault? vault,
        IReporter reporter,
        IClock clock,
        AuditScope audit,
        CancellationToken stop
    )
    {
        if (vault is null && ledger.WhyInMemory is { } reason)
        {
            throw StoreErrors.NoPlace(reason);
        }

        ledger.RequireWritable();
        ledger.ReadOn();
        TellOfLedger(ledger, reporter);
        var store = vault is null
            ? new Registrations(ledger, null, null)
            : await OpenWholeVaultAsync(ledger, vault, reporter, clock, stop).ConfigureAwait(false);
        var restored = await AnswerReplay.RunAsync(store).ConfigureAwait(false);
        var (late, why) = await store.SettleAsync().ConfigureAwait(false);
        await store.ConfirmAsync().ConfigureAwait(false);
        restored = [.. restored, .. late.Where(record => !restored.Any(other => other.SecretName == record.SecretName))];
        AnswerReplay.Tell(restored, reporter);
        audit.Restored(restored);
        return why is null ? store : throw StorageErrors.VaultNotWritable(vault!.Name, why, why.NextStep);
    }

    /// <summary>Warns of requests to the connected server whose outcome is unknown.</summary>
    public static void TellOfUnknown(RegistrationLedger ledger, string issuer, IReporter reporter)
    {
        var unknown = ledger.Requests.Open(issuer).Count(static entry => !entry.IsUnderWay);
        if (unknown > 0)
        {
            reporter.Warning($"The outcome of {Count(unknown, "request")} is unknown: see Find-DcrOrphan.");
        }
    }

    /// <summary>Warns where another place than the connected one has registrations of this server.</summary>
    public static void CompareStores(Registrations store, string issuer, IReporter reporter)
    {
        var ledger = store.Ledger;
        var counts = ledger.Registrations.Count(issuer);
        var here = ledger.Vaults.PlaceOf(store.VaultId);
        var own = counts.TryGetValue(here, out var count) ? count : 0;
        var names = ledger.Vaults.NamedVaults().ToDictionary(vault => ledger.Vaults.PlaceOf(vault.Key), static vault => vault.Value);
        foreach (
            var (place, others) in counts.Where(pair => pair.Key != here && pair.Value > 0).Select(static pair => (pair.Key, pair.Value))
        )
        {
            var name =
                place == 0 ? null
                : names.TryGetValue(place, out var known) ? known
                : "?";
            reporter.Warning(
                $"{Sentence(store.Place)} has {Count(own, "registration")} of the server {issuer}, and "
                    + $"{(name is null ? "the local store" : $"vault '{name}'")} has {Count(others, "registration")} of it. "
                    + $"Connect-DcrServer {(name is null ? "-LocalStore" : $"-Vault {name}")} works with those; Move-DcrRegistration "
                    + (name is null ? $"-To {store.Vault!.Name}" : $"-From {name}{(store.Vault is null ? "" : $" -To {store.Vault.Name}")}")
                    + " brings them here."
            );
        }
    }

    /// <summary>Proves that the vault keeps what is written, finds its id, and notes in the ledger what the vault holds.</summary>
    /// <exception cref="DcrException">
    /// VaultNotFound, VaultLocked, VaultReadFailed, VaultWriteFailed, SecretManagementNotFound, StoreReadOnly.
    /// </exception>
    public static async Task<Registrations> OpenWholeVaultAsync(
        RegistrationLedger ledger,
        ISecretVault vault,
        IReporter reporter,
        IClock clock,
        CancellationToken stop
    )
    {
        var store = await OpenVaultAsync(ledger, vault, reporter, clock).ConfigureAwait(false);
        var (taken, missing) = await TakeInAsync(store, reporter, stop).ConfigureAwait(false);
        TellOfTaken(store, taken, missing, reporter);
        return store;
    }

    private static async Task<Registrations> OpenVaultAsync(RegistrationLedger ledger, ISecretVault vault, IReporter reporter, IClock clock)
    {
        var reader = new VaultReader(vault);
        await reader.CheckOpenAsync().ConfigureAwait(false);
        if (await reader.ReadMarkAsync().ConfigureAwait(false) is { } mark)
        {
            var ahead = mark.SequenceOf(ledger.Id) - ledger.File.Size.Sequence;
            if (ahead > 0)
            {
                reporter.Warning(
                    $"The local store in '{ledger.Path}' is an older copy: vault '{vault.Name}' has seen it {ahead} entries further on. "
                        + "What was stored in the vault since is taken from there."
                );
            }

            await reader.ProbeAsync(mark.With(ledger.Id, ledger.File.Size.Sequence), clock.UtcNow).ConfigureAwait(false);
        }
        else
        {
            mark = await MarkAsync(ledger, vault, clock).ConfigureAwait(false);
        }

        var id = await FormerIdAsync(ledger, vault, mark.VaultId).ConfigureAwait(false) ?? mark.VaultId;
        ledger.Vaults.NameVault(id, vault.Name);
        return new Registrations(ledger, vault, id, reporter);
    }

    /// <summary>
    /// Two machines, or processes with different local stores, that find no probe at the same time write one each, and the last one stays.
    /// The other one has kept registrations under its own id and goes on with that: an id means nothing outside of its local store.
    /// </summary>
    private static async Task<string?> FormerIdAsync(RegistrationLedger ledger, ISecretVault vault, string id)
    {
        var vaults = ledger.Vaults.NamedVaults();
        var former = vaults
            .Where(known => known.Value.Equals(vault.Name, StringComparison.OrdinalIgnoreCase))
            .Select(static known => known.Key)
            .ToList();
        return vaults.ContainsKey(id) || former.Count == 0
            ? null
            : HeldBy(ledger, former, await new VaultReader(vault).ListAsync(SecretName.Own).ConfigureAwait(false));
    }

    /// <summary>The id of the vault that had some of these names; null for none.</summary>
    private static string? HeldBy(RegistrationLedger ledger, IEnumerable<string> vaultIds, IReadOnlyList<string> names) =>
        vaultIds.FirstOrDefault(known => ledger.Vaults.CountMissing(known, names) < ledger.Vaults.CountMissing(known, []));

    /// <summary>Two processes that find no probe must not give the vault two ids.</summary>
    private static async Task<VaultMark> MarkAsync(RegistrationLedger ledger, ISecretVault vault, IClock clock)
    {
        var reader = new VaultReader(vault);
        using var alone = ledger.TakeLock(LockName);
        if (await reader.ReadMarkAsync().ConfigureAwait(false) is { } made)
        {
            return made;
        }

        var name = vault.Name;
        var names = await new VaultReader(vault).ListAsync(SecretName.Own).ConfigureAwait(false);
        if (
            names.Contains(VaultProbe.Name, StringComparer.OrdinalIgnoreCase)
            && await reader.GetAsync(VaultProbe.Name).ConfigureAwait(false) is null
        )
        {
            throw StorageErrors.VaultReadFailed(name, VaultReader.NotGiven(VaultProbe.Name));
        }

        // It has lost its probe, or an older copy of it was put back: it is recognised by what it holds.
        var vaults = ledger.Vaults.NamedVaults();
        var id = HeldBy(ledger, vaults.Keys, names);
        if (
            id is null
            && vaults
                .Where(known => known.Value.Equals(name, StringComparison.OrdinalIgnoreCase))
                .Sum(known => ledger.Vaults.CountMissing(known.Key, []))
                is > 0
                    and var count
        )
        {
            // It held registrations and has none: another vault, or one that was emptied or is not found.
            throw StorageErrors.VaultEmptied(name, count);
        }

        var mark = id is null ? VaultMark.New() : new VaultMark(id, JsonBag.Empty);
        await reader.ProbeAsync(mark.With(ledger.Id, ledger.File.Size.Sequence), clock.UtcNow).ConfigureAwait(false);
        return mark;
    }

    /// <summary>
    /// Notes in the ledger what the vault holds and the ledger does not know: names are listed, and only unknown ones are read.
    /// </summary>
    /// <returns>How many were taken in, and how many the vault has lost.</returns>
    /// <exception cref="DcrException">VaultLocked, VaultReadFailed, StoreReadOnly.</exception>
    private static async Task<(int Taken, int Missing)> TakeInAsync(Registrations store, IReporter reporter, CancellationToken stop)
    {
        var (ledger, delivery) = (store.Ledger, store.Delivery!);
        var names = await delivery.Reader.ListAsync(SecretName.Own).ConfigureAwait(false);
        ledger.ReadOn();

        // What is damaged in the ledger is read again from the vault.
        var isDamaged = ledger.File.Gaps.Any(static gap => gap.IsDamage);
        var unknown = names
            .Where(static name => name != VaultProbe.Name && !SecretName.IsStoreKey(name))
            .Where(name => !ledger.Vaults.Knows(name, store.VaultId!) || (isDamaged && ledger.Vaults.IsDamagedCopy(name, store.VaultId!)))
            .ToList();
        var (taken, unreadable) = (new List<RegistrationRecord>(), new List<string>());
        var again = 0;
        using (var wait = new Wait(reporter.Waiting))
        {
            for (var done = 0; done < unknown.Count; done += PartSize)
            {
                if (unknown.Count > PartSize)
                {
                    wait.Tell($"Reading the registrations in {store.Place}: {done} of {unknown.Count}.");
                }

                var part = new List<RegistrationRecord>();
                var readAt = ledger.File.Size.Sequence;
                foreach (var name in unknown.Skip(done).Take(PartSize))
                {
                    stop.ThrowIfCancellationRequested();
                    if (await LoadAsync(delivery.Reader, store.Place, name, unreadable, reporter).ConfigureAwait(false) is not { } record)
                    {
                        continue;
                    }

                    if (!ledger.Registrations.WasRemoved(record))
                    {
                        part.Add(record);
                    }
                    else if (await delivery.ForgetAgainAsync(name).ConfigureAwait(false))
                    {
                        again++;
                    }
                }

                await ledger.Vaults.KnowAsync(part, store.VaultId!, readAt: readAt).ConfigureAwait(false);
                taken.AddRange(part);
            }
        }

        ledger.Unreadable.Note(store.VaultId!, unreadable);
        if (again > 0)
        {
            reporter.Warning(
                $"{Sentence(store.Place)} had {Count(again, "registration")} again that {(again == 1 ? "was" : "were")} removed before, "
                    + "because an older copy of it was put back, most likely. They were removed there once more."
            );
        }

        if (StoreOperation.DoubledWarning(ledger, taken) is { } doubled)
        {
            reporter.Warning(doubled);
        }

        return (taken.Count, ledger.Vaults.CountMissing(store.VaultId!, names));
    }

    /// <summary>A registration of the vault; null where there is none, or none that can be taken in, which is told.</summary>
    private static async Task<RegistrationRecord?> LoadAsync(
        VaultReader reader,
        string place,
        string name,
        List<string> unreadable,
        IReporter reporter
    )
    {
        try
        {
            var record = await reader.LoadAsync(name).ConfigureAwait(false);
            if (record is null || record.SecretName.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return record;
            }

            reporter.Warning(
                Redaction.Printable(
                    $"The secret '{name}' in {place} is the registration of client '{record.ClientId}', which belongs under "
                        + $"'{record.SecretName}'. It was left as it is; give it that name, and connect again."
                )
            );
            unreadable.Add(record.SecretName);
        }
        catch (DcrException failure) when (failure.ErrorId == DcrErrorId.VaultReadFailed)
        {
            reporter.Warning(failure.Message);
        }

        unreadable.Add(name);
        return null;
    }

    private static void TellOfLedger(RegistrationLedger ledger, IReporter reporter)
    {
        var damaged = ledger.File.Gaps.Count(static gap => gap.IsDamage);
        if (ledger.File.Gaps.Any(static gap => gap.IsFork))
        {
            reporter.Warning(
                $"Two processes have written to the local store in '{ledger.Path}' at the same time, so file locks do not keep them apart: "
                    + "a folder that several machines share, most likely. Give each machine its own with DCRPOWERSHELL_HOME."
            );
        }

        if (damaged > 0)
        {
            reporter.Warning(
                $"The local store in '{ledger.Path}' is damaged in {damaged} place{(damaged == 1 ? "" : "s")}: what stood there cannot be "
                    + "read, everything else can. Restore-DcrRegistration -Path restores what a backup has."
            );
        }

        if (ledger.LacksFrames)
        {
            reporter.Warning(
                $"The local store in '{ledger.Path}' has lost registrations, and nobody can tell whose they were. So no tenant is "
                    + "registered that is not known, before Restore-DcrRegistration has restored what can be had."
            );
        }

        if (ledger.File.WasRolledBack)
        {
            reporter.Warning(StoreErrors.WasRolledBack(ledger.Path));
            ledger.File.AcceptRollback();
        }

        if (!ledger.LocksWork)
        {
            reporter.Warning(
                $"File locks do not work in '{ledger.Path}' (a file system without them, or DOTNET_SYSTEM_IO_DISABLEFILELOCKING): use the "
                    + "local store from one process at a time."
            );
        }

        if (ledger.WhyInMemory is { } why)
        {
            reporter.Warning(
                $"The local store cannot be written, so it is in memory ({why.TrimEnd('.')}): if this process ends between a server's "
                    + "answer and the vault, that answer is lost."
            );
        }
    }

    private static void TellOfTaken(Registrations store, int taken, int missing, IReporter reporter)
    {
        if (taken > 0)
        {
            reporter.Verbose($"{Sentence(store.Place)} had {Count(taken, "registration")} that the local store did not know.");
        }

        if (missing > 0)
        {
            reporter.Warning(
                $"{Sentence(store.Place)} no longer has {Count(missing, "registration")} that it had. Where the folder of the local store "
                    + "was put back to an older copy, they may have been removed since: then Remove-DcrClient -StoreOnly forgets one. Else "
                    + "Restore-DcrRegistration restores those that the local store still holds."
            );
        }
    }

    private static string Count(int number, string noun) => $"{number} {noun}{(number == 1 ? "" : "s")}";

    private static string Sentence(string place) => char.ToUpperInvariant(place[0]) + place.Substring(1);
}
