using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Management.Automation;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Cmdlets;

/// <summary>
/// Runs operations on worker threads, while the pipeline thread does what only it may do: write to streams and call vaults. Workers never
/// wait for a stream. Whatever ends the command, operations that were started are waited for, so that what has arrived is kept.
/// </summary>
internal sealed class PipelinePump(Cmdlet cmdlet, CancellationTokenSource stop) : IVaultPipeline, IDisposable
{
    private const int ProgressId = 7591;
    private const string Activity = "DcrPowerShell";
    private const int MostNamed = 3;

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a command that was stopped goes on giving vaults what they lack. The rest is done at the next connect.</summary>
    private static readonly TimeSpan VaultTime = TimeSpan.FromSeconds(5);

    private readonly BlockingCollection<Action> _work = new();
    private readonly Queue<Action> _ahead = new();
    private readonly Stopwatch _sinceShown = new();
    private readonly object _endGate = new();

    // The clients of each kind of warning: the first one, whose warning was shown, and the others.
    private readonly Dictionary<string, (string First, HashSet<string> Others)> _told = [];
    private ExceptionDispatchInfo? _streamFailure;
    private int _underWay;
    private int _waiting;
    private bool _hasEnded;
    private Stopwatch? _sinceStopped;

    /// <summary>Requests that were sent.</summary>
    public int Requests { get; private set; }

    /// <summary>How often the user was told of a wait.</summary>
    public int Waits { get; private set; }

    /// <summary>Runs an operation to its end on behalf of the calling pipeline thread. Others that were started go on meanwhile.</summary>
    public T Run<T>(Func<Task<T>> operation)
    {
        var running = Task.Run(operation);
        AfterEnd(running, static () => { });
        while (!running.IsCompleted)
        {
            _work.Take()();
        }

        // Messages that are still in the queue.
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

    /// <summary>
    /// Starts an operation now or when its turn comes, side by side with others. Comes back when the next one may be given.
    /// </summary>
    /// <param name="most">How many may be under way at once.</param>
    /// <param name="ahead">How many may wait for their turn.</param>
    /// <param name="whenDone">Called on the pipeline thread with a function that gives the result or throws.</param>
    public void Start<T>(Func<Task<T>> operation, int most, int ahead, Action<Func<T>> whenDone)
    {
        _ahead.Enqueue(() =>
        {
            _underWay++;
            var running = Task.Run(operation);
            AfterEnd(running, () =>
            {
                _underWay--;
                Guard(() => whenDone(() => Result(running)));
                StartNext(most);
            });
        });
        StartNext(most);
        WaitFor(most - 1 + ahead);
    }

    /// <summary>
    /// Waits until no more than so many operations are in flight or wait for their turn. If a stream has failed, waits for all that are in
    /// flight.
    /// </summary>
    public void WaitFor(int most)
    {
        while (_underWay + _ahead.Count > (_streamFailure is null ? most : 0))
        {
            _work.Take()();
        }

        if (_streamFailure is { } failure)
        {
            _streamFailure = null;
            failure.Throw();
        }
    }

    /// <summary>Starts nothing more, and cancels what is in flight.</summary>
    /// <returns>How many operations were waiting for their turn and are dropped.</returns>
    public int Stop()
    {
        var left = _ahead.Count;
        _ahead.Clear();
        _sinceStopped ??= Stopwatch.StartNew();
        stop.Cancel();
        return left;
    }

    /// <summary>Stops, and waits for all that is in flight. Does not throw what a stream threw.</summary>
    public void Settle()
    {
        Stop();
        while (_underWay > 0)
        {
            _work.Take()();
        }
    }

    /// <summary>Has the pipeline thread do something, and gives its result.</summary>
    /// <exception cref="VaultException">The command has ended.</exception>
    public Task<T> OnPipelineThread<T>(Func<T> action)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!TryAdd(() =>
        {
            try
            {
                result.SetResult(VaultTimeIsUp ? throw Over() : action());
            }
            catch (Exception failure)
            {
                result.SetException(failure);
            }
        }))
        {
            result.SetException(Over());
        }

        return result.Task;
    }

    /// <summary>Has the pipeline thread run code of the user's, unless the command is being stopped.</summary>
    /// <exception cref="OperationCanceledException">The command is being stopped.</exception>
    public async Task<T> RunForUser<T>(Func<T> code)
    {
        try
        {
            return await OnPipelineThread(() =>
            {
                stop.Token.ThrowIfCancellationRequested();
                return code();
            }).ConfigureAwait(false);
        }
        catch (Exception ended) when (ended is VaultException or PipelineStoppedException)
        {
            throw new OperationCanceledException("The command is being stopped.", ended);
        }
    }

    public void Verbose(string text) => Write(() => cmdlet.WriteVerbose(Redaction.Printable(text)));

    public void Warning(string text) => Write(() => cmdlet.WriteWarning(Redaction.Printable(text)));

    public void Warning(string clientId, string text, string kind) => Write(() =>
    {
        if (_told.TryGetValue(kind, out var told) && told.First != clientId)
        {
            told.Others.Add(clientId);
            return;
        }

        _told[kind] = (clientId, told.Others ?? []);
        cmdlet.WriteWarning(Redaction.Printable($"Client '{clientId}': {text}"));
    });

    /// <summary>Warns at the command's end, on the pipeline thread, of the other clients of each kind of warning.</summary>
    public void TellOthers()
    {
        foreach (var kind in _told.Where(static kind => kind.Value.Others.Count > 0).ToList())
        {
            var (count, named) = (
                kind.Value.Others.Count,
                string.Join(", ", kind.Value.Others.Take(MostNamed).Select(static clientId => $"'{clientId}'"))
            );
            kind.Value.Others.Clear();
            cmdlet.WriteWarning(
                Redaction.Printable(
                    $"{count} other client{(count == 1 ? "" : "s")} "
                        + $"({named}{(count > MostNamed ? $" and {count - MostNamed} more" : "")}): {kind.Key}"
                )
            );
        }
    }

    public void Audit(DcrAuditRecord record) => Write(() => cmdlet.WriteInformation(record, ["DcrAudit"]));

    public void Sending() => TryAdd(() => Requests++);

    public IDisposable Waiting(string text)
    {
        Write(() => ShowWaiting(text));
        return new AtEnd(() => Write(EndWaiting));
    }

    /// <summary>The same, at once. On the pipeline thread only.</summary>
    public IDisposable WaitingHere(string text)
    {
        Guard(() => ShowWaiting(text));
        return new AtEnd(() => Guard(EndWaiting));
    }

    /// <summary>Whether the command was stopped, and the time that vaults get after that has passed. On the pipeline thread only.</summary>
    public bool VaultTimeIsUp
    {
        get
        {
            if (stop.IsCancellationRequested)
            {
                _sinceStopped ??= Stopwatch.StartNew();
            }

            return _sinceStopped?.Elapsed > VaultTime;
        }
    }

    private void ShowWaiting(string text)
    {
        Waits++;
        if (++_waiting == 1 || _sinceShown.Elapsed > Beat)
        {
            _sinceShown.Restart();
            cmdlet.WriteProgress(new ProgressRecord(ProgressId, Activity, text));
        }
    }

    private void EndWaiting()
    {
        if (--_waiting == 0)
        {
            cmdlet.WriteProgress(new ProgressRecord(ProgressId, Activity, "done") { RecordType = ProgressRecordType.Completed });
        }
    }

    /// <summary>
    /// Ends the command, however it came to that. PowerShell may dispose of a cmdlet between two records, with requests in flight.
    /// </summary>
    public void Dispose()
    {
        _streamFailure ??= ExceptionDispatchInfo.Capture(new PipelineStoppedException());
        Settle();
        lock (_endGate)
        {
            _hasEnded = true;
        }

        // Whoever still waits for this thread must learn that it is gone.
        while (_work.TryTake(out var action))
        {
            action();
        }

        _work.Dispose();
    }

    private static VaultException Over() => new("the command has ended") { IsOver = true };

    /// <summary>False where the command has ended: nobody would run the action.</summary>
    private bool TryAdd(Action action)
    {
        lock (_endGate)
        {
            if (!_hasEnded)
            {
                _work.Add(action);
            }

            return !_hasEnded;
        }
    }

    private void Write(Action write) => TryAdd(() => Guard(write));

    /// <summary>
    /// A stream that throws (the pipeline is being stopped, <c>-WarningAction Stop</c>) cancels the operations. They come to their end and
    /// are counted all the same; then the failure is thrown.
    /// </summary>
    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception failure)
        {
            if (_streamFailure is null)
            {
                _streamFailure = ExceptionDispatchInfo.Capture(failure);
                _sinceStopped ??= Stopwatch.StartNew();
                _ahead.Clear();
                stop.Cancel();
            }
        }
    }

    private void StartNext(int most)
    {
        while (_underWay < most && _ahead.Count > 0)
        {
            _ahead.Dequeue()();
        }
    }

    private void AfterEnd(Task running, Action action) =>
        running.ContinueWith(
            _ =>
            {
                TryAdd(action);
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );

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
