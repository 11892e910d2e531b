using System;
using DcrPowerShell.Http;

namespace DcrPowerShell.Credentials;

/// <summary>The TLS connection's client certificate says who the client is (RFC 8705, section 2); the form just names it.</summary>
internal sealed class CertificateOnly(string clientId) : IClientAuthentication
{
    public string Kind => "TlsCertificate";

    public string ClientId => clientId;

    public Authorization Prove(DateTimeOffset now) => Authorization.None with { Fields = [new("client_id", clientId)] };
}
