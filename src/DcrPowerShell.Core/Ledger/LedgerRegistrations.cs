using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Ledger;

/// <summary>The registrations that the ledger knows: what is kept, changed, moved and removed, and what is found of it.</summary>
internal sealed class LedgerRegistrations(LedgerDisk disk, LedgerFrames frames)
{
    /// <summary>
    /// Writes a registration as it is now. What was answered is on the disk by then, so that this need not be. With a vault it stays
    /// pending until <see cref="LedgerVaults.StoredAsync"/>. One that is kept elsewhere stays there: <see cref="MoveAsync"/> alone gives it
    /// another place.
    /// </summary>
    /// <param name="vaultId">Where a new one goes; null for the ledger itself.</param>
    /// <param name="entry">What brought it; none for nothing.</param>
    /// <param name="closes">Whether nothing more is to come of that.</param>
    /// <param name="isDurable">Whether nothing else has it.</param>
    /// <param name="since">An older answer brings it: where a newer frame about the client is there by now, nothing is written.</param>
    /// <param name="holds">Whether it is held in memory where it cannot be written now.</param>
    /// <returns>Its place in the order; 0 where a newer one was there.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<long> KeepAsync(
        RegistrationRecord record,
        string? vaultId,
        LedgerHash entry = default,
        bool closes = false,
        bool isDurable = false,
        long since = long.MaxValue,
        bool holds = false
    )
    {
        try
        {
            var written = await disk.BringAsync(Kept(since, closes, isHeld: false), isDurable).ConfigureAwait(false);
            if (written.Count == 0)
            {
                return 0;
            }

            disk.Held.Drop(entry);
            return written[0].Sequence;
        }
        catch (DcrException failure) when (holds && HeldAnswers.CanWait(failure))
        {
            var newest = Math.Min(since, disk.File.Size.Sequence);
            disk.Held.Replace(entry, () => Kept(newest, isLast: !entry.IsNone, isHeld: true));
            throw;
        }

        Func<LedgerState, IReadOnlyList<FrameDraft>> Kept(long newest, bool isLast, bool isHeld)
        {
            var draft = frames.OfKept(record, vaultId, entry, isLast);
            return state =>
                state.Client(draft.Header.Client) switch
                {
                    { } row when row.Header.Sequence > newest => isHeld && isLast
                        ? [new FrameDraft(new FrameHeader { Kind = FrameKind.Closed, Entry = entry }, [], [])]
                        : [],
                    { IsRegistration: true } row => [state.Ranked(draft with { Header = draft.Header with { Place = row.Header.Place } })],
                    _ => [draft],
                };
        }
    }

    /// <summary>Writes that a registration is gone, unless a newer one is there. Kept for ever.</summary>
    /// <param name="since">An older answer says so: a frame of a higher sequence stays.</param>
    /// <returns>Its place in the order; 0 where nothing was removed.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<long> RemoveAsync(RegistrationRecord record, LedgerHash entry = default, long since = long.MaxValue)
    {
        var client = frames.Client(record.Issuer, record.ClientId);
        var written = await disk.BringAsync(
                state => state.Client(client) is { IsRemoved: false } row && row.Header.Sequence <= since ? [Removal(row.Header)] : [],
                isDurable: true
            )
            .ConfigureAwait(false);
        disk.Held.Drop(entry);
        return written.Count == 0 ? 0 : written[0].Sequence;

        FrameDraft Removal(FrameHeader removed) =>
            new(
                new FrameHeader
                {
                    Kind = FrameKind.Removed,
                    Client = client,
                    Entry = entry,
                    Reference = removed.Sequence,
                    Place = removed.Place,
                    Issuer = removed.Issuer,
                },
                LedgerText.Write(LedgerRemoval.Of(record)),
                []
            );
    }

    /// <summary>Gives a registration another place. A vault that it leaves is to forget it when the new place has it.</summary>
    /// <param name="to">The new vault's id; null for the ledger itself.</param>
    /// <param name="from">The vault's id that it leaves; null for the ledger itself.</param>
    /// <param name="since">
    /// The version that the record is of: where another one is there by now, or an answer about it waits, nothing is written.
    /// </param>
    /// <returns>Its new place in the order; 0 where nothing was written.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<long> MoveAsync(RegistrationRecord record, string? to, string? from, long since)
    {
        var kept = frames.OfKept(record, to);
        var moved = new FrameDraft(
            new FrameHeader
            {
                Kind = FrameKind.Moved,
                Client = kept.Header.Client,
                Place = frames.Place(from),
            },
            LedgerText.Write(LedgerRemoval.Of(record)),
            []
        );
        var written = await disk.WriteAsync(
                state =>
                    !state.IsAtSequence(kept.Header.Client, since) ? []
                    : from is null ? [state.Ranked(kept)]
                    : [state.Ranked(kept), moved],
                isDurable: true
            )
            .ConfigureAwait(false);
        return written.Count == 0 ? 0 : written[0].Sequence;
    }

    /// <summary>What is known of a client; null for nothing, or where it was removed.</summary>
    /// <exception cref="DcrException">StoreDamaged.</exception>
    public StoredRegistration? Find(string issuer, string clientId)
    {
        disk.ReadOn();
        var client = frames.Client(issuer, clientId);
        return Whole(state => state.Client(client), $"client '{clientId}'");
    }

    /// <summary>A registration by the name of its secret, with its secrets where the ledger has them; null for none.</summary>
    /// <exception cref="DcrException">StoreDamaged.</exception>
    public StoredRegistration? FindNamed(string secretName)
    {
        disk.ReadOn();
        var client = frames.Named(secretName);
        return Whole(state => state.Client(client) is { IsRegistration: true } row ? row : null, $"secret '{secretName}'");
    }

    /// <summary>A tenant's living registration; null for none.</summary>
    /// <exception cref="DcrException">StoreDamaged.</exception>
    public StoredRegistration? FindTenant(string issuer, string tenant)
    {
        disk.ReadOn();
        var hash = frames.Tenant(issuer, tenant);
        return Whole(state => state.LivingOf(hash), $"tenant '{tenant}'");
    }

    /// <summary>
    /// The registrations at an issuer, or at all, in the order of their last change, without their secrets. Damaged ones are left out, and
    /// counted.
    /// </summary>
    /// <param name="tenant">Lists this tenant's alone; null for all.</param>
    public IEnumerable<StoredRegistration> List(string? issuer, Action<int>? tellDamaged = null, string? tenant = null)
    {
        disk.ReadOn();
        var hash = issuer is null ? 0 : frames.Issuer(issuer);
        var tenants = tenant is null ? null : (issuer is null ? Issuers() : [issuer]).Select(one => frames.Tenant(one, tenant)).ToList();
        var rows = disk.File.Look(state =>
            (tenants is null ? state.Rows : tenants.SelectMany(state.RowsOf))
                .Where(row => row.IsRegistration && (issuer is null || row.Header.Issuer == hash))
                .OrderBy(static row => row.Header.Sequence)
                .ToList()
        );
        var list = new RegistrationList(disk.File, rows, issuer);
        foreach (var found in list.Read().Where(found => tenant is null || TenantKey.AreSame(found.Record.Tenant, tenant)))
        {
            yield return found;
        }

        if (list.Damaged > 0)
        {
            tellDamaged?.Invoke(list.Damaged);
        }
    }

    /// <summary>The issuers that registrations are kept of.</summary>
    public IReadOnlyCollection<string> Issuers()
    {
        disk.ReadOn();
        var issuers = new List<string>();
        foreach (
            var clients in disk.File.Look(static state =>
                state
                    .Rows.Where(static row => row.IsRegistration)
                    .GroupBy(static row => row.Header.Issuer)
                    .Select(static rows => rows.Select(static row => row.Client).ToList())
                    .ToList()
            )
        )
        {
            // The first that is not damaged.
            if (clients.Select(Undamaged).FirstOrDefault(static found => found is not null) is { } known)
            {
                issuers.Add(known.Record.Issuer);
            }
        }

        return issuers;
    }

    /// <summary>How many living registrations there are at an issuer, by the vault that they belong to.</summary>
    public IReadOnlyDictionary<ulong, int> Count(string? issuer = null)
    {
        var hash = issuer is null ? 0 : frames.Issuer(issuer);
        return disk.File.Look(state =>
            state
                .Rows.Where(row => row.IsRegistration && (issuer is null || row.Header.Issuer == hash))
                .GroupBy(static row => row.Header.Place)
                .ToDictionary(static rows => rows.Key, static rows => rows.Count())
        );
    }

    /// <summary>How many registrations the ledger itself keeps.</summary>
    public int LocalCount => disk.File.Look(static state => state.LocalCount);

    /// <summary>Where a client is kept, as far as was read; null for nowhere.</summary>
    public ulong? PlaceOf(string issuer, string clientId)
    {
        var client = frames.Client(issuer, clientId);
        return disk.File.Look(state => state.Client(client) is { IsRegistration: true } row ? row.Header.Place : (ulong?)null);
    }

    /// <summary>Whether what is known of a client is damaged.</summary>
    public bool IsDamaged(string issuer, string clientId)
    {
        disk.ReadOn();
        return disk.DamagedAt(frames.Client(issuer, clientId)) is not null;
    }

    /// <summary>
    /// Whether this registration was removed, in this version or a later one: a vault that was put back to an older copy of it has it
    /// again.
    /// </summary>
    public bool WasRemoved(RegistrationRecord record)
    {
        var client = frames.Client(record.Issuer, record.ClientId);
        return disk.File.TryOpenSummary(
                state => state.Client(client) is { IsRemoved: true } row ? row.Frame : null,
                out _,
                out var summary
            )
            && summary is { Length: > 0 }
            && LedgerText.ReadRemoval(summary).Covers(record);
    }

    /// <summary>Finds those of these registrations whose tenant has another one, too.</summary>
    /// <returns>The client that is the tenant's, and the other one.</returns>
    public IReadOnlyList<(RegistrationRecord Tenants, RegistrationRecord Other)> Doubled(IEnumerable<RegistrationRecord> records)
    {
        var doubled = new List<(RegistrationRecord Tenants, RegistrationRecord Other)>();
        foreach (var record in records.Where(static record => record.Tenant is not null))
        {
            var (client, tenant) = (frames.Client(record.Issuer, record.ClientId), frames.Tenant(record.Issuer, record.Tenant!));
            var (first, second) = disk.File.Look(state => (state.LivingOf(tenant)?.Client, state.LivingOf(tenant)?.Earlier?.Client));
            var other = first == client ? second : first;
            if (other is { } hash && SummaryOf(hash, record.Issuer) is { } known)
            {
                doubled.Add(first == client ? (record, known) : (known, record));
            }
        }

        // Where both have come, each has the other.
        return doubled
            .GroupBy(static pair => (pair.Tenants.SecretName, pair.Other.SecretName))
            .Select(static same => same.First())
            .ToList();
    }

    /// <summary>A registration with its secrets; null where there is none, or it is damaged.</summary>
    public StoredRegistration? Undamaged(LedgerHash client) =>
        disk.DamagedAt(client) is null ? Whole(state => state.Client(client), "a client") : null;

    /// <summary>A registration with its secrets, where the ledger has them; null where there is none.</summary>
    /// <param name="what">What it is, for the error.</param>
    public StoredRegistration? Whole(Func<LedgerState, LedgerRow?> which, string what)
    {
        LedgerRow? row = null;
        if (
            !disk.File.TryOpen(
                state => (row = which(state)) is { IsRemoved: false } ? row.Frame : null,
                out var header,
                out var content
            )
        )
        {
            return null;
        }

        if (content is not { } text)
        {
            throw StoreErrors.FrameDamaged(disk.Folder.Path, what);
        }

        try
        {
            var record = (
                text.Body.Length > 0
                    ? RegistrationRecord.Parse(Encoding.UTF8.GetString(text.Body)) with
                    {
                        IsKept = true,
                    }
                    : ListedRecord.Read(text.Summary, "")
            ) with
            {
                Sequence = header.Sequence,
            };
            return new StoredRegistration(record, header.Sequence, header.Place, row!.IsPending, text.Body.Length > 0);
        }
        catch (FormatException newer)
        {
            throw StoreErrors.Newer(disk.Folder.Path, newer);
        }
    }

    private RegistrationRecord? SummaryOf(LedgerHash client, string issuer) =>
        disk.File.TryOpenSummary(
            state => state.Client(client) is { IsRegistration: true } row ? row.Frame : null,
            out _,
            out var summary
        ) && summary is not null
            ? ReadSummary(summary, issuer)
            : null;

    private static RegistrationRecord? ReadSummary(byte[] summary, string issuer)
    {
        try
        {
            return ListedRecord.Read(summary, issuer);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
