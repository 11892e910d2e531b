using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using DcrPowerShell.Compat;

namespace DcrPowerShell.Ledger;

/// <summary>What the ledger's last frame about a client says. Of two frames the one with the higher sequence counts.</summary>
internal sealed class LedgerRow
{
    public FrameHeader Header { get; set; }

    public long Offset { get; set; }

    /// <summary>The vault has it, or no longer has what was removed.</summary>
    public bool IsStored { get; set; }

    /// <summary>The registration of the same tenant that has the next lower rank.</summary>
    public LedgerRow? Earlier { get; set; }

    public LedgerHash Client => Header.Client;

    /// <summary>The frame that says so.</summary>
    public (FrameHeader Header, long Offset)? Frame => (Header, Offset);

    public bool IsRemoved => Header.Kind == FrameKind.Removed;

    public bool IsRegistration => Header.Kind is FrameKind.Kept or FrameKind.Known;

    /// <summary>The ledger has the registration's secrets.</summary>
    public bool IsWhole => Header.Kind == FrameKind.Kept;

    /// <summary>How many of its bytes the next compaction keeps: what a vault has, it drops but for the summary.</summary>
    public long LiveLength =>
        IsStored && IsWhole && Header.Place != 0 ? FrameHeader.Size + ContentEncryption.SealedLength(Header.SummaryLength) : Header.Length;

    /// <summary>A vault is still to be told.</summary>
    public bool IsPending => Header.Place != 0 && !IsStored;
}

/// <summary>A request that is not done: asked, maybe answered, and not closed.</summary>
internal sealed class OpenEntry
{
    public LedgerHash Id { get; init; }

    public LedgerHash Tenant { get; init; }

    public ulong Issuer { get; init; }

    /// <summary>The sequence of its first frame.</summary>
    public long Sequence { get; init; }

    /// <summary>Its frames in order: the intent first, then answers.</summary>
    public List<(FrameHeader Header, long Offset)> Frames { get; } = [];

    public bool HasAnswer => Frames.Exists(static frame => frame.Header.Kind == FrameKind.Answered);

    /// <summary>Its command has ended, and its outcome is unknown.</summary>
    public bool IsOrphaned { get; set; }
}

/// <summary>The state of all requests and clients, computed from the headers of frames. Not for several threads at once.</summary>
internal sealed class LedgerState
{
    private readonly Dictionary<LedgerHash, LedgerRow> _clients = [];
    private readonly Dictionary<LedgerHash, LedgerRow> _tenants = [];
    private readonly Dictionary<LedgerHash, OpenEntry> _open = [];

    /// <summary>What vaults are to forget, because it is kept elsewhere now: frames of the kind Moved, in their order.</summary>
    public List<(FrameHeader Header, long Offset)> Moved { get; } = [];

    /// <summary>
    /// Frames are missing, and nobody can tell what they were about: a tenant that seems to be new may have a client. Until the user has
    /// given them up.
    /// </summary>
    public bool LacksFrames { get; set; }

    /// <summary>How many registrations the ledger itself keeps.</summary>
    public int LocalCount { get; private set; }

    /// <summary>Bytes of the frames that count.</summary>
    public long LiveLength { get; private set; }

    public IReadOnlyCollection<LedgerRow> Rows => _clients.Values;

    public IReadOnlyCollection<OpenEntry> Open => _open.Values;

    /// <summary>What is known of a client, its removal too; null for nothing.</summary>
    public LedgerRow? Client(LedgerHash client) => _clients.TryGetValue(client, out var row) ? row : null;

    /// <summary>The living registration of a tenant; of several, the one of the highest rank.</summary>
    public LedgerRow? LivingOf(LedgerHash tenant) => _tenants.TryGetValue(tenant, out var last) ? last : null;

    /// <summary>All living registrations of a tenant, the highest rank first.</summary>
    public IEnumerable<LedgerRow> RowsOf(LedgerHash tenant)
    {
        for (var row = LivingOf(tenant); row is not null; row = row.Earlier)
        {
            yield return row;
        }
    }

    /// <summary>A registration of a tenant that is not done.</summary>
    public OpenEntry? OpenOf(LedgerHash tenant) => _open.Count == 0 ? null : _open.Values.FirstOrDefault(entry => entry.Tenant == tenant);

    public OpenEntry? Entry(LedgerHash id) => _open.TryGetValue(id, out var entry) ? entry : null;

    /// <summary>A vault still has what is kept elsewhere, or nowhere, by now.</summary>
    public bool IsLeftover(LedgerHash client, ulong place) =>
        Moved.Exists(moved => moved.Header.Client == client && moved.Header.Place == place);

    /// <summary>Something is known of a client, also as what a vault is still to forget.</summary>
    public bool Knows(LedgerHash client, ulong place) =>
        Client(client) is not (null or { IsRemoved: true, IsPending: false }) || IsLeftover(client, place);

    /// <summary>Whether a client's newest frame has this sequence, and no answer about it waits to be used.</summary>
    public bool IsAtSequence(LedgerHash client, long since) =>
        Client(client)?.Header.Sequence == since
        && !Open.Any(entry => entry.Frames.Exists(frame => frame.Header.Kind == FrameKind.Answered && frame.Header.Client == client));

    /// <summary>Whether a registration is there and has no newer frame. Answers that wait do not count.</summary>
    public bool HasNotChangedSince(LedgerHash client, long found) =>
        Client(client) is { IsRegistration: true } row && row.Header.Sequence <= found;

    /// <summary>
    /// Gives a registration its rank among those of its tenant. A newer version keeps the rank that the client has; one that was taken in
    /// from a vault (<paramref name="yields"/>) stands behind a client that the tenant has already.
    /// </summary>
    public FrameDraft Ranked(FrameDraft draft, bool yields = false)
    {
        var rank =
            Client(draft.Header.Client) is { IsRegistration: true } row && row.Header.Tenant == draft.Header.Tenant ? row.Header.Rank
            : yields && LivingOf(draft.Header.Tenant) is not null ? -1
            : 0;
        return draft with { Header = draft.Header with { Reference = rank } };
    }

    [MethodImpl(JitOptions.OptimizeAtOnce)]
    public void Apply(FrameHeader header, long offset)
    {
        switch (header.Kind)
        {
            case FrameKind.Asked or FrameKind.Answered:
                Add(header, offset);
                break;
            case FrameKind.Kept or FrameKind.Known or FrameKind.Secret or FrameKind.Removed or FrameKind.Copied:
                Take(header, offset);
                break;
            case FrameKind.Moved:
                Moved.Add((header, offset));
                LiveLength += header.Length;
                break;
            case FrameKind.Stored when Forget(moved => moved.Sequence == header.Reference):
                break;
            case FrameKind.Stored when Client(header.Client) is { Header.Place: not 0 } row && row.Header.Sequence == header.Reference:
                LiveLength -= row.LiveLength;
                row.IsStored = true;
                LiveLength += row.LiveLength;
                break;
            case FrameKind.Closed:
                Close(header.Entry);
                break;
            case FrameKind.Mark when header.Reference != FrameHeader.NoLoss:
                LacksFrames = header.Reference == FrameHeader.Loss;
                break;
            case FrameKind.Orphaned when Entry(header.Entry) is { } entry:
                entry.IsOrphaned = true;
                entry.Frames.Add((header, offset));
                LiveLength += header.Length;
                break;
        }

        if (header.ClosesEntry)
        {
            Close(header.Entry);
        }
    }

    private void Add(FrameHeader header, long offset)
    {
        if (!_open.TryGetValue(header.Entry, out var entry))
        {
            _open[header.Entry] = entry = new OpenEntry
            {
                Id = header.Entry,
                Tenant = header.Tenant,
                Issuer = header.Issuer,
                Sequence = header.Sequence,
            };
        }

        entry.Frames.Add((header, offset));
        LiveLength += header.Length;
    }

    [MethodImpl(JitOptions.OptimizeAtOnce)]
    private void Take(FrameHeader header, long offset)
    {
        var row = Client(header.Client);
        if (row?.Header.Sequence > header.Sequence)
        {
            return;
        }

        if (row is null)
        {
            _clients[header.Client] = row = new LedgerRow();
        }
        else
        {
            LiveLength -= row.LiveLength;
            LocalCount -= IsLocal(row.Header) ? 1 : 0;
            Leave(row);
        }

        LocalCount += IsLocal(header) ? 1 : 0;
        (row.Header, row.Offset, row.IsStored) = (header, offset, header.Kind == FrameKind.Known);
        LiveLength += row.LiveLength;
        if (header.Place != 0 && row.IsRegistration)
        {
            // It has come back before that vault forgot it.
            Forget(moved => moved.Client == header.Client && moved.Place == header.Place);
        }

        if (!header.Tenant.IsNone && !row.IsRemoved)
        {
            Enter(row);
        }
    }

    [MethodImpl(JitOptions.OptimizeAtOnce)]
    private void Enter(LedgerRow row)
    {
        LedgerRow? above = null;
        row.Earlier = LivingOf(row.Header.Tenant);
        while (row.Earlier is { } other && other.Header.Rank > row.Header.Rank)
        {
            (above, row.Earlier) = (other, other.Earlier);
        }

        if (above is null)
        {
            _tenants[row.Header.Tenant] = row;
        }
        else
        {
            above.Earlier = row;
        }
    }

    private bool Forget(Func<FrameHeader, bool> which)
    {
        var index = Moved.FindIndex(moved => which(moved.Header));
        if (index >= 0)
        {
            LiveLength -= Moved[index].Header.Length;
            Moved.RemoveAt(index);
        }

        return index >= 0;
    }

    private static bool IsLocal(FrameHeader header) => header.Kind == FrameKind.Kept && header.Place == 0;

    private void Leave(LedgerRow row)
    {
        if (LivingOf(row.Header.Tenant) == row)
        {
            if (row.Earlier is { } earlier)
            {
                _tenants[row.Header.Tenant] = earlier;
            }
            else
            {
                _tenants.Remove(row.Header.Tenant);
            }
        }
        else if (RowsOf(row.Header.Tenant).FirstOrDefault(other => other.Earlier == row) is { } later)
        {
            later.Earlier = row.Earlier;
        }

        row.Earlier = null;
    }

    private void Close(LedgerHash id)
    {
        if (Entry(id) is { } entry)
        {
            LiveLength -= entry.Frames.Sum(static frame => (long)frame.Header.Length);
            _open.Remove(id);
        }
    }
}
