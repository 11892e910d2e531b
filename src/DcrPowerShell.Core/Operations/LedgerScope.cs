using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// What one run of an operation writes to the ledger: what it is about to ask, what came back, and how that ended. Only a positive fact
/// closes an entry; what ends otherwise stays open.
/// </summary>
internal sealed class LedgerScope(DcrConnection connection, Registrations store, IReporter reporter, IClock clock, CancellationToken stop)
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(3);

    private readonly List<LedgerHash> _entries = [];
    private LedgerIntent? _intent;
    private RegistrationRecord? _known;
    private LedgerHash _current;
    private bool _hasArrived;
    private bool _hasAnswer;
    private bool _isUnusable;
    private IDisposable? _turn;
    private string? _turnOf;

    /// <summary>The entry of the request that is under way; none for a read that has brought nothing.</summary>
    public LedgerHash Entry => _current;

    /// <summary>The ledger has an answer, and not yet what it brought.</summary>
    public bool HasAnswer => _hasAnswer;

    /// <summary>Before a registration: writes the intent, unless the tenant has a client or an open request.</summary>
    /// <exception cref="DcrException">StoreReadOnly: nothing was sent.</exception>
    public async Task<Begun> BeginRegistrationAsync(
        JsonBag metadata,
        string? tenant,
        bool allowsDuplicate,
        RegistrationRecord? replaces = null
    )
    {
        _known = null;
        if (replaces is not null && OpenReplacementOf(replaces.ClientId) is { } open)
        {
            return new Begun.Open(open);
        }

        var intent = Intent(LedgerOperation.Register) with
        {
            ClientName = metadata.Text(ClientMember.ClientName),
            Tenant = tenant,
            Replaces = replaces?.ClientId,
        };
        var begun = await connection
            .Ledger.Requests.BeginAsync(intent with { Metadata = metadata }, allowsDuplicate, replaces)
            .ConfigureAwait(false);
        if (begun is Begun.Entry entry)
        {
            Add(entry.Id);
            _intent = intent;
        }

        return begun;
    }

    /// <summary>
    /// The open request that replaces a client, if there is one. Without a tenant nothing else keeps a client from being replaced twice.
    /// </summary>
    private LedgerEntry? OpenReplacementOf(string clientId) =>
        connection
            .Ledger.Requests.Open(connection.Issuer)
            .FirstOrDefault(entry => entry.Intent is { Operation: LedgerOperation.Register } asked && asked.Replaces == clientId);

    /// <summary>
    /// Waits until no other command asks the server about this client; from then on others wait until this run has ended. Each answer may
    /// bring a token that makes the former one worthless.
    /// </summary>
    /// <returns>The client as it is known now: another command may have changed it since it was found.</returns>
    /// <exception cref="DcrException">
    /// RequestTimedOut: the other command does not end, and nothing was sent. StoreDamaged; the vault could not be read.
    /// </exception>
    public async Task<RegistrationRecord> TakeTurnAsync(RegistrationRecord record)
    {
        if (HasTurn(record))
        {
            return record;
        }

        // Never two turns at once, or two commands might wait for each other.
        EndTurn();
        await WaitForTurnAsync(record).ConfigureAwait(false);
        _turnOf = record.SecretName;
        return store.Ledger.Registrations.Find(record.Issuer, record.ClientId) is { } known && known.Sequence > record.Sequence
            ? (await store.FindAsync(record.Issuer, record.ClientId).ConfigureAwait(false))?.Record ?? record
            : record;
    }

    /// <summary>Whether this run has the turn to ask about a client.</summary>
    public bool HasTurn(RegistrationRecord record) => _turnOf == record.SecretName;

    /// <summary>
    /// Ends the turn once the ledger has the answer, before a vault is waited for. Vaults are called on the pipeline thread, where a
    /// command further down the pipeline may be waiting for this turn.
    /// </summary>
    public void EndTurn()
    {
        _turn?.Dispose();
        (_turn, _turnOf) = (null, null);
    }

    /// <summary>Before a change to a known client: takes the turn and writes the intent.</summary>
    /// <returns>The client as it is known now.</returns>
    /// <exception cref="DcrException">StoreReadOnly: nothing was sent.</exception>
    /// <inheritdoc cref="TakeTurnAsync"/>
    public async Task<RegistrationRecord> BeginChangeAsync(LedgerOperation operation, RegistrationRecord record, JsonBag? changes = null)
    {
        record = await TakeTurnAsync(record).ConfigureAwait(false);
        _known = record;
        _intent = Intent(operation) with
        {
            ClientId = record.ClientId,
            ClientName = record.ClientName,
            Tenant = record.Tenant,
            Replaces = connection.Service.SoleTenant is null ? null : record.ClientId,
        };
        // Such a server goes by who asks: it would change the client that took this one's place, or register it again.
        var replaces = _intent.Replaces is null ? null : record;
        var begun = await connection
            .Ledger.Requests.BeginAsync(_intent with { Metadata = changes }, replaces: replaces)
            .ConfigureAwait(false);
        Add(((Begun.Entry)begun).Id);
        return record;
    }

    /// <summary>Before a read, which may bring a new token too: takes the turn.</summary>
    /// <inheritdoc cref="TakeTurnAsync"/>
    public async Task<RegistrationRecord> BeginReadAsync(RegistrationRecord record)
    {
        record = await TakeTurnAsync(record).ConfigureAwait(false);
        _known = record;
        _intent = Intent(LedgerOperation.Read) with { ClientId = record.ClientId, ClientName = record.ClientName, Tenant = record.Tenant };
        _current = LedgerHash.None;
        (_hasArrived, _hasAnswer) = (false, false);
        return record;
    }

    /// <summary>Writes a successful answer down, before anything reads it.</summary>
    public async Task ArrivedAsync(ProtocolRequest request, ProtocolResponse response)
    {
        if (_intent is null || !IsWorthKeeping(request, response))
        {
            return;
        }

        var isFirst = _current.IsNone;
        if (isFirst)
        {
            Add(LedgerHash.New());
        }

        _hasArrived = true;
        try
        {
            _intent = isFirst ? connection.Ledger.Requests.Claim(_current, _intent) : _intent;
            var at = RegistrationRecord.Later(clock.UtcNow, _known?.UpdatedAt);
            await connection.Ledger.Requests.AnsweredAsync(_current, _intent, ToKeep(response, at)).ConfigureAwait(false);
            _hasAnswer = true;
        }
        catch (DcrException failure)
        {
            reporter.Warning(
                "The server's answer could not be written to the local store before it was read: "
                    + $"{failure.InnerException?.Message.TrimEnd('.') ?? "it is locked"}. What it brought is on the object, and is written "
                    + "again now."
            );
        }
    }

    /// <summary>The ledger has what the answer brought, or it brought nothing new.</summary>
    public void Kept() => (_hasArrived, _hasAnswer, _isUnusable) = (false, false, false);

    /// <summary>The server said that it did something, in an answer that cannot be used: it stays in the ledger as it came.</summary>
    /// <returns>Whether the ledger has it: the answer to a read is kept only where it seems to have a token or secret.</returns>
    public bool Unusable()
    {
        _isUnusable = _hasArrived;
        return _hasAnswer;
    }

    /// <summary>The registration is kept, and something that goes with it is not done yet: the next connect does it.</summary>
    public void StayOpen() => _isUnusable = true;

    /// <summary>The run has ended.</summary>
    /// <param name="failure">Null where it did what it was to do.</param>
    public async Task EndAsync(Exception? failure)
    {
        try
        {
            await EndEntriesAsync(failure).ConfigureAwait(false);
        }
        finally
        {
            EndTurn();
        }
    }

    private async Task EndEntriesAsync(Exception? failure)
    {
        if (_entries.Count == 0)
        {
            return;
        }

        try
        {
            await (
                StaysOpen(failure) ? connection.Ledger.Requests.OrphanAsync(_entries) : connection.Ledger.Requests.CloseAsync(_entries)
            ).ConfigureAwait(false);
        }
        catch (DcrException)
        {
            // What stays open is looked at again, which does no harm.
        }
        finally
        {
            connection.Ledger.Requests.Leave(_entries);
        }
    }

    private async Task WaitForTurnAsync(RegistrationRecord record)
    {
        using var wait = new Wait(reporter.Waiting);
        for (var left = LongestWait; (_turn = store.Ledger.Requests.TryTurn(record.Issuer, record.ClientId)) is null; left -= Beat)
        {
            if (left <= TimeSpan.Zero)
            {
                throw OperationErrors.ClientUnderWay(record.ClientId, LongestWait);
            }

            if (!wait.IsTold)
            {
                wait.Tell($"Another command is at work on client '{record.ClientId}'; waiting for it.");
            }

            await clock.Delay(Beat, stop).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// True where an answer is not kept, or where it is not known whether the server did anything. That holds for any unexpected failure.
    /// </summary>
    private bool StaysOpen(Exception? failure) => _isUnusable
        || failure is not (null or DcrException or OperationCanceledException)
        || (failure is not null and not DcrException { ServerError.Status: >= 200 and < 300 } && _hasArrived)
        || failure is DcrException { ErrorId: DcrErrorId.OutcomeUnknown or DcrErrorId.TokenLost };

    /// <summary>The answer as it came, without echoes of secrets that were sent: a replay does not know them any more.</summary>
    private static LedgerAnswer ToKeep(ProtocolResponse response, DateTimeOffset at) =>
        response.TryReadJson(out var members, out _) && Echo.Hide(members, response.Redaction) is var hidden && hidden != members
            ? new LedgerAnswer(response.Status, hidden.ToUtf8(), at) { ContentType = response.Header("Content-Type")?.Split(';')[0] }
            : new LedgerAnswer(response.Status, response.Body, at) { ContentType = response.Header("Content-Type") };

    private LedgerIntent Intent(LedgerOperation operation) => new()
    {
        Operation = operation,
        Issuer = connection.Issuer,
        RegistrationEndpoint = connection.RegistrationEndpoint,
        Provider = connection.Provider,
        Vault = connection.VaultId,
        At = clock.UtcNow,
    };

    private void Add(LedgerHash entry)
    {
        _current = entry;
        (_hasArrived, _hasAnswer) = (false, false);
        _entries.Add(entry);
    }

    /// <summary>
    /// Judges an answer by its text, before it is parsed. The first answer to a change is kept in any case. A read's answer, or a later one
    /// of a change, is kept if it has a token or secret that is not the known one.
    /// </summary>
    private bool IsWorthKeeping(ProtocolRequest request, ProtocolResponse response)
    {
        if (request.Effect != RequestEffect.None && !_hasArrived)
        {
            return true;
        }

        var text = response.Text();
        return Has(ClientMember.RegistrationAccessToken, _known?.RegistrationAccessToken)
            || Has(ClientMember.ClientSecret, _known?.ClientSecret);

        bool Has(string member, string? known) =>
            RegistrationAnswer.MayHave(text, member) && (known is null || !text.Contains($"\"{known}\""));
    }
}
