using System;
using System.IO;
using System.Linq;
using DcrPowerShell.HelpBuilder;
using Mono.Cecil;

// Makes PowerShell help of the pages in --docs and the cmdlets in --assembly. Exit code 1 and nothing written if they are out of step.
if (args is not ["--assembly", var assembly, "--docs", var docs, "--out", var output])
{
    Console.Error.WriteLine("usage: HelpBuilder --assembly path/DcrPowerShell.dll --docs docs/en-US --out out/DcrPowerShell/en-US");
    return 2;
}

try
{
    var files = Directory.GetFiles(docs, "*.md").Order(StringComparer.Ordinal).ToLookup(IsTopic);
    var cmdlets = CmdletReader.Read(assembly);
    var pages = files[false].Select(HelpPage.Read).ToArray();
    var problems = HelpCheck.Problems(cmdlets, pages, docs).ToList();
    var topics = files[true].ToDictionary(TopicFile, file => AboutWriter.Render(file, File.ReadAllText(file), problems));
    if (problems.Count > 0)
    {
        problems.ForEach(Console.Error.WriteLine);
        return 1;
    }

    Directory.CreateDirectory(output);
    MamlWriter.Write(
        Path.Combine(output, $"{Path.GetFileName(assembly)}-Help.xml"),
        cmdlets.Select(facts => (facts, pages.First(page => page.Name == facts.Name))));
    foreach (var (name, text) in topics)
    {
        File.WriteAllText(Path.Combine(output, name), text);
    }

    return 0;
}
catch (Exception exception)
    when (exception is IOException or UnauthorizedAccessException or BadImageFormatException or AssemblyResolutionException)
{
    Console.Error.WriteLine($"HelpBuilder: {exception.Message}");
    return 1;
}

static bool IsTopic(string file) => Path.GetFileName(file).StartsWith("about_", StringComparison.Ordinal);

static string TopicFile(string file) => $"{Path.GetFileNameWithoutExtension(file)}.help.txt";
