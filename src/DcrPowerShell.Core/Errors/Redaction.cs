using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;

namespace DcrPowerShell.Errors;

/// <summary>Cleans words that come from outside before a person or a log sees them.</summary>
internal sealed class Redaction
{
    /// <summary>What stands in a secret's place.</summary>
    public const string Mask = "***";

    private const int LongestText = 500;
    private const int LongestLine = 2000;

    private static readonly Regex Credentials = new("[^/]*@");

    private readonly List<string> _secrets;
    private readonly SecretTraces _traces;

    /// <param name="secrets">What was sent along and must not come back in words.</param>
    public Redaction(IEnumerable<string?> secrets)
    {
        _secrets = secrets.OfType<string>().ToList();
        _traces = new SecretTraces(_secrets);
    }

    /// <summary>Knows no secret.</summary>
    public static Redaction Nothing { get; } = new([]);

    /// <summary>Knows the secrets of both.</summary>
    public Redaction And(Redaction other) => other._secrets.All(_secrets.Contains) ? this : new(_secrets.Concat(other._secrets));

    public ServerError Clean(ServerError error) => error with
    {
        Code = Clean(error.Code),
        Description = Clean(error.Description),
        SupportId = Clean(error.SupportId),
        RequiredScope = error.RequiredScope.Select(scope => Clean(scope)!).ToList(),
    };

    /// <summary>Masks the secrets, turns control characters into spaces (no escape sequence reaches a terminal), and cuts off.</summary>
    public string? Clean(string? text)
    {
        if (text is null)
        {
            return null;
        }

        return Printable(Hide(text), LongestText);
    }

    /// <summary>A value to look at, whole: secrets masked, control characters as spaces but for the ends of lines and tabs.</summary>
    public string Show(string text)
    {
        var hidden = Hide(text);
        return HasUnsafe(hidden)
            ? new(
                hidden
                    .Select(static character => IsUnsafe(character) && character is not ('\r' or '\n' or '\t') ? ' ' : character)
                    .ToArray()
            )
            : hidden;
    }

    /// <summary>Whether any of the secrets stands in a text, in whatever writing.</summary>
    public bool Finds(string text) => _traces.Find(text).Count > 0;

    /// <summary>
    /// Whether a path is PEM or JSON: what stands in a file, maybe a private key, in the place of the file's path. No message shows it.
    /// </summary>
    public static bool IsFileText(string path) =>
        path.TrimStart() is { Length: > 0 } text
        && (text.StartsWith("-----BEGIN", StringComparison.Ordinal) || (text[0] is '{' or '[' && text.IndexOf('"') > 0));

    /// <summary>One line that a terminal shows as it is, cut off where it is too long.</summary>
    public static string Printable(string text, int longest = LongestLine)
    {
        var line = new StringBuilder(Math.Min(text.Length, longest));
        foreach (var character in text.Take(longest))
        {
            line.Append(IsUnsafe(character) ? ' ' : character);
        }

        return text.Length > longest ? line.Append('…').ToString() : line.ToString();
    }

    /// <summary>Whether a terminal shows a text as one line, as it is.</summary>
    public static bool IsPrintable(string text) => !HasUnsafe(text);

    /// <summary>An address without a user name, a password and a query: anything may be in them.</summary>
    public static string Address(Uri uri) => Address(uri.OriginalString);

    /// <inheritdoc cref="Address(Uri)"/>
    public static string Address(string address) => Credentials.Replace(address.Split('?', '#')[0], Mask + "@");

    /// <summary>A value as it came, secrets masked.</summary>
    public string Hide(string text)
    {
        var found = _traces.Find(text);
        if (found.Count == 0)
        {
            return text;
        }

        var hidden = new StringBuilder(text.Length);
        var end = 0;
        foreach (var span in found)
        {
            hidden.Append(text, end, span.Start - end).Append(Mask);
            end = span.End;
        }

        return hidden.Append(text, end, text.Length - end).ToString();
    }

    // Most have none, and a list has many.
    private static bool HasUnsafe(string text)
    {
        foreach (var character in text)
        {
            if (IsUnsafe(character))
            {
                return true;
            }
        }

        return false;
    }

    // Control characters, and the marks that turn the direction of what follows.
    public static bool IsUnsafe(char character) =>
        char.IsControl(character)
        || character
            is '\u2028'
                or '\u2029'
                or '\u200E'
                or '\u200F'
                or '\u061C'
                or (>= '\u202A' and <= '\u202E')
                or (>= '\u2066' and <= '\u2069');
}
