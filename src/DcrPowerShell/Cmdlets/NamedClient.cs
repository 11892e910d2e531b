using System.Collections.Generic;

namespace DcrPowerShell.Cmdlets;

/// <summary>A client that a command was told of.</summary>
/// <param name="ClientId">Null where the client is named by its tenant.</param>
/// <param name="Tenants">
/// With an id: the client must belong to one of them, empty for any. Without an id: the one tenant that names the client.
/// </param>
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
