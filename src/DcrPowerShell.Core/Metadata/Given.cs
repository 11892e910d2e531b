using System;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Metadata;

/// <summary>
/// The one reader of what people and files give: headings and cells. Web pages, spreadsheets and editors add characters that nobody sees;
/// at the ends they mean nothing and are dropped.
/// </summary>
internal static class Given
{
    /// <summary>Decoders put it in the place of what they cannot read.</summary>
    public const char Lost = '\uFFFD';

    /// <summary>What is wrong with a text that has <see cref="Lost"/>, and what to do.</summary>
    public const string WhyLost = "has a letter that was lost when its file was read (U+FFFD)";

    /// <inheritdoc cref="WhyLost"/>
    public const string FixLost = "Read the file as it was written (Import-Csv -Encoding), or save it as UTF-8.";

    /// <summary>What to do with a text that has a character which nobody sees.</summary>
    public const string FixUnseen = "Type the value by hand, where it was pasted.";

    // Also in other languages: #VALEUR!, #BEZUG!, #NV.
    private static readonly Regex NoValue = new("^#(\\p{Lu}[\\p{Lu}/0_]*[!?]|N/A|N/D|N/V|NV)$", RegexOptions.CultureInvariant);

    // What databases and scripts write for no value. `none` is a value.
    private static readonly Regex NoText = new(
        "^(null|\\(null\\)|<null>|\\\\N|n/a|nan|undefined)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    );
    private static readonly Regex Rounded = new("^\\d([.,]\\d+)?E\\+\\d{1,3}$", RegexOptions.CultureInvariant);
    private static readonly Regex TextFormula = new("^=\"(?<text>[^\"]*)\"$", RegexOptions.CultureInvariant);

    /// <summary>Characters that make a spreadsheet take a cell for a formula; some languages' versions take the wide ones too.</summary>
    private const string FormulaStarts = "=+-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20";

    // A sentence that begins with a parameter: names alone, and no sign that calls or opens anything.
    private static readonly Regex Sentence = new("^-\\p{L}[\\p{L}\\p{N} ,.:'_-]*$", RegexOptions.CultureInvariant);

    private static readonly Regex LaterPart = new("(?<=[;\t\r\n])[^;\t\r\n]+", RegexOptions.CultureInvariant);

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

    /// <summary>
    /// A cell as it was meant: trimmed, without the apostrophe that <see cref="Inert"/> sets, and without the formula <c>="007"</c> that
    /// keeps the zeros of a number in a spreadsheet.
    /// </summary>
    public static string Cell(string text)
    {
        var trimmed = Trim(text);
        return TextFormula.Match(trimmed) is { Success: true } formula
            ? formula.Groups["text"].Value
            : LaterPart.Replace(Plain(trimmed), static part => Plain(part.Value));
    }

    /// <summary>
    /// Why a text is no value, such as #N/A or 1.2E+05, which a spreadsheet puts in place of one, and what to do. Null where it may be one.
    /// </summary>
    public static (string Why, string Fix)? Spoilt(string text) =>
        NoValue.IsMatch(text) ? ("is what a spreadsheet writes where it found no value", "Correct the cell, and save the file again.")
        : NoText.IsMatch(text) ? ("is what programs write where there is no value", "Leave the cell empty, or fill it in.")
        : Rounded.IsMatch(text)
            ? (
                "is a number that a spreadsheet rounded: its last digits are lost",
                "Format the column as text in the spreadsheet, fill the cell in again, and save the file again."
            )
        : null;

    /// <summary>
    /// A text that no spreadsheet runs: names come from servers and from whoever registered, and a spreadsheet runs <c>=HYPERLINK(...)</c>,
    /// <c>+cmd|...</c>. An apostrophe makes a text of it, which <see cref="Cell"/> takes away. An id that begins with a hyphen, as
    /// base64url may, has nothing to call and stays as it is: scripts look it up. So does a sentence that begins with a parameter. A
    /// spreadsheet whose language has semicolons between cells begins a cell within ours at each of them, and at the end of a line.
    /// </summary>
    public static string Inert(string text) => Quoted(LaterPart.Replace(text, static part => Quoted(part.Value)));

    /// <summary>What two ways to write a name for people have in common: nobody sees the difference.</summary>
    public static string Seen(string text)
    {
        var seen = new StringBuilder(text.Length);
        foreach (var character in Trim(text))
        {
            if (char.IsWhiteSpace(character))
            {
                // Several blanks look like one.
                seen.Append(seen[seen.Length - 1] == ' ' ? "" : " ");
            }
            else if (!IsUnseen(character))
            {
                seen.Append(character);
            }
        }

        return seen.ToString();
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
    public static string? Unseen(string text) =>
        text.Where(static character => character != ' ' && IsUnseen(character)).Select(Code).FirstOrDefault();

    /// <summary>What is wrong with a text that has such a character.</summary>
    public static string WhyUnseen(string code) => $"has a character that nobody sees ({code})";

    /// <summary>
    /// The first character that steers a terminal; null where there is none. It is shown as a blank, so what is shown would be another
    /// name.
    /// </summary>
    public static string? Control(string text) => text.Where(Redaction.IsUnsafe).Select(Code).FirstOrDefault();

    /// <summary>A blank as it is, anything else that nobody sees by its number.</summary>
    public static string Shown(string text) =>
        text.Aggregate(
                new StringBuilder(),
                static (shown, character) =>
                    character != ' ' && IsUnseen(character)
                        ? shown.Append('<').Append(Code(character)).Append('>')
                        : shown.Append(character)
            )
            .ToString();

    /// <summary>A date as JSON has it, the same in every culture; null where the value is no date.</summary>
    public static string? Date(object? value) => value switch
    {
        DateTime time => time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture),

        // .NET Framework does not have them.
        IFormattable part when part.GetType().FullName is "System.DateOnly" or "System.TimeOnly" => part.ToString(
            "O",
            CultureInfo.InvariantCulture
        ),
        _ => null,
    };

    // .NET Framework takes the soft hyphen for a dash.
    private static bool IsUnseen(char character) =>
        char.IsWhiteSpace(character) || char.IsControl(character) || char.GetUnicodeCategory(character) == UnicodeCategory.Format
            || character == '\u00AD';

    private static bool IsFormula(string text)
    {
        var begun = text.TrimStart(' ', '\u00A0');
        return begun.Length > 0
            && FormulaStarts.Contains(begun[0])
            && !Sentence.IsMatch(begun)
            && begun.Skip(1).Any(static character => !char.IsLetterOrDigit(character) && character is not ('-' or '_' or '.'));
    }

    private static string Quoted(string text) => IsFormula(text) || IsQuotedFormula(text) ? "'" + text : text;

    private static string Plain(string text) => IsQuotedFormula(text) ? text.Substring(1) : text;

    private static bool IsQuotedFormula(string text) => text.Length > 1 && text[0] == '\'' && IsFormula(text.TrimStart('\''));

    private static string Code(char character) => $"U+{(int)character:X4}";
}
