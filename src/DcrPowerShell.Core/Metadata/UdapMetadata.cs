using System.Collections.Generic;

namespace DcrPowerShell.Metadata;

/// <summary>What a server says of UDAP (HL7 UDAP Security STU 2, section 2.2). Each list is empty where the server does not say.</summary>
internal sealed class UdapMetadata(JsonBag members)
{
    public IReadOnlyList<string> Versions => members.Texts("udap_versions_supported");

    public IReadOnlyList<string> Profiles => members.Texts("udap_profiles_supported");

    public IReadOnlyList<string> Extensions => members.Texts("udap_authorization_extensions_supported");

    /// <summary>In every token request of a client for itself.</summary>
    public IReadOnlyList<string> RequiredExtensions => members.Texts("udap_authorization_extensions_required");

    public IReadOnlyList<string> Certifications => members.Texts("udap_certifications_supported");

    /// <summary>In every registration.</summary>
    public IReadOnlyList<string> RequiredCertifications => members.Texts("udap_certifications_required");

    /// <summary>Of software statements and certifications.</summary>
    public IReadOnlyList<string> RegistrationAlgorithms => members.Texts("registration_endpoint_jwt_signing_alg_values_supported");

    public IReadOnlyList<string> GrantTypes => members.Texts("grant_types_supported");

    /// <summary>The JWT that vouches for the endpoints; null where there is none.</summary>
    public string? Signed => members.Text("signed_metadata");
}
