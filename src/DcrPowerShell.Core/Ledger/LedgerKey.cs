using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Text;

namespace DcrPowerShell.Ledger;

/// <summary>What a ledger is sealed with: the keys that its frames name.</summary>
internal interface ILedgerKeys
{
    /// <summary>Authenticated with each frame: one of another ledger is none.</summary>
    LedgerHash LedgerId { get; }

    /// <summary>What new frames are sealed with.</summary>
    /// <exception cref="Errors.DcrException">StoreLocked: another process has given the store another protection.</exception>
    LedgerKey Active { get; }

    /// <summary>Null where nobody here has that key.</summary>
    LedgerKey? Find(ulong id);

    /// <summary>Makes sure, before something is asked, that the next process finds the key too.</summary>
    /// <exception cref="Errors.DcrException">StoreKeyMissing.</exception>
    void RequireKept();

    /// <summary>Called when another generation was found: it may be sealed with another key.</summary>
    void Refresh();
}

/// <summary>A key that seals frames, and the one that makes the hashes in their headers, which a ledger has for life.</summary>
internal sealed class LedgerKey
{
    private const int HashKeySize = 32;

    /// <summary>How long <see cref="ToBytes"/> is.</summary>
    public const int Size = ContentEncryption.KeySize + HashKeySize;

    private readonly byte[] _hashKey;
    private readonly Stack<ContentCipher> _ciphers = new();

    private LedgerKey(byte[] data, byte[] hashKey)
    {
        (Data, _hashKey) = (data, hashKey);
        using var mac = new HMACSHA512(data);
        Id = BinaryPrimitives.ReadUInt64LittleEndian(mac.ComputeHash(Encoding.ASCII.GetBytes("DcrPowerShell ledger key id")));
    }

    public byte[] Data { get; }

    /// <summary>Tells keys apart and gives nothing of them away.</summary>
    public ulong Id { get; }

    public static LedgerKey New() => new(ContentEncryption.NewKey(), ContentEncryption.NewKey().AsSpan(0, HashKeySize).ToArray());

    /// <exception cref="FormatException">It is no key.</exception>
    public static LedgerKey FromBytes(byte[] bytes) => bytes.Length == Size
        ? new(bytes.AsSpan(0, ContentEncryption.KeySize).ToArray(), bytes.AsSpan(ContentEncryption.KeySize).ToArray())
        : throw new FormatException("the key of the store is not of the right length");

    public byte[] ToBytes() => [.. Data, .. _hashKey];

    /// <summary>Another key for the same ledger.</summary>
    public LedgerKey Renewed() => new(ContentEncryption.NewKey(), _hashKey);

    /// <summary>Seals or opens something. The objects for that are kept, because making them takes as long as using them.</summary>
    public T Use<T>(Func<ContentCipher, T> use)
    {
        ContentCipher? cipher;
        lock (_ciphers)
        {
            cipher = _ciphers.Count > 0 ? _ciphers.Pop() : null;
        }

        cipher ??= new ContentCipher(Data);
        var result = use(cipher);
        lock (_ciphers)
        {
            _ciphers.Push(cipher);
        }

        return result;
    }

    public LedgerHash Hash(string text) => LedgerHash.Read(HashOf(text));

    public ulong ShortHash(string text) => BinaryPrimitives.ReadUInt64LittleEndian(HashOf(text));

    private byte[] HashOf(string text)
    {
        using var mac = new HMACSHA256(_hashKey);
        return mac.ComputeHash(Encoding.UTF8.GetBytes(text));
    }
}
