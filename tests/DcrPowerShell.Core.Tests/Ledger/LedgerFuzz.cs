using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using DcrPowerShell.Core.Tests.Fuzzing;
using DcrPowerShell.Ledger;

namespace DcrPowerShell.Core.Tests.Ledger;

/// <summary>Spoilt ledgers. DCR_FUZZ_CASES says how many each test reads.</summary>
internal static class LedgerFuzz
{
    public static int Cases { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("DCR_FUZZ_CASES"), NumberStyles.None, CultureInfo.InvariantCulture, out var cases)
            ? cases
            : Mutator.Share(3000);

    public static byte[] Spoil(Mutator random, IReadOnlyList<byte[]> seeds)
    {
        var bytes = random.Spoil(seeds);
        if (random.Below(3) == 0)
        {
            Repair(bytes);
        }

        return bytes;
    }

    /// <summary>Gives every header a valid checksum, as somebody who knows the format could.</summary>
    private static void Repair(byte[] bytes)
    {
        const int ChecksumAt = FrameHeader.Size - sizeof(uint);
        for (var at = 0; at + FrameHeader.Size <= bytes.Length; at++)
        {
            if (bytes.AsSpan(at).StartsWith(FrameHeader.Beginning))
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at + ChecksumAt), Crc32C.Of(bytes.AsSpan(at, ChecksumAt)));
            }
        }
    }
}
