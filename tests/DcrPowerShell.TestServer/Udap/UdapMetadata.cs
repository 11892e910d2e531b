using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;
using Microsoft.AspNetCore.WebUtilities;

namespace DcrPowerShell.TestServer.Udap;

/// <summary>What a FHIR server says of UDAP (HL7 UDAP Security STU 2, discovery.md, "Required UDAP Metadata").</summary>
internal static class UdapMetadata
{
    /// <summary>Key name of the B2B extension (b2b.md).</summary>
    public const string B2b = "hl7-b2b";

    private static readonly RSA OtherKey = RSA.Create(2048);

    public static Answer Answer(ServerState state, IncomingRequest request)
    {
        UdapSwitches switches = state.Switches.Udap!;
        TrustCommunity? community = request.Query.TryGetValue("community", out string? asked)
            ? TrustCommunity.Find(asked)
            : TrustCommunity.All[0];
        if (community is null && switches.UnknownCommunity != UnknownCommunity.Default)
        {
            return Hosting.Answer.Empty(switches.UnknownCommunity == UnknownCommunity.NotFound ? 404 : 204);
        }

        JsonObject document = Document(state, switches);
        document["signed_metadata"] = Sign(state, switches, community ?? TrustCommunity.All[0]);
        Put(document, switches.MetadataOverrides);
        return Hosting.Answer.Json(200, document);
    }

    private static JsonObject Document(ServerState state, UdapSwitches switches) => new()
    {
        ["udap_versions_supported"] = new JsonArray("1"),
        ["udap_profiles_supported"] = new JsonArray("udap_dcr", "udap_authn", "udap_authz"),
        ["udap_authorization_extensions_supported"] = new JsonArray(B2b),
        ["udap_authorization_extensions_required"] = switches.RequireB2b ? new JsonArray(B2b) : [],
        ["udap_certifications_supported"] = List(switches.CertificationsRequired),
        ["udap_certifications_required"] = List(switches.CertificationsRequired),
        ["grant_types_supported"] = new JsonArray("authorization_code", "refresh_token", "client_credentials"),
        ["scopes_supported"] = new JsonArray("openid", "user/Patient.read", "system/Patient.read", "system/Observation.read"),
        ["authorization_endpoint"] = state.BaseUrl + "/authorize",
        ["token_endpoint"] = state.BaseUrl + UdapRoutes.TokenPath,
        ["token_endpoint_auth_methods_supported"] = new JsonArray("private_key_jwt"),
        ["token_endpoint_auth_signing_alg_values_supported"] = List(switches.Algorithms),
        ["registration_endpoint"] = state.BaseUrl + UdapRoutes.RegistrationPath,
        ["registration_endpoint_jwt_signing_alg_values_supported"] = List(switches.Algorithms),
    };

    private static JsonArray List(IReadOnlyList<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);

    private static void Put(JsonObject target, JsonObject? overrides)
    {
        foreach ((string name, JsonNode? value) in overrides ?? [])
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }

    /// <summary>discovery.md, "Signed metadata elements".</summary>
    private static string Sign(ServerState state, UdapSwitches switches, TrustCommunity community)
    {
        long now = state.Now.ToUnixTimeSeconds();
        JsonObject claims = new()
        {
            ["iss"] = state.Udap.FhirBase,
            ["sub"] = state.Udap.FhirBase,
            ["iat"] = now,
            ["exp"] = now + 3600,
            ["jti"] = RandomText.Make(20),
            ["authorization_endpoint"] = state.BaseUrl + "/authorize",
            ["token_endpoint"] = state.BaseUrl + UdapRoutes.TokenPath,
            ["registration_endpoint"] = state.BaseUrl + UdapRoutes.RegistrationPath,
        };
        Put(claims, switches.ClaimOverrides);
        MemberCertificate certificate = state.Udap.CertificateIn(community, switches);
        JsonObject header = new()
        {
            ["alg"] = switches.Signature switch
            {
                MetadataSignature.None => "none",
                MetadataSignature.Hs256 => "HS256",
                _ => "RS256",
            },
        };
        if (switches.Chain != ChainInHeader.Absent)
        {
            header["x5c"] = List([.. Shown(switches.Chain, certificate, community).Select(shown => Convert.ToBase64String(shown.RawData))]);
        }

        string signed = Encode(header) + "." + Encode(claims);
        return signed + "." + WebEncoders.Base64UrlEncode(Signature(switches.Signature, certificate, Encoding.ASCII.GetBytes(signed)));
    }

    private static IEnumerable<X509Certificate2> Shown(ChainInHeader chain, MemberCertificate certificate, TrustCommunity community) =>
        chain switch
        {
            ChainInHeader.Alone => [certificate.Leaf],
            ChainInHeader.WithAnchor => [certificate.Leaf, .. certificate.Issuers, community.Anchor],
            _ => [certificate.Leaf, .. certificate.Issuers],
        };

    private static string Encode(JsonObject json) => WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private static byte[] Signature(MetadataSignature kind, MemberCertificate certificate, byte[] signed)
    {
        switch (kind)
        {
            case MetadataSignature.None:
                return [];
            case MetadataSignature.Hs256:
                return HMACSHA256.HashData(certificate.Leaf.PublicKey.ExportSubjectPublicKeyInfo(), signed);
            default:
                RSA key = kind == MetadataSignature.OtherKey ? OtherKey : (RSA)certificate.Key;
                byte[] signature = key.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
                signature[^1] ^= kind == MetadataSignature.Broken ? (byte)1 : (byte)0;
                return signature;
        }
    }
}
