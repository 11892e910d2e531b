using System;
using System.Collections;
using System.Collections.Generic;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Binding;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using DcrPowerShell.Session;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Cmdlets;

/// <summary>Owns cancellation, the pump, and the way from an exception to an error record.</summary>
public abstract class DcrCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, SecretManagementVault> _vaults = new(StringComparer.OrdinalIgnoreCase);
    private PipelinePump? _pump;

    /// <inheritdoc/>
    public void Dispose()
    {
        // PowerShell disposes of a command between two records where the one before it in the pipeline throws.
        _pump?.Dispose();
        Release();
        if (Stopping)
        {
            OnStopped();
        }

        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Does the work for one object from the pipeline. May throw a <see cref="DcrException"/>.</summary>
    protected abstract void ProcessItem();

    /// <summary>What an error is about, for its TargetObject.</summary>
    protected virtual object? Target => null;

    /// <summary>The client or row that an error is about, in words; null where the error's message names it.</summary>
    private protected virtual string? Subject => null;

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        try
        {
            if (Takes())
            {
                Try(Target, () =>
                {
                    PlainSecret.Refuse(MyInvocation.BoundParameters);
                    ProcessItem();
                });
            }
        }
        catch
        {
            // Whatever ends the command, what is in flight is finished and kept first.
            _pump?.Settle();
            OnCut();
            throw;
        }
    }

    /// <inheritdoc/>
    protected sealed override void EndProcessing()
    {
        try
        {
            Try(null, AtEnd);
            _pump?.TellOthers();
            if (ProcessState.Stores.RolledBackPath is { } path)
            {
                WriteWarning(StoreErrors.WasRolledBack(path));
            }
        }
        catch
        {
            OnCut();
            throw;
        }
    }

    /// <summary>An error ends the command early. Nothing is in flight any more.</summary>
    private protected virtual void OnCut()
    {
    }

    /// <summary>The user stopped the command. Nothing is in flight any more.</summary>
    private protected virtual void OnStopped()
    {
    }

    /// <summary>Whether the command still takes input.</summary>
    private protected virtual bool Takes() => true;

    /// <summary>
    /// Whether a client was written to the output. An error that ends the pipeline would keep it from the user's variable.
    /// </summary>
    private protected bool HasWritten { get; set; }

    /// <summary>No more input comes.</summary>
    private protected virtual void AtEnd()
    {
    }

    /// <summary>Disposes of what a derived command holds, however the command ended.</summary>
    private protected virtual void Release()
    {
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>Whether an error ends the command, because everything that follows would fail for the same reason.</summary>
    private protected virtual bool IsTerminating(DcrErrorId id) =>
        id is DcrErrorId.NotConnected or DcrErrorId.VaultNotFound or DcrErrorId.VaultLocked or DcrErrorId.SecretManagementNotFound
            or DcrErrorId.ConfirmationNotPossible or DcrErrorId.StoreLocked or DcrErrorId.StoreKeyMissing or DcrErrorId.StoreReadOnly;

    /// <summary>Asks whether to go on. The words are cleaned of control characters, because some of them are a server's.</summary>
    /// <param name="force">The user wants no question; -Confirm wants one all the same.</param>
    /// <exception cref="DcrException">ConfirmationNotPossible.</exception>
    private protected bool ShouldProcess(string target, string action, bool force = false)
    {
        if (force && !IsWhatIf && !(MyInvocation.BoundParameters.TryGetValue("Confirm", out var asks) && LanguagePrimitives.IsTrue(asks)))
        {
            return true;
        }

        (target, action) = (Redaction.Printable(target), Redaction.Printable(action));
        try
        {
            return base.ShouldProcess(target, action);
        }
        catch (Exception nobody)
            when (nobody is HostException or PSInvalidOperationException or NotImplementedException or NullReferenceException)
        {
            // The console itself throws the last one, where its input has come to an end.
            var ways = MyInvocation.MyCommand.Parameters.ContainsKey("Force") ? "-Force or -Confirm:$false" : "-Confirm:$false";
            throw InputErrors.ConfirmationNotPossible(target, action, ways, nobody);
        }
    }

    private protected bool IsWhatIf => MyInvocation.BoundParameters.TryGetValue("WhatIf", out var named)
        ? LanguagePrimitives.IsTrue(named)
        : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));

    /// <summary>Does something and reports its failure, so that the next thing can still be done.</summary>
    /// <param name="subject">What an error's message begins with, unless it names the client itself.</param>
    private protected void Try(object? target, Action action, string? subject = null)
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
                HasWritten = true;
            }

            var isTerminating = IsTerminating(failure.ErrorId) && !failure.IsOfOneClient;
            var error = ErrorRecords.From(failure, MyInvocation.MyCommand, target, isTerminating ? null : subject ?? Subject);
            OnError(error, failure);
            if (isTerminating)
            {
                Terminate(error, failure);
                return;
            }

            Count(failure);
            if (failure.InnerException is VaultException { IsOver: true })
            {
                ThrowTerminatingError(error);
            }

            Report(error);
            OnFailure(failure);
        }
    }

    /// <summary>
    /// Writes an error. Where the user has stopped the command, <c>-ErrorVariable</c> gets it all the same, so that what ended in the grace
    /// time is known.
    /// </summary>
    private void Report(ErrorRecord error)
    {
        try
        {
            WriteError(error);
        }
        catch (PipelineStoppedException)
        {
            if (MyInvocation.BoundParameters.TryGetValue("ErrorVariable", out var name) && name is string variable)
            {
                (SessionState.PSVariable.GetValue(variable.TrimStart('+')) as IList)?.Add(error);
            }

            throw;
        }
    }

    /// <summary>Called for each failure, before it is counted or written.</summary>
    private protected virtual void OnError(ErrorRecord error, DcrException failure)
    {
    }

    /// <summary>Ends the command.</summary>
    private protected virtual void Terminate(ErrorRecord error, DcrException failure)
    {
        Count(failure);
        ThrowTerminatingError(error);
    }

    /// <summary>Counts a failure, also where it cannot be written any more.</summary>
    private protected virtual void Count(DcrException failure)
    {
    }

    /// <summary>An error was written, and the command goes on.</summary>
    private protected virtual void OnFailure(DcrException failure)
    {
    }

    /// <summary>Runs an operation on worker threads. What only the pipeline thread may do of it is done here meanwhile.</summary>
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

    /// <summary>The command's pump; made when it is first needed.</summary>
    private protected PipelinePump Pump() => _pump ??= new PipelinePump(this, _stop);

    /// <summary>The local store, open.</summary>
    /// <param name="mayBeInMemory">
    /// Whether the store may be in memory where no file can be written, because a vault keeps the registrations.
    /// </param>
    /// <exception cref="DcrException">StoreLocked, StoreKeyMissing, StoreDamaged, StoreReadOnly.</exception>
    private protected RegistrationLedger Ledger(bool mayBeInMemory = false)
    {
        var ledger = Run((_, _) => ProcessState.Stores.Current.OpenAsync(VaultOf));
        return ledger.WhyInMemory is { } why && !mayBeInMemory ? throw StoreErrors.NoPlace(why) : ledger;
    }

    /// <summary>A vault as this command calls it.</summary>
    private protected SecretManagementVault VaultOf(string name)
    {
        lock (_vaults)
        {
            return _vaults.TryGetValue(name, out var vault) ? vault : _vaults[name] = ProcessState.Vaults.Vault(name, Pump());
        }
    }

    /// <summary>Where a command without a connection keeps secrets.</summary>
    /// <param name="vault">Null for the local store.</param>
    private protected Registrations StoreIn(string? vault) =>
        new(Ledger(mayBeInMemory: vault is not null), vault is null ? null : VaultOf(vault), vaultId: null);
}
