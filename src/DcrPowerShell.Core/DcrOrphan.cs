using System;
using System.Collections.Generic;

namespace DcrPowerShell;

/// <summary>A request of which nobody knows whether the server carried it out.</summary>
public sealed class DcrOrphan
{
    internal DcrOrphan(string id, string operation, string issuer, DateTimeOffset at, string? clientName, string? clientId, string? tenant, IReadOnlyList<DcrClient> candidates, string recommendedAction)
    {
        Id = id;
        Operation = operation;
        Issuer = issuer;
        At = at;
        ClientName = clientName;
        ClientId = clientId;
        Tenant = tenant;
        Candidates = candidates;
        RecommendedAction = recommendedAction;
    }

    /// <summary>The journal's name for it.</summary>
    public string Id { get; }

    /// <summary>What was asked: register, update or delete.</summary>
    public string Operation { get; }

    /// <summary>The issuer that was asked.</summary>
    public string Issuer { get; }

    /// <summary>When it was asked.</summary>
    public DateTimeOffset At { get; }

    /// <summary><c>client_name</c>, as asked for.</summary>
    public string? ClientName { get; }

    /// <summary><c>client_id</c>; null for a registration.</summary>
    public string? ClientId { get; }

    /// <summary>Who the client is for.</summary>
    public string? Tenant { get; }

    /// <summary>Clients of that name that the server lists and the vault does not have; none where the server does not list its clients.</summary>
    public IReadOnlyList<DcrClient> Candidates { get; }

    /// <summary>What to do next.</summary>
    public string RecommendedAction { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Operation} {ClientName ?? ClientId}";
}
