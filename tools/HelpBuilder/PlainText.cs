using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace DcrPowerShell.HelpBuilder;

/// <summary>A heading and what stands under it.</summary>
internal sealed record Section(string Title, IReadOnlyList<Block> Blocks);

/// <summary>Turns Markdown into text that reads well on a console.</summary>
/// <param name="width">Where lists and tables, and paragraphs if asked, are wrapped.</param>
/// <param name="wrapParagraphs">Whether to wrap paragraphs; Get-Help does it by itself, at the width of the console.</param>
/// <param name="codeIndent">By how many spaces code is indented.</param>
internal sealed class PlainText(int width, bool wrapParagraphs, int codeIndent)
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().Build();

    /// <summary>Parses Markdown into blocks, leaving out what no reader sees: comments, rules and link definitions.</summary>
    public static IReadOnlyList<Block> Parse(string markdown) => Markdown.Parse(markdown.ReplaceLineEndings("\n"), Pipeline)
        .Where(block => block is not (HtmlBlock { Type: HtmlBlockType.Comment } or ThematicBreakBlock or LinkReferenceDefinitionGroup))
        .ToArray();

    /// <summary>Cuts blocks at headings of a level or above. What stands before the first heading is a section without a title.</summary>
    public static IReadOnlyList<Section> Split(IEnumerable<Block> blocks, int level)
    {
        var sections = new List<Section>();
        var current = new List<Block>();
        foreach (var block in blocks)
        {
            var heading = block is HeadingBlock found && found.Level <= level ? found : null;
            if (heading is not null || sections.Count == 0)
            {
                current = [];
                sections.Add(new Section(Inline(heading?.Inline), current));
            }

            if (heading is null)
            {
                current.Add(block);
            }
        }

        return sections;
    }

    /// <summary>The text of blocks: a string for each one, its lines parted by a line feed.</summary>
    public IReadOnlyList<string> Render(IEnumerable<Block> blocks) =>
        blocks.Select(block => string.Join('\n', Lines(block, width, wrapParagraphs))).Where(text => text.Length > 0).ToArray();

    /// <summary>The text of a run of inlines. Emphasis and back-ticks go; a link to the web shows its address.</summary>
    /// <param name="container">The inlines.</param>
    /// <param name="softBreak">What a line break of the source becomes.</param>
    public static string Inline(ContainerInline? container, string softBreak = " ")
    {
        var text = new StringBuilder();
        foreach (var inline in container ?? Enumerable.Empty<Inline>())
        {
            text.Append(inline switch
            {
                LiteralInline literal => literal.Content.ToString(),
                CodeInline code => code.Content,
                LineBreakInline line => line.IsHard ? "\n" : softBreak,
                AutolinkInline auto => auto.Url,
                HtmlEntityInline entity => entity.Transcoded.ToString(),
                HtmlInline html => html.Tag,
                LinkInline { IsImage: false } link when IsWeb(link.Url) => $"{Inline(link, softBreak)} ({link.Url})",
                ContainerInline inner => Inline(inner, softBreak),
                _ => "",
            });
        }

        return text.ToString().Trim();
    }

    /// <summary>Whether a link leads to the web rather than to a page nearby.</summary>
    public static bool IsWeb(string? url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" or "mailto";

    /// <summary>Wraps text at spaces; a word longer than the width keeps a line to itself.</summary>
    public static IEnumerable<string> Wrap(string text, int width)
    {
        foreach (var paragraph in text.Split('\n'))
        {
            var line = "";
            foreach (var word in paragraph.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (line.Length > 0 && line.Length + 1 + word.Length > width)
                {
                    yield return line;
                    line = "";
                }

                line += line.Length > 0 ? " " + word : word;
            }

            yield return line;
        }
    }

    private IEnumerable<string> Lines(Block block, int room, bool wrap) => block switch
    {
        CodeBlock code => code.Lines.ToString().TrimEnd().Split('\n').Select(line => Indent(line, codeIndent)),
        HtmlBlock html => html.Lines.ToString().Split('\n'),
        LeafBlock leaf => wrap ? Wrap(Inline(leaf.Inline), room) : Inline(leaf.Inline).Split('\n'),
        ListBlock list => ListLines(list, room),
        Table table => TableLines(table, room),
        ContainerBlock container => Stack(container, room, loose: true),
        _ => [],
    };

    private IEnumerable<string> Stack(IEnumerable<Block> blocks, int room, bool loose) =>
        blocks.SelectMany(
            (block, index) => index > 0 && loose ? Lines(block, room, wrap: true).Prepend("") : Lines(block, room, wrap: true)
        );

    private IEnumerable<string> ListLines(ListBlock list, int room)
    {
        var number = int.TryParse(list.OrderedStart, NumberStyles.None, CultureInfo.InvariantCulture, out var start) ? start : 1;
        foreach (var item in list.Cast<ListItemBlock>())
        {
            if (list.IsLoose && item != list[0])
            {
                yield return "";
            }

            var marker = list.IsOrdered ? $"{number++}. " : "- ";
            var first = true;
            foreach (var line in Stack(item, room - marker.Length, list.IsLoose))
            {
                yield return first ? marker + line : Indent(line, marker.Length);
                first = false;
            }
        }
    }

    /// <summary>Columns parted by two spaces; where they don't fit, the widest one gives way and its cells wrap.</summary>
    private static IEnumerable<string> TableLines(Table table, int room)
    {
        var rows = table.Cast<TableRow>()
            .Select(row => row.Select(cell => Inline(((TableCell)cell).Descendants<ParagraphBlock>().FirstOrDefault()?.Inline)).ToArray())
            .ToArray();
        var columns = rows.Max(row => row.Length);
        int Longest(int column, Func<string, int> measure) => rows.Where(row => column < row.Length).Max(row => measure(row[column]));
        var widths = Enumerable.Range(0, columns).Select(column => Longest(column, cell => cell.Length)).ToArray();
        var least = Enumerable
            .Range(0, columns)
            .Select(column => Longest(column, cell => cell.Split(' ').Max(word => word.Length)))
            .ToArray();
        while (widths.Sum() + 2 * (columns - 1) > room)
        {
            var flexible = Enumerable.Range(0, columns).Where(column => widths[column] > least[column]).ToArray();
            if (flexible.Length == 0)
            {
                break;
            }

            widths[flexible.MaxBy(column => widths[column])]--;
        }

        foreach (var row in rows.Take(1).Append(widths.Select(length => new string('-', length)).ToArray()).Concat(rows.Skip(1)))
        {
            var cells = row.Select((cell, column) => Wrap(cell, widths[column]).ToArray()).ToArray();
            for (var line = 0; line < cells.Max(cell => cell.Length); line++)
            {
                yield return string.Join(
                        "  ",
                        cells.Select((cell, column) => (line < cell.Length ? cell[line] : "").PadRight(widths[column]))
                    )
                    .TrimEnd();
            }
        }
    }

    private static string Indent(string line, int spaces) => line.Length > 0 ? new string(' ', spaces) + line : line;
}
