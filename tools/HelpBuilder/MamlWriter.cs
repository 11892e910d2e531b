using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace DcrPowerShell.HelpBuilder;

/// <summary>
/// Writes cmdlet help in MAML. The schema is developerCommand.xsd with developer.xsd and maml.xsd, in src/Schemas/PSMaml of
/// https://github.com/PowerShell/PowerShell; what Get-Help makes of it is in Help_format_ps1xml.cs and MamlNode.cs there.
/// Left out are copyright, version and the lists of errors, which the schema demands and Get-Help doesn't miss; added is the attribute
/// <c>aliases</c>, which the schema doesn't know and Get-Help shows. All the rest is valid.
/// </summary>
internal static class MamlWriter
{
    private static readonly XNamespace Help = "http://msh";
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    /// <summary>Writes the help file of all cmdlets.</summary>
    public static void Write(string path, IEnumerable<(CmdletFacts Facts, HelpPage Page)> cmdlets)
    {
        var settings = new XmlWriterSettings
        {
            Indent = true,
            NewLineChars = "\n",
            Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        };
        using var writer = XmlWriter.Create(path, settings);
        Build(cmdlets).Save(writer);
    }

    /// <summary>Makes the document.</summary>
    public static XDocument Build(IEnumerable<(CmdletFacts Facts, HelpPage Page)> cmdlets) => new(new XElement(
        Help + "helpItems",
        new XAttribute("schema", "maml"),
        new XAttribute(XNamespace.Xmlns + "maml", Maml.NamespaceName),
        new XAttribute(XNamespace.Xmlns + "command", Command.NamespaceName),
        new XAttribute(XNamespace.Xmlns + "dev", Dev.NamespaceName),
        cmdlets.Select(cmdlet => CommandElement(cmdlet.Facts, cmdlet.Page))));

    /// <summary>The prose about a parameter: the page's, or standard words for -WhatIf and -Confirm.</summary>
    public static IReadOnlyList<string> Prose(CmdletFacts facts, HelpPage page, ParameterFacts parameter) =>
        page.Parameters.FirstOrDefault(item => item.Name == parameter.Name)?.Prose ?? parameter.Name switch
        {
            "WhatIf" when facts.SupportsShouldProcess => ["Shows what would happen if the cmdlet ran. The cmdlet doesn't run."],
            "Confirm" when facts.AsksByDefault =>
                ["Asks for confirmation before the cmdlet acts. This cmdlet asks by default; a script turns it off with -Confirm:$false."],
            "Confirm" when facts.SupportsShouldProcess => ["Asks for confirmation before the cmdlet acts."],
            _ => [],
        };

    private static XElement CommandElement(CmdletFacts facts, HelpPage page) =>
        new(
            Command + "command",
            new XElement(
                Command + "details",
                new XElement(Command + "name", facts.Name),
                Text(Maml + "description", page.Synopsis),
                new XElement(Command + "verb", facts.Verb),
                new XElement(Command + "noun", facts.Noun)
            ),
            Text(Maml + "description", page.Description),
            new XElement(Command + "syntax", facts.ParameterSets.Select(set => SyntaxItem(facts, page, set))),
            new XElement(
                Command + "parameters",
                facts
                    .Parameters.OrderBy(parameter => parameter.Name, StringComparer.OrdinalIgnoreCase)
                    .Select(parameter => Described(facts, page, parameter))
            ),
            new XElement(Command + "inputTypes", Types(Command + "inputType", page.Inputs, InputTypes(facts))),
            new XElement(Command + "returnValues", Types(Command + "returnValue", page.Outputs, facts.OutputTypes)),
            page.Notes.Count > 0 ? new XElement(Maml + "alertSet", Text(Maml + "alert", page.Notes)) : null,
            new XElement(Command + "examples", page.Examples.Select(Example)),
            new XElement(Maml + "relatedLinks", Links(facts, page))
        );

    /// <summary>One line of syntax. The order is PowerShell's own: by position, then what is mandatory, then the rest.</summary>
    private static XElement SyntaxItem(CmdletFacts facts, HelpPage page, string? set) =>
        new(
            Command + "syntaxItem",
            new XElement(Maml + "name", facts.Name),
            facts
                .Parameters.Select(parameter => (Facts: parameter, Part: parameter.In(set)))
                .Where(parameter => parameter.Part is not null)
                .OrderBy(parameter => parameter.Part!.Position ?? int.MaxValue)
                .ThenByDescending(parameter => parameter.Part!.Mandatory)
                .Select(parameter =>
                    Parameter(
                        facts,
                        page,
                        parameter.Facts,
                        [parameter.Part!],
                        parameter.Facts.IsSwitch ? null : ValueGroup(parameter.Facts) ?? Value(parameter.Facts)
                    )
                )
        );

    /// <summary>
    /// The full description of a parameter. Where sets differ, the default set says whether it is required and where it stands.
    /// </summary>
    private static XElement Described(CmdletFacts facts, HelpPage page, ParameterFacts parameter)
    {
        var sets = facts.ParameterSets.Select(parameter.In).OfType<ParameterSetFacts>().ToArray();
        var fallback = parameter.IsSwitch ? "False" : "None";
        return Parameter(
            facts, page, parameter, sets, Value(parameter),
            new XElement(Dev + "type", new XElement(Maml + "name", parameter.Type), new XElement(Maml + "uri")),
            new XElement(Dev + "defaultValue", page.Parameters.FirstOrDefault(item => item.Name == parameter.Name)?.Default ?? fallback));
    }

    private static XElement Parameter(
        CmdletFacts facts, HelpPage page, ParameterFacts parameter, ParameterSetFacts[] sets, params XElement?[] value) => new(
        Command + "parameter",
        new XAttribute("required", sets[0].Mandatory),
        new XAttribute("variableLength", parameter.IsArray),
        new XAttribute("globbing", parameter.SupportsWildcards),
        new XAttribute("pipelineInput", PipelineInput(sets)),
        new XAttribute("position", sets[0].Position is { } position ? position : "named"),
        new XAttribute("aliases", parameter.Aliases.Count > 0 ? string.Join(", ", parameter.Aliases) : "none"),
        new XElement(Maml + "name", parameter.Name),
        Text(Maml + "description", Prose(facts, page, parameter).Concat(AcceptedValues(parameter))),
        value);

    private static string PipelineInput(ParameterSetFacts[] sets) =>
        (sets.Any(set => set.ByValue), sets.Any(set => set.ByPropertyName)) switch
        {
            (true, true) => "True (ByPropertyName, ByValue)",
            (true, false) => "True (ByValue)",
            (false, true) => "True (ByPropertyName)",
            _ => "False",
        };

    private static IEnumerable<string> AcceptedValues(ParameterFacts parameter) =>
        parameter.Values.Count > 0 ? [$"Accepted values: {string.Join(", ", parameter.Values)}"] : [];

    private static XElement Value(ParameterFacts parameter) => new(
        Command + "parameterValue",
        new XAttribute("required", !parameter.IsSwitch),
        new XAttribute("variableLength", parameter.IsArray),
        parameter.Type);

    private static XElement? ValueGroup(ParameterFacts parameter) => parameter.Values.Count == 0 ? null : new(
        Command + "parameterValueGroup",
        parameter.Values.Select(value => new XElement(
            Command + "parameterValue", new XAttribute("required", false), new XAttribute("variableLength", false), value)));

    private static IEnumerable<string> InputTypes(CmdletFacts facts) =>
        facts.Parameters.Where(parameter => parameter.Sets.Any(set => set.ByValue)).Select(parameter => parameter.Type).Distinct();

    /// <summary>Inputs or outputs: as the page tells them, else as the assembly does, else none.</summary>
    private static IEnumerable<XElement> Types(XName name, IReadOnlyList<HelpItem> told, IEnumerable<string> known) =>
        (told.Count > 0 ? told : known.DefaultIfEmpty("None").Select(type => new HelpItem(type, null, []))).Select(type => new XElement(
            name,
            new XElement(Dev + "type", new XElement(Maml + "name", type.Name), new XElement(Maml + "uri")),
            Text(Maml + "description", type.Prose)));

    /// <summary>An example. The empty paragraph at its end keeps a distance to the next one.</summary>
    private static XElement Example(HelpExample example, int index) => new(
        Command + "example",
        new XElement(Maml + "title", $"---------- Example {index + 1}: {example.Title} ----------"),
        new XElement(Dev + "code", example.Code),
        Text(Dev + "remarks", example.Remarks.Append("")));

    /// <summary>Get-Help -Online opens the first address, therefore the HelpUri of the cmdlet leads.</summary>
    private static IEnumerable<XElement> Links(CmdletFacts facts, HelpPage page) =>
        (facts.HelpUri is null ? page.Links : page.Links.Prepend(new HelpLink("Online version:", facts.HelpUri))).Select(
            link => new XElement(
                Maml + "navigationLink",
                new XElement(Maml + "linkText", link.Text),
                new XElement(Maml + "uri", PlainText.IsWeb(link.Target) ? link.Target : "")
            )
        );

    private static XElement Text(XName name, IEnumerable<string> paragraphs) =>
        new(name, paragraphs.Select(text => new XElement(Maml + "para", text)));
}
