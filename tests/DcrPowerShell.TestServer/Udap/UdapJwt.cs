using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Tokens;

namespace DcrPowerShell.TestServer.Udap;

/// <summary>
/// A JWT that brings its signer's certificate (HL7 UDAP Security STU 2, general.md, "JSON Web Token (JWT) Requirements").
/// </summary>
internal sealed class UdapJwt
{
    private const int MaxSeconds = 300;

    private UdapJwt(JsonObject claims, IReadOnlyList<string> uris, TrustCommunity community)
    {
        Claims = claims;
        Uris = uris;
        Community = community;
    }

    public JsonObject Claims { get; }

    /// <summary>The URIs among the subject alternative names of the signer's certificate.</summary>
    public IReadOnlyList<string> Uris { get; }

    /// <summary>The community that the certificate is of.</summary>
    public TrustCommunity Community { get; }

    /// <summary>Takes a JWT whose signature is good and whose certificate is one of a community's members.</summary>
    /// <exception cref="UdapJwtException">It is not.</exception>
    public static UdapJwt Read(ServerState state, string? text)
    {
        Jws jws = Jws.Parse(text ?? "") ?? throw new UdapJwtException("it is not a JWT");
        string? algorithm = jws.Header["alg"].Text();
        if (algorithm is null || !state.Switches.Udap!.Algorithms.Contains(algorithm))
        {
            throw new UdapJwtException($"its algorithm '{algorithm}' is not supported");
        }

        X509Certificate2[] shown = CertificatesOf(jws);
        if (!jws.IsSignedBy(shown[0]))
        {
            throw new UdapJwtException("its signature is not that of the first certificate of x5c");
        }

        return new UdapJwt(jws.Payload, SubjectNames.UrisOf(shown[0]), CertificateTrust.CommunityOf(shown, state.Now));
    }

    /// <summary>Checks who says it of whom to whom, and when. One that passes is used up.</summary>
    /// <param name="subject">What <c>iss</c> and <c>sub</c> must be; null for one of the certificate's URIs.</param>
    /// <param name="audience">What <c>aud</c> must be, character by character.</param>
    /// <exception cref="UdapJwtException">It does not pass.</exception>
    public void Use(ServerState state, string? subject, string audience)
    {
        string? issuer = Claims["iss"].Text();
        if (issuer is null || (subject is null ? !Uris.Contains(issuer) : issuer != subject))
        {
            throw new UdapJwtException(
                subject is null ? "iss is none of the URIs in the certificate's subject alternative name" : "iss is not the client_id");
        }

        if (Claims["sub"].Text() != issuer)
        {
            throw new UdapJwtException("sub is not iss");
        }

        if (Claims["aud"].Text() != audience)
        {
            throw new UdapJwtException($"aud is not '{audience}'");
        }

        CheckTimes(state.Now, MaxSeconds);
        if (Claims["jti"].Text() is not { Length: > 0 } id)
        {
            throw new UdapJwtException("jti is missing");
        }

        if (!state.Udap.TryUse(issuer, id, NumberOf("exp")))
        {
            throw new UdapJwtException("its jti was used already");
        }
    }

    /// <param name="maxSeconds">How long after <c>iat</c> the <c>exp</c> may be.</param>
    public void CheckTimes(DateTimeOffset time, long maxSeconds)
    {
        (long issued, long expires, long now) = (NumberOf("iat"), NumberOf("exp"), time.ToUnixTimeSeconds());
        string? wrong =
            expires <= issued ? "exp is not after iat"
            : expires > issued + maxSeconds ? $"exp is more than {maxSeconds} seconds after iat"
            : issued > now ? "iat is in the future"
            : expires <= now ? "it has expired"
            : null;
        if (wrong is not null)
        {
            throw new UdapJwtException(wrong);
        }
    }

    private static X509Certificate2[] CertificatesOf(Jws jws)
    {
        if (jws.Header["x5c"] is not JsonArray { Count: > 0 } texts)
        {
            throw new UdapJwtException("its header has no x5c");
        }

        try
        {
            return [.. texts.Select(text => new X509Certificate2(Convert.FromBase64String(text.Text() ?? "")))];
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            throw new UdapJwtException("x5c does not hold certificates in base64");
        }
    }

    private long NumberOf(string claim) => Claims[claim] is JsonValue value && value.TryGetValue(out long seconds)
        ? seconds
        : throw new UdapJwtException($"{claim} is not there as a number");
}
