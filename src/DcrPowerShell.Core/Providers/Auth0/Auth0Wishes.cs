using System.Collections.Generic;

namespace DcrPowerShell.Providers.Auth0;

/// <summary>How a tenant shall be. What is not wished for stays, and is reported as it is.</summary>
internal sealed record Auth0Wishes
{
    /// <summary>Whether clients shall be able to register.</summary>
    public bool Registration { get; init; }

    /// <summary>What third-party applications shall get of an API, unless they have a grant of their own.</summary>
    public IReadOnlyList<Auth0Permission> DefaultPermissions { get; init; } = [];

    /// <summary>Names or ids of connections that third-party applications shall be able to use.</summary>
    public IReadOnlyList<string> DomainConnections { get; init; } = [];

    /// <summary><see cref="Auth0Tenant.Strict"/> or <see cref="Auth0Tenant.Permissive"/>.</summary>
    public string? SecurityMode { get; init; }

    /// <summary>Where registrations may come from.</summary>
    public IReadOnlyList<Auth0Network> AllowedNetworks { get; init; } = [];
}

/// <summary>Scopes of an API.</summary>
/// <param name="Audience">The API's identifier.</param>
internal sealed record Auth0Permission(string Audience, IReadOnlyList<string> Scopes);
