using System;
using System.Collections.Concurrent;
using System.Management.Automation;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;

namespace DcrPowerShell.Hosting;

/// <summary>
/// Runs operations on worker threads while the pipeline thread does what only it may: write to streams and call the vault. What has
/// been started is waited for, whatever the streams throw, so that what has arrived is kept.
/// </summary>
internal sealed class PipelinePump(Cmdlet cmdlet, CancellationTokenSource stop) : IReporter, IDisposable
{
    private const int ProgressId = 7591;

    private readonly BlockingCollection<Action> _work = new();
    private ExceptionDispatchInfo? _streamFailure;
    private int _underWay;

    /// <summary>Runs an operation to its end on behalf of the calling pipeline thread. Others that were started go on meanwhile.</summary>
    public T Run<T>(Func<Task<T>> operation)
    {
        var running = Task.Run(operation);
        AfterEnd(running, static () => { });
        while (!running.IsCompleted)
        {
            _work.Take()();
        }

        // What it had still to say.
        while (_work.TryTake(out var action))
        {
            action();
        }

        if (_streamFailure is not null)
        {
            WaitFor(0);
        }

        return Result(running);
    }

    /// <summary>Starts an operation beside others, and comes back as soon as another one may be started.</summary>
    /// <param name="most">How many may be under way at once.</param>
    /// <param name="whenDone">Called on the pipeline thread, with what gives the result or throws.</param>
    public void Start<T>(Func<Task<T>> operation, int most, Action<Func<T>> whenDone)
    {
        _underWay++;
        var running = Task.Run(operation);
        AfterEnd(running, () =>
        {
            _underWay--;
            Guard(() => whenDone(() => Result(running)));
        });
        WaitFor(most - 1);
    }

    /// <summary>Waits until no more than so many are under way; for all, where a stream has failed.</summary>
    public void WaitFor(int most)
    {
        while (_underWay > (_streamFailure is null ? most : 0))
        {
            _work.Take()();
        }

        if (_streamFailure is { } failure)
        {
            _streamFailure = null;
            failure.Throw();
        }
    }

    /// <summary>Waits for all that is under way, and lets no failure of a stream out.</summary>
    public void Settle()
    {
        while (_underWay > 0)
        {
            _work.Take()();
        }
    }

    /// <summary>Has the pipeline thread do something, and gives its result.</summary>
    public Task<T> OnPipelineThread<T>(Func<T> action)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                result.SetResult(action());
            }
            catch (Exception failure)
            {
                result.SetException(failure);
            }
        });
        return result.Task;
    }

    public void Verbose(string text) => Write(() => cmdlet.WriteVerbose(Redaction.Printable(text)));

    public void Warning(string text) => Write(() => cmdlet.WriteWarning(Redaction.Printable(text)));

    public void Audit(DcrAuditRecord record) => Write(() => cmdlet.WriteInformation(record, ["DcrAudit"]));

    public void Waiting(string? text) => Write(() => cmdlet.WriteProgress(new ProgressRecord(ProgressId, "DcrPowerShell", text ?? "done")
    {
        RecordType = text is null ? ProgressRecordType.Completed : ProgressRecordType.Processing,
    }));

    public void Dispose() => _work.Dispose();

    private void Write(Action write) => _work.Add(() => Guard(write));

    /// <summary>A stream that throws (the pipeline is being stopped, <c>-WarningAction Stop</c>) ends the operations, in their own good time.</summary>
    private void Guard(Action action)
    {
        if (_streamFailure is not null)
        {
            return;
        }

        try
        {
            action();
        }
        catch (Exception failure)
        {
            _streamFailure = ExceptionDispatchInfo.Capture(failure);
            stop.Cancel();
        }
    }

    private void AfterEnd(Task running, Action action) =>
        running.ContinueWith(_ => _work.Add(action), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private static T Result<T>(Task<T> ended)
    {
        try
        {
            return ended.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
    }
}
