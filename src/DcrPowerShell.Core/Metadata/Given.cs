using System;
using System.Globalization;
using System.Linq;
using System.Text;

namespace DcrPowerShell.Metadata;

/// <summary>
/// The one reader of what people and files give: headings and cells. Web pages, spreadsheets and editors add characters that nobody sees;
/// at the ends they mean nothing and are dropped.
/// </summary>
internal static class Given
{
    /// <summary>Decoders put it in the place of what they cannot read.</summary>
    public const char Lost = '\uFFFD';

    /// <summary>Without what nobody sees at its ends.</summary>
    public static string Trim(string text)
    {
        var (start, end) = (0, text.Length);
        while (start < end && IsUnseen(text[start]))
        {
            start++;
        }

        while (end > start && IsUnseen(text[end - 1]))
        {
            end--;
        }

        return text.Substring(start, end - start);
    }

    /// <summary>The values of one cell, apart at semicolons.</summary>
    /// <param name="atBlanks">And at blanks of any kind.</param>
    public static string[] Split(string text, bool atBlanks)
    {
        var apart = atBlanks ? string.Concat(text.Select(static character => char.IsWhiteSpace(character) ? ';' : character)) : text;
        return apart.Split(';').Select(Trim).Where(static value => value.Length > 0).ToArray();
    }

    /// <summary>A JWT or a key that a mail or an editor broke into lines.</summary>
    public static string OneLine(string text) => string.Concat(text.Where(static character => !char.IsWhiteSpace(character)));

    /// <summary>What two ways to write a name have in common: <c>Client Name</c>, <c>client_name</c>, <c>ClientName</c>.</summary>
    public static string Letters(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToUpperInvariant();

    /// <summary>The first character that nobody sees and that is no plain blank, as <c>U+200B</c>; null where there is none.</summary>
    public static string? Unseen(string text) => text.Where(static character => character != ' ' && IsUnseen(character)).Select(Code).FirstOrDefault();

    /// <summary>The first control character; null where there is none.</summary>
    public static string? Control(string text) => text.Where(char.IsControl).Select(Code).FirstOrDefault();

    /// <summary>A blank as it is, anything else that nobody sees by its number.</summary>
    public static string Shown(string text) =>
        text.Aggregate(new StringBuilder(), static (shown, character) => character != ' ' && IsUnseen(character) ? shown.Append('<').Append(Code(character)).Append('>') : shown.Append(character)).ToString();

    /// <summary>A date as JSON has it, the same in every culture; null where the value is no date.</summary>
    public static string? Date(object? value) => value switch
    {
        DateTime time => time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture),

        // .NET Framework does not have them.
        IFormattable part when part.GetType().FullName is "System.DateOnly" or "System.TimeOnly" => part.ToString("O", CultureInfo.InvariantCulture),
        _ => null,
    };

    // .NET Framework takes the soft hyphen for a dash.
    private static bool IsUnseen(char character) =>
        char.IsWhiteSpace(character) || char.IsControl(character) || char.GetUnicodeCategory(character) == UnicodeCategory.Format
            || character == '\u00AD';

    private static string Code(char character) => $"U+{(int)character:X4}";
}
