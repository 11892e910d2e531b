using System;
using System.Security.Cryptography;
using System.Text;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Ledger;

/// <summary>
/// What the frames of a ledger say: the hashes in their headers, made with its own key, and frames of each kind to write.
/// </summary>
internal sealed class LedgerFrames(ILedgerKeys keys)
{
    public LedgerHash LedgerId => keys.LedgerId;

    public LedgerHash Client(string issuer, string clientId) => Named(SecretName.For(issuer, clientId));

    /// <summary>A client, by the name of its secret.</summary>
    public LedgerHash Named(string secretName) => keys.Active.Hash(secretName.ToLowerInvariant());

    public LedgerHash Tenant(string issuer, string tenant) => keys.Active.Hash(TenantKey.Of(issuer, tenant));

    /// <summary>The tenant that a registration is for; none where it is for nobody, or no registration.</summary>
    public LedgerHash Tenant(LedgerIntent intent) =>
        intent is { Operation: LedgerOperation.Register, Tenant: { } tenant } ? Tenant(intent.Issuer, tenant) : LedgerHash.None;

    public ulong Issuer(string issuer) => keys.Active.ShortHash("issuer\n" + issuer);

    /// <summary>Where a registration is kept: the hash of a vault's id, or 0 for the ledger itself.</summary>
    public ulong Place(string? vaultId) => vaultId is null ? 0 : keys.Active.ShortHash("vault\n" + vaultId) | 1;

    /// <summary>A secret that is no registration.</summary>
    public LedgerHash Secret(string name) => keys.Active.Hash("secret\n" + name.ToUpperInvariant());

    /// <summary>An application's copy of a secret, in a vault or, for null, in the ledger itself.</summary>
    public LedgerHash Copy(string? vaultId, string name) =>
        keys.Active.Hash(FormattableString.Invariant($"copy\n{Place(vaultId):x16}\n{name.ToUpperInvariant()}"));

    /// <summary>What tells a copy from another secret.</summary>
    public LedgerHash Text(string text) => TextOf(Digest(text));

    /// <summary>The header of a question to a server, or of its answer.</summary>
    public FrameHeader OfRequest(FrameKind kind, LedgerHash entry, LedgerIntent intent) =>
        new()
        {
            Kind = kind,
            Entry = entry,
            Tenant = Tenant(intent),
            Client = intent.ClientId is { } clientId ? Client(intent.Issuer, clientId) : LedgerHash.None,
            Issuer = Issuer(intent.Issuer),
            Place = Place(intent.Vault),
        };

    /// <summary>A registration with its secrets.</summary>
    public FrameDraft OfKept(RegistrationRecord record, string? vaultId, LedgerHash entry = default, bool closes = false)
    {
        var draft = OfRegistration(FrameKind.Kept, record, vaultId, Encoding.UTF8.GetBytes(record.ToJson()));
        return draft with { Header = draft.Header with { Entry = entry, ClosesEntry = closes } };
    }

    /// <param name="body">The registration with its secrets; empty where a vault has them.</param>
    public FrameDraft OfRegistration(FrameKind kind, RegistrationRecord record, string? vaultId, byte[] body) =>
        new(
            new FrameHeader
            {
                Kind = kind,
                Tenant = record.Tenant is { } tenant ? Tenant(record.Issuer, tenant) : LedgerHash.None,
                Client = Client(record.Issuer, record.ClientId),
                Issuer = Issuer(record.Issuer),
                Place = Place(vaultId),
            },
            ListedRecord.Write(record),
            body
        );

    public FrameDraft OfSecret(string name, string value) =>
        new(
            new FrameHeader { Kind = FrameKind.Secret, Client = Secret(name) },
            Encoding.UTF8.GetBytes(name),
            Encoding.UTF8.GetBytes(value)
        );

    /// <summary>The frame that says whose secret stands under a name.</summary>
    /// <param name="owner">The client's secret name; null for a key.</param>
    public FrameDraft OfCopy(string? vaultId, string name, string value, string? owner) =>
        OfCopyDigest(vaultId, name, Digest(value), owner);

    /// <inheritdoc cref="OfCopy"/>
    /// <param name="digest">The digest of the secret's text.</param>
    public FrameDraft OfCopyDigest(string? vaultId, string name, string digest, string? owner)
    {
        var summary = new byte[LedgerHash.Size];
        TextOf(digest).Write(summary);
        return new(
            new FrameHeader
            {
                Kind = FrameKind.Copied,
                Client = Copy(vaultId, name),
                Entry = owner is null ? LedgerHash.None : Named(owner),
            },
            summary,
            // In words, so that a ledger with other hashes can take it from a backup, and whoever replaces the owner finds it.
            LedgerText.OfCopy(vaultId, name, digest, owner)
        );
    }

    private LedgerHash TextOf(string digest) => keys.Active.Hash("text\n" + digest);

    private static string Digest(string text)
    {
        using var sha = SHA256.Create();
        return Convert.ToBase64String(sha.ComputeHash(Encoding.UTF8.GetBytes(text)));
    }
}
