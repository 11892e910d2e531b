using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Providers.Auth0;

/// <summary>An address or a range of addresses, as access control lists have them (RFC 4632, section 3.1; RFC 4291, section 2.3).</summary>
/// <param name="Text">As it was written.</param>
/// <param name="Key">The same for all ways to write the same range.</param>
internal sealed record Auth0Network(string Text, bool IsV6, string Key)
{
    // Auth0 docs, tenant-access-control-list/limits: "20 entries per source identifier".
    private const int MostOfAKind = 20;

    /// <exception cref="DcrException">InvalidSetup, naming the text that is no range, or too many.</exception>
    public static IReadOnlyList<Auth0Network> ParseAll(IEnumerable<string> texts)
    {
        var networks = texts.Select(Parse).GroupBy(network => network.Key).Select(same => same.First()).ToList();
        return networks.GroupBy(network => network.IsV6).FirstOrDefault(kind => kind.Count() > MostOfAKind) is { } crowd
            ? throw Auth0Errors.RangeInvalid(
                $"{crowd.Count()} {(crowd.Key ? "IPv6" : "IPv4")} ranges are more than the {MostOfAKind} that an Auth0 access control list "
                    + "takes",
                "Join neighbouring ranges into larger ones."
            )
            : networks;
    }

    /// <summary>Reads what a rule has, which may be no range that this understands: then it is the same as itself only.</summary>
    public static string KeyOf(string text) => Read(text) is { } range ? Written(range.Address, range.Prefix) : text;

    private static Auth0Network Parse(string text)
    {
        if (Read(text) is not { } range)
        {
            throw Auth0Errors.RangeInvalid(
                $"'{text}' is no address range",
                "Write ranges as 198.51.100.0/24 or 2001:db8::/32, and single addresses as they are."
            );
        }

        // Somebody may have meant this address alone, or the whole range.
        return !text.Contains('/') || new IPAddress(range.Address).Equals(IPAddress.Parse(text.Split('/')[0]))
            ? new(text, range.Address.Length > 4, Written(range.Address, range.Prefix))
            : throw Auth0Errors.RangeInvalid(
                $"'{text}' has an address within its range, not the range's first one",
                $"For the whole range, write {Written(range.Address, range.Prefix)}; for the address alone, leave out the slash and what "
                    + "follows."
            );
    }

    /// <summary>The first address of the range and the length of its prefix; null where the text is none.</summary>
    private static (byte[] Address, int Prefix)? Read(string text)
    {
        var parts = text.Split('/');

        // The parser of the platform takes more than the standards: 127.1, [::1], fe80::1%eth0.
        if (parts.Length > 2 || parts[0].IndexOfAny(['%', '[', ']']) >= 0 || !IPAddress.TryParse(parts[0], out var address)
            || (!parts[0].Contains(':') && address.ToString() != parts[0]))
        {
            return null;
        }

        var bytes = address.GetAddressBytes();
        var prefix = bytes.Length * 8;
        if (
            parts.Length == 2
            && !(int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out prefix) && prefix <= bytes.Length * 8)
        )
        {
            return null;
        }

        return (
            bytes.Select((value, index) => (byte)(value & (0xFF00 >> Math.Min(8, Math.Max(0, prefix - (index * 8)))))).ToArray(),
            prefix
        );
    }

    private static string Written(byte[] address, int prefix) =>
        $"{new IPAddress(address)}/{prefix.ToString(CultureInfo.InvariantCulture)}";
}
