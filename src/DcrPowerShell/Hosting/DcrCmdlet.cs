using System;
using System.Management.Automation;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Storage;

namespace DcrPowerShell.Hosting;

/// <summary>Owns cancellation, the pump, and the way from an exception to an error record.</summary>
public abstract class DcrCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private WrittenSecrets? _written;
    private PipelinePump? _pump;

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        try
        {
            // Where the command was stopped before its end.
            PutBack();
        }
        catch (Exception failure) when (failure is DcrException or RuntimeException or InvalidOperationException)
        {
            // A stopped command can report nothing.
        }

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
    protected sealed override void EndProcessing() => Try(null, () =>
    {
        AtEnd();
        PutBack();
    });

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
        id is DcrErrorId.NotConnected or DcrErrorId.VaultNotFound or DcrErrorId.SecretManagementNotFound;

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

            if (failure.IsTolerated)
            {
                WriteWarning(failure.Message);
                return;
            }

            var error = ErrorRecords.From(failure, MyInvocation.MyCommand, target);
            if (IsTerminating(failure.ErrorId))
            {
                ThrowTerminatingError(error);
            }

            WriteError(error);
            OnFailure(failure);
        }
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
    private protected PipelinePump Pump()
    {
        _written ??= RunspaceState.Current.Written;
        return _pump ??= new PipelinePump(this, _stop);
    }

    /// <summary>A vault's registrations. What this command writes there is looked after at its end.</summary>
    private protected RegistrationStore StoreIn(string vault, PipelinePump pump)
    {
        var registered = new SecretManagementVault(vault, pump);
        return new(registered, _written, this, () => IndexFile.Of(registered));
    }

    private void PutBack()
    {
        foreach (var vault in _written?.VaultsOf(this) ?? [])
        {
            Run(async (pump, _) =>
            {
                if (await StoreIn(vault, pump).PutBackAsync().ConfigureAwait(false) is > 0 and var count)
                {
                    pump.Warning($"Another process overwrote vault '{vault}' with an older copy of it: {count} of the secrets that this command had stored there were put back.");
                }

                return true;
            });
        }
    }
}
