using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>Judges the metadata that a client asks for, and says what it gets.</summary>
internal static class MetadataRules
{
    public static readonly IReadOnlyList<string> AuthMethods =
    [
        "none",
        "client_secret_basic",
        "client_secret_post",
        "client_secret_jwt",
        "private_key_jwt",
        "tls_client_auth",
        "self_signed_tls_client_auth",
    ];

    /// <summary>What is granted for this request; the argument stays as it is.</summary>
    /// <exception cref="Refused">The metadata isn't acceptable.</exception>
    public static JsonObject Grant(JsonObject requested, Switches switches, DateTimeOffset now)
    {
        JsonObject granted = WithoutEmpty(requested);
        SoftwareStatement.Apply(granted, switches, now);
        Put(granted, switches.Grant);
        TreatUnknown(granted, switches.UnknownMembers);
        foreach ((string name, JsonNode? value) in granted)
        {
            MetadataMembers.Check(name, value!);
        }

        AddDefaults(granted);
        CheckTypes(granted);
        RedirectRules.Check(granted);
        CheckKeys(granted);
        Drop(granted, switches);
        return granted;
    }

    /// <summary>Whether this authentication method works with a client secret.</summary>
    public static bool NeedsSecret(JsonObject metadata) =>
        ((string)metadata["token_endpoint_auth_method"]!).StartsWith("client_secret_", StringComparison.Ordinal);

    public static IReadOnlyList<string> List(JsonObject metadata, string name) =>
        metadata[name] is JsonArray list ? [.. list.Select(item => (string)item!)] : [];

    /// <summary>A copy without the members that are null or "": a request may ask for nothing that way (RFC 7592 section 2.2).</summary>
    private static JsonObject WithoutEmpty(JsonObject requested) => new(requested
        .Where(member => member.Value is not null && !(member.Value.GetValueKind() == JsonValueKind.String && (string)member.Value! == ""))
        .Select(member => KeyValuePair.Create(member.Key, (JsonNode?)member.Value!.DeepClone())));

    private static void Put(JsonObject granted, JsonObject? overrides)
    {
        foreach ((string name, JsonNode? value) in overrides ?? [])
        {
            if (value is null)
            {
                granted.Remove(name);
            }
            else
            {
                granted[name] = value.DeepClone();
            }
        }
    }

    private static void TreatUnknown(JsonObject granted, UnknownMembers treatment)
    {
        if (treatment == UnknownMembers.Keep)
        {
            return;
        }

        foreach (string name in granted.Select(member => member.Key).Where(name => MetadataMembers.KindOf(name) is null).ToList())
        {
            if (treatment == UnknownMembers.Reject)
            {
                // Keycloak's words (keycloak#14946).
                throw new Refused(
                    400,
                    $"Unrecognized field \"{name}\" (class org.keycloak.representations.oidc.OIDCClientRepresentation), not marked as "
                        + "ignorable",
                    null
                );
            }

            granted.Remove(name);
        }
    }

    /// <summary>RFC 7591 section 2 and OpenID Connect Registration section 2.</summary>
    private static void AddDefaults(JsonObject granted)
    {
        granted.TryAdd("token_endpoint_auth_method", "client_secret_basic");
        granted.TryAdd("application_type", "web");
        if (!granted.ContainsKey("grant_types"))
        {
            granted["grant_types"] = new JsonArray("authorization_code");
        }

        if (!granted.ContainsKey("response_types"))
        {
            granted["response_types"] = List(granted, "grant_types").Contains("authorization_code") ? new JsonArray("code") : [];
        }
    }

    private static void TryAdd(this JsonObject granted, string name, string value)
    {
        if (!granted.ContainsKey(name))
        {
            granted[name] = value;
        }
    }

    private static void CheckTypes(JsonObject granted)
    {
        string method = (string)granted["token_endpoint_auth_method"]!;
        if (!AuthMethods.Contains(method))
        {
            throw Refused.Metadata($"token_endpoint_auth_method '{method}' is not supported");
        }

        if ((string)granted["application_type"]! is not ("web" or "native"))
        {
            throw Refused.Metadata("application_type must be 'web' or 'native'");
        }

        // RFC 7591 section 2.1: the two lists must agree.
        IReadOnlyList<string> grants = List(granted, "grant_types");
        foreach (string type in List(granted, "response_types").SelectMany(types => types.Split(' ')))
        {
            string? needed = type switch { "code" => "authorization_code", "token" or "id_token" => "implicit", _ => null };
            if (needed is not null && !grants.Contains(needed))
            {
                throw Refused.Metadata($"response_types with '{type}' need grant_types with '{needed}'");
            }
        }
    }

    private static void CheckKeys(JsonObject granted)
    {
        if (granted.ContainsKey("jwks") && granted.ContainsKey("jwks_uri"))
        {
            throw Refused.Metadata("jwks and jwks_uri must not both be present");
        }

        if (
            (string)granted["token_endpoint_auth_method"]! == "private_key_jwt"
            && !granted.ContainsKey("jwks")
            && !granted.ContainsKey("jwks_uri")
        )
        {
            throw Refused.Metadata("jwks or jwks_uri is needed for private_key_jwt");
        }

        // OpenID Connect Registration section 2: the set must not hold private or symmetric keys.
        if (
            granted["jwks"]?["keys"] is JsonArray keys
            && keys.Any(key => key is not JsonObject jwk || jwk.ContainsKey("d") || jwk.ContainsKey("k"))
        )
        {
            throw Refused.Metadata("jwks must hold public keys only");
        }
    }

    /// <summary>Takes away what the switches say is not granted.</summary>
    public static void Drop(JsonObject granted, Switches switches)
    {
        if (switches.DropScope.Count > 0 && granted["scope"] is JsonValue scope)
        {
            granted["scope"] = string.Join(' ', ((string)scope!).Split(' ').Except(switches.DropScope));
        }

        if (switches.DropRedirectUris.Count > 0 && granted.ContainsKey("redirect_uris"))
        {
            granted["redirect_uris"] = new JsonArray([
                .. List(granted, "redirect_uris").Except(switches.DropRedirectUris).Select(uri => JsonValue.Create(uri)),
            ]);
        }
    }
}
