using System;
using System.IO;

namespace DcrPowerShell.Ledger;

/// <summary>What a frame is to say, before it has its place in the order.</summary>
/// <param name="Header">Kind, hashes and references; the rest is filled in.</param>
/// <param name="Summary">What lists need of it; may be empty.</param>
/// <param name="Body">All of it; may be empty.</param>
internal sealed record FrameDraft(FrameHeader Header, byte[] Summary, byte[] Body);

/// <summary>Seals and opens frames: <c>header | initialization vector | ciphertext | tag</c>.</summary>
internal sealed class FrameCodec(ILedgerKeys keys)
{
    /// <summary>Seals with the active key.</summary>
    /// <param name="previous">The frame before it in the file; the default for none.</param>
    /// <exception cref="InvalidDataException">It would be too large to be read again.</exception>
    public (FrameHeader Header, byte[] Frame) Seal(FrameDraft draft, long sequence, FrameHeader previous, ulong epoch)
    {
        var key = keys.Active;
        var header = draft.Header with
        {
            Length = FrameHeader.Size + ContentEncryption.SealedLength(draft.Summary.Length + draft.Body.Length),
            SummaryLength = draft.Summary.Length,
            Sequence = sequence,
            Previous = previous.Sequence,
            PreviousLength = previous.Length,
            Epoch = epoch,
            KeyId = key.Id,
        };
        if (header.Length > FrameHeader.LargestFrame)
        {
            throw new InvalidDataException("it is larger than 16 MiB");
        }

        var frame = new byte[header.Length];
        header.Write(frame);
        byte[] plain = draft.Body.Length == 0 ? draft.Summary : [.. draft.Summary, .. draft.Body];
        var text = key.Use(cipher => cipher.Encrypt(plain, Associated(frame), ContentEncryption.NewVector()));
        Buffer.BlockCopy(text, 0, frame, FrameHeader.Size, text.Length);
        return (header, frame);
    }

    /// <summary>Whether a frame is as it was sealed.</summary>
    public bool IsGenuine(FrameHeader header, byte[] frame) => Open(header, frame, static (_, _) => "") is not null;

    /// <summary>The first part; null where the frame is not as it was sealed.</summary>
    public byte[]? OpenSummary(FrameHeader header, byte[] frame) =>
        Open(header, frame, (cipher, start) => cipher.DecryptBeginning(frame, header.SummaryLength, start));

    /// <summary>Both parts; null where the frame is not as it was sealed.</summary>
    public (byte[] Summary, byte[] Body)? Open(FrameHeader header, byte[] frame) =>
        Open(header, frame, (cipher, start) => cipher.Decrypt(frame, start)) is { } plain
            ? (plain.AsSpan(0, header.SummaryLength).ToArray(), plain.AsSpan(header.SummaryLength).ToArray())
            : null;

    private T? Open<T>(FrameHeader header, byte[] frame, Func<ContentCipher, int, T> open)
        where T : class =>
        keys.Find(header.KeyId)
            ?.Use(cipher => cipher.IsGenuine(frame, Associated(frame), FrameHeader.Size) ? open(cipher, FrameHeader.Size) : null);

    private byte[] Associated(byte[] frame)
    {
        var associated = new byte[LedgerHash.Size + FrameHeader.AuthenticatedLength];
        keys.LedgerId.Write(associated);
        Buffer.BlockCopy(frame, 0, associated, LedgerHash.Size, FrameHeader.AuthenticatedLength);
        return associated;
    }
}
