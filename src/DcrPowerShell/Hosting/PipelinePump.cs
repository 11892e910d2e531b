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
/// Runs one operation on worker threads while the pipeline thread does what only it may: write to streams and call the vault.
/// Ends when the operation ends and not before, whatever the streams throw, so that what has arrived is kept.
/// </summary>
internal sealed class PipelinePump(Cmdlet cmdlet, CancellationTokenSource stop) : IReporter, IDisposable
{
    private const int ProgressId = 7591;

    private readonly BlockingCollection<Action> _work = new();
    private ExceptionDispatchInfo? _streamFailure;

    /// <summary>Runs the operation to its end on behalf of the calling pipeline thread.</summary>
    public T Run<T>(Func<Task<T>> operation)
    {
        var running = Task.Run(operation);
        running.ContinueWith(_ => _work.CompleteAdding(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        foreach (var action in _work.GetConsumingEnumerable())
        {
            action();
        }

        _streamFailure?.Throw();
        try
        {
            return running.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
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

    /// <summary>A stream that throws (the pipeline is being stopped, <c>-WarningAction Stop</c>) ends the operation, in its own good time.</summary>
    private void Write(Action write) => _work.Add(() =>
    {
        if (_streamFailure is not null)
        {
            return;
        }

        try
        {
            write();
        }
        catch (Exception failure)
        {
            _streamFailure = ExceptionDispatchInfo.Capture(failure);
            stop.Cancel();
        }
    });
}
