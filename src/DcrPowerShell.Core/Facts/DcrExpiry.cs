using System;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using DcrPowerShell.Errors;

namespace DcrPowerShell;

/// <summary>
/// When a client secret expires (<c>client_secret_expires_at</c>, RFC 7591, section 3.2.1): shown as a person says it, sorted and compared
/// as a time. Secrets that never expire, or whose expiry is unknown, come after all times. It compares with a <see cref="DateTime"/>, a
/// <see cref="DateTimeOffset"/> and its own text.
/// </summary>
[SuppressMessage("Design", "CA1036", Justification = "PowerShell compares by IComparable.")]
public sealed class DcrExpiry : IComparable
{
    private static readonly Regex Iso = new(@"^\d{4}-\d{2}-\d{2}([T ]|$)", RegexOptions.CultureInvariant);

    // Export-Csv writes a time so, in every culture.
    private const string ExportCsv = "MM/dd/yyyy HH:mm:ss zzz";

    private readonly Rank _rank;

    private DcrExpiry(Rank rank, DateTimeOffset? at = null) => (_rank, At) = (rank, at);

    // In the order that they sort in.
    private enum Rank
    {
        Timed,
        Unknown,
        Never,
        NoSecret,
    }

    internal static DcrExpiry Unknown { get; } = new(Rank.Unknown);

    internal static DcrExpiry Never { get; } = new(Rank.Never);

    internal static DcrExpiry NoSecret { get; } = new(Rank.NoSecret);

    /// <summary>The time, in UTC where a server said it; null for never, unknown and no secret.</summary>
    public DateTimeOffset? At { get; }

    /// <summary>
    /// The expiry in words, as of now: "in 12 days", "expired 3 days ago", "never", "unknown"; empty where the client uses no secret.
    /// </summary>
    public string Text => (_rank, At - DateTimeOffset.UtcNow) switch
    {
        (Rank.Never, _) => "never",
        (Rank.Unknown, _) => "unknown",
        (_, { } left) => left > TimeSpan.Zero ? $"in {Duration.Say(left)}" : $"expired {Duration.Say(-left)} ago",
        _ => "",
    };

    /// <summary>Lets PowerShell compare it with a time.</summary>
    public static implicit operator DcrExpiry(DateTimeOffset at) => new(Rank.Timed, at);

    /// <summary>Lets PowerShell compare it with a time.</summary>
    public static implicit operator DcrExpiry(DateTime at) => new(Rank.Timed, at);

    /// <summary>
    /// Reads 2027-01-31, also with a time, or what Export-Csv writes for one, or "never", "unknown" and "". So PowerShell can compare it
    /// with a text.
    /// </summary>
    /// <exception cref="FormatException">It is none of them; the message says how to write it.</exception>
    public static DcrExpiry Parse(string text) => text switch
    {
        "" => NoSecret,
        _ when text.Equals(Never.Text, StringComparison.OrdinalIgnoreCase) => Never,
        _ when text.Equals(Unknown.Text, StringComparison.OrdinalIgnoreCase) => Unknown,
        _ => TimeOf(text, DateTimeStyles.AssumeLocal)
            ?? throw new FormatException($"'{text}' is no time: write it as 2027-01-31, or as (Get-Date).AddDays(30)."),
    };

    /// <summary>The one reader of times that people, files and servers write: year, month, day. 1/2/2027 has two meanings.</summary>
    internal static DateTimeOffset? TimeOf(string text, DateTimeStyles style) =>
        Iso.IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, style, out var at) ? at
        : DateTimeOffset.TryParseExact(text, ExportCsv, CultureInfo.InvariantCulture, DateTimeStyles.None, out var exported) ? exported
        : null;

    /// <inheritdoc/>
    public int CompareTo(object? obj) => obj is not DcrExpiry other ? 1
        : _rank != other._rank ? _rank.CompareTo(other._rank)
        : Nullable.Compare(At, other.At);

    /// <inheritdoc/>
    public override bool Equals(object? obj) =>
        obj is string text ? text.Equals(Text, StringComparison.OrdinalIgnoreCase) : obj is DcrExpiry && CompareTo(obj) == 0;

    /// <inheritdoc/>
    public override int GetHashCode() => (_rank, At).GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => Text;
}
