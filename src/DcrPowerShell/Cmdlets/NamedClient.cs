using System.Collections.Generic;

namespace DcrPowerShell.Cmdlets;

/// <summary>A client that a command was told of.</summary>
/// <param name="ClientId">Null where a tenant stands for it.</param>
/// <param name="Tenants">With an id, those that the client has to belong to; none for any. Without, the one that stands for it.</param>
/// <param name="Piped">The object, where one was piped.</param>
internal sealed record NamedClient(string? ClientId, IReadOnlyList<string> Tenants, DcrClient? Piped = null)
{
    /// <summary>What an error is about.</summary>
    public object Target => (object?)Piped ?? ClientId ?? Tenants[0];

    /// <summary>Which of several it is, in words.</summary>
    public string SubjectOf(string clientId) => (Piped?.Tenant ?? Piped?.ClientName ?? (Tenants.Count == 1 ? Tenants[0] : null)) is { } name
        ? $"{name}, client '{clientId}'"
        : $"client '{clientId}'";
}
