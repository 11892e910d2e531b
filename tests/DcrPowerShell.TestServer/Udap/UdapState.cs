using System.Collections.Generic;
using System.Security.Cryptography;
using DcrPowerShell.TestServer.Hosting;

namespace DcrPowerShell.TestServer.Udap;

/// <summary>What a server knows that speaks UDAP, beside its clients.</summary>
internal sealed class UdapState(ServerState state)
{
    /// <summary>The key of all servers' certificates: making one takes longer than all else that a server does.</summary>
    private static readonly RSA ServerKey = RSA.Create(2048);

    private readonly Dictionary<(TrustCommunity Community, string Uri, CertificateKind Kind), MemberCertificate> _certificates = [];

    /// <summary>By issuer and <c>jti</c> of a JWT that was used, its expiry in epoch seconds.</summary>
    private readonly Dictionary<(string Issuer, string Id), long> _used = [];

    public RevocationLists RevocationLists { get; } = new(state);

    public string FhirBase => state.BaseUrl + state.Switches.FhirPath;

    /// <summary>The server's certificate in a community, the same one as long as the switches ask for no other.</summary>
    public MemberCertificate CertificateIn(TrustCommunity community, UdapSwitches switches)
    {
        string uri = switches.CertificateUri ?? FhirBase;
        if (!_certificates.TryGetValue((community, uri, switches.Certificate), out MemberCertificate? certificate))
        {
            AsymmetricAlgorithm key = switches.Certificate == CertificateKind.WeakKey
                ? MemberCertificate.NewKey(CertificateKey.Rsa, switches.Certificate)
                : ServerKey;
            certificate = community.Issue([uri], switches.Certificate, key, RevocationLists);
            _certificates[(community, uri, switches.Certificate)] = certificate;
        }

        return certificate;
    }

    /// <summary>Takes note of a JWT; false if its id was used in one that has not expired (general.md, "JWT Claims").</summary>
    public bool TryUse(string issuer, string id, long expires)
    {
        if (_used.GetValueOrDefault((issuer, id)) > state.Now.ToUnixTimeSeconds())
        {
            return false;
        }

        _used[(issuer, id)] = expires;
        return true;
    }
}
