using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace DcrPowerShell.Core.Tests.Fuzzing;

/// <summary>Spoils valid inputs, the same way for the same seed on every platform.</summary>
internal sealed class Mutator(uint seed)
{
    private const int Longest = 100_000;

    private static readonly bool IsOnMono = Type.GetType("Mono.Runtime") is not null;

    // What parsers choke on: JSON, numbers, times, addresses, headers.
    private static readonly byte[][] Tokens = new[]
    {
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "null",
        "true",
        "{}",
        "[]",
        "\"\"",
        "\\u0000",
        "\\ud800",
        "\\udfff\\ud800",
        "\u0000",
        "\u001b[2J",
        "\u202e",
        "\ufeff",
        "\r\n",
        " ",
        "-0",
        "0.0",
        "1e400",
        "-1e-400",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "253402300800",
        "1e18",
        "0x10",
        "١٢٣",
        "NaN",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.9999999-14:00",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "2026-13-45T99:99:99Z",
        "//evil.example",
        "http://",
        "https://[::1",
        "https://a@b",
        "file:///etc",
        "\\\\host\\share",
        "javascript:1",
        "https://xn--/",
        "https://a:99999/",
        "%00",
        "%zz",
        "../",
        "<",
        ">;rel=next",
        "=",
        "\"\\\"",
        ";",
        "Bearer ",
        "*",
        "client_secret",
        "registration_access_token",
        "keys",
        "kty",
        "-----BEGIN ",
        "-----END ",
        "\"kty\":\"RSA\"",
        "\"client_id\":{}",
        "\"client_id\":[[\"a\"]]",
        "\"scope\":[1,null,{}]",
        "\"errorCauses\":[1,[],{\"errorSummary\":{}}]",
    }
        .Select(Encoding.UTF8.GetBytes)
        .Concat(
            new[]
            {
                new byte[] { 0xff },
                [0xc0, 0x80],
                [0xed, 0xa0, 0x80],
                [0, 0, 0, 0],
                [0xff, 0xff, 0xff, 0x7f],
                [0x30, 0x84, 0x7f, 0xff, 0xff, 0xff],
            }
        )
        .ToArray();

    private uint _state = (seed * 2654435761u) | 1;

    /// <summary>How many of so many inputs are read: on Mono, which takes several times as long, the first quarter of the same.</summary>
    public static int Share(int cases) => IsOnMono ? cases / 4 : cases;

    /// <summary>From 0 to below a number.</summary>
    public int Below(int end)
    {
        // xorshift32
        _state ^= _state << 13;
        _state ^= _state >> 17;
        _state ^= _state << 5;
        return (int)(_state % (uint)Math.Max(1, end));
    }

    public T One<T>(IReadOnlyList<T> of) => of[Below(of.Count)];

    public byte[] Spoil(IReadOnlyList<byte[]> seeds)
    {
        var bytes = One(seeds);
        for (var left = Below(5); left >= 0; left--)
        {
            bytes = Once(bytes, seeds);
        }

        return bytes.Length > Longest ? bytes.Take(Longest).ToArray() : bytes;
    }

    private byte[] Once(byte[] bytes, IReadOnlyList<byte[]> seeds)
    {
        var at = Below(bytes.Length + 1);
        var to = at + Below(Math.Min(64, bytes.Length - at + 1));
        return Below(10) switch
        {
            0 => Replaced(bytes, at, Math.Min(at + 1, bytes.Length), [(byte)((at < bytes.Length ? bytes[at] : 0) ^ (1 << Below(8)))]),
            1 => Replaced(bytes, at, Math.Min(at + 1, bytes.Length), [(byte)Below(256)]),
            2 => bytes.Take(at).ToArray(),
            3 => Replaced(bytes, at, to, []),
            4 => Replaced(bytes, at, at, bytes.Skip(at).Take(to - at).ToArray()),
            5 => [.. bytes.Take(at), .. Rest(One(seeds))],
            6 => Replaced(bytes, at, at, Repeated(One(Tokens), Below(8) == 0 ? 1 + Below(2000) : 1)),
            7 => Replaced(bytes, at, to, One(Tokens)),
            8 => ValueReplaced(bytes, at),
            _ => Replaced(bytes, at, to, Repeated(bytes.Skip(at).Take(to - at).ToArray(), 1 + Below(200))),
        };
    }

    private byte[] Rest(byte[] other) => other.Skip(Below(other.Length + 1)).ToArray();

    /// <summary>Another value for the JSON member that comes next: the text stays JSON, and its shape is another.</summary>
    private byte[] ValueReplaced(byte[] bytes, int at)
    {
        var colon = Array.IndexOf(bytes, (byte)':', Math.Min(at, Math.Max(0, bytes.Length - 1)));
        if (colon < 0)
        {
            return bytes;
        }

        var end = colon + 1;
        for (var isText = false; end < bytes.Length && (isText || (bytes[end] is not ((byte)',' or (byte)'}'))); end++)
        {
            isText ^= bytes[end] == '"';
        }

        var values = new[]
        {
            "null",
            "1",
            "-1e400",
            "\"\"",
            "\"text\"",
            "[]",
            "[null]",
            "[1,\"a\"]",
            "[[\"a\"]]",
            "{}",
            "{\"a\":{}}",
            "[{}]",
            "true",
            "99999999999999999999",
            "\"\\u0000\"",
            new string('[', 70) + new string(']', 70),
        };
        return Replaced(bytes, colon + 1, end, Encoding.ASCII.GetBytes(One(values)));
    }

    private static byte[] Replaced(byte[] bytes, int from, int to, byte[] by) => [.. bytes.Take(from), .. by, .. bytes.Skip(to)];

    private static byte[] Repeated(byte[] bytes, int times) =>
        Enumerable.Repeat(bytes, times).SelectMany(static piece => piece).Take(Longest).ToArray();
}
