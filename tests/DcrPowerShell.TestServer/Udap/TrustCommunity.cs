using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DcrPowerShell.TestServer.Udap;

/// <summary>
/// A trust community with a throw-away authority: a root, whose key signs intermediates, whose one key signs the members' certificates.
/// Made in memory, the same for all servers of the process.
/// </summary>
internal sealed class TrustCommunity
{
    /// <summary>The communities of every server. What is said without naming one is said in the first.</summary>
    public static readonly IReadOnlyList<TrustCommunity> All =
        [new("https://trust.example.org/alpha"), new("https://trust.example.org/beta")];

    /// <summary>A community that no server belongs to.</summary>
    private static readonly TrustCommunity Stranger = new("https://trust.example.org/stranger");

    /// <summary>Thumbprints of what any community has revoked.</summary>
    private static readonly ConcurrentDictionary<string, X509Certificate2> Revoked = new();

    private readonly Lazy<CertificateIssuer> _root;
    private readonly Lazy<X509Certificate2> _anchor;
    private readonly Lazy<CertificateIssuer> _intermediate;

    private TrustCommunity(string uri)
    {
        Uri = uri;
        string name = uri[(uri.LastIndexOf('/') + 1)..];
        _root = new(() => new CertificateIssuer($"CN=DcrPowerShell throw-away {name} root", RSA.Create(2048)));
        _anchor = new(() => _root.Value.Sign(Authority(_root.Value, isAuthority: true), Now.AddYears(-1), Now.AddYears(1)));
        _intermediate = new(() => new CertificateIssuer($"CN=DcrPowerShell throw-away {name} intermediate", RSA.Create(2048)));
    }

    public string Uri { get; }

    /// <summary>The root, which whoever trusts the community trusts.</summary>
    public X509Certificate2 Anchor => _anchor.Value;

    private static DateTimeOffset Now => DateTimeOffset.UtcNow;

    /// <summary>The community of this URI; null if there is none.</summary>
    public static TrustCommunity? Find(string uri) => All.FirstOrDefault(community => community.Uri == uri);

    public static bool IsRevoked(X509Certificate2 certificate) => Revoked.ContainsKey(certificate.Thumbprint);

    /// <summary>Makes a member's certificate.</summary>
    /// <param name="uris">Its subject alternative names.</param>
    /// <param name="kind">What is to be wrong with it.</param>
    /// <param name="key">Its key.</param>
    /// <param name="crls">Where the revocation lists are put that it names.</param>
    public MemberCertificate Issue(IReadOnlyList<string> uris, CertificateKind kind, AsymmetricAlgorithm key, RevocationLists crls)
    {
        if (kind == CertificateKind.UnknownRoot)
        {
            return Stranger.Issue(uris, CertificateKind.Good, key, crls);
        }

        bool namesLists = kind
            is CertificateKind.GoodByCrl
                or CertificateKind.Revoked
                or CertificateKind.IntermediateRevoked
                or CertificateKind.CrlUnanswered;
        string rootList = RevocationLists.NewName();
        CertificateRequest authority = Authority(_intermediate.Value, isAuthority: kind != CertificateKind.IntermediateNotCa);
        string memberList = RevocationLists.NewName();
        CertificateRequest member = Member(key, kind == CertificateKind.NoUri ? [] : uris, kind);
        if (namesLists)
        {
            authority.CertificateExtensions.Add(crls.Pointer(rootList));
            member.CertificateExtensions.Add(crls.Pointer(memberList));
        }

        DateTimeOffset authorityEnd = kind == CertificateKind.IntermediateExpired ? Now.AddDays(-1) : Now.AddYears(1);
        X509Certificate2 intermediate = _root.Value.Sign(authority, Now.AddYears(-1), authorityEnd);
        CertificateIssuer issuer = kind == CertificateKind.SelfSigned ? new(member.SubjectName.Name, key) : _intermediate.Value;
        (int start, int end) = kind switch
        {
            CertificateKind.Expired => (-30, -1),
            CertificateKind.NotYetValid => (1, 30),
            _ => (-1, 90),
        };
        X509Certificate2 leaf = issuer.Sign(member, Now.AddDays(start), Now.AddDays(end));
        X509Certificate2? revoked = kind switch
        {
            CertificateKind.Revoked => leaf,
            CertificateKind.IntermediateRevoked => intermediate,
            _ => null,
        };
        if (revoked is not null)
        {
            Revoked[revoked.Thumbprint] = revoked;
        }

        if (namesLists)
        {
            crls.Put(rootList, _root.Value.List(revoked == intermediate ? revoked : null));
        }

        if (namesLists && kind != CertificateKind.CrlUnanswered)
        {
            crls.Put(memberList, issuer.List(revoked == leaf ? revoked : null));
        }

        return new MemberCertificate(leaf, kind == CertificateKind.SelfSigned ? [] : [intermediate], key);
    }

    private static CertificateRequest Authority(CertificateIssuer issuer, bool isAuthority)
    {
        CertificateRequest request = new(issuer.Name, issuer.PublicKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, critical: true));
        X509KeyUsageFlags usage =
            isAuthority ? X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign : X509KeyUsageFlags.DigitalSignature;
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, critical: true));
        return request;
    }

    private static CertificateRequest Member(AsymmetricAlgorithm key, IReadOnlyList<string> uris, CertificateKind kind)
    {
        CertificateRequest request = new(
            new X500DistinguishedName("CN=DcrPowerShell throw-away member"),
            CertificateIssuer.PublicKeyOf(key),
            HashAlgorithmName.SHA256
        );
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        X509KeyUsageFlags usage =
            kind == CertificateKind.NoDigitalSignature ? X509KeyUsageFlags.KeyEncipherment : X509KeyUsageFlags.DigitalSignature;
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, critical: true));
        request.CertificateExtensions.Add(SubjectNames.Extension(uris));
        return request;
    }
}
