using System;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Keys;

namespace DcrPowerShell.Credentials;

/// <summary>A JWT signed with the client's private key (RFC 7523, section 2.2).</summary>
/// <param name="key">Taken over: it is disposed with this.</param>
/// <param name="audience">The audience of the assertion. Servers differ in whether that is the issuer or the token endpoint.</param>
internal sealed class PrivateKeyJwt(string clientId, SigningKey key, string audience) : IClientAuthentication, IDisposable
{
    public string Kind => "PrivateKey";

    public string ClientId => clientId;

    /// <exception cref="DcrException">InvalidPrivateKey: the key's keeper, such as a certificate store, does not let it sign.</exception>
    public Authorization Prove(DateTimeOffset now) =>
        Authorization.None with
        {
            Fields =
            [
                new("client_id", clientId),
                new("client_assertion_type", ClientAssertion.Type),
                new("client_assertion", Signing.Of(() => ClientAssertion.Create(key, clientId, audience, now))),
            ],
        };

    public void Dispose() => key.Dispose();
}
