using System.Collections.Generic;

namespace DcrPowerShell.TestServer;

/// <summary>A certificate that a test wants from a trust community.</summary>
public sealed record CertificateOrder
{
    /// <summary>The URIs among its subject alternative names.</summary>
    public required IReadOnlyList<string> Uris { get; init; }

    /// <summary>What is to be wrong with it.</summary>
    public CertificateKind Kind { get; init; }

    /// <summary>Its key.</summary>
    public CertificateKey Key { get; init; }

    /// <summary>URI of the community; null for the first.</summary>
    public string? Community { get; init; }
}
