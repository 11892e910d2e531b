using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;

namespace DcrPowerShell.TestServer.Tokens;

/// <summary>What can be wrong with a client assertion.</summary>
internal enum AssertionFault
{
    None,
    NotAJwt,
    Signature,
    Issuer,
    Subject,
    Audience,
    NoExpiry,
    Expired,
    TooLong,
    NoId,
    Used,
}

/// <summary>A JWT by which a client authenticates (RFC 7523 section 3).</summary>
internal static class ClientAssertion
{
    /// <summary>Value of <c>client_assertion_type</c>.</summary>
    public const string Type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    /// <summary>Judges an assertion; one that passes is used up if it has a <c>jti</c>.</summary>
    /// <param name="state">The server.</param>
    /// <param name="client">The client that there is.</param>
    /// <param name="assertion">The JWT.</param>
    /// <param name="audiences">The values that <c>aud</c> may have; one of them is enough.</param>
    /// <param name="maxSeconds">How far ahead <c>exp</c> may lie.</param>
    /// <param name="needsId">Whether <c>jti</c> must be there.</param>
    public static AssertionFault Check(
        ServerState state, TokenClient client, string assertion, IReadOnlyList<string> audiences, long maxSeconds, bool needsId = false)
    {
        if (Jws.Parse(assertion) is not { } jws)
        {
            return AssertionFault.NotAJwt;
        }

        JsonObject claims = jws.Payload;
        IEnumerable<string?> audience = claims["aud"] is JsonArray several ? several.Select(JsonReading.Text) : [claims["aud"].Text()];
        long now = state.Now.ToUnixTimeSeconds();
        long? expires = claims["exp"] is JsonValue value && value.TryGetValue(out long seconds) ? seconds : null;
        string? id = claims["jti"].Text();
        AssertionFault fault =
            KeyOf(client, jws) is null ? AssertionFault.Signature
            : claims["iss"].Text() != client.ClientId ? AssertionFault.Issuer
            : claims["sub"].Text() != client.ClientId ? AssertionFault.Subject
            : !audience.Any(audiences.Contains) ? AssertionFault.Audience
            : expires is null ? AssertionFault.NoExpiry
            : expires <= now ? AssertionFault.Expired
            : expires > now + maxSeconds ? AssertionFault.TooLong
            : needsId && id is null ? AssertionFault.NoId
            : AssertionFault.None;
        return fault == AssertionFault.None && id is not null && !state.SeenJwts.Add(id) ? AssertionFault.Used : fault;
    }

    /// <summary>
    /// The client's key that signed the JWT; null if none did. A <c>kid</c> must be that of the key, where the key has one.
    /// </summary>
    public static JsonObject? KeyOf(TokenClient client, Jws jws) => client.Jwks?["keys"] is JsonArray keys
        ? keys.OfType<JsonObject>().FirstOrDefault(key => IsMeant(key, jws) && jws.IsSignedBy(key))
        : null;

    private static bool IsMeant(JsonObject key, Jws jws) =>
        jws.Header["kid"].Text() is not { } asked || key["kid"].Text() is not { } own || asked == own;
}
