using System;
using System.Collections.Generic;
using System.IO;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Storage;
using DcrPowerShell.Storage.Journaling;

namespace DcrPowerShell.Operations;

/// <summary>
/// What one run of an operation writes to the journal: what it is about to ask, what came back, and at its end that all of it is
/// in the vault. What ends otherwise stays open, for the next process or <c>Restore-DcrRegistration</c>.
/// </summary>
internal sealed class JournalScope(DcrConnection connection, IReporter reporter, IClock clock)
{
    private readonly List<string> _entries = [];
    private RegistrationRecord? _known;
    private string? _current;
    private bool _hasAnswer;

    /// <summary>The journal has an answer that the vault may not have.</summary>
    public bool HoldsAnswer => _hasAnswer;

    /// <summary>Before a registration.</summary>
    /// <exception cref="DcrException">JournalWriteFailed: nothing was sent.</exception>
    public void BeginRegistration(JsonBag metadata, string? tenant) =>
        Begin(Intent(JournalIntent.Register) with { ClientName = metadata.Text(ClientMember.ClientName), Tenant = tenant, Metadata = metadata });

    /// <summary>Before a change to a known client.</summary>
    /// <exception cref="DcrException">JournalWriteFailed: nothing was sent.</exception>
    public void BeginChange(string operation, RegistrationRecord record, JsonBag? changes = null)
    {
        _known = record;
        Begin(Intent(operation) with { ClientId = record.ClientId, ClientName = record.ClientName, Tenant = record.Tenant, Metadata = changes });
    }

    /// <summary>Before a read, which may bring a new token all the same.</summary>
    public void BeginRead(RegistrationRecord record) => (_known, _current) = (record, null);

    /// <summary>The vault has what the answer brought, or it brought nothing that the vault has not.</summary>
    public void Kept() => _hasAnswer = false;

    /// <summary>A successful answer came, and nobody has looked at it yet.</summary>
    public void Arrived(ProtocolRequest request, ProtocolResponse response)
    {
        var isBegun = _current is not null || _known is not null;
        if (connection.Journal is not { } journal || !isBegun || !IsWorthKeeping(request, response))
        {
            return;
        }

        try
        {
            _current ??= Add(journal.Begin(Intent(JournalIntent.Read) with { ClientId = _known!.ClientId, ClientName = _known.ClientName, Tenant = _known.Tenant }));
            journal.Answered(_current, new JournalAnswer(response.Status, response.Body, RegistrationRecord.Later(clock.UtcNow, _known?.UpdatedAt)) { ContentType = response.Header("Content-Type") });
            _hasAnswer = true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            reporter.Warning($"The server's answer could not be written to the journal: {failure.Message.TrimEnd('.')}. The vault is written all the same.");
        }
    }

    /// <summary>The run has ended.</summary>
    /// <param name="failure">Null where it did what it was to do.</param>
    public void End(Exception? failure)
    {
        if (connection.Journal is { } journal && !StaysOpen(failure))
        {
            foreach (var entry in _entries)
            {
                journal.Done(entry);
            }
        }
    }

    /// <summary>Where an answer is not in the vault, or nobody knows whether the server did anything.</summary>
    private bool StaysOpen(Exception? failure) => (failure is not null && _hasAnswer) || failure is DcrException { ErrorId: DcrErrorId.OutcomeUnknown or DcrErrorId.TokenLost };

    private JournalIntent Intent(string operation) => new()
    {
        Operation = operation,
        Issuer = connection.Issuer,
        RegistrationEndpoint = connection.RegistrationEndpoint,
        Provider = connection.Provider,
        At = clock.UtcNow,
    };

    private void Begin(JournalIntent intent)
    {
        _current = null;
        if (connection.Journal is not { } journal)
        {
            return;
        }

        try
        {
            _current = Add(journal.Begin(intent));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw DcrErrors.JournalWriteFailed(failure);
        }
    }

    private string Add(string entry)
    {
        _entries.Add(entry);
        return entry;
    }

    /// <summary>
    /// By the look of it, before it is parsed. Of reads, and of the second and later requests of a change, those answers that have a
    /// token or secret which is not the known one.
    /// </summary>
    private bool IsWorthKeeping(ProtocolRequest request, ProtocolResponse response)
    {
        if (request.Effect != RequestEffect.None && !_hasAnswer)
        {
            return true;
        }

        var text = response.Text();
        return Has(ClientMember.RegistrationAccessToken, _known?.RegistrationAccessToken) || Has(ClientMember.ClientSecret, _known?.ClientSecret);

        bool Has(string member, string? known) => text.Contains($"\"{member}\"") && (known is null || !text.Contains($"\"{known}\""));
    }
}
