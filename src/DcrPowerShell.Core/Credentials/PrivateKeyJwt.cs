using System;
using DcrPowerShell.Credentials.Keys;
using DcrPowerShell.Http;

namespace DcrPowerShell.Credentials;

/// <summary>A JWT signed with the client's private key (RFC 7523, section 2.2).</summary>
/// <param name="audience">Whom the assertion is for; the servers differ in whether that is the issuer or the token endpoint.</param>
internal sealed class PrivateKeyJwt(string clientId, SigningKey key, string audience) : IClientAuthentication
{
    public string Kind => "PrivateKey";

    public ClientProof Prove(DateTimeOffset now) => new(
        [
            new("client_id", clientId),
            new("client_assertion_type", ClientAssertion.Type),
            new("client_assertion", ClientAssertion.Create(key, clientId, audience, now)),
        ],
        Authorization.None);
}
