using System;
using System.Collections.Generic;
using System.Security;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;

namespace DcrPowerShell;

/// <summary>A request whose outcome is unknown: the server may have carried it out.</summary>
public sealed class DcrOrphan
{
    /// <param name="intent">Null where it cannot be read any more.</param>
    internal DcrOrphan(string id, string issuer, LedgerIntent? intent, IReadOnlyList<DcrClient> candidates, string recommendedAction)
    {
        Id = id;
        Operation = intent?.Operation.ToString() ?? "Unknown";
        Issuer = issuer;
        At = intent?.At;
        ClientName = Shown(intent?.ClientName);
        ClientId = Shown(intent?.ClientId);
        AskedTenant = intent?.Tenant;
        Candidates = new ReadableList<DcrClient>(candidates);
        RecommendedAction = recommendedAction;
    }

    /// <summary>Its id in the local store: 32 hexadecimal digits.</summary>
    public string Id { get; }

    /// <summary>What was asked: Register, Read, Update or Delete; Unknown where that cannot be read any more.</summary>
    public string Operation { get; }

    /// <summary>The issuer that was asked.</summary>
    public string Issuer { get; }

    /// <summary>When it was asked, in UTC; null where that cannot be read any more.</summary>
    public DateTimeOffset? At { get; }

    /// <summary><c>client_name</c>, as asked for; null for none.</summary>
    public string? ClientName { get; }

    /// <summary><c>client_id</c>; null for a registration.</summary>
    public string? ClientId { get; }

    /// <summary>Who the client is for; null for nobody.</summary>
    public string? Tenant => Shown(AskedTenant);

    /// <summary>The tenant as it is kept.</summary>
    internal string? AskedTenant { get; }

    /// <summary>
    /// Clients of that name that the server lists and that are not known here; empty where the server does not list its clients.
    /// </summary>
    public IReadOnlyList<DcrClient> Candidates { get; }

    /// <summary>
    /// The server's successful answer as it came, where it cannot be used; null where none came. It may hold a token. It is in several
    /// parts where it is longer than a SecureString can be.
    /// </summary>
    /// <remarks>In PowerShell a hidden property, as the secrets of a client are.</remarks>
    internal IReadOnlyList<SecureString>? Answer { get; init; }

    /// <summary>What to do next.</summary>
    public string RecommendedAction { get; }

    /// <summary>The connection that it was found over. What is done about it goes there.</summary>
    internal DcrConnection? Connection { get; set; }

    /// <inheritdoc/>
    public override string ToString() => $"{Operation} {ClientName ?? ClientId}";

    private static string? Shown(string? text) => text is null ? null : Redaction.Nothing.Show(text);
}
