using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Okta;

/// <summary>
/// Judges the metadata that a client asks for (oauth: schema Client and the description of createClient). Refusals are in RFC 7591's form;
/// of the words, only those about a blank field and a name in use are Okta's.
/// </summary>
internal static class OktaMetadataRules
{
    /// <summary>What oauth's schema Client has, <c>client_uri</c> from its examples, without the read-only members.</summary>
    private static readonly HashSet<string> Settings =
    [
        "application_type", "client_name", "client_uri", "frontchannel_logout_session_required", "frontchannel_logout_uri", "grant_types",
        "id_token_encrypted_response_alg", "initiate_login_uri", "jwks", "jwks_uri", "logo_uri", "policy_uri", "post_logout_redirect_uris",
        "redirect_uris", "request_object_signing_alg", "response_types", "token_endpoint_auth_method", "tos_uri",
    ];

    private static readonly string[] AuthMethods =
    [
        "client_secret_basic",
        "client_secret_post",
        "client_secret_jwt",
        "private_key_jwt",
        "none",
    ];
    private static readonly string[] ResponseTypes = ["code", "id_token", "none", "token"];

    /// <summary>oauth: schema GrantType.</summary>
    private static readonly string[] GrantTypes =
    [
        "authorization_code",
        "client_credentials",
        "implicit",
        "interaction_code",
        "password",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:openid:params:grant-type:ciba",
        "urn:okta:params:oauth:grant-type:otp",
        "urn:okta:params:oauth:grant-type:oob",
        "http://auth0.com/oauth/grant-type/mfa-otp",
        "http://auth0.com/oauth/grant-type/mfa-oob",
    ];

    /// <summary>oauth: the table of createClient, as far as it tells the types apart.</summary>
    private static readonly Dictionary<string, string[]> ForbiddenGrants = new()
    {
        ["browser"] = ["client_credentials", "password", "refresh_token"],
        ["native"] = ["client_credentials"],
        ["service"] = ["authorization_code", "implicit", "password", "refresh_token"],
        ["web"] = ["password"],
    };

    /// <summary>What is granted for this request; the argument stays as it is.</summary>
    /// <exception cref="Refused">The metadata isn't acceptable.</exception>
    public static JsonObject Grant(JsonObject asked, UnknownMembers unknownMembers)
    {
        JsonObject granted = WithoutNulls(asked);
        TreatUnknown(granted, unknownMembers);
        foreach ((string name, JsonNode? value) in granted)
        {
            if (MetadataMembers.Wanted(name, value!) is { } wanted)
            {
                throw Wrong(name, $"The field must be {wanted}.");
            }
        }

        if (string.IsNullOrWhiteSpace(granted["client_name"].Text()))
        {
            throw Wrong("client_name", "The field can't be left blank.");
        }

        AddDefaults(granted);
        CheckValues(granted);
        CheckGrants(granted);
        CheckRedirects(granted);
        CheckKeys(granted);
        return granted;
    }

    /// <summary>Whether this authentication method works with a client secret.</summary>
    public static bool NeedsSecret(JsonObject metadata) => MetadataRules.NeedsSecret(metadata);

    /// <summary>oauth: ErrorInvalidClientMetadata.</summary>
    public static Refused Wrong(string name, string why) => Refused.Metadata($"`{name}`: {why}");

    /// <summary>A copy without nulls, those in keys included: Okta writes them, so it must take them back.</summary>
    private static JsonObject WithoutNulls(JsonObject json) =>
        new(
            json.Where(member => member.Value is not null)
                .Select(member =>
                    KeyValuePair.Create(
                        member.Key,
                        member.Value is JsonObject inner && member.Key == "jwks" ? WithoutNullsInKeys(inner) : member.Value!.DeepClone()
                    )
                )!
        );

    private static JsonNode WithoutNullsInKeys(JsonObject jwks) => jwks["keys"] is JsonArray keys
        ? new JsonObject { ["keys"] = new JsonArray([.. keys.Select(key => key is JsonObject jwk ? WithoutNulls(jwk) : key?.DeepClone())]) }
        : jwks.DeepClone();

    private static void TreatUnknown(JsonObject granted, UnknownMembers treatment)
    {
        if (treatment == UnknownMembers.Keep)
        {
            return;
        }

        foreach (string name in granted.Select(member => member.Key).Where(name => !Settings.Contains(name)).ToList())
        {
            if (treatment == UnknownMembers.Reject)
            {
                throw Wrong(name, "The field isn't recognized.");
            }

            granted.Remove(name);
        }
    }

    /// <summary>
    /// oauth: the defaults of schema Client; the authentication method's from the older page; a service app's response type from its
    /// examples.
    /// </summary>
    private static void AddDefaults(JsonObject granted)
    {
        granted["application_type"] ??= "web";
        granted["grant_types"] ??= new JsonArray("authorization_code");
        granted["response_types"] ??= List(granted, "grant_types").Contains("authorization_code") ? new JsonArray("code")
            : List(granted, "grant_types").Contains("client_credentials") ? new JsonArray("token")
            : [];
        granted["token_endpoint_auth_method"] ??= granted["application_type"].Text() == "browser" ? "none" : "client_secret_basic";
        granted["redirect_uris"] ??= new JsonArray();
    }

    private static void CheckValues(JsonObject granted)
    {
        CheckOneOf(granted, "application_type", [.. ForbiddenGrants.Keys]);
        CheckOneOf(granted, "token_endpoint_auth_method", AuthMethods);
        CheckOneOf(granted, "grant_types", GrantTypes);
        CheckOneOf(granted, "response_types", ResponseTypes);
    }

    private static void CheckOneOf(JsonObject granted, string name, string[] allowed)
    {
        IEnumerable<string> values = granted[name]!.GetValueKind() == JsonValueKind.Array ? List(granted, name) : [(string)granted[name]!];
        if (values.FirstOrDefault(value => !allowed.Contains(value)) is { } wrong)
        {
            throw Wrong(name, $"'{wrong}' isn't one of the allowed values: {string.Join(", ", allowed)}.");
        }
    }

    private static void CheckGrants(JsonObject granted)
    {
        string type = (string)granted["application_type"]!;
        IReadOnlyList<string> grants = List(granted, "grant_types");
        if (grants.FirstOrDefault(grant => ForbiddenGrants[type].Contains(grant)) is { } forbidden)
        {
            throw Wrong("grant_types", $"'{forbidden}' isn't allowed for the application type '{type}'.");
        }

        if (type is "web" or "native" && !grants.Contains("authorization_code"))
        {
            throw Wrong("grant_types", $"The application type '{type}' must have at least 'authorization_code'.");
        }

        if (grants.Contains("authorization_code") && !List(granted, "response_types").Contains("code"))
        {
            throw Wrong("response_types", "'authorization_code' in grant_types needs 'code'.");
        }

        if (type == "browser" && (string)granted["token_endpoint_auth_method"]! != "none")
        {
            throw Wrong("token_endpoint_auth_method", "The application type 'browser' must have 'none'.");
        }
    }

    /// <summary>
    /// At least one, unless there is the password or the client credentials grant; absolute, without a fragment; wildcards are the Apps
    /// API's.
    /// </summary>
    private static void CheckRedirects(JsonObject granted)
    {
        IReadOnlyList<string> uris = List(granted, "redirect_uris");
        bool needsNone = List(granted, "grant_types").Any(grant => grant is "password" or "client_credentials");
        if (uris.Count == 0 && !needsNone)
        {
            throw Wrong("redirect_uris", "The field can't be left blank.");
        }

        foreach (string name in new[] { "redirect_uris", "post_logout_redirect_uris" })
        {
            if (List(granted, name).FirstOrDefault(uri => !IsRedirect(uri)) is { } wrong)
            {
                throw Wrong(name, $"'{wrong}' must be an absolute URI without a fragment and without wildcards.");
            }
        }
    }

    private static bool IsRedirect(string uri) =>
        uri.Contains(':', StringComparison.Ordinal) && Uri.TryCreate(uri, UriKind.Absolute, out _) && uri.IndexOfAny(['#', '*']) < 0;

    private static void CheckKeys(JsonObject granted)
    {
        if (granted.ContainsKey("jwks") && granted.ContainsKey("jwks_uri"))
        {
            throw Wrong("jwks_uri", "The field can't be used together with jwks.");
        }

        if (
            (string)granted["token_endpoint_auth_method"]! == "private_key_jwt"
            && !granted.ContainsKey("jwks")
            && !granted.ContainsKey("jwks_uri")
        )
        {
            throw Wrong("jwks", "The field can't be left blank when token_endpoint_auth_method is private_key_jwt.");
        }

        if (
            granted["jwks"]?["keys"] is JsonArray keys
            && keys.Any(key => key is not JsonObject jwk || !jwk.ContainsKey("kid") || jwk.ContainsKey("d"))
        )
        {
            throw Wrong("jwks", "Each key must be public and have a kid.");
        }
    }

    private static IReadOnlyList<string> List(JsonObject metadata, string name) => MetadataRules.List(metadata, name);
}
