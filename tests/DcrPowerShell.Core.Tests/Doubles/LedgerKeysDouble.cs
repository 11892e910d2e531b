using System.Collections.Generic;
using DcrPowerShell.Ledger;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>Keys of a ledger in memory.</summary>
internal sealed class LedgerKeysDouble : ILedgerKeys
{
    private readonly Dictionary<ulong, LedgerKey> _keys = [];
    private LedgerKey _active = LedgerKey.New();

    public LedgerKeysDouble() => _keys[Active.Id] = Active;

    public LedgerHash LedgerId { get; init; } = LedgerHash.New();

    /// <summary>The store was locked, or has another protection by now.</summary>
    public bool IsLocked { get; set; }

    public LedgerKey Active
    {
        get => IsLocked ? throw StoreErrors.Locked() : _active;
        private set => _active = value;
    }

    /// <summary>How often another generation was found.</summary>
    public int Refreshes { get; private set; }

    public void RequireKept()
    {
    }

    public void Refresh() => Refreshes++;

    public LedgerKey? Find(ulong id) => _keys.TryGetValue(id, out var key) ? key : null;

    /// <summary>New frames are sealed with another key. The one before is still there.</summary>
    public void Renew()
    {
        Active = Active.Renewed();
        _keys[Active.Id] = Active;
    }

    /// <summary>Nobody has any key but the active one.</summary>
    public void ForgetOlder()
    {
        _keys.Clear();
        _keys[Active.Id] = Active;
    }

    /// <summary>The same ledger and key, with another id.</summary>
    public LedgerKeysDouble WithId(LedgerHash id)
    {
        var other = new LedgerKeysDouble { LedgerId = id, Active = Active };
        other.ForgetOlder();
        return other;
    }

    /// <summary>The same keys as they are now, as another process has read them.</summary>
    public LedgerKeysDouble Copy()
    {
        var copy = new LedgerKeysDouble { LedgerId = LedgerId, Active = Active };
        copy._keys.Clear();
        foreach (var key in _keys)
        {
            copy._keys[key.Key] = key.Value;
        }

        return copy;
    }
}
