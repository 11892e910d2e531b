using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;
using Microsoft.AspNetCore.WebUtilities;

namespace DcrPowerShell.TestServer.Tokens;

/// <summary>Judges DPoP proofs (RFC 9449 section 4.3). The words are Okta's (okta-developer-docs, data/oauth2-error-codes.json).</summary>
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
    /// <param name="status">
    /// Of a refused proof: 401 by the RFC; Okta's <c>invalid_dpop_proof</c> is a 400 everywhere (its oauth2-error-codes.json).
    /// </param>
    public static void CheckAtResource(ServerState state, IncomingRequest request, string token, string boundTo, int status = 401)
    {
        if (request.Token("DPoP") is null)
        {
            throw new Refused(
                400,
                "invalid_request",
                "The resource request must use the DPoP authentication scheme when using a DPoP bound token."
            );
        }

        if (request.Header("DPoP") is null)
        {
            throw new Refused(
                status,
                status == 400 ? "invalid_request" : "invalid_dpop_proof",
                "The resource request requires a DPoP proof."
            )
            {
                Scheme = "DPoP",
            };
        }

        (JsonObject claims, string thumbprint) = Check(state, request, status);
        if (thumbprint != boundTo)
        {
            throw Invalid(status, "The access_token is not bound to the provided DPoP proof.");
        }

        if (Text(claims, "ath") != WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.ASCII.GetBytes(token))))
        {
            throw Invalid(status, "'ath' claim in the DPoP proof does not match the presented access_token.");
        }

        if (state.Switches.Dpop == DpopMode.NonceEverywhere)
        {
            CheckNonce(claims, 401);
        }
    }

    private static (JsonObject Claims, string Thumbprint) Check(ServerState state, IncomingRequest request, int status)
    {
        string header = request.Header("DPoP") ?? throw Invalid(status, "The DPoP proof JWT header is missing.");
        Jws proof = Jws.Parse(header) ?? throw Invalid(status, "The DPoP proof JWT cannot be parsed.");
        if (Text(proof.Header, "typ") != "dpop+jwt")
        {
            throw Invalid(status, "'typ' must be 'dpop+jwt' in the DPoP proof JWT.");
        }

        if (proof.Header["jwk"] is not JsonObject jwk || jwk.ContainsKey("d") || !proof.IsSignedBy(jwk))
        {
            throw Invalid(status, "The DPoP proof JWT signature is invalid.");
        }

        JsonObject claims = proof.Payload;
        string? wrong =
            Text(claims, "htm") != request.Method ? "'htm' claim in the DPoP proof JWT is invalid."
            : Text(claims, "htu") != state.Origin + request.Path ? "'htu' claim in the DPoP proof JWT is invalid."
            : claims["iat"] is not JsonValue value || !value.TryGetValue(out long issued) ? "'iat' claim in the DPoP proof JWT is invalid."
            : issued > state.Now.ToUnixTimeSeconds() + ToleranceSeconds ? "The DPoP proof JWT is issued in the future."
            : issued < state.Now.ToUnixTimeSeconds() - ToleranceSeconds ? "The DPoP proof JWT is issued more than five minutes in the past."
            : Text(claims, "jti") is not { } id ? "'jti' claim in the DPoP proof JWT is invalid."
            : !state.SeenJwts.Add(id) ? "The DPoP proof JWT has already been used."
            : null;
        return wrong is null ? (claims, Jws.Thumbprint(jwk)) : throw Invalid(status, wrong);
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

    private static string? Text(JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static Refused Invalid(int status, string description) => new(status, "invalid_dpop_proof", description) { Scheme = "DPoP" };
}
