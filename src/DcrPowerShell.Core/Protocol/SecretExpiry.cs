using System;
using System.Globalization;
using System.Text.Json;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>
/// <c>client_secret_expires_at</c> (RFC 7591, section 3.2.1): seconds since 1970, 0 for never. Servers also write milliseconds, fractions,
/// dates and words.
/// </summary>
/// <param name="At">Seconds since 1970, 0 for never; null where the server did not say, or not so that it could be understood.</param>
/// <param name="Odd">What the server wrote, where that is none of the forms of the RFC; else null.</param>
internal sealed record SecretExpiry(long? At, string? Odd)
{
    // In seconds that is the year 2001, before there was OAuth: what is less, is a lifetime.
    private const long FirstTime = 1_000_000_000;

    // Some servers write the last second that .NET and Java know, for never.
    private const long LastTime = 253_402_300_799;
    private const long FirstMilliseconds = FirstTime * 1000;
    private const long FirstThatIsNoTime = 100_000_000_000_000;

    public static SecretExpiry Read(JsonBag members)
    {
        if (!members.TryGet(ClientMember.ClientSecretExpiresAt, out var value) || JsonBag.IsAbsent(value))
        {
            return new(null, null);
        }

        var text = value.ValueKind == JsonValueKind.String ? value.GetString()!.Trim() : value.GetRawText();
        if (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            return number switch
            {
                0 or (>= FirstTime and <= LastTime) => new((long)number, null),
                >= FirstMilliseconds and < FirstThatIsNoTime => new((long)number / 1000, text),
                _ => new(null, text),
            };
        }

        return text.Equals("never", StringComparison.OrdinalIgnoreCase) ? new(0, text)
            : DcrExpiry.TimeOf(text, DateTimeStyles.AssumeUniversal) is { } time ? new(time.ToUnixTimeSeconds(), text)
            : new(null, text);
    }
}
