using System.Globalization;
using System.Linq;
using System.Net;
using System.Net.Sockets;

namespace DcrPowerShell.Protocol;

/// <summary>
/// Addresses that no server of the internet has: those of RFC 6890's registries, with what they have been given since, and multicast.
/// </summary>
internal static class SpecialAddress
{
    private static readonly (byte[] Prefix, int Length)[] Ranges = new[]
    {
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/127", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7",
        "fe80::/10", "ff00::/8",
    }
        .Select(static range => range.Split('/'))
        .Select(static parts => (IPAddress.Parse(parts[0]).GetAddressBytes(), int.Parse(parts[1], CultureInfo.InvariantCulture)))
        .ToArray();

    // Addresses of IPv4 in the clothes of IPv6: mapped (RFC 4291, section 2.5.5.2), and translated (RFC 6052, section 2.1).
    private static readonly byte[] Mapped = IPAddress.Parse("::ffff:0:0").GetAddressBytes();
    private static readonly byte[] Translated = IPAddress.Parse("64:ff9b::").GetAddressBytes();

    public static bool Is(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && (IsWithin(bytes, Mapped, 96) || IsWithin(bytes, Translated, 96)))
        {
            bytes = bytes.Skip(12).ToArray();
        }

        return Ranges.Any(range => range.Prefix.Length == bytes.Length && IsWithin(bytes, range.Prefix, range.Length));
    }

    private static bool IsWithin(byte[] address, byte[] prefix, int length)
    {
        var whole = length / 8;
        var rest = 8 - (length % 8);
        return address.Take(whole).SequenceEqual(prefix.Take(whole)) && (rest == 8 || address[whole] >> rest == prefix[whole] >> rest);
    }
}
