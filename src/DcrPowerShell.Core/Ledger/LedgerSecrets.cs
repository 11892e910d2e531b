using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Ledger;

/// <summary>Secrets that are no registrations: of the user, of applications, and the key of the audit log.</summary>
internal sealed class LedgerSecrets(LedgerDisk disk, LedgerFrames frames)
{
    private const int AuditKeyLength = 32;

    /// <summary>A secret of the application's, or a key; null where there is none of that name.</summary>
    /// <exception cref="DcrException">StoreDamaged.</exception>
    public string? Find(string name) => Find(name, out _);

    /// <inheritdoc cref="Find(string)"/>
    /// <param name="sequence">Its place in the order; 0 for none.</param>
    public string? Find(string name, out long sequence)
    {
        disk.ReadOn();
        sequence = 0;
        if (
            !disk.File.TryOpen(
                state => state.Client(frames.Secret(name)) is { IsRemoved: false } row ? row.Frame : null,
                out var header,
                out var content
            )
        )
        {
            return null;
        }

        sequence = header.Sequence;
        return content is { } text
            ? Encoding.UTF8.GetString(text.Body)
            : throw StoreErrors.FrameDamaged(disk.Folder.Path, $"secret '{name}'");
    }

    /// <summary>Names of the application's secrets.</summary>
    public IReadOnlyList<string> Names()
    {
        disk.ReadOn();
        var names = new List<string>();
        foreach (
            var client in disk.File.Look(static state =>
                state.Rows.Where(static row => row.Header.Kind == FrameKind.Secret).Select(static row => row.Client).ToList()
            )
        )
        {
            if (
                disk.File.TryOpenSummary(
                    state => state.Client(client) is { IsRemoved: false } row ? row.Frame : null,
                    out _,
                    out var name
                ) && name is not null
            )
            {
                names.Add(Encoding.UTF8.GetString(name));
            }
        }

        names.RemoveAll(SecretName.IsOwn);
        return names;
    }

    /// <summary>Keeps a secret of the user's own: plain text under a name.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public Task KeepAsync(string name, string value) => disk.BringAsync(_ => [frames.OfSecret(name, value)], isDurable: true);

    /// <summary>Keeps what was known of a client as a secret of the local store.</summary>
    /// <returns>Its name.</returns>
    public async Task<string> KeepOlderAsync(RegistrationRecord record)
    {
        var name = FormattableString.Invariant($"older-{record.SecretName}-{record.UpdatedAt.UtcDateTime:yyyyMMddHHmmssfffffff}");
        await KeepAsync(name, record.ToJson()).ConfigureAwait(false);
        return name;
    }

    /// <summary>Removes such a secret, if it is there.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public Task RemoveAsync(string name) =>
        disk.WriteAsync(
            state =>
                state.Client(frames.Secret(name)) is { IsRemoved: false } row
                    ?
                    [
                        new FrameDraft(
                            new FrameHeader
                            {
                                Kind = FrameKind.Removed,
                                Client = row.Client,
                                Reference = row.Header.Sequence,
                            },
                            [],
                            []
                        ),
                    ]
                    : [],
            isDurable: true
        );

    /// <summary>Keeps a copy of a client's secret, or a key, where nothing has changed since somebody looked what it replaces.</summary>
    /// <param name="owner">The client's secret name; null for a key.</param>
    /// <param name="since">The place in the order of what is there; 0 for nothing.</param>
    /// <returns>False where something else is there by now.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<bool> KeepCopyAsync(string name, string value, string? owner, long since)
    {
        var written = await disk.BringAsync(
                state =>
                    (state.Client(frames.Secret(name)) is { IsRemoved: false } row ? row.Header.Sequence : 0) == since
                        ? [frames.OfSecret(name, value), frames.OfCopy(null, name, value, owner)]
                        : [],
                isDurable: true
            )
            .ConfigureAwait(false);
        return written.Count > 0;
    }

    /// <summary>Notes whose secret a vault has under a name.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public Task NoteCopyAsync(string? vaultId, string name, string value, string owner) =>
        disk.BringAsync(_ => [frames.OfCopy(vaultId, name, value, owner)], isDurable: false);

    /// <summary>Whether a secret is one that this module put under its name, and nobody has changed since.</summary>
    /// <param name="vaultId">Where it is; null for the ledger itself.</param>
    /// <param name="owner">The secret name of the client whose it must be; null for anybody's, keys too.</param>
    public bool IsCopy(string? vaultId, string name, string text, string? owner = null)
    {
        var client = frames.Copy(vaultId, name);
        return disk.File.TryOpenSummary(
                state => state.Client(client)?.Frame,
                out var header,
                out var summary
            )
            && summary is { Length: LedgerHash.Size }
            && LedgerHash.Read(summary) == frames.Text(text)
            && (owner is null || header.Entry == frames.Named(owner));
    }

    /// <summary>Where the applications' copies of a client's secret stand.</summary>
    /// <param name="owner">The client's secret name.</param>
    /// <returns>Names, each with the vault's id; null for the ledger itself.</returns>
    public IReadOnlyList<(string Name, string? Vault)> CopiesOf(string owner)
    {
        disk.ReadOn();
        var hash = frames.Named(owner);
        var copies = new List<(string, string?)>();
        foreach (
            var client in disk.File.Look(state =>
                state
                    .Rows.Where(row => row.Header.Kind == FrameKind.Copied && row.Header.Entry == hash)
                    .Select(static row => row.Client)
                    .ToList()
            )
        )
        {
            if (
                disk.File.TryOpen(state => state.Client(client)?.Frame, out _, out var content)
                && content is { Body.Length: > 0 } text
            )
            {
                var (vault, name, _, _) = LedgerText.ReadCopy(text.Body);
                copies.Add((name, vault));
            }
        }

        return copies;
    }

    /// <summary>
    /// What this ledger's audit records are sealed with from now on; made when it is first asked for. It stays with every change of the
    /// protection. A damaged one stops nothing: the next number takes its place, and the records that it sealed go unchecked.
    /// </summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<(string Id, byte[] Bytes)> AuditKeyAsync()
    {
        for (var number = 1; ; number++)
        {
            var id = number == 1 ? frames.LedgerId.ToString() : FormattableString.Invariant($"{frames.LedgerId}-{number}");
            var name = SecretName.OfAuditKey(id);
            disk.ReadOn();
            if (disk.DamagedAt(frames.Secret(name)) is not null)
            {
                continue;
            }

            if (FindAuditKey(id) is not { } key)
            {
                var made = ContentEncryption.RandomBytes(AuditKeyLength);

                // Another process may have made one meanwhile.
                await disk.BringAsync(
                        state => state.Client(frames.Secret(name)) is null ? [frames.OfSecret(name, Convert.ToBase64String(made))] : [],
                        isDurable: true
                    )
                    .ConfigureAwait(false);
                key = FindAuditKey(id)!;
            }

            return (id, key);
        }
    }

    /// <summary>
    /// What audit records were sealed with: of this ledger, or of one whose backup was restored. Null where it is not known, or
    /// damaged.
    /// </summary>
    /// <param name="id">The key's id, as audit records have it.</param>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public byte[]? FindAuditKey(string id)
    {
        var name = SecretName.OfAuditKey(id);
        disk.ReadOn();
        return disk.DamagedAt(frames.Secret(name)) is null && Find(name) is { } key ? Convert.FromBase64String(key) : null;
    }
}
