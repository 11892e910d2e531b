using System;
using System.Collections.Generic;
using System.Management.Automation;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Hosting;

/// <summary>Owns cancellation, the pump, and the way from an exception to an error record.</summary>
public abstract class DcrCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, SecretManagementVault> _vaults = new(StringComparer.OrdinalIgnoreCase);
    private PipelinePump? _pump;

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();

        // PowerShell disposes of a command between two records where the one before it in the pipeline throws.
        _pump?.Dispose();
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Does the work for one object from the pipeline. May throw a <see cref="DcrException"/>.</summary>
    protected abstract void ProcessItem();

    /// <summary>What an error is about, for its TargetObject.</summary>
    protected virtual object? Target => null;

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        try
        {
            Try(Target, ProcessItem);
        }
        catch
        {
            // Whatever ends the command: what is under way is finished first, and kept.
            _pump?.Settle();
            throw;
        }
    }

    /// <inheritdoc/>
    protected sealed override void EndProcessing()
    {
        Try(null, AtEnd);
        if (LocalData.RolledBackPath is { } path)
        {
            WriteWarning(StoreErrors.WasRolledBack(path));
        }
    }

    /// <summary>No more input comes.</summary>
    private protected virtual void AtEnd()
    {
    }

    /// <summary>Lets go of what the command holds beside, whether it came to its end or not.</summary>
    private protected virtual void Release()
    {
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>Whether an error ends the command, because whatever comes next would fail alike.</summary>
    private protected virtual bool IsTerminating(DcrErrorId id) =>
        id is DcrErrorId.NotConnected or DcrErrorId.VaultNotFound or DcrErrorId.VaultLocked or DcrErrorId.SecretManagementNotFound
            or DcrErrorId.StoreLocked or DcrErrorId.StoreKeyMissing or DcrErrorId.StoreReadOnly;

    /// <summary>Asks in words that steer no terminal, for some of them are a server's.</summary>
    private protected new bool ShouldProcess(string target, string action) => base.ShouldProcess(Redaction.Printable(target), Redaction.Printable(action));

    /// <summary>Does something and reports its failure, so that the next thing can still be done.</summary>
    private protected void Try(object? target, Action action)
    {
        try
        {
            action();
        }
        catch (DcrException failure)
        {
            if (failure.Unstored is { } unstored)
            {
                // Before the error, which may end everything: this object is the only place where its secrets are.
                WriteObject(unstored);
            }

            var error = ErrorRecords.From(failure, MyInvocation.MyCommand, target);
            Count(failure);
            if (IsTerminating(failure.ErrorId) || failure.InnerException is VaultException { IsOver: true })
            {
                ThrowTerminatingError(error);
            }

            WriteError(error);
            OnFailure(failure);
        }
    }

    /// <summary>Counts a failure, also where it cannot be written any more.</summary>
    private protected virtual void Count(DcrException failure)
    {
    }

    /// <summary>An error was written, and the command goes on.</summary>
    private protected virtual void OnFailure(DcrException failure)
    {
    }

    /// <summary>Runs an operation on worker threads, and this thread's part of it here.</summary>
    private protected T Run<T>(Func<PipelinePump, CancellationToken, Task<T>> operation)
    {
        var pump = Pump();
        return pump.Run(() => operation(pump, _stop.Token));
    }

    /// <inheritdoc cref="PipelinePump.Start"/>
    private protected void Start<T>(int most, int ahead, Func<PipelinePump, CancellationToken, Task<T>> operation, Action<Func<T>> whenDone)
    {
        var pump = Pump();
        pump.Start(() => operation(pump, _stop.Token), most, ahead, whenDone);
    }

    /// <summary>Waits until all operations are done.</summary>
    private protected void WaitForOthers() => _pump?.WaitFor(0);

    /// <summary>The command's own; made when it is first needed.</summary>
    private protected PipelinePump Pump() => _pump ??= new PipelinePump(this, _stop);

    /// <summary>The local store, open.</summary>
    /// <param name="mayBeInMemory">Where no file can be written: a vault keeps what is to be kept.</param>
    /// <exception cref="DcrException">StoreLocked, StoreKeyMissing, StoreDamaged, StoreReadOnly.</exception>
    private protected RegistrationLedger Ledger(bool mayBeInMemory = false)
    {
        var ledger = Run((_, _) => LocalData.Store.OpenAsync(VaultOf));
        return ledger.WhyInMemory is { } why && !mayBeInMemory ? throw StoreErrors.NoPlace(why) : ledger;
    }

    /// <summary>A vault as this command calls it.</summary>
    private protected SecretManagementVault VaultOf(string name)
    {
        lock (_vaults)
        {
            return _vaults.TryGetValue(name, out var vault) ? vault : _vaults[name] = new SecretManagementVault(name, Pump());
        }
    }

    /// <summary>Where a command without a connection keeps secrets.</summary>
    /// <param name="vault">Null for the local store.</param>
    private protected Registrations StoreIn(string? vault) => new(Ledger(mayBeInMemory: vault is not null), vault is null ? null : VaultOf(vault), vaultId: null);
}
