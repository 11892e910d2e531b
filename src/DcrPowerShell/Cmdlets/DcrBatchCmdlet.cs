using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Threading.Tasks;
using DcrPowerShell.Binding;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Inventory;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Session;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Cmdlets;

/// <summary>
/// A cmdlet that works on many clients. Requests run side by side; the pipeline thread stores and writes the output, client by client as
/// they are done. Input is read no faster than it is worked on.
/// </summary>
public abstract class DcrBatchCmdlet : DcrInputCmdlet
{
    // Tenants and client ids with a request in flight; a second one waits.
    private readonly HashSet<string> _underWay = new(StringComparer.Ordinal);
    private BatchProgress? _progress;
    private RunReport? _report;

    // The row to report on, where it is not the one that came last.
    private ReportedRow? _reported;
    private NamedClient? _worked;
    private bool _isEnding;

    // Which client of how many is worked on; the count is 0 where it is not known.
    private (int Place, int Count) _named;

    private string? _subject;

    // The error that ends the command once everything in flight is done.
    private ErrorRecord? _last;
    private bool _isOver;
    private int _left;

    // Whether -MaxFailures has ended the command.
    private bool _hasTooMany;

    /// <summary>How many requests run at once.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    [NoCompletion]
    public virtual int ThrottleLimit { get; set; } = 8;

    /// <summary>Ends the command after so many failures; by default no number of them ends it.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [NoCompletion]
    public virtual int MaxFailures { get; set; } = int.MaxValue;

    /// <summary>A .csv or .json file that gets a row for each input row, as soon as its outcome is known.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoCompletion]
    public virtual string? ReportPath { get; set; }

    /// <summary>How many input objects are read ahead of the requests.</summary>
    private protected virtual int Ahead => 0;

    /// <summary>Errors so far.</summary>
    private protected int Failures => Progress.Failures;

    private BatchProgress Progress => _progress ??= new BatchProgress(this, MyInvocation.MyCommand.Name);

    /// <summary>An empty cell of a CSV file is no value.</summary>
    private protected static string? NullIfEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    /// <summary>Gets a software statement for a client, once its turn has come; null where no script block was given.</summary>
    /// <param name="given">As <see cref="StatementScript.Of"/> gives it.</param>
    /// <param name="row">What the script block finds in <c>$_</c>.</param>
    private protected Func<Task<string>>? FreshStatement(object? given, object? row)
    {
        var pump = Pump();
        return given is ScriptBlock script ? () => pump.RunForUser(() => StatementScript.Run(script, row)) : null;
    }

    /// <summary>The name that was given for the application's copy of a secret; null for none.</summary>
    /// <exception cref="DcrException">
    /// InvalidClientMetadata: the name is one of the module's own, or has wildcards. It is an error of its row.
    /// </exception>
    private protected static string? CopyName(string? given) => NullIfEmpty(given) is { } name && SecretName.WhyRefused(name) is { } why
        ? throw CmdletErrors.SecretNameRefused(name, why)
        : NullIfEmpty(given);

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (ReportPath is not null)
        {
            try
            {
                var path = FilePath.Of(this, ReportPath, nameof(ReportPath), DcrErrorId.InventoryWriteFailed);
                if (IsWhatIf)
                {
                    RunReport.CheckWritable(path);
                }
                else
                {
                    _report = new RunReport(path);
                }
            }
            catch (DcrException failure)
            {
                ThrowTerminatingError(ErrorRecords.From(failure, MyInvocation.MyCommand, ReportPath));
            }
        }
    }

    /// <summary>
    /// Reports on a client and then writes it: writing throws if the pipeline was stopped, and the client is kept already.
    /// </summary>
    /// <param name="result">What came of its row, as the report has it.</param>
    private protected void Write(DcrConnection connection, DcrClient client, string result)
    {
        Report(result, client);
        Write(connection, client);
    }

    /// <summary>Writes the outcome of a row to the report.</summary>
    private protected void Report(string result, DcrClient client) =>
        Report(result, CurrentRow()?.Of(client.Tenant, client.ClientName, client.ClientId));

    /// <inheritdoc cref="Report(string, DcrClient)"/>
    private protected void Report(DcrComparison comparison) =>
        Report(
            comparison.Result == DcrSyncResult.None ? comparison.Status.ToString() : comparison.Result.ToString(),
            CurrentRow()?.Of(comparison.Tenant, comparison.ClientName, comparison.ClientId)
        );

    private void Report(string result, ReportedRow? row, ErrorRecord? error = null)
    {
        if (row is not null)
        {
            _report?.Write(row.Outcome(result, error, (Connection ?? RunspaceState.Current.Default)?.Audit?.Run));
        }
    }

    /// <summary>Works on an earlier row: the report has the outcome as that row's.</summary>
    /// <param name="row">What <see cref="CurrentRow"/> gave then; null for none.</param>
    private protected void On(ReportedRow? row, Action action)
    {
        _reported = row ?? new ReportedRow(null, null, null, null, JsonBag.Empty);
        try
        {
            action();
        }
        finally
        {
            _reported = null;
        }
    }

    /// <summary>The row that is worked on, with the client of it that is worked on; null where nobody wants a report.</summary>
    private protected ReportedRow? CurrentRow()
    {
        if (_report is null || _reported is not null)
        {
            return _reported;
        }

        var bound = MyInvocation.BoundParameters;
        var input = Target as PSObject;
        var client = _worked?.Piped ?? input?.BaseObject as DcrClient;
        return new(
            RowNumber,
            client?.Tenant ?? (_worked?.Tenants.Count > 0 ? _worked.Tenants[0] : null) ?? One(ReportWriter.Tenant),
            client?.ClientName ?? One(ReportWriter.ClientName),
            client?.ClientId ?? _worked?.ClientId ?? One(ReportWriter.ClientId),
            ReportedRow.CellsOf(MyInvocation.MyCommand, input)
        );

        // A parameter still has what an earlier object bound, so a row is read by its own columns.
        string? One(string parameter) =>
            IsNamedOnCommandLine(parameter) ? Shown(bound[parameter])
            : PipedRow.Is(input) && MyInvocation.MyCommand.Parameters.TryGetValue(parameter, out var known)
                ? known.Aliases.Prepend(parameter).Select(name => Shown(input!.Properties[name]?.Value)).FirstOrDefault(Exists)
            : null;

        // A text that cannot be shown as it is would be another value in a retry.
        static string? Shown(object? value) =>
            value is string or string[] { Length: 1 } && (value as string ?? ((string[])value)[0]) is var text && text.Length > 0
                ? Redaction.Printable(text) == text ? text : Redaction.Mask
                : null;

        static bool Exists(string? text) => text is not null;
    }

    /// <summary>The client that is worked on, where there are several.</summary>
    private protected override string? Subject => _subject ?? base.Subject;

    /// <summary>Works on each client that was named.</summary>
    /// <param name="process">Is given the client's id in any case.</param>
    private protected void ForEach(IReadOnlyList<NamedClient> named, PSObject? input, Action<DcrConnection, NamedClient> process)
    {
        foreach (var client in named)
        {
            (_named, _worked) = ((_named.Place + 1, input is null ? named.Count : 0), client);
            Try(
                client.Target,
                () =>
                {
                    var connection = ConnectionFor(client, input);
                    var id = client.ClientId ?? FindOperation.ClientIdOf(connection, client.Tenants[0]);
                    _subject =
                        MyInvocation.ExpectingInput || named.Count > 1
                            ? $"{(Row is { } row ? $"{row}, " : "")}{client.SubjectOf(id)}"
                            : null;
                    WaitForSame(id);
                    process(connection, client with { ClientId = id });
                }
            );
            (_subject, _worked) = (null, null);
        }
    }

    /// <summary>Asks whether to do something to a client that was named.</summary>
    /// <inheritdoc cref="DcrCmdlet.ShouldProcess(string, string, bool)"/>
    private protected bool ShouldProcess(DcrConnection connection, RegistrationRecord record, string action, bool force = false) =>
        ShouldProcess(
            $"{record.ClientName ?? "client"} ({record.ClientId}) at "
                + $"{connection.Issuer}{(_named.Count > 1 ? $", {_named.Place} of {_named.Count}" : "")}",
            action,
            force
        );

    /// <summary>Waits if a request for the same tenant or client is in flight.</summary>
    private protected void WaitForSame(string? key)
    {
        if (key is not null && _underWay.Contains(key))
        {
            WaitForOthers();
        }
    }

    /// <summary>Starts an operation on the client that <see cref="ForEach"/> is at.</summary>
    /// <inheritdoc cref="Start{T}(DcrConnection, string, object, Func{OperationContext, Task{T}}, Action{T})"/>
    private protected void Start<T>(
        DcrConnection connection,
        RegistrationRecord record,
        Func<OperationContext, Task<T>> operation,
        Action<T> whenDone
    ) => Start(connection, record.ClientId, _worked?.Target, operation, whenDone);

    /// <summary>
    /// Starts an operation on one client. It runs side by side with others; <paramref name="whenDone"/> gets its result on the pipeline
    /// thread.
    /// </summary>
    /// <param name="key">The tenant or client id that no other operation may work on meanwhile; null for none.</param>
    /// <param name="target">What an error is about.</param>
    private protected void Start<T>(
        DcrConnection connection,
        string? key,
        object? target,
        Func<OperationContext, Task<T>> operation,
        Action<T> whenDone
    )
    {
        EndIfFailed();
        if (!Takes())
        {
            return;
        }

        // Both are taken now, because other rows are read before this one ends.
        var subject = Subject;
        var row = CurrentRow();
        Progress.Started();
        Progress.AtLeast = rows =>
            connection.Sender.LeastFor((int)Math.Ceiling(rows * Math.Max(1, Pump().Requests / (double)Math.Max(1, Progress.EndedCount))));
        if (key is not null)
        {
            _underWay.Add(key);
        }

        Start(ThrottleLimit, Ahead, Bind(connection, operation), result =>
        {
            if (key is not null)
            {
                _underWay.Remove(key);
            }

            _isEnding = true;
            var other = _reported;
            _reported = row;
            try
            {
                Try(target, () => whenDone(result()), subject);
            }
            catch (PipelineStoppedException) when (_last is not null)
            {
                // It was not sent.
                _left++;
            }
            finally
            {
                (_isEnding, _reported) = (false, other);
            }

            Progress.Ended();
        });
        EndIfFailed();
    }

    /// <summary>Something was done without a request of its own.</summary>
    private protected void DoneAtOnce() => Progress.DoneAtOnce();

    /// <summary>How many there are to do, where that is known before the input ends.</summary>
    private protected void Expect(int count) => Progress.Expect(count);

    /// <inheritdoc/>
    private protected override void OnError(ErrorRecord error, DcrException failure)
    {
        var row = CurrentRow();
        Report(
            failure.ErrorId is DcrErrorId.OutcomeUnknown or DcrErrorId.TokenLost ? "Unknown" : "Failed",
            failure.Unstored is DcrClient client ? row?.Of(client.Tenant, client.ClientName, client.ClientId) : row,
            error
        );
    }

    /// <inheritdoc/>
    private protected override void Count(DcrException failure) => Progress.Failed();

    /// <inheritdoc/>
    private protected override void OnFailure(DcrException failure)
    {
        if (!_isEnding)
        {
            Progress.DoneAtOnce();
        }

        // Only once: what is still in flight may fail, too.
        if (Progress.Failures >= MaxFailures && !_hasTooMany)
        {
            _hasTooMany = true;
            ThrowTerminatingError(
                ErrorRecords.From(CmdletErrors.TooManyFailures(MaxFailures, AfterStop), MyInvocation.MyCommand, target: null)
            );
        }
    }

    /// <summary>Sends nothing more. The error is written when everything in flight is done.</summary>
    private protected override void Terminate(ErrorRecord error, DcrException failure)
    {
        if (_last is null)
        {
            Count(failure);
            _last = error;
            _left += Pump().Stop();
        }
        else if (failure.Unstored is not null)
        {
            Count(failure);
            WriteError(error);
        }
        else
        {
            _left++;
        }

        if (!_isEnding)
        {
            EndIfFailed();
        }
    }

    private protected override bool Takes()
    {
        if (_isOver)
        {
            _left++;
            Report("NotDone", CurrentRow());
        }

        return !_isOver;
    }

    /// <summary>
    /// Ends the pipeline only where no client was written: otherwise the user's variable would not get the clients that were made.
    /// </summary>
    private void EndIfFailed()
    {
        if (_last is not { } last || _isOver)
        {
            return;
        }

        Pump().Settle();
        _isOver = true;
        if (!HasWritten)
        {
            ThrowTerminatingError(last);
        }

        WriteError(last);
    }

    private protected override void AtEnd()
    {
        _progress?.ExpectNoMore();
        WaitForOthers();
        EndIfFailed();
        if (_isOver)
        {
            if (_left > 0)
            {
                WriteWarning(
                    $"The command ended early: {_left} {(_left == 1 ? "object was" : "objects were")} not worked on. Run it again when the "
                        + "cause is mended."
                );
            }
        }
        else
        {
            base.AtEnd();
        }

        if (_report?.Failure is { } why)
        {
            WriteWarning(Redaction.Printable($"The report {_report.Path} is not whole: {why.TrimEnd('.')}."));
        }

        _progress?.End(Outcome + Named(_report));
    }

    private protected override void Release() => _report?.Dispose();

    private static string Named(RunReport? report) => report is null ? "" : $"; what came of each row is in {report.Path}";

    /// <summary>The outcome of the command so far, for people.</summary>
    private protected virtual string Outcome => Progress.ToString();

    /// <summary>What to do after the command ended early.</summary>
    private protected virtual string AfterStop => "Run it again for the rest.";

    /// <inheritdoc/>
    private protected override void OnCut() => _progress?.Complete();

    /// <summary>Writes to the host, because no stream takes anything any more.</summary>
    private protected override void OnStopped()
    {
        if (_progress?.IsLong == true)
        {
            Host.UI?.WriteWarningLine($"{MyInvocation.MyCommand.Name} was stopped: {Outcome}{Named(_report)}. {AfterStop}");
        }
    }
}
