using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using DcrPowerShell.Compat;

namespace DcrPowerShell.Ledger;

/// <summary>
/// The clear beginning of a frame, of fixed size. Its checksum tells it from other bytes; that nobody made it up is known once
/// the frame's tag was checked, which covers all of it but <see cref="Previous"/> and <see cref="PreviousLength"/>.
/// </summary>
internal readonly record struct FrameHeader
{
    public const int Size = 136;

    /// <summary>A frame larger than this is refused before it is written.</summary>
    public const int LargestFrame = 16 * 1024 * 1024;

    // Its last byte but one is the version.
    private const ulong Magic = 0x0A01_4745_4C52_4344;
    private const ulong VersionMask = 0x00FF_0000_0000_0000;
    private const int ChecksumAt = Size - sizeof(uint);

    /// <summary>References of a Mark: nothing, frames were missing before it, or the user has given those up.</summary>
    public const long NoLoss = 0;

    /// <inheritdoc cref="NoLoss"/>
    public const long Loss = 1;

    /// <inheritdoc cref="NoLoss"/>
    public const long GivenUp = 2;

    /// <summary>What the frame's tag covers of the header: all before <see cref="Previous"/>.</summary>
    public const int AuthenticatedLength = 120;

    public FrameKind Kind { get; init; }

    /// <summary>The frame ends the entry that it belongs to.</summary>
    public bool ClosesEntry { get; init; }

    /// <summary>The length of the whole frame in bytes, header included.</summary>
    public int Length { get; init; }

    /// <summary>The length in bytes of the summary: the first part of the plain text, which can be decrypted alone.</summary>
    public int SummaryLength { get; init; }

    /// <summary>The place in the order of all frames.</summary>
    public long Sequence { get; init; }

    /// <summary>The sequence of the frame before it in this file; 0 for the first.</summary>
    public long Previous { get; init; }

    /// <summary>
    /// How long that frame is. A torn frame and the one written behind it have the same sequence; they begin at different places, and
    /// so differ in length where they seem to end at the same.
    /// </summary>
    public int PreviousLength { get; init; }

    /// <summary>
    /// The sequence of the frame that it is about; 0 for none. Of a registration: its rank, where that is not its own sequence.
    /// </summary>
    public long Reference { get; init; }

    /// <summary>Where a tenant has several registrations, the one with the highest rank is the tenant's.</summary>
    public long Rank => Reference != 0 ? Reference : Sequence;

    /// <summary>The opening of the ledger that wrote it.</summary>
    public ulong Epoch { get; init; }

    public ulong KeyId { get; init; }

    /// <summary>Joins an answer to its intent.</summary>
    public LedgerHash Entry { get; init; }

    /// <summary>Keyed hash of issuer and tenant; none for a registration without a tenant.</summary>
    public LedgerHash Tenant { get; init; }

    /// <summary>Keyed hash of the registration's name.</summary>
    public LedgerHash Client { get; init; }

    /// <summary>Keyed hash of the issuer.</summary>
    public ulong Issuer { get; init; }

    /// <summary>Keyed hash of the vault that is to hold the registration; 0 for the ledger itself.</summary>
    public ulong Place { get; init; }

    public static ReadOnlySpan<byte> Beginning => "DCRLEG"u8;

    /// <summary>Null where no frame of this version begins here.</summary>
    [MethodImpl(JitOptions.OptimizeAtOnce)]
    public static FrameHeader? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Size || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes.Slice(ChecksumAt)) != Crc32C.Of(bytes.Slice(0, ChecksumAt)))
        {
            return null;
        }

        var header = new FrameHeader
        {
            Length = BinaryPrimitives.ReadInt32LittleEndian(bytes.Slice(8)),
            SummaryLength = BinaryPrimitives.ReadInt32LittleEndian(bytes.Slice(12)),
            Sequence = BinaryPrimitives.ReadInt64LittleEndian(bytes.Slice(16)),
            Reference = BinaryPrimitives.ReadInt64LittleEndian(bytes.Slice(24)),
            Epoch = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Slice(32)),
            KeyId = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Slice(40)),
            Entry = LedgerHash.Read(bytes.Slice(48)),
            Tenant = LedgerHash.Read(bytes.Slice(64)),
            Client = LedgerHash.Read(bytes.Slice(80)),
            Issuer = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Slice(96)),
            Place = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Slice(104)),
            Kind = (FrameKind)bytes[112],
            ClosesEntry = bytes[113] != 0,
            Previous = BinaryPrimitives.ReadInt64LittleEndian(bytes.Slice(AuthenticatedLength)),
            PreviousLength = BinaryPrimitives.ReadInt32LittleEndian(bytes.Slice(AuthenticatedLength + sizeof(long))),
        };
        return
            header.Length is > Size and <= LargestFrame
            && header.SummaryLength >= 0
            && header.SummaryLength < header.Length
            && header.Sequence > 0
            ? header
            : null;
    }

    /// <summary>Whether something was written where a header is to be: where power is lost, a disk has zeros there.</summary>
    public static bool WasWritten(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadUInt64LittleEndian(bytes) != 0 && BinaryPrimitives.ReadUInt32LittleEndian(bytes.Slice(ChecksumAt)) != 0;

    /// <summary>Whether a frame of a newer version begins here. One of this version whose version was damaged is none.</summary>
    public static bool IsNewer(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < sizeof(ulong) || BinaryPrimitives.ReadUInt64LittleEndian(bytes) is var begin
            && ((begin & ~VersionMask) != (Magic & ~VersionMask) || (begin & VersionMask) <= (Magic & VersionMask)))
        {
            return false;
        }

        var asThis = bytes.Slice(0, Math.Min(bytes.Length, Size)).ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(asThis, Magic);
        return Read(asThis) is null;
    }

    /// <summary>Whether the frame stands right before another one, by what that one says of it.</summary>
    public bool Precedes(FrameHeader other) => other.Previous == Sequence && other.PreviousLength == Length;

    public void Write(Span<byte> bytes)
    {
        bytes.Slice(0, Size).Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.Slice(8), Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.Slice(12), SummaryLength);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.Slice(16), Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.Slice(24), Reference);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.Slice(32), Epoch);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.Slice(40), KeyId);
        Entry.Write(bytes.Slice(48));
        Tenant.Write(bytes.Slice(64));
        Client.Write(bytes.Slice(80));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.Slice(96), Issuer);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.Slice(104), Place);
        bytes[112] = (byte)Kind;
        bytes[113] = ClosesEntry ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.Slice(AuthenticatedLength), Previous);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.Slice(AuthenticatedLength + sizeof(long)), PreviousLength);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.Slice(ChecksumAt), Crc32C.Of(bytes.Slice(0, ChecksumAt)));
    }
}
