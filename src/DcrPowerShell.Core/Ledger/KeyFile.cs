using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json;
using DcrPowerShell.Metadata;
using static DcrPowerShell.Metadata.StoredJson;

namespace DcrPowerShell.Ledger;

/// <summary>One key of the store, as it is protected.</summary>
internal sealed record ProtectedKey
{
    public required ulong Id { get; init; }

    public required DcrProtection Protection { get; init; }

    /// <summary>With the account's protection: how, and the protected bytes.</summary>
    public (string Scheme, byte[] Key)? Account { get; init; }

    /// <summary>With a passphrase.</summary>
    public PassphraseSeal? Passphrase { get; init; }

    /// <summary>
    /// While the protection changes: the key sealed with the other one, so that either of the two protections opens both.
    /// </summary>
    public (ulong By, byte[] Sealed)? Wrapped { get; init; }

    /// <summary>With a vault: its name when the key was put there, and the name of the secret.</summary>
    public (string Vault, string SecretName)? Vault { get; init; }
}

/// <summary>
/// The file with the keys of the store: JSON. Two keys are there while what is written with one is being sealed with the other;
/// the last one is the one to write with.
/// </summary>
internal sealed record KeyFile(LedgerHash LedgerId, IReadOnlyList<ProtectedKey> Keys)
{
    private const int Version = 1;

    /// <summary>The ledger has frames: where it has none later, it was lost.</summary>
    public bool IsBegun { get; init; }

    /// <summary>What a passphrase's seal is bound to.</summary>
    public static byte[] Associated(LedgerHash ledgerId) => Encoding.ASCII.GetBytes("DcrPowerShell store key " + ledgerId);

    /// <summary>An entry that the other key opens, too.</summary>
    public ProtectedKey Wrap(ProtectedKey entry, LedgerKey key, LedgerKey by) =>
        entry with
        {
            Wrapped = (by.Id, ContentEncryption.Encrypt(by.Data, key.ToBytes(), Associated(LedgerId), ContentEncryption.NewVector())),
        };

    /// <summary>The key of such an entry; null where it is not sealed with this key.</summary>
    public byte[]? Unwrap(ProtectedKey entry, LedgerKey by) =>
        entry.Wrapped is { } wrapped && wrapped.By == by.Id && ContentEncryption.IsGenuine(by.Data, wrapped.Sealed, Associated(LedgerId))
            ? ContentEncryption.Decrypt(by.Data, wrapped.Sealed)
            : null;

    public byte[] ToUtf8() => JsonBag.Empty
        .With("version", Element(Version))
        .With("ledger", LedgerId.ToString())
        .With("begun", Element(IsBegun))
        .With("keys", Element(Keys.Select(static key => Json(key).ToElement())))
        .ToUtf8();

    /// <exception cref="FormatException">It is damaged, or of a newer version.</exception>
    public static KeyFile Parse(byte[] utf8)
    {
        try
        {
            return StoredJson.Read(Encoding.UTF8.GetString(utf8), Read);
        }
        catch (OverflowException failure)
        {
            throw new FormatException("a number in it is too large", failure);
        }
    }

    private static KeyFile Read(JsonBag json)
    {
        if (json.Integer("version") is not (> 0 and <= Version))
        {
            throw new FormatException("it is of another version");
        }

        var keys =
            json.TryGet("keys", out var items) && items.ValueKind == JsonValueKind.Array
                ? items.EnumerateArray().Select(static item => ReadKey(JsonBag.From(item))).ToList()
                : [];
        return keys.Count > 0
            ? new(LedgerHash.Parse(Needed(json, "ledger")), keys) { IsBegun = json.Text("begun") == "true" }
            : throw new FormatException("it has no key");
    }

    private static JsonBag Json(ProtectedKey key)
    {
        var json = JsonBag.Empty.With("id", Hex(key.Id)).With("protection", key.Protection.ToString());
        json = key.Wrapped is { } wrapped
            ? json.With("wrapped_by", Hex(wrapped.By)).With("wrapped", Convert.ToBase64String(wrapped.Sealed))
            : json;
        return key switch
        {
            { Account: { } account } => json.With("scheme", account.Scheme).With("key", Convert.ToBase64String(account.Key)),
            { Passphrase: { } seal } => json.With("salt", Convert.ToBase64String(seal.Salt))
                .With("iterations", Element(seal.Iterations))
                .With("key", Convert.ToBase64String(seal.Sealed)),
            { Vault: { } vault } => json.With("vault", vault.Vault).With("secret", vault.SecretName),
            _ => json,
        };
    }

    private static ProtectedKey ReadKey(JsonBag json)
    {
        var key = new ProtectedKey
        {
            Id = Id(Needed(json, "id")),
            Wrapped = json.Text("wrapped_by") is { } by ? (Id(by), Convert.FromBase64String(Needed(json, "wrapped"))) : null,
            Protection = Enum.TryParse<DcrProtection>(Needed(json, "protection"), out var protection)
                ? protection
                : throw new FormatException("its protection is not known"),
        };
        return key.Protection switch
        {
            DcrProtection.User => key with { Account = (Needed(json, "scheme"), Convert.FromBase64String(Needed(json, "key"))) },
            DcrProtection.Passphrase => key with
            {
                Passphrase = new PassphraseSeal(
                    Convert.FromBase64String(Needed(json, "salt")),
                    (int)(json.Integer("iterations") ?? 0),
                    Convert.FromBase64String(Needed(json, "key"))
                ),
            },
            _ => key with { Vault = (Needed(json, "vault"), Needed(json, "secret")) },
        };
    }

    private static string Hex(ulong id) => id.ToString("x16", CultureInfo.InvariantCulture);

    private static ulong Id(string hex) => ulong.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static JsonElement Element<T>(T value) => JsonSerializer.SerializeToElement(value);
}
