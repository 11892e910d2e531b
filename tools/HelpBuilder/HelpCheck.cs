using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace DcrPowerShell.HelpBuilder;

/// <summary>Finds where pages and cmdlets are out of step.</summary>
internal static class HelpCheck
{
    /// <summary>Names every problem in a line of its own that begins with the file: <c>docs/en-US/New-DcrClient.md: …</c></summary>
    /// <param name="cmdlets">The cmdlets of the assembly.</param>
    /// <param name="pages">The pages.</param>
    /// <param name="directory">Where the pages are.</param>
    public static IEnumerable<string> Problems(IReadOnlyList<CmdletFacts> cmdlets, IReadOnlyList<HelpPage> pages, string directory)
    {
        foreach (var cmdlet in cmdlets.Where(cmdlet => pages.All(page => page.Name != cmdlet.Name)))
        {
            yield return $"{Path.Combine(directory, cmdlet.Name)}.md: missing, though the assembly has this cmdlet";
        }

        foreach (var page in pages)
        {
            var facts = cmdlets.FirstOrDefault(cmdlet => cmdlet.Name == page.Name);
            var drift = facts is null ? ["the assembly has no such cmdlet"] : Drift(facts, page);
            foreach (var problem in page.Problems.Concat(drift).Concat(DeadLinks(page)))
            {
                yield return $"{page.Path}: {problem}";
            }
        }
    }

    private static IEnumerable<string> Drift(CmdletFacts facts, HelpPage page)
    {
        foreach (var parameter in facts.Parameters.Where(parameter => MamlWriter.Prose(facts, page, parameter).Count == 0))
        {
            yield return $"parameter -{parameter.Name} has no prose";
        }

        foreach (var item in page.Parameters.Where(item => facts.Parameters.All(parameter => parameter.Name != item.Name)))
        {
            yield return $"the cmdlet has no parameter -{item.Name}";
        }
    }

    private static IEnumerable<string> DeadLinks(HelpPage page) => page.Links
        .Where(link => link.Target is not null && !PlainText.IsWeb(link.Target))
        .Where(link => !File.Exists(Path.Combine(Path.GetDirectoryName(page.Path) ?? "", link.Target!.Split('#')[0])))
        .Select(link => $"related link '{link.Text}' leads to {link.Target}, which isn't there");
}
