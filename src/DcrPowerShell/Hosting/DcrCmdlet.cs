using System;
using System.Management.Automation;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Hosting;

/// <summary>Owns cancellation, the pump, and the way from an exception to an error record.</summary>
public abstract class DcrCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Does the work for one object from the pipeline. May throw a <see cref="DcrException"/>.</summary>
    protected abstract void ProcessItem();

    /// <summary>What an error is about, for its TargetObject.</summary>
    protected virtual object? Target => null;

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => Try(Target, ProcessItem);

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>Whether an error ends the command, because whatever comes next would fail alike.</summary>
    private protected virtual bool IsTerminating(DcrErrorId id) =>
        id is DcrErrorId.NotConnected or DcrErrorId.VaultNotFound or DcrErrorId.SecretManagementNotFound;

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
        }
    }

    /// <summary>Runs an operation on worker threads, and this thread's part of it here.</summary>
    private protected T Run<T>(Func<PipelinePump, CancellationToken, Task<T>> operation)
    {
        using var pump = new PipelinePump(this, _stop);
        return pump.Run(() => operation(pump, _stop.Token));
    }
}
