using System;
using System.Text.RegularExpressions;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Metadata;

/// <summary>
/// Reads URLs that others wrote. <see cref="Uri"/> takes some texts whose host then fails when it is asked for. At others its parser itself
/// fails: slashes and a direction mark in the place of a host end in an IndexOutOfRangeException (.NET 8 to 10), or in a
/// NullReferenceException (Mono).
/// </summary>
internal static class UriText
{
    // RFC 3986, section 3. Not every URI is one that Uri knows.
    private static readonly Regex AnyUri = new(@"^[A-Za-z][A-Za-z0-9+.-]*:[^\s\p{C}]+\z", RegexOptions.CultureInvariant);

    /// <summary>Whether it is an absolute URI of any kind, as it stands.</summary>
    public static bool IsUri(string text) => AnyUri.IsMatch(text);

    /// <summary>Null where it is no absolute URL.</summary>
    public static Uri? Absolute(string? text) => Read(() => Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri : null);

    /// <summary>Null where it is no URL, absolute or relative to another.</summary>
    public static Uri? Against(Uri other, string? text) => Read(() => Uri.TryCreate(other, text, out var uri) ? uri : null);

    /// <summary>
    /// A value as one segment of a path. The names that lead elsewhere, <c>.</c> and <c>..</c>, have no other writing: they get a slash
    /// that stays encoded.
    /// </summary>
    public static string Segment(string value) => value is "." or ".." ? Uri.EscapeDataString(value + "/") : Uri.EscapeDataString(value);

    /// <summary>
    /// An address to look at: <see cref="Uri.ToString"/> and <see cref="Uri.OriginalString"/> give characters that steer a terminal,
    /// encoded ones too. A blank stands in their place.
    /// </summary>
    public static Uri? Shown(Uri? uri)
    {
        if (uri is null)
        {
            return null;
        }

        var (text, original) = (uri.ToString(), uri.OriginalString);
        return Redaction.IsPrintable(text) && Redaction.IsPrintable(original)
            ? uri
            : Absolute(Redaction.Nothing.Show(text).Replace('\r', ' ').Replace('\n', ' ').Replace('\t', ' ').Replace(" ", "%20"));
    }

    private static Uri? Read(Func<Uri?> parse)
    {
        try
        {
            var uri = parse();
            _ = uri?.IdnHost;
            _ = uri?.AbsoluteUri;
            return uri;
        }
        catch (Exception failure) when (failure is UriFormatException or IndexOutOfRangeException or NullReferenceException)
        {
            return null;
        }
    }
}
