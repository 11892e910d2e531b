using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>What kind of value a metadata member takes.</summary>
internal enum MemberKind
{
    Text,
    Url,
    TextList,
    RedirectList,
    Number,
    Flag,
    Keys,
}

/// <summary>The registered client metadata (RFC 7591 section 4.1.2 and the specifications that have added to it).</summary>
internal static class MetadataMembers
{
    private static readonly Dictionary<string, MemberKind> Kinds = new (MemberKind Kind, string[] Names)[]
    {
        (MemberKind.Text,
        [
            "token_endpoint_auth_method", "client_name", "scope", "software_id", "software_version", "software_statement",
            "application_type", "subject_type", "id_token_signed_response_alg", "id_token_encrypted_response_alg",
            "id_token_encrypted_response_enc", "userinfo_signed_response_alg", "userinfo_encrypted_response_alg",
            "userinfo_encrypted_response_enc", "request_object_signing_alg", "request_object_encryption_alg",
            "request_object_encryption_enc", "token_endpoint_auth_signing_alg", "tls_client_auth_subject_dn", "tls_client_auth_san_dns",
            "tls_client_auth_san_uri", "tls_client_auth_san_ip", "tls_client_auth_san_email", "backchannel_token_delivery_mode",
            "backchannel_authentication_request_signing_alg", "authorization_signed_response_alg",
            "authorization_encrypted_response_alg", "authorization_encrypted_response_enc", "introspection_signed_response_alg",
            "introspection_encrypted_response_alg", "introspection_encrypted_response_enc", "organization_name",
        ]),
        (MemberKind.Url,
        [
            "client_uri", "logo_uri", "tos_uri", "policy_uri", "jwks_uri", "sector_identifier_uri", "initiate_login_uri",
            "frontchannel_logout_uri", "backchannel_logout_uri", "backchannel_client_notification_endpoint", "signed_jwks_uri",
        ]),
        (MemberKind.TextList,
        [
            "grant_types", "response_types", "contacts", "default_acr_values", "request_uris", "authorization_details_types",
            "response_modes", "client_registration_types",
        ]),
        (MemberKind.RedirectList, ["redirect_uris", "post_logout_redirect_uris"]),
        (MemberKind.Number, ["default_max_age"]),
        (MemberKind.Flag,
        [
            "require_auth_time", "frontchannel_logout_session_required", "backchannel_logout_session_required",
            "tls_client_certificate_bound_access_tokens", "use_mtls_endpoint_aliases", "require_signed_request_object",
            "require_pushed_authorization_requests", "dpop_bound_access_tokens", "backchannel_user_code_parameter",
        ]),
        (MemberKind.Keys, ["jwks"]),
    }.SelectMany(group => group.Names.Select(name => (name, group.Kind))).ToDictionary(member => member.name, member => member.Kind);

    /// <summary>The members that a server which answers with empty ones writes: those of RFC 7591 section 2.</summary>
    public static IReadOnlyList<string> Basic { get; } =
    [
        "redirect_uris", "token_endpoint_auth_method", "grant_types", "response_types", "client_name", "client_uri", "logo_uri", "scope",
        "contacts", "tos_uri", "policy_uri", "jwks_uri", "jwks", "software_id", "software_version",
    ];

    /// <summary>The kind of a member; null if its name isn't known. A language tag doesn't count (RFC 7591 section 2.2).</summary>
    public static MemberKind? KindOf(string name) =>
        Kinds.TryGetValue(name.Split('#')[0], out MemberKind kind) ? kind : null;

    /// <summary>Refuses a known member whose value is of the wrong kind.</summary>
    public static void Check(string name, JsonNode value)
    {
        if (Wanted(name, value) is { } wanted)
        {
            throw name == "redirect_uris" ? Refused.RedirectUri($"{name} must be {wanted}") : Refused.Metadata($"{name} must be {wanted}");
        }
    }

    /// <summary>What a known member's value should have been, such as "a string"; null if it is, and for unknown members.</summary>
    public static string? Wanted(string name, JsonNode value) => KindOf(name) switch
    {
        MemberKind.Text when !IsText(value) => "a string",
        MemberKind.Url when !IsText(value) || !IsWebUrl((string)value!) => "an absolute http or https URL",
        MemberKind.TextList or MemberKind.RedirectList when value is not JsonArray list || !list.All(IsText) => "an array of strings",
        MemberKind.Number when value.GetValueKind() != JsonValueKind.Number => "a number",
        MemberKind.Flag when value.GetValueKind() is not (JsonValueKind.True or JsonValueKind.False) => "a boolean",
        MemberKind.Keys when value is not JsonObject keys || keys["keys"] is not JsonArray => "a JSON Web Key Set",
        _ => null,
    };

    private static bool IsText(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String;

    private static bool IsWebUrl(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out Uri? url) && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp);
}
