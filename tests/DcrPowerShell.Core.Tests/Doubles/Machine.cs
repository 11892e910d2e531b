using System;
using DcrPowerShell.Ledger;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>A user's folder on one machine, in memory: it outlives the processes that have it open.</summary>
internal sealed class Machine
{
    public DiskDouble Disk { get; } = new();

    public LedgerKeysDouble Keys { get; init; } = new();

    public StoreProcess Start() => new(this);
}

/// <summary>One process that has the local store open.</summary>
internal sealed class StoreProcess : IDisposable
{
    private bool _isKilled;

    public StoreProcess(Machine machine)
    {
        Machine = machine;
        Folder = machine.Disk.Start();
        Keys = machine.Keys.Copy();
        Ledger = new RegistrationLedger(Folder, Keys);
    }

    public Machine Machine { get; }

    public DiskProcess Folder { get; }

    public LedgerKeysDouble Keys { get; }

    public RegistrationLedger Ledger { get; }

    /// <summary>It ends without another call: what it wrote stays, and its locks are free.</summary>
    public void Kill()
    {
        _isKilled = true;
        Folder.Kill();
    }

    public void Dispose()
    {
        if (!_isKilled)
        {
            Ledger.Dispose();
        }
    }
}
