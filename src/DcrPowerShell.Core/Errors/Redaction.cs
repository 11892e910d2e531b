using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace DcrPowerShell.Errors;

/// <summary>Cleans words that come from outside before a person or a log sees them.</summary>
internal sealed class Redaction
{
    /// <summary>What stands in a secret's place.</summary>
    public const string Mask = "***";

    private const int LongestText = 500;
    private const int LongestLine = 2000;

    // A shorter "secret" would blank out ordinary words.
    private const int ShortestSecret = 6;

    private readonly List<string> _secrets;

    /// <param name="secrets">What was sent along and must not come back in words.</param>
    public Redaction(IEnumerable<string?> secrets) =>
        _secrets = secrets.OfType<string>().Where(secret => secret.Length >= ShortestSecret).ToList();

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

        return Printable(_secrets.Aggregate(text, static (result, secret) => result.Replace(secret, Mask)), LongestText);
    }

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

    // Control characters, and the marks that turn the direction of what follows.
    private static bool IsUnsafe(char character) =>
        char.IsControl(character) || character is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
