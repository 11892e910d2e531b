using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Storage;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>What a <see cref="MemoryVault"/> does wrong; each was seen of a real vault.</summary>
internal enum VaultFault
{
    None,
    Locked,
    RefusesWrites,

    /// <summary>Reports success and keeps nothing.</summary>
    LosesWrites,

    /// <summary>Reports success and keeps the first half.</summary>
    CutsWrites,

    RefusesReads,
    RefusesRemovals,
}

/// <summary>A vault in memory, with faults on demand.</summary>
internal sealed class MemoryVault : ISecretVault
{
    public string Name => "TestVault";

    public ConcurrentDictionary<string, string> Secrets { get; } = new();

    /// <summary>Names of the secrets that were handed over, in order, kept or not.</summary>
    public ConcurrentQueue<string> Writes { get; } = new();

    public VaultFault Fault { get; set; }

    /// <summary>How many calls the fault strikes before all is well again.</summary>
    public int FaultyCalls { get; set; } = int.MaxValue;

    /// <summary>What the names of the secrets begin with that the fault strikes; empty for all.</summary>
    public string FaultsOn { get; set; } = "";

    /// <summary>How often the test changed <see cref="Secrets"/> as another process would.</summary>
    public int ChangesByOthers { get; set; }

    /// <summary>Whether it has stamps, as SecretStore's file has.</summary>
    public bool HasStamps { get; set; }

    /// <summary>To be raised where the test changes <see cref="Secrets"/> itself.</summary>
    public int Stamp { get; set; }

    /// <summary>Names of the secrets that were asked for, in order.</summary>
    public ConcurrentQueue<string> Reads { get; private set; } = new();

    /// <summary>How often names were listed.</summary>
    public int Lists { get; private set; }

    public void ForgetReads() => Reads = new();

    public Task<int> ChangesByOthersAsync() => Task.FromResult(ChangesByOthers);

    public Task CheckOpenAsync()
    {
        Strike("", VaultFault.Locked);
        return Task.CompletedTask;
    }

    public Task<string?> GetAsync(string name)
    {
        Strike(name, VaultFault.Locked, VaultFault.RefusesReads);
        Reads.Enqueue(name);
        return Task.FromResult(Secrets.TryGetValue(name, out var value) ? value : null);
    }

    public Task<VaultChange?> SetAsync(string name, string value)
    {
        Strike(name, VaultFault.Locked, VaultFault.RefusesWrites);
        Writes.Enqueue(name);
        if (!IsStruck(name, VaultFault.LosesWrites))
        {
            Secrets[name] = IsStruck(name, VaultFault.CutsWrites) ? value.Substring(0, value.Length / 2) : value;
        }

        return Task.FromResult(Changed());
    }

    public Task<VaultChange?> RemoveAsync(string name)
    {
        Strike(name, VaultFault.Locked, VaultFault.RefusesRemovals);
        Secrets.TryRemove(name, out _);
        return Task.FromResult(Changed());
    }

    public Task<string?> StampAsync() => Task.FromResult(HasStamps ? Stamp.ToString(CultureInfo.InvariantCulture) : null);

    public Task<IReadOnlyList<string>> ListAsync(string prefix)
    {
        Strike(prefix, VaultFault.Locked, VaultFault.RefusesReads);
        Lists++;
        return Task.FromResult<IReadOnlyList<string>>(Secrets.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(static name => name).ToList());
    }

    private VaultChange? Changed()
    {
        var before = Stamp++;
        return HasStamps ? new VaultChange(before.ToString(CultureInfo.InvariantCulture), Stamp.ToString(CultureInfo.InvariantCulture)) : null;
    }

    private void Strike(string name, params VaultFault[] faults)
    {
        foreach (var fault in faults.Where(fault => IsStruck(name, fault)))
        {
            throw new VaultException(fault == VaultFault.Locked ? "it is locked" : "the vault is broken", fault == VaultFault.Locked);
        }
    }

    private bool IsStruck(string name, VaultFault fault) => Fault == fault && name.StartsWith(FaultsOn, StringComparison.Ordinal) && FaultyCalls-- > 0;
}
