using System;
using System.Globalization;
using System.Text.RegularExpressions;

namespace DcrPowerShell;

/// <summary>How many requests a server takes in which time, such as <c>50/min</c>.</summary>
public sealed class DcrRateLimit
{
    private static readonly Regex Form = new(
        @"^\s*(?<count>\d{1,6})\s*(/|\s+per\s+|\s+a\s+)\s*(?<unit>s|sec|second|m|min|minute|h|hour)\s*$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    );

    internal DcrRateLimit(int requests, TimeSpan per) => (Requests, Per) = (requests, per);

    /// <summary>How many requests, from 1 to 999,999. They may also come all at once.</summary>
    public int Requests { get; }

    /// <summary>The time that they are counted in: a second, a minute or an hour.</summary>
    public TimeSpan Per { get; }

    internal double PerSecond => Requests / Per.TotalSeconds;

    /// <summary>Reads <c>50/min</c>, <c>5/s</c>, <c>1000/h</c>.</summary>
    /// <exception cref="FormatException">It is of another form.</exception>
    public static DcrRateLimit Parse(string text)
    {
        var match = Form.Match(text);
        if (!match.Success || int.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture) is not (> 0 and var count))
        {
            throw new FormatException($"'{text}' is no rate limit. Give a number of requests and a time: 50/min, 5/s or 1000/h.");
        }

        return new(count, char.ToLowerInvariant(match.Groups["unit"].Value[0]) switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            _ => TimeSpan.FromHours(1),
        });
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Format(
            CultureInfo.InvariantCulture,
            "{0}/{1}",
            Requests,
            Per.TotalSeconds <= 1 ? "s"
                : Per.TotalMinutes <= 1 ? "min"
                : "h"
        );
}
