using System.Collections.Generic;
using System.Linq;

namespace DcrPowerShell.Metadata;

/// <summary>Wire names of client metadata.</summary>
internal static class ClientMember
{
    // RFC 7591, section 2: what a client asks for.
    public const string RedirectUris = "redirect_uris";
    public const string TokenEndpointAuthMethod = "token_endpoint_auth_method";
    public const string GrantTypes = "grant_types";
    public const string ResponseTypes = "response_types";
    public const string ClientName = "client_name";
    public const string ClientUri = "client_uri";
    public const string LogoUri = "logo_uri";
    public const string Scope = "scope";
    public const string Contacts = "contacts";
    public const string TosUri = "tos_uri";
    public const string PolicyUri = "policy_uri";
    public const string JwksUri = "jwks_uri";
    public const string Jwks = "jwks";
    public const string SoftwareId = "software_id";
    public const string SoftwareVersion = "software_version";
    public const string SoftwareStatement = "software_statement";

    // OpenID Connect Dynamic Client Registration 1.0 and RP-Initiated Logout 1.0.
    public const string ApplicationType = "application_type";
    public const string TokenEndpointAuthSigningAlg = "token_endpoint_auth_signing_alg";
    public const string PostLogoutRedirectUris = "post_logout_redirect_uris";

    // RFC 7591, section 3.2.1, and RFC 7592, section 3: what a server answers.
    public const string ClientId = "client_id";
    public const string ClientSecret = "client_secret";
    public const string ClientIdIssuedAt = "client_id_issued_at";
    public const string ClientSecretExpiresAt = "client_secret_expires_at";
    public const string RegistrationAccessToken = "registration_access_token";
    public const string RegistrationClientUri = "registration_client_uri";

    // Auth0's, of a client whose metadata is a document (Auth0 docs, register-applications-with-cimd): its URL.
    public const string ExternalClientId = "external_client_id";

    // HL7 UDAP Security STU 2, section 3.3: signed JWTs that go beside the software statement.
    public const string Certifications = "certifications";

    private static readonly string[] Named =
    [
        RedirectUris,
        TokenEndpointAuthMethod,
        GrantTypes,
        ResponseTypes,
        ClientName,
        ClientUri,
        LogoUri,
        Scope,
        Contacts,
        TosUri,
        PolicyUri,
        JwksUri,
        Jwks,
        SoftwareId,
        SoftwareVersion,
        SoftwareStatement,
        ApplicationType,
        PostLogoutRedirectUris,
    ];

    private static readonly string[] Issued =
        [ClientId, ClientSecret, ClientIdIssuedAt, ClientSecretExpiresAt, RegistrationAccessToken, RegistrationClientUri];

    /// <summary>All names that a specification has.</summary>
    public static IEnumerable<string> All => Named.Concat(FurtherRegistered).Concat(Issued);

    /// <summary>A client may ask for it, by a specification.</summary>
    public static bool IsRegistered(string name) => Named.Contains(name) || FurtherRegistered.Contains(name);

    /// <summary>Such as <c>client_name#ja-Jpan-JP</c> (RFC 7591, section 2.2).</summary>
    public static bool IsLanguageTagged(string name) => name.IndexOf('#') is > 0 and var place && place < name.Length - 1;

    /// <summary>Members that are arrays of texts (RFC 7591, section 2).</summary>
    public static readonly string[] Lists = [RedirectUris, GrantTypes, ResponseTypes, Contacts, PostLogoutRedirectUris];

    /// <summary>What an update request must not carry (RFC 7592, section 2.2).</summary>
    public static readonly string[] ForbiddenInUpdate =
        [RegistrationAccessToken, RegistrationClientUri, ClientSecretExpiresAt, ClientIdIssuedAt];

    /// <summary>
    /// Registered names that have no parameter of their own, from the specifications that the IANA registry of
    /// OAuth Dynamic Client Registration Metadata lists. Objects piped to <c>New-DcrClient</c> may carry them.
    /// </summary>
    public static readonly IReadOnlyCollection<string> FurtherRegistered = new HashSet<string>
    {
        // OpenID Connect Dynamic Client Registration 1.0, section 2
        "sector_identifier_uri", "subject_type", "id_token_signed_response_alg", "id_token_encrypted_response_alg",
        "id_token_encrypted_response_enc", "userinfo_signed_response_alg", "userinfo_encrypted_response_alg",
        "userinfo_encrypted_response_enc", "request_object_signing_alg", "request_object_encryption_alg",
        "request_object_encryption_enc", TokenEndpointAuthSigningAlg, "default_max_age", "require_auth_time",
        "default_acr_values", "initiate_login_uri", "request_uris",

        // OpenID Connect Front-Channel and Back-Channel Logout 1.0
        "frontchannel_logout_uri", "frontchannel_logout_session_required", "backchannel_logout_uri",
        "backchannel_logout_session_required",

        // RFC 8705 (mutual TLS), RFC 9101 (JAR), RFC 9126 (PAR), RFC 9449 (DPoP), RFC 9396 (RAR)
        "tls_client_auth_subject_dn", "tls_client_auth_san_dns", "tls_client_auth_san_uri", "tls_client_auth_san_ip",
        "tls_client_auth_san_email", "tls_client_certificate_bound_access_tokens", "use_mtls_endpoint_aliases",
        "require_signed_request_object", "require_pushed_authorization_requests", "dpop_bound_access_tokens",
        "authorization_details_types",

        // OpenID Connect CIBA 1.0, JARM, RFC 9701
        "backchannel_token_delivery_mode", "backchannel_client_notification_endpoint",
        "backchannel_authentication_request_signing_alg", "backchannel_user_code_parameter",
        "authorization_signed_response_alg", "authorization_encrypted_response_alg",
        "authorization_encrypted_response_enc", "response_modes", "introspection_signed_response_alg",
        "introspection_encrypted_response_alg", "introspection_encrypted_response_enc",
    };
}
