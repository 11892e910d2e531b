#if NET // Mono knows no certificates of others than the machine's.
using System;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Keys;
using Xunit;

namespace DcrPowerShell.Core.Tests.Credentials;

/// <summary>Chains of certificates: where they lead, and what is asked of the network for that.</summary>
public sealed class CertificateTrustTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly TcpListener _silent = new(IPAddress.Loopback, 0);

    public CertificateTrustTests() => _silent.Start();

    public void Dispose() => _silent.Stop();

    private string Address => $"http://{_silent.LocalEndpoint}/{Guid.NewGuid()}";

    [Fact]
    public async Task Who_stops_does_not_wait_for_a_revocation_list_that_does_not_come()
    {
        using var root = new Authority("root");
        using var certificate = root.Issue(
            "member",
            with: CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([Address]));
        using var stop = new CancellationTokenSource();
        var judging = CertificateTrust.OfAsync(certificate, [], [root.Own()], Now, stop.Token);
        using var asked = await _silent.AcceptSocketAsync();
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => judging);
    }

    [Fact]
    public async Task Issuers_of_the_own_certificate_are_not_fetched_from_where_it_says_that_they_are()
    {
        using var authority = new Authority("authority");
        using var key = ECDsa.Create();
        using var certificate = authority.Issue("member", key, new X509AuthorityInformationAccessExtension(null, [Address]));
        var asked = _silent.AcceptSocketAsync();
        using var signer = SigningCertificate.Of(SigningKey.FromPem(key.ExportPkcs8PrivateKeyPem()), [certificate], []);
        Assert.Empty(signer.Issuers);
        Assert.False(asked.IsCompleted);
        _silent.Stop();
        await Assert.ThrowsAnyAsync<SocketException>(() => asked);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_an_issuer_that_two_have_signed_the_one_that_leads_to_the_anchor_counts(bool isFirst)
    {
        using var ours = new Authority("ours");
        using var others = new Authority("others");
        using var between = new Authority("between");
        using var certificate = between.Issue("member");
        X509Certificate2[] both = [ours.Issue(between), others.Issue(between)];
        var trust = await CertificateTrust.OfAsync(certificate, isFirst ? both : both.Reverse(), [ours.Own()], Now, CancellationToken.None);
        Assert.Null(trust.Fault);

        // Where none does, the fault is told of all that came along.
        using var stranger = new Authority("stranger");
        var refused = await CertificateTrust.OfAsync(certificate, [both[1], stranger.Own()], [stranger.Own()], Now, CancellationToken.None);
        Assert.Contains("leads to 'between', whose issuer 'others'", refused.Fault);
    }

    private sealed class Authority(string name) : IDisposable
    {
        private readonly string _name = name;
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public X509Certificate2 Own() => Request(_name, _key, isAuthority: true).CreateSelfSigned(Now.AddDays(-1), Now.AddDays(1));

        public X509Certificate2 Issue(string subject, ECDsa? key = null, X509Extension? with = null)
        {
            var request = Request(subject, key ?? _key, isAuthority: false);
            if (with is not null)
            {
                request.CertificateExtensions.Add(with);
            }

            return Sign(request);
        }

        public X509Certificate2 Issue(Authority other) => Sign(Request(other._name, other._key, isAuthority: true));

        private X509Certificate2 Sign(CertificateRequest request) => request.Create(
            new X500DistinguishedName($"CN={_name}"),
            X509SignatureGenerator.CreateForECDsa(_key),
            Now.AddDays(-1),
            Now.AddDays(1),
            Guid.NewGuid().ToByteArray());

        private static CertificateRequest Request(string subject, ECDsa key, bool isAuthority)
        {
            var request = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
            return request;
        }

        public void Dispose() => _key.Dispose();
    }
}
#endif
