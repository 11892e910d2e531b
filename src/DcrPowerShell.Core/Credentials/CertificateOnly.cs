using System;
using DcrPowerShell.Http;

namespace DcrPowerShell.Credentials;

/// <summary>The TLS connection's client certificate says who the client is (RFC 8705, section 2); the form just names it.</summary>
internal sealed class CertificateOnly(string clientId) : IClientAuthentication
{
    public string Kind => "TlsCertificate";

    public string ClientId => clientId;

    public ClientProof Prove(DateTimeOffset now) => new([new("client_id", clientId)], Authorization.None);
}
