using System;
using System.Collections.Generic;
using System.Globalization;

namespace DcrPowerShell;

/// <summary>
/// What was done to one client, by whom, and how it ended. Holds names only: no token, no secret, no value of the metadata, no words of the
/// server.
/// </summary>
public sealed record DcrAuditRecord
{
    private static readonly ReadableList<string> Nothing = new([]);

    private readonly ReadableList<string> _changed = Nothing;

    internal DcrAuditRecord()
    {
    }

    /// <summary>When the outcome was known, in UTC.</summary>
    public DateTimeOffset Time { get; internal init; }

    /// <summary>The id of the PowerShell process: the same in all records of what it did.</summary>
    public string Run { get; internal init; } = "";

    /// <summary>The name of the account.</summary>
    public string User { get; internal init; } = "";

    /// <summary>The name of the machine.</summary>
    public string Host { get; internal init; } = "";

    /// <summary>The issuer of the server, without a query; before discovery, the URL that was given.</summary>
    public string Server { get; internal init; } = "";

    /// <summary>The dialect, by its name in <see cref="DcrProvider"/>; null where that is not known yet.</summary>
    public string? Provider { get; internal init; }

    /// <summary>The kind of credential that the connection has, as <see cref="DcrConnection.Credential"/>.</summary>
    public string? Credential { get; internal init; }

    /// <summary>What was done.</summary>
    public DcrAuditOperation Operation { get; internal init; }

    /// <summary><c>client_id</c> (RFC 7591, section 3.2.1); null where it is about no client, or the client got no id.</summary>
    public string? ClientId { get; internal init; }

    /// <summary><c>client_name</c> (RFC 7591, section 2); null for none.</summary>
    public string? ClientName { get; internal init; }

    /// <summary>Who the client is for, as given at registration; null for none.</summary>
    public string? Tenant { get; internal init; }

    /// <summary>How it ended.</summary>
    public DcrAuditOutcome Outcome { get; internal init; }

    /// <summary>The error, where it did not succeed: a <see cref="Errors.DcrErrorId"/>.</summary>
    public string? ErrorId { get; internal init; }

    /// <summary>
    /// How many requests that change something were sent, repeats among them; where none was, how many that read. Null for a connection.
    /// </summary>
    public int? Attempts { get; internal init; }

    /// <summary>The server's id of the last of these requests, from the header of its answer; null where it gave none.</summary>
    public string? RequestId { get; internal init; }

    /// <summary>Wire names of the members that were to be set or removed, and of the secrets that came new; never their values.</summary>
    public IReadOnlyList<string> Changed
    {
        get => _changed;
        internal init => _changed = value.Count == 0 ? Nothing : new(value);
    }

    /// <summary>
    /// The hash of the record that said, before anything was sent, that this was about to be done; null where nothing was to be sent that
    /// changes anything.
    /// </summary>
    public string? Intent { get; internal init; }

    /// <summary>
    /// The id of the key that <see cref="Hash"/> is made with: of the local store that its process had. Null where the record is in no log.
    /// </summary>
    public string? Key { get; internal init; }

    /// <summary>The hash of the record before; 64 zeros for the first. Null where the record is in no log.</summary>
    public string? Previous { get; internal init; }

    /// <summary>
    /// HMAC-SHA-256, in hexadecimal digits, over this record's line without the hash itself; so over <see cref="Previous"/> too.
    /// </summary>
    public string? Hash { get; internal init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        var client = ClientId is null
            ? ClientName is null
                ? ""
                : $" {ClientName}"
            : ClientName is null
                ? $" {ClientId}"
                : $" {ClientName} ({ClientId})";
        var changed = Changed.Count == 0 ? "" : $": {string.Join(", ", Changed)}";
        var error = ErrorId is null ? "" : $" ({ErrorId})";
        return string.Format(
            CultureInfo.InvariantCulture,
            "{0:yyyy-MM-dd HH:mm:ss}Z {1}{2} at {3}: {4}{5}{6}",
            Time.UtcDateTime,
            Operation,
            client,
            Server,
            Outcome,
            error,
            changed
        );
    }
}
