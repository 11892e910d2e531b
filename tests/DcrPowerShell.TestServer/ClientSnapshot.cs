using System.Text.Json.Nodes;

namespace DcrPowerShell.TestServer;

/// <summary>A client as the server knows it: the truth that tests compare with.</summary>
public sealed record ClientSnapshot
{
    /// <summary>Its identifier.</summary>
    public required string ClientId { get; init; }

    /// <summary>The secret that is valid now.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>When it was registered, in epoch seconds.</summary>
    public long ClientIdIssuedAt { get; init; }

    /// <summary>The registration token that is valid now; null if there is none (any more).</summary>
    public string? RegistrationAccessToken { get; init; }

    /// <summary>Where the client really is managed, whatever the answers say.</summary>
    public required string RegistrationClientUri { get; init; }

    /// <summary>The metadata that was granted.</summary>
    public required JsonObject Metadata { get; init; }
}
