using System;
using System.Globalization;
using System.Linq;

namespace DcrPowerShell.Inventory;

/// <summary>How many client secrets expire in which week: a bar each, for a quarter of a year.</summary>
internal sealed class ExpiryChart(DateTimeOffset now)
{
    private const int Weeks = 13;
    private const int RowHeight = 24;

    // In percent of the width: names are left of the axis, and the longest bar leaves room for its number.
    private const double Axis = 20;
    private const double LongestBar = 70;

    // What has expired, the weeks, what comes later.
    private readonly int[] _counts = new int[Weeks + 2];
    private int _never;
    private int _unknown;
    private int _without;

    public void Add(DcrExpiry expiry)
    {
        if (expiry.At is { } at)
        {
            _counts[at <= now ? 0 : 1 + (int)Math.Min(Weeks, (at - now).TotalDays / 7)]++;
            return;
        }

        _never += expiry.Equals(DcrExpiry.Never) ? 1 : 0;
        _unknown += expiry.Equals(DcrExpiry.Unknown) ? 1 : 0;
        _without += expiry.Equals(DcrExpiry.NoSecret) ? 1 : 0;
    }

    public Markup ToMarkup()
    {
        var bars = _counts.Select((count, index) => (Index: index, Name: Name(index), Count: count)).ToList();
        var chart = Markup.Of($"""
            <figure>
            <svg width="100%" height="{bars.Count * RowHeight}" role="img" aria-labelledby="chart-name" aria-describedby="chart-words">
            <title id="chart-name">Client secrets that expire, by week</title>
            <desc id="chart-words">{string.Join("; ", bars.Where(static bar => bar.Count > 0).Select(Words))}</desc>
            <line x1="{Percent(Axis)}" x2="{Percent(Axis)}" y1="0" y2="100%"/>
            {Markup.Join(bars.Select(bar => Bar(bar.Index, bar.Name, bar.Count)))}</svg>
            <figcaption>Each bar is the week that begins on its day.</figcaption>
            </figure>

            """);
        return Markup.Of($"""
            {(_counts.Any(static count => count > 0) ? chart : Markup.Of($"<p>No secret is known to expire.</p>\n"))}
            <p class="note">Never: {_never}. Unknown: {_unknown}. Without a secret that is used: {_without}.</p>
            """);
    }

    private Markup Bar(int index, string name, int count)
    {
        var (top, length) = (index * RowHeight, LongestBar * count / _counts.Max());
        return Markup.Of($"""
            <g class="{(index == 0 ? "overdue" : "")}"><text class="label" x="{Percent(Axis - 2)}" y="{top + 17}">{name}</text>
            <rect x="{Percent(Axis)}" y="{top + 4}" width="{Percent(length)}" height="{RowHeight - 8}"/>
            <text x="{Percent(Axis + length + 1)}" y="{top + 17}">{count}</text></g>

            """);
    }

    private string Name(int index) => index switch
    {
        0 => "Expired",
        Weeks + 1 => "Later",
        _ => (now + TimeSpan.FromDays(7 * (index - 1))).UtcDateTime.ToString("d MMM", CultureInfo.InvariantCulture),
    };

    private static string Words((int Index, string Name, int Count) bar) => bar.Index switch
    {
        0 => $"{bar.Count} expired",
        Weeks + 1 => $"{bar.Count} later",
        _ => $"{bar.Count} in the week from {bar.Name}",
    };

    private static string Percent(double value) => value.ToString("0.##", CultureInfo.InvariantCulture) + "%";
}
