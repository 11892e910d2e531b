using System;
using System.Globalization;

namespace DcrPowerShell.Errors;

/// <summary>Spans of time as a person says them.</summary>
internal static class Duration
{
    /// <summary>"40 seconds", "3 minutes", "2 hours", "12 days", "5 months", "2 years": the one unit that matters.</summary>
    public static string Say(TimeSpan span)
    {
        var days = span.TotalDays;
        return span switch
        {
            { TotalSeconds: < 90 } => Count(Math.Max(1, Math.Ceiling(span.TotalSeconds)), "second"),
            { TotalMinutes: < 90 } => Count(Math.Round(span.TotalMinutes), "minute"),
            { TotalHours: < 36 } => Count(Math.Round(span.TotalHours), "hour"),
            { TotalDays: < 120 } => Count(Math.Round(days), "day"),
            { TotalDays: < 700 } => Count(Math.Round(days / 30.44), "month"),
            _ => Count(Math.Round(days / 365.25), "year"),
        };
    }

    private static string Count(double number, string unit) =>
        $"{number.ToString("0", CultureInfo.InvariantCulture)} {unit}{(number == 1 ? "" : "s")}";
}
