using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Markdig.Syntax;

namespace DcrPowerShell.HelpBuilder;

/// <summary>
/// Writes a conceptual topic, <c>about_Name.md</c>, in the classic layout of <c>about_Name.help.txt</c>: TOPIC, SHORT DESCRIPTION,
/// LONG DESCRIPTION and further headings in capitals, text below them. Get-Help shows the file as it stands, and takes its fifth
/// line, the short description, as the synopsis in lists.
/// </summary>
internal static class AboutWriter
{
    private const int Indent = 4;
    private const int Width = 80 - Indent;
    private static readonly PlainText Text = new(Width, wrapParagraphs: true, codeIndent: 4);

    /// <summary>Makes the text of a topic.</summary>
    /// <param name="path">The Markdown file, for the name of the topic and for problems.</param>
    /// <param name="markdown">What is in it.</param>
    /// <param name="problems">Gets a line for everything that is wrong.</param>
    public static string Render(string path, string markdown, ICollection<string> problems)
    {
        var topic = Path.GetFileNameWithoutExtension(path);
        var sections = PlainText.Split(PlainText.Parse(markdown), level: 2);
        var first = sections.Skip(1).FirstOrDefault();
        Expect(
            sections.Count > 0 && sections[0].Title == topic && sections[0].Blocks.Count == 0,
            $"doesn't begin with '# {topic}' followed by a ## heading");
        Expect(first?.Title == "Short description", "the first section isn't 'Short description'");
        Expect(
            first is not null && Text.Render(first.Blocks) is [var line] && !line.Contains('\n'),
            $"the short description isn't a single line of at most {Width} characters");
        Expect(sections.Any(section => section.Title == "Long description"), "section 'Long description' is missing");
        foreach (var duplicate in sections.GroupBy(section => section.Title).Where(group => group.Count() > 1))
        {
            problems.Add($"{path}: section '{duplicate.Key}' stands there {duplicate.Count()} times");
        }

        var text = new StringBuilder($"TOPIC\n    {topic}\n");
        foreach (var section in sections.Skip(1))
        {
            text.Append('\n').Append(section.Title.ToUpperInvariant()).Append('\n');
            AppendBody(text, section.Blocks);
        }

        return text.ToString();

        void Expect(bool good, string otherwise)
        {
            if (!good)
            {
                problems.Add($"{path}: {otherwise}");
            }
        }
    }

    /// <summary>Text four spaces in, deeper headings two; a blank line between blocks, but none between a heading and its text.</summary>
    private static void AppendBody(StringBuilder text, IReadOnlyList<Block> blocks)
    {
        var apart = false;
        foreach (var block in blocks)
        {
            var heading = block is HeadingBlock;
            foreach (var rendered in Text.Render([block]))
            {
                text.Append(apart || heading ? "\n" : "");
                foreach (var line in rendered.Split('\n'))
                {
                    text.Append(line.Length > 0 ? new string(' ', heading ? Indent / 2 : Indent) + line : "").Append('\n');
                }
            }

            apart = !heading;
        }
    }
}
