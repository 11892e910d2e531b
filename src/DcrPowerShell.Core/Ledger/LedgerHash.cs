using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using DcrPowerShell.Compat;

namespace DcrPowerShell.Ledger;

/// <summary>Sixteen bytes that stand for something in a header: a tenant's or a client's keyed hash, or an entry's random id.</summary>
internal readonly record struct LedgerHash(ulong High, ulong Low)
{
    public const int Size = 16;

    public static readonly LedgerHash None;

    public bool IsNone => this == None;

    public static LedgerHash New() => Read(Guid.NewGuid().ToByteArray());

    /// <summary>Reads what <see cref="ToString"/> gives.</summary>
    /// <exception cref="FormatException">It is of another form.</exception>
    public static LedgerHash Parse(string text) => Read(Guid.ParseExact(text, "n").ToByteArray());

    [MethodImpl(JitOptions.OptimizeAtOnce)]
    public static LedgerHash Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes.Slice(sizeof(ulong))));

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, High);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.Slice(sizeof(ulong)), Low);
    }

    public override string ToString()
    {
        var bytes = new byte[Size];
        Write(bytes);
        return new Guid(bytes).ToString("n");
    }
}
