using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Tests;
using DcrPowerShell.Vaults;

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

    /// <summary>Says that there is no such secret.</summary>
    FindsNothing,
}

/// <summary>A vault in memory, with faults on demand.</summary>
internal sealed class MemoryVault : ISecretVault
{
    private const int Tries = 3;

    public string Name { get; set; } = "TestVault";

    public ConcurrentDictionary<string, string> Secrets { get; init; } = new();

    /// <summary>Names of the registrations that it holds.</summary>
    public IReadOnlyList<string> Registrations =>
        Secrets
            .Keys.Where(static name => name.StartsWith("dcr-", StringComparison.Ordinal) && name != VaultProbe.Name)
            .OrderBy(static name => name, StringComparer.Ordinal)
            .ToList();

    /// <summary>Names of the secrets that were handed over, in order, kept or not.</summary>
    public ConcurrentQueue<string> Writes { get; } = new();

    /// <summary>Names of the secrets that were asked for, in order.</summary>
    public ConcurrentQueue<string> Reads { get; } = new();

    public VaultFault Fault { get; set; }

    /// <summary>How many calls the fault strikes before all is well again.</summary>
    public int FaultyCalls { get; set; } = int.MaxValue;

    /// <summary>What the names of the secrets begin with that the fault strikes; empty for all.</summary>
    public string FaultsOn { get; set; } = "";

    /// <summary>How often the test changed <see cref="Secrets"/> as another process would.</summary>
    public int ChangesByOthers { get; set; }

    /// <summary>Called before each write, with the secret's name.</summary>
    public Action<string> OnWrite { get; set; } = static _ => { };

    /// <summary>Called after each write.</summary>
    public Action<string> OnWritten { get; set; } = static _ => { };

    /// <summary>Called after each read, before its text is given.</summary>
    public Action<string> OnRead { get; set; } = static _ => { };

    /// <summary>Called while another process writes the secret.</summary>
    public Action<string> OnWait { get; set; } = static _ => { };

    public Task CheckOpenAsync()
    {
        Strike("", VaultFault.Locked);
        return Task.CompletedTask;
    }

    public Task<string?> GetAsync(string name)
    {
        Reads.Enqueue(name);
        var text = Read(name);
        OnRead(name);
        return Task.FromResult(text);
    }

    public async Task<int> WriteAsync(string name, Func<VaultWrite?> begin)
    {
        VaultWrite? write = null;
        await HangLimit.UntilAsync($"the turn to write '{name}'", () =>
        {
            write = begin();
            if (write is null)
            {
                OnWait(name);
            }

            return Task.FromResult(write is not null);
        });
        using (write!.Turn)
        {
            if (!write.IsOver && write.Text is { } text)
            {
                OnWrite(name);
                Write(name, text);
                OnWritten(name);
            }
            else if (!write.IsOver)
            {
                Strike(name, VaultFault.Locked, VaultFault.RefusesRemovals);
                Secrets.TryRemove(name, out _);
            }

            return ChangesByOthers;
        }
    }

    public Task<int> ChangesByOthersAsync()
    {
        Strike("", VaultFault.Locked);
        return Task.FromResult(ChangesByOthers);
    }

    public Task<IReadOnlyList<string>> ListAsync(string prefix)
    {
        Strike(prefix, VaultFault.Locked, VaultFault.RefusesReads);
        return Task.FromResult<IReadOnlyList<string>>(
            IsStruck(prefix, VaultFault.FindsNothing)
                ? []
                : Secrets.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(static name => name).ToList()
        );
    }

    private void Write(string name, string value)
    {
        for (var left = Tries; ; left--)
        {
            try
            {
                Strike(name, VaultFault.Locked, VaultFault.RefusesWrites);
                Writes.Enqueue(name);
                if (!IsStruck(name, VaultFault.LosesWrites))
                {
                    Secrets[name] = IsStruck(name, VaultFault.CutsWrites) ? value.Substring(0, value.Length / 2) : value;
                }

                if (Read(name) == value)
                {
                    return;
                }

                throw new VaultException("it reported success, and reading back gave something else");
            }
            catch (VaultException failure) when (left > 1 && !failure.IsLocked)
            {
                // Once more, as the real one does.
            }
        }
    }

    private string? Read(string name)
    {
        Strike(name, VaultFault.Locked, VaultFault.RefusesReads);
        return !IsStruck(name, VaultFault.FindsNothing) && Secrets.TryGetValue(name, out var value) ? value : null;
    }

    private void Strike(string name, params VaultFault[] faults)
    {
        foreach (var fault in faults.Where(fault => IsStruck(name, fault)))
        {
            throw new VaultException(fault == VaultFault.Locked ? "it is locked" : "the vault is broken", fault == VaultFault.Locked);
        }
    }

    private bool IsStruck(string name, VaultFault fault) =>
        Fault == fault && name.StartsWith(FaultsOn, StringComparison.Ordinal) && FaultyCalls-- > 0;
}
