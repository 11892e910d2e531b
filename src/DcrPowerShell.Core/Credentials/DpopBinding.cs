using System;
using System.Collections.Concurrent;
using DcrPowerShell.Http;
using DcrPowerShell.Keys;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Credentials;

/// <summary>
/// Proof of possession for a connection (RFC 9449): a key of its own, made when it is first needed and never stored, and the
/// nonces that servers hand out, each for its origin.
/// </summary>
internal sealed class DpopBinding(DcrDPoP mode) : IDisposable
{
    private readonly ConcurrentDictionary<string, string> _nonces = new();
    private readonly Lazy<SigningKey> _key = new(() => SigningKey.Generate("ES256"));
    private volatile bool _isOn = mode == DcrDPoP.Always;

    public bool IsOn => _isOn;

    /// <summary>Adds a proof for one request.</summary>
    /// <param name="accessToken">The token that goes along; null at the token endpoint.</param>
    public Authorization Bind(Authorization authorization, ProtocolRequest request, string? accessToken, DateTimeOffset now)
    {
        _nonces.TryGetValue(OriginOf(request.Uri), out var nonce);
        var proof = DpopProof.Create(_key.Value, request.Method.Method, request.Uri, now, accessToken, nonce);
        return authorization with { Headers = [.. authorization.Headers, new("DPoP", proof)] };
    }

    /// <summary>
    /// Keeps a nonce that came along. True where the server refused for want of one (RFC 9449, sections 8 and 9), or of any proof at all.
    /// Okta then says <c>invalid_dpop_proof</c> though none was sent; oidc-provider says <c>invalid_grant</c> though client credentials are
    /// no grant that could be invalid.
    /// </summary>
    public bool Learn(ProtocolRequest request, ProtocolResponse response)
    {
        var isNew = response.Header("DPoP-Nonce") is { } nonce && IsNonce(nonce) && Keep(request.Uri, nonce);
        if (mode == DcrDPoP.Never || response.Status is not (400 or 401))
        {
            return false;
        }

        var code = ServerErrorReader.Read(response).Code;
        var wasOn = _isOn;
        _isOn |=
            code is "use_dpop_nonce" or "invalid_dpop_proof" || (code == "invalid_grant" && request.Effect == RequestEffect.FetchesToken);
        return (code == "use_dpop_nonce" && isNew) || (_isOn && !wasOn);
    }

    public void Dispose()
    {
        if (_key.IsValueCreated)
        {
            _key.Value.Dispose();
        }
    }

    // RFC 9449, section 8.1.
    private static bool IsNonce(string text) => HeaderText.IsToken(text) && text.IndexOfAny(['"', '\\']) < 0;

    private bool Keep(Uri uri, string nonce)
    {
        var origin = OriginOf(uri);
        var isNew = !_nonces.TryGetValue(origin, out var old) || old != nonce;
        _nonces[origin] = nonce;
        return isNew;
    }

    private static string OriginOf(Uri uri) => uri.GetLeftPart(UriPartial.Authority);
}
