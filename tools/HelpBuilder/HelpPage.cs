using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace DcrPowerShell.HelpBuilder;

/// <summary>An example.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Code">The PowerShell code, as it stands.</param>
/// <param name="Remarks">What follows it: the output, if shown, and prose.</param>
internal sealed record HelpExample(string Title, string Code, IReadOnlyList<string> Remarks);

/// <summary>The prose about a parameter, or about a type under Inputs or Outputs.</summary>
/// <param name="Name">The name; a parameter's without its dash.</param>
/// <param name="Default">The default value, where the prose begins with <c>Default: value</c>.</param>
/// <param name="Prose">Paragraphs.</param>
internal sealed record HelpItem(string Name, string? Default, IReadOnlyList<string> Prose);

/// <summary>A related link.</summary>
/// <param name="Text">What is shown.</param>
/// <param name="Target">The address or file behind it; null for a bare name.</param>
internal sealed record HelpLink(string Text, string? Target);

/// <summary>The words about one cmdlet, read from <c>docs/en-US/Verb-Noun.md</c>. Every text is already fit for a console.</summary>
internal sealed class HelpPage
{
    private const string DefaultMark = "Default:";

    // Paragraphs are left to Get-Help, which knows how wide the console is; what it can't lay out fits into 80 columns less its indents.
    private static readonly PlainText Text = new(width: 72, wrapParagraphs: false, codeIndent: 0);

    private readonly List<string> _problems = [];

    private HelpPage(string path) => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The cmdlet, as the file is called.</summary>
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>What is wrong with the page by itself.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>The one sentence.</summary>
    public IReadOnlyList<string> Synopsis { get; private set; } = [];

    /// <summary>The description, a string a paragraph.</summary>
    public IReadOnlyList<string> Description { get; private set; } = [];

    /// <summary>The examples, in order.</summary>
    public IReadOnlyList<HelpExample> Examples { get; private set; } = [];

    /// <summary>The prose about each parameter.</summary>
    public IReadOnlyList<HelpItem> Parameters { get; private set; } = [];

    /// <summary>What can be piped in; empty where the page leaves it to the facts.</summary>
    public IReadOnlyList<HelpItem> Inputs { get; private set; } = [];

    /// <summary>What comes out; empty where the page leaves it to the facts.</summary>
    public IReadOnlyList<HelpItem> Outputs { get; private set; } = [];

    /// <summary>The notes, a string a paragraph.</summary>
    public IReadOnlyList<string> Notes { get; private set; } = [];

    /// <summary>The related links.</summary>
    public IReadOnlyList<HelpLink> Links { get; private set; } = [];

    /// <summary>Reads a page; what is wrong with it lands in <see cref="Problems"/>.</summary>
    public static HelpPage Read(string path) => Parse(path, File.ReadAllText(path));

    /// <summary>Reads a page from text.</summary>
    public static HelpPage Parse(string path, string markdown)
    {
        var page = new HelpPage(path);
        page.ReadSections(PlainText.Split(PlainText.Parse(markdown), level: 2));
        return page;
    }

    private void ReadSections(IReadOnlyList<Section> sections)
    {
        Expect(
            sections.Count > 0 && sections[0].Title == Name && sections[0].Blocks.Count == 0,
            $"doesn't begin with '# {Name}' followed by a ## heading");
        foreach (var duplicate in sections.Skip(1).GroupBy(section => section.Title).Where(group => group.Count() > 1))
        {
            _problems.Add($"section '{duplicate.Key}' stands there {duplicate.Count()} times");
        }

        foreach (var section in sections.Skip(1))
        {
            ReadSection(section);
        }

        Expect(Synopsis.Count == 1, "section 'Synopsis' is missing or isn't a single paragraph");
        Expect(Description.Count > 0, "section 'Description' is missing or empty");
        Expect(Examples.Count > 0, "section 'Examples' is missing or empty");
    }

    private void ReadSection(Section section)
    {
        foreach (var code in section.Blocks.SelectMany(block => block is CodeBlock code ? [code] : block.Descendants<CodeBlock>()))
        {
            Expect(
                !code.Lines.ToString().StartsWith(' '),
                $"a block of code in '{section.Title}' begins with a space, which Get-Help would cut off"
            );
        }

        switch (section.Title)
        {
            case "Synopsis":
                Synopsis = Text.Render(section.Blocks);
                break;
            case "Description":
                Description = Text.Render(section.Blocks);
                break;
            case "Examples":
                Examples = Parts(section).Select(ReadExample).ToArray();
                break;
            case "Parameters":
                Parameters = Parts(section).Select(ReadParameter).ToArray();
                break;
            case "Inputs":
                Inputs = Parts(section).Select(part => new HelpItem(part.Title, null, Text.Render(part.Blocks))).ToArray();
                break;
            case "Outputs":
                Outputs = Parts(section).Select(part => new HelpItem(part.Title, null, Text.Render(part.Blocks))).ToArray();
                break;
            case "Notes":
                Notes = Text.Render(section.Blocks);
                break;
            case "Related links":
                Links = ReadLinks(section).ToArray();
                break;
            default:
                _problems.Add($"section '{section.Title}' is unknown");
                break;
        }
    }

    /// <summary>The ### parts of a section.</summary>
    private IEnumerable<Section> Parts(Section section)
    {
        var parts = PlainText.Split(section.Blocks, level: 3);
        foreach (var duplicate in parts.GroupBy(part => part.Title, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
        {
            _problems.Add($"'### {duplicate.Key}' stands {duplicate.Count()} times in '{section.Title}'");
        }

        Expect(parts.All(part => part.Title.Length > 0), $"text stands before the first ### heading of '{section.Title}'");
        return parts.Where(part => part.Title.Length > 0);
    }

    private HelpExample ReadExample(Section part)
    {
        var code = part.Blocks is [FencedCodeBlock first, ..] ? first : null;
        Expect(code?.Info == "powershell", $"example '{part.Title}' doesn't begin with a ```powershell block");
        return new HelpExample(part.Title, code?.Lines.ToString() ?? "", Text.Render(part.Blocks.Skip(1)));
    }

    private HelpItem ReadParameter(Section part)
    {
        Expect(part.Title.StartsWith('-'), $"'### {part.Title}' in 'Parameters' doesn't begin with a dash");
        var name = part.Title.TrimStart('-');
        var prose = Text.Render(part.Blocks);
        if (part.Blocks is not [ParagraphBlock first, ..]
            || PlainText.Inline(first.Inline, softBreak: "\n").Split('\n') is not [var head, .. var rest]
            || !head.StartsWith(DefaultMark, StringComparison.Ordinal))
        {
            return new HelpItem(name, null, prose);
        }

        return new HelpItem(
            name,
            head[DefaultMark.Length..].Trim(),
            rest.Length > 0 ? [string.Join(' ', rest), .. prose.Skip(1)] : [.. prose.Skip(1)]
        );
    }

    private IEnumerable<HelpLink> ReadLinks(Section section)
    {
        Expect(section.Blocks is [ListBlock], $"'{section.Title}' isn't a list");
        foreach (var item in section.Blocks.OfType<ListBlock>().SelectMany(list => list))
        {
            var inlines = item.Descendants<ParagraphBlock>().FirstOrDefault()?.Inline;
            yield return inlines?.FirstChild switch
            {
                LinkInline link => new HelpLink(PlainText.Inline(link), link.Url),
                AutolinkInline auto => new HelpLink("", auto.Url),
                _ => new HelpLink(PlainText.Inline(inlines), null),
            };
        }
    }

    private void Expect(bool good, string otherwise)
    {
        if (!good)
        {
            _problems.Add(otherwise);
        }
    }
}
