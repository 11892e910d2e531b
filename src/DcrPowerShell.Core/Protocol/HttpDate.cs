using System;
using System.Globalization;

namespace DcrPowerShell.Protocol;

/// <summary>Times in headers (RFC 9110, section 5.6.7).</summary>
internal static class HttpDate
{
    /// <summary>Null where it is none.</summary>
    public static DateTimeOffset? Parse(string? text) =>
        DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : null;
}
