using System;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;
using Microsoft.AspNetCore.WebUtilities;

namespace DcrPowerShell.TestServer.Tokens;

/// <summary>Judges DPoP proofs (RFC 9449 section 4.3).</summary>
internal static class DpopProof
{
    /// <summary>How far the proof's time may be off.</summary>
    private const long ToleranceSeconds = 300;

    /// <summary>Any value will do: what matters is that the client sends back what it was told.</summary>
    private const string Nonce = "nonce-7f3a";

    /// <summary>RFC 9449 section 5; asks for a nonce with 400 (section 8).</summary>
    /// <returns>The thumbprint of the key that the token is to be bound to.</returns>
    public static string CheckAtTokenEndpoint(ServerState state, IncomingRequest request)
    {
        (JsonObject claims, string thumbprint) = Check(state, request, 400);
        if (state.Switches.Dpop != DpopMode.Required)
        {
            CheckNonce(claims, 400);
        }

        return thumbprint;
    }

    /// <summary>RFC 9449 section 7; asks for a nonce with 401 (section 9).</summary>
    public static void CheckAtResource(ServerState state, IncomingRequest request, string token, string boundTo)
    {
        if (request.Token("DPoP") is null)
        {
            // In Okta's words.
            throw new Refused(400, "invalid_request", "The resource request must use the DPoP authentication scheme when using a DPoP bound token.");
        }

        (JsonObject claims, string thumbprint) = Check(state, request, 401);
        string hash = WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.ASCII.GetBytes(token)));
        if (thumbprint != boundTo || Text(claims, "ath") != hash)
        {
            throw Invalid(401, "The DPoP proof does not belong to the access token.");
        }

        if (state.Switches.Dpop == DpopMode.NonceEverywhere)
        {
            CheckNonce(claims, 401);
        }
    }

    private static (JsonObject Claims, string Thumbprint) Check(ServerState state, IncomingRequest request, int status)
    {
        string header = request.Header("DPoP") ?? throw Invalid(status, "The DPoP proof JWT header is missing.");
        Jws proof = Jws.Parse(header) ?? throw Invalid(status, "The DPoP proof is not a JWT.");
        if (Text(proof.Header, "typ") != "dpop+jwt" || proof.Header["jwk"] is not JsonObject jwk || jwk.ContainsKey("d") || !proof.IsSignedBy(jwk))
        {
            throw Invalid(status, "The DPoP proof is not signed by the public key in its header.");
        }

        JsonObject claims = proof.Payload;
        if (Text(claims, "htm") != request.Method || Text(claims, "htu") != state.Origin + request.Path)
        {
            throw Invalid(status, "htm and htu of the DPoP proof must be the request's method and URL.");
        }

        if (claims["iat"] is not JsonValue value || !value.TryGetValue(out long issued) || Math.Abs(issued - state.Now.ToUnixTimeSeconds()) > ToleranceSeconds)
        {
            throw Invalid(status, "The DPoP proof is not of now.");
        }

        if (Text(claims, "jti") is not { } id || !state.SeenJwts.Add(id))
        {
            throw Invalid(status, "The DPoP proof has already been used.");
        }

        return (claims, Jws.Thumbprint(jwk));
    }

    private static void CheckNonce(JsonObject claims, int status)
    {
        if (Text(claims, "nonce") != Nonce)
        {
            Refused refused = new(status, "use_dpop_nonce", "Authorization server requires nonce in DPoP proof.") { Scheme = "DPoP" };
            refused.Headers["DPoP-Nonce"] = Nonce;
            throw refused;
        }
    }

    private static string? Text(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static Refused Invalid(int status, string description) => new(status, "invalid_dpop_proof", description) { Scheme = "DPoP" };
}
