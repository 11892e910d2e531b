using System;
using System.Collections.Generic;

namespace DcrPowerShell;

/// <summary>What a server demands of clients that register by UDAP (HL7 UDAP Security STU 2, section 2.2), and who we are there.</summary>
public sealed record DcrUdap
{
    /// <summary>The trust community's URI; null where none was named.</summary>
    public string? Community { get; internal init; }

    /// <summary>The URI of the certificate's subject alternative name, by which the server knows the client.</summary>
    public string SubjectUri { get; internal init; } = "";

    /// <summary>The certificate's name.</summary>
    public string Certificate { get; internal init; } = "";

    /// <summary>When the certificate expires.</summary>
    public DateTimeOffset CertificateExpiresAt { get; internal init; }

    /// <summary>How software statements are signed (RFC 7518, section 3.1).</summary>
    public string SigningAlgorithm { get; internal init; } = "";

    /// <summary>The name of the certificate that vouches for the server's metadata.</summary>
    public string MetadataSignedBy { get; internal init; } = "";

    /// <summary>When the signature of the server's metadata expires.</summary>
    public DateTimeOffset MetadataExpiresAt { get; internal init; }

    /// <summary>What could not be found out about revoked certificates: sentences. Empty where all was.</summary>
    public IReadOnlyList<string> NotChecked { get; internal init; } = [];

    /// <summary><c>udap_versions_supported</c>.</summary>
    public IReadOnlyList<string> Versions { get; internal init; } = [];

    /// <summary><c>udap_profiles_supported</c>.</summary>
    public IReadOnlyList<string> Profiles { get; internal init; } = [];

    /// <summary><c>udap_certifications_supported</c>.</summary>
    public IReadOnlyList<string> CertificationsSupported { get; internal init; } = [];

    /// <summary><c>udap_certifications_required</c>.</summary>
    public IReadOnlyList<string> CertificationsRequired { get; internal init; } = [];

    /// <summary><c>udap_authorization_extensions_supported</c>.</summary>
    public IReadOnlyList<string> AuthorizationExtensionsSupported { get; internal init; } = [];

    /// <summary><c>udap_authorization_extensions_required</c>.</summary>
    public IReadOnlyList<string> AuthorizationExtensionsRequired { get; internal init; } = [];

    /// <summary><c>registration_endpoint_jwt_signing_alg_values_supported</c>.</summary>
    public IReadOnlyList<string> RegistrationSigningAlgorithms { get; internal init; } = [];

    /// <inheritdoc/>
    public override string ToString() => Community is null ? SubjectUri : $"{SubjectUri} in {Community}";
}
