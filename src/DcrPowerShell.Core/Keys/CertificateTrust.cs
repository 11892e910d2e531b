using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using static DcrPowerShell.Keys.KeyErrors;

namespace DcrPowerShell.Keys;

/// <summary>Whether a certificate leads to a trust anchor (RFC 5280, section 6), as far as this machine can tell.</summary>
/// <param name="Fault">Half a sentence that goes after "its certificate"; null where it is trusted.</param>
internal sealed record CertificateTrust(string? Fault)
{
    /// <summary>Certificates whose revocation lists or services did not answer, by their names.</summary>
    public IReadOnlyList<string> Unanswered { get; init; } = [];

    /// <summary>Certificates that say nothing of revocation, by their names.</summary>
    public IReadOnlyList<string> Unlisted { get; init; } = [];

    /// <summary>Certificates of which nothing was asked, because the anchor is no root and the platform stops there.</summary>
    public IReadOnlyList<string> Unasked { get; init; } = [];

    public bool IsRevoked { get; init; }

    /// <summary>It leads to a trust anchor that is good: the fault, if there is one, is below.</summary>
    public bool IsBelowAnchor { get; init; }

    /// <summary>It came alone, and its issuer's certificate is not known here.</summary>
    public bool LacksIssuer { get; init; }

    /// <summary>What could not be found out about revocation: sentences.</summary>
    public IEnumerable<string> Unchecked =>
        new[]
        {
            Unanswered.Count == 0
                ? null
                : $"Whether {Quoted(Unanswered)} {(Unanswered.Count == 1 ? "was" : "were")} revoked is not known: nobody answered where "
                    + "that is to be asked.",
            Unasked.Count == 0
                ? null
                : $"Whether {Quoted(Unasked)} {(Unasked.Count == 1 ? "was" : "were")} revoked was not asked, because the trust anchor is "
                    + "no root certificate: -TrustAnchor takes the root beside it.",
            Unlisted.Count == 0 ? null : $"No revocation list is named by {Quoted(Unlisted)}.",
        }.OfType<string>();

    /// <summary>What is waited for while it is found out.</summary>
    public const string Asking = "Asking whether certificates were revoked.";

    private const string RevocationLists = "2.5.29.31";
    private const string AuthorityInformation = "1.3.6.1.5.5.7.1.1";

    // Of one list or answer. It takes no token along.
    private static readonly TimeSpan LongestFetch = TimeSpan.FromSeconds(15);

    private const X509ChainStatusFlags OfRevocation =
        X509ChainStatusFlags.RevocationStatusUnknown | X509ChainStatusFlags.OfflineRevocation;

    private const X509ChainStatusFlags OfAnchor = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain;

    /// <summary>
    /// Builds the chain and asks the lists and services that its certificates name whether they were revoked. That goes over the network
    /// and may take a while. Who stops does not wait for it: the platform ends its requests at their time.
    /// </summary>
    /// <param name="others">Certificates that came along, in any order.</param>
    public static async Task<CertificateTrust> OfAsync(
        X509Certificate2 certificate,
        IEnumerable<X509Certificate2> others,
        IReadOnlyList<X509Certificate2> anchors,
        DateTimeOffset now,
        CancellationToken stop
    )
    {
        var stopped = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = stop.Register(() => stopped.TrySetResult(true));

        // Copies: the caller, who may be gone by then, may dispose what it gave, and the platform's code is at work on them.
        var (own, beside) = (CertificateFile.Public(certificate), others.Select(CertificateFile.Public).ToList());
        var trusted = anchors.Select(CertificateFile.Public).ToList();
        var judging = Task.Run(() => Of(own, beside, trusted, now), CancellationToken.None);
        await Task.WhenAny(judging, stopped.Task).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        return await judging.ConfigureAwait(false);
    }

    private static CertificateTrust Of(
        X509Certificate2 certificate,
        List<X509Certificate2> others,
        IReadOnlyList<X509Certificate2> anchors,
        DateTimeOffset now
    )
    {
        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.ExtraStore.AddRange(others.ToArray());
        policy.VerificationTime = now.LocalDateTime;
        policy.RevocationMode = X509RevocationMode.Online;
        policy.RevocationFlag = X509RevocationFlag.ExcludeRoot;
        policy.UrlRetrievalTimeout = LongestFetch;
        ChainTrust.Set(policy, anchors);
        try
        {
            chain.Build(certificate);
        }
        catch (CryptographicException failure)
        {
            return new($"could not be judged: {failure.Message.TrimEnd('.')}");
        }

        var elements = chain.ChainElements.Cast<X509ChainElement>().ToList();
        var anchor = elements.FindIndex(element => anchors.Any(trusted => Same(trusted, element.Certificate)));
        if (anchor < 0)
        {
            // Of an issuer that several have signed, OpenSSL takes the first certificate, wherever it leads.
            var leading = Leading(others, anchors);
            return leading.Count < others.Count && Of(certificate, leading, anchors, now) is { IsBelowAnchor: true } found
                ? found
                : new(Untrusted(elements, anchors)) { LacksIssuer = elements.Count == 1 && !IsRoot(elements[0].Certificate) };
        }

        var judged = elements
            .Take(anchor + 1)
            .Select((element, index) => (element.Certificate, Status: StatusOf(element) & ~(index == anchor ? OfAnchor : 0)))
            .ToList();
        var faults = judged
            .Select(each => FaultOf(each.Certificate, each.Status & ~OfRevocation, isLeaf: Same(each.Certificate, certificate), now))
            .ToList();

        // An anchor that is no root is where the platform stops, without having asked about anybody.
        var hasAsked = (StatusOf(elements[elements.Count - 1]) & OfAnchor) == 0;
        var unknown = judged
            .Take(anchor)
            .Where(each => !hasAsked || (each.Status & OfRevocation) != 0)
            .ToLookup(each => NamesWhereToAsk(each.Certificate), static each => Name(each.Certificate));
        return new(faults.FirstOrDefault(static found => found is not null))
        {
            IsBelowAnchor = faults[anchor] is null,
            IsRevoked = judged.Any(static each => each.Status.HasFlag(X509ChainStatusFlags.Revoked)),
            Unanswered = hasAsked ? [.. unknown[true]] : [],
            Unasked = hasAsked ? [] : [.. unknown[true]],
            Unlisted = [.. unknown[false]],
        };
    }

    /// <summary>Those that lead to an anchor, by their names.</summary>
    private static List<X509Certificate2> Leading(IReadOnlyList<X509Certificate2> others, IReadOnlyList<X509Certificate2> anchors)
    {
        var leading = new List<X509Certificate2>();
        for (var more = IssuedBy(anchors); more.Count > 0; more = IssuedBy(more))
        {
            leading.AddRange(more);
        }

        return leading;

        List<X509Certificate2> IssuedBy(IReadOnlyList<X509Certificate2> issuers) =>
            others
                .Except(leading)
                .Where(one => issuers.Any(issuer => issuer.SubjectName.RawData.SequenceEqual(one.IssuerName.RawData)))
                .ToList();
    }

    private static bool IsRoot(X509Certificate2 certificate) =>
        certificate.SubjectName.RawData.SequenceEqual(certificate.IssuerName.RawData);

    private static bool Same(X509Certificate2 one, X509Certificate2 other) => one.RawData.SequenceEqual(other.RawData);

    private static X509ChainStatusFlags StatusOf(X509ChainElement element) =>
        element.ChainElementStatus.Aggregate(X509ChainStatusFlags.NoError, static (all, status) => all | status.Status);

    private static string? FaultOf(X509Certificate2 certificate, X509ChainStatusFlags status, bool isLeaf, DateTimeOffset now)
    {
        var whose = isLeaf ? "" : $"was issued by '{Name(certificate)}', which ";
        return status == 0 ? Weakness(certificate) is { } weakness ? whose + weakness : null
            : status.HasFlag(X509ChainStatusFlags.Revoked) ? $"{whose}was revoked"
            : status.HasFlag(X509ChainStatusFlags.NotTimeValid) ? whose + When(certificate, now)
            : status.HasFlag(X509ChainStatusFlags.NotSignatureValid) ? $"{whose}has a signature that is not its issuer's"
            : status.HasFlag(X509ChainStatusFlags.InvalidBasicConstraints) ? $"{whose}may not issue certificates"
            : $"{whose}is not valid ({status})";
    }

    // Platforms differ in what they take.
    private static string? Weakness(X509Certificate2 certificate)
    {
        using var key = certificate.GetRSAPublicKey();
        return key?.KeySize < RsaKeyPair.Smallest
            ? $"has an RSA key of {key.KeySize} bits; {RsaKeyPair.Smallest} or more are wanted"
            : null;
    }

    /// <summary>"expired on 2026-01-31", or "is not valid before 2027-01-31".</summary>
    public static string When(X509Certificate2 certificate, DateTimeOffset now) =>
        certificate.NotAfter.ToUniversalTime() <= now.UtcDateTime
            ? $"expired on {Date(certificate.NotAfter)}"
            : $"is not valid before {Date(certificate.NotBefore)}";

    private static string Untrusted(List<X509ChainElement> elements, IReadOnlyList<X509Certificate2> anchors)
    {
        var last = elements[elements.Count - 1].Certificate;
        var known = Quoted(anchors.Select(Name));
        return IsRoot(last) ? $"leads to '{Name(last)}', which is none of the trust anchors ({known})"
            : elements.Count == 1
                ? $"came without the certificate of its issuer '{IssuerOf(last)}', which is none of the trust anchors ({known}) either"
            : $"leads to '{Name(last)}', whose issuer '{IssuerOf(last)}' is neither beside it nor among the trust anchors ({known})";
    }

    private static bool NamesWhereToAsk(X509Certificate2 certificate) =>
        certificate
            .Extensions.Cast<X509Extension>()
            .Any(static extension => extension.Oid?.Value is RevocationLists or AuthorityInformation);

    private static string Name(X509Certificate2 certificate) => CertificateNames.Show(certificate);

    private static string IssuerOf(X509Certificate2 certificate) =>
        certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: true) is { Length: > 0 } name ? name : certificate.Issuer;

    private static string Date(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
