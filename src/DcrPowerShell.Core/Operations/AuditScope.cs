using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using DcrPowerShell.Audit;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>Writes the audit records of one run: before anything is sent, what is about to be done; then how it ended.</summary>
/// <param name="log">Null where there is no audit log.</param>
/// <param name="facts">What is the same for all records of the run.</param>
internal sealed class AuditScope(AuditLog? log, DcrAuditRecord facts, IReporter reporter, IClock clock)
{
    private DcrAuditRecord? _draft;
    private string? _intent;
    private RegistrationRecord? _before;
    private RegistrationRecord? _after;
    private (int Tries, string? Id) _reads;
    private (int Tries, string? Id) _changes;
    private bool _isAccepted;

    public AuditLog? Log => log;

    /// <summary>The tenant that the run is about; null where it is not known.</summary>
    public string? Tenant { get; private set; }

    /// <summary>The secrets that were sent in this run.</summary>
    public Redaction Sent { get; private set; } = Redaction.Nothing;

    public static AuditScope Of(DcrConnection connection, IReporter reporter, IClock clock) =>
        new(connection.Audit, FactsOf(connection), reporter, clock);

    /// <summary>Records the beginning, before anything is sent. Where one operation uses another, the first one counts.</summary>
    /// <param name="record">The client as it is known; null where there is none yet.</param>
    /// <param name="changes">Names of what is to be set or removed.</param>
    /// <exception cref="DcrException">AuditWriteFailed. A read goes on without a record: what a server shows is not held back.</exception>
    public void Begin(
        DcrAuditOperation operation,
        RegistrationRecord? record = null,
        string? clientName = null,
        string? tenant = null,
        IEnumerable<string>? changes = null
    )
    {
        Tenant ??= record?.Tenant ?? tenant;
        if (log is null || _draft is not null)
        {
            return;
        }

        _before = record;
        var draft = facts with
        {
            Operation = operation,
            ClientId = record?.ClientId,
            ClientName = record?.ClientName ?? clientName,
            Tenant = record?.Tenant ?? tenant,
            Changed = changes?.ToList() ?? [],
        };
        try
        {
            switch (operation)
            {
                case DcrAuditOperation.Read:
                    break;
                case DcrAuditOperation.Connect:
                    // It changes nothing at the server.
                    log.Check();
                    break;
                default:
                    _intent = log.Append(Finish(draft with { Outcome = DcrAuditOutcome.Begun })).Hash;
                    break;
            }
        }
        catch (Exception failure) when (IsOfFile(failure))
        {
            throw StorageErrors.AuditWriteFailed(log.Path!, failure);
        }

        _draft = draft;
    }

    /// <summary>A request was sent.</summary>
    /// <param name="response">Null where no answer came.</param>
    public void Tried(ProtocolRequest request, ProtocolResponse? response)
    {
        var id = response is null ? null : ServerErrorReader.RequestId(response);
        if (request.Effect == RequestEffect.None)
        {
            _reads = (_reads.Tries + 1, id);
        }
        else
        {
            _changes = (_changes.Tries + 1, id);
            _isAccepted |= response is { IsSuccess: true };
        }

        if (response is not null)
        {
            Sent = Sent.And(response.Redaction);
        }
    }

    /// <summary>What is known of the client by an answer, stored or not.</summary>
    public void Got(RegistrationRecord record) => _after = record;

    /// <summary>The run has ended.</summary>
    /// <param name="failure">Null where it did what it was to do.</param>
    public void End(Exception? failure)
    {
        if (_draft is not { } draft)
        {
            return;
        }

        _draft = null;
        var secrets = NewSecrets().ToList();
        var wasNothingDone = failure is OperationCanceledException && _changes.Tries == 0 && _intent is null;
        if (wasNothingDone || (draft.Operation == DcrAuditOperation.Read && secrets.Count == 0))
        {
            return;
        }

        var (tries, id) = _changes.Tries > 0 ? _changes : _reads;
        Write(draft with
        {
            ClientId = (draft.Operation == DcrAuditOperation.Repair ? _after?.ClientId : null) ?? draft.ClientId ?? _after?.ClientId,
            ClientName = _after?.ClientName ?? draft.ClientName,
            Tenant = _after?.Tenant ?? draft.Tenant,
            Outcome = OutcomeOf(failure),
            ErrorId = (failure as DcrException)?.ErrorId.ToString(),
            Attempts = draft.Operation == DcrAuditOperation.Connect ? null : tries,
            RequestId = id,
            Changed = draft.Changed.Union(secrets).ToList(),
            Intent = _intent,
        });
    }

    /// <summary>A connection was made.</summary>
    public void End(DcrConnection connection)
    {
        if (_draft is not null)
        {
            var made = FactsOf(connection);
            _draft = _draft with { Server = made.Server, Provider = made.Provider, Credential = made.Credential };
            End(failure: null);
        }
    }

    /// <summary>Answers of earlier commands were restored.</summary>
    public void Restored(IEnumerable<RegistrationRecord> records)
    {
        foreach (var record in log is null ? [] : records)
        {
            _after = record;
            Write(
                new DcrAuditRecord
                {
                    Server = record.Issuer,
                    Operation = DcrAuditOperation.Restore,
                    ClientId = record.ClientId,
                    ClientName = record.ClientName,
                    Tenant = record.Tenant,
                }
            );
        }

        _after = null;
    }

    private static DcrAuditRecord FactsOf(DcrConnection connection) =>
        new()
        {
            Server = connection.Issuer,
            Provider = connection.Provider,
            Credential = connection.Credential,
        };

    private DcrAuditOutcome OutcomeOf(Exception? failure) => failure switch
    {
        null => DcrAuditOutcome.Succeeded,
        DcrException { Unstored: not null } => DcrAuditOutcome.NotStored,
        DcrException { ErrorId: DcrErrorId.VaultWriteFailed } when _isAccepted => DcrAuditOutcome.NotStored,
        DcrException { ErrorId: DcrErrorId.TokenLost } => DcrAuditOutcome.NotStored,
        DcrException { ErrorId: DcrErrorId.OutcomeUnknown } => DcrAuditOutcome.Unknown,
        DcrException { ErrorId: DcrErrorId.ResponseNotConformant } when _isAccepted => DcrAuditOutcome.Unknown,
        DcrException { ServerError.Status: >= 400 and < 500 } => DcrAuditOutcome.Refused,
        _ => DcrAuditOutcome.Failed,
    };

    private IEnumerable<string> NewSecrets()
    {
        if (_after?.RegistrationAccessToken is { } token && token != _before?.RegistrationAccessToken)
        {
            yield return ClientMember.RegistrationAccessToken;
        }

        if (_after?.ClientSecret is { } secret && secret != _before?.ClientSecret)
        {
            yield return ClientMember.ClientSecret;
        }
    }

    private void Write(DcrAuditRecord record)
    {
        record = Finish(record);
        try
        {
            record = log!.Append(record);
        }
        catch (Exception failure) when (IsOfFile(failure))
        {
            reporter.Warning(
                $"The audit log '{log!.Path}' could not be written: {ErrorWords.Why(failure)}. It lacks this record: "
                    + $"{AuditLine.ToJson(record)}"
            );
        }

        reporter.Audit(record);
    }

    private DcrAuditRecord Finish(DcrAuditRecord record) => log!.Complete(Clean(record) with { Time = clock.UtcNow });

    /// <summary>A server may put a secret anywhere: into a name, or the id of a request.</summary>
    private DcrAuditRecord Clean(DcrAuditRecord record)
    {
        var known = new[] { _before, _after }
            .OfType<RegistrationRecord>()
            .Aggregate(Sent, static (sent, client) => sent.And(client.Secrets));
        return record with
        {
            Server = Text(record.Server.Split('?')[0])!,
            ClientId = Text(record.ClientId),
            ClientName = Text(record.ClientName),
            Tenant = Text(record.Tenant),
            RequestId = Text(record.RequestId),
            Changed = record.Changed.Select(name => Text(name)!).ToList(),
        };

        string? Text(string? text) => known.Clean(text);
    }

    private static bool IsOfFile(Exception failure) => failure is IOException or UnauthorizedAccessException;
}
