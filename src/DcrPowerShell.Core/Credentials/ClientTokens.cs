using System;
using System.Collections.Concurrent;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Keys;

namespace DcrPowerShell.Credentials;

/// <summary>
/// Access tokens that registered clients get for themselves (RFC 6749, section 4.4), each with its own secret, or with the key or the TLS
/// certificate of the connection. Disposes the key, and not the sender.
/// </summary>
/// <param name="key">What clients sign with that have private_key_jwt; null for none.</param>
/// <param name="hasCertificate">Whether the connection shows a TLS certificate.</param>
/// <param name="scope">Asked for with each token; null for none.</param>
internal sealed class ClientTokens(
    TokenRules rules,
    SigningKey? key,
    bool hasCertificate,
    string? scope,
    DcrDPoP dpop,
    HttpSender sender,
    IClock clock
) : IDisposable
{
    private readonly ConcurrentDictionary<(string ClientId, string? Method, string? Secret), ClientCredentials> _own = new();

    /// <summary>Why a client cannot get a token for itself; null where it can.</summary>
    /// <param name="method">Its token_endpoint_auth_method; null for the default, client_secret_basic.</param>
    public DcrException? WhyNone(string clientId, string? method, bool hasSecret) => method switch
    {
        "private_key_jwt" when key is null => CredentialErrors.NoClientToken(
            clientId,
            "it authenticates with a key (private_key_jwt), and the connection has none",
            "Connect again with -PrivateKey, -PrivateKeyPath or -Certificate, and without -ClientId."
        ),
        "tls_client_auth" or "self_signed_tls_client_auth" when !hasCertificate => CredentialErrors.NoClientToken(
            clientId,
            $"it authenticates with a TLS certificate ({method}), and the connection has none",
            "Connect again with -TlsCertificate."
        ),
        null or "client_secret_basic" or "client_secret_post" when !hasSecret => CredentialErrors.NoClientToken(
            clientId,
            "its client secret is not known here",
            "Import-DcrClient -Overwrite takes it, with -ClientSecret."
        ),
        null or "client_secret_basic" or "client_secret_post" or "private_key_jwt" or "tls_client_auth" or "self_signed_tls_client_auth" =>
            null,
        _ => CredentialErrors.NoClientToken(
            clientId,
            $"its token_endpoint_auth_method is {Redaction.Printable(method)}",
            "Manage this client in the server's own administration."
        ),
    };

    /// <summary>What puts a client's token on a request. Whether there is any, <see cref="WhyNone"/> says.</summary>
    public IAuthorizer Of(string clientId, string? method, string? secret) =>
        _own.GetOrAdd((clientId, method, secret), _ => Create(clientId, method, secret)).For(scope: null);

    // The clients' credentials have nothing of their own to dispose but keys for DPoP.
    public void Dispose()
    {
        foreach (var own in _own.Values)
        {
            own.Dispose();
        }

        key?.Dispose();
    }

    private ClientCredentials Create(string clientId, string? method, string? secret)
    {
        IClientAuthentication authentication = method switch
        {
            "private_key_jwt" => new PrivateKeyJwt(clientId, key!, rules.AssertionAudience),
            "tls_client_auth" or "self_signed_tls_client_auth" => new CertificateOnly(clientId),
            _ => new ClientSecret(clientId, secret!, inForm: method == "client_secret_post"),
        };
        return new ClientCredentials(
            new TokenSource(
                rules.Endpoint!,
                authentication,
                scope,
                rules.Audience,
                server => server.Code != "invalid_client" ? null
                    : authentication switch
                    {
                        PrivateKeyJwt => CredentialErrors.ClientProofRefused(rules.Endpoint!, server, clientId, "key"),
                        CertificateOnly => CredentialErrors.ClientProofRefused(rules.Endpoint!, server, clientId, "certificate"),
                        _ => CredentialErrors.ClientSecretRefused(rules.Endpoint!, server, clientId),
                    }
            ),
            new DpopBinding(dpop),
            sender,
            clock
        );
    }
}
