using System;
using System.Security.Cryptography;
using System.Text;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Keys;

/// <summary>The JWT that shows with each request that its sender holds the key (RFC 9449, section 4.2).</summary>
internal static class DpopProof
{
    /// <summary>Makes the value of a <c>DPoP</c> header: a fresh one for each request, a repeated one too.</summary>
    /// <param name="method">The request's HTTP method.</param>
    /// <param name="uri">Where the request goes, absolute.</param>
    /// <param name="now">By the server's clock where that is known.</param>
    /// <param name="accessToken">The token that goes along; null at the token endpoint.</param>
    /// <param name="nonce">The server's last <c>DPoP-Nonce</c>; null where it sent none.</param>
    /// <exception cref="KeyException">The key does not sign.</exception>
    public static string Create(
        SigningKey key,
        string method,
        Uri uri,
        DateTimeOffset now,
        string? accessToken = null,
        string? nonce = null
    )
    {
        var header = JsonBag.Empty.With("typ", "dpop+jwt").With("jwk", key.PublicMembers.ToElement());
        var claims = JsonBag.Empty
            .With("jti", Guid.NewGuid().ToString())
            .With("htm", method)
            .With("htu", Target(uri))
            .With("iat", Jws.Time(now));
        if (accessToken is not null)
        {
            claims = claims.With("ath", Hash(accessToken));
        }

        return Jws.Sign(key, header, nonce is null ? claims : claims.With("nonce", nonce));
    }

    /// <summary>The target URI without query and fragment, and without a user's name, which never goes over the wire.</summary>
    private static string Target(Uri uri) => uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    private static string Hash(string accessToken)
    {
        using var sha = SHA256.Create();
        return Base64Url.Encode(sha.ComputeHash(Encoding.ASCII.GetBytes(accessToken)));
    }
}
