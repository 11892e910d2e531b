using System;
using System.Runtime.CompilerServices;
using DcrPowerShell.Compat;
#if NET
using System.Buffers.Binary;
using System.Numerics;
#else
using System.Linq;
#endif

namespace DcrPowerShell.Ledger;

/// <summary>CRC-32C (RFC 3720, appendix B.4).</summary>
internal static class Crc32C
{
#if NET
    [MethodImpl(JitOptions.OptimizeAtOnce)]
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes.Slice(sizeof(ulong)))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var one in bytes)
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        return ~crc;
    }
#else
    private const uint Polynomial = 0x82F63B78;

    private static readonly uint[] Table = Enumerable
        .Range(0, 256)
        .Select(static index =>
            Enumerable.Range(0, 8).Aggregate((uint)index, static (value, _) => (value & 1) != 0 ? (value >> 1) ^ Polynomial : value >> 1)
        )
        .ToArray();

    [MethodImpl(JitOptions.OptimizeAtOnce)]
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var one in bytes)
        {
            crc = Table[(byte)(crc ^ one)] ^ (crc >> 8);
        }

        return ~crc;
    }
#endif
}
