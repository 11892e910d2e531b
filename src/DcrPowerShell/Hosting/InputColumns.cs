using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Hosting;

/// <summary>
/// The columns of piped rows: PowerShell leaves out silently what binds to no parameter, so that a heading with a blank at its end would
/// register clients without what stands under it.
/// </summary>
/// <param name="command">What takes the rows.</param>
/// <param name="further">Whether a name that is no parameter is used all the same.</param>
internal sealed class InputColumns(CommandInfo command, Func<string, bool> further)
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private Dictionary<string, string>? _parameters;

    /// <summary>Looks at the columns of a row that no row before had.</summary>
    /// <returns>A warning that names those which are not used; null where there are none.</returns>
    /// <exception cref="DcrException">InvalidClientMetadata: a column would be used, were it not for a character that nobody sees.</exception>
    public string? Check(PSObject row)
    {
        var unused = new List<string>();
        foreach (var name in row.Properties.Select(static property => property.Name).Where(_seen.Add))
        {
            _parameters ??= Parameters();
            if (_parameters.ContainsKey(name) || further(name))
            {
                continue;
            }

            var meant = Bare(name);
            if (meant != name && (_parameters.ContainsKey(meant) || further(meant)))
            {
                throw DcrErrors.ColumnUnclear(Shown(name), meant);
            }

            unused.Add(MeantBy(name) is { } parameter ? $"'{Shown(name)}' (is {parameter} meant?)" : $"'{Shown(name)}'");
        }

        return unused.Count == 0 ? null : $"Not used, for {command.Name} has no such parameter: {(unused.Count == 1 ? "column" : "columns")} {string.Join(", ", unused)}.";
    }

    /// <summary>Every name by which a column binds, and the parameter's own.</summary>
    private Dictionary<string, string> Parameters()
    {
        var names = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var parameter in command.Parameters.Values.Where(static parameter => parameter.ParameterSets.Values.Any(static set => set.ValueFromPipelineByPropertyName)))
        {
            foreach (var name in parameter.Aliases.Prepend(parameter.Name))
            {
                names[name] = parameter.Name;
            }
        }

        return names;
    }

    /// <summary>A parameter that is written alike, but for blanks, hyphens and one letter.</summary>
    private string? MeantBy(string name)
    {
        var letters = Letters(name);
        return _parameters!.Where(known => IsNear(Letters(known.Key), letters)).Select(static known => known.Value).FirstOrDefault();
    }

    /// <summary>Without what nobody sees at its ends.</summary>
    private static string Bare(string name)
    {
        var (start, end) = (0, name.Length);
        while (start < end && IsUnseen(name[start]))
        {
            start++;
        }

        while (end > start && IsUnseen(name[end - 1]))
        {
            end--;
        }

        return name.Substring(start, end - start);
    }

    private static bool IsUnseen(char character) =>
        char.IsWhiteSpace(character) || char.IsControl(character) || char.GetUnicodeCategory(character) == UnicodeCategory.Format;

    /// <summary>A blank as it is, anything else that nobody sees by its number.</summary>
    private static string Shown(string name) => string.Concat(name.Select(static character => character != ' ' && IsUnseen(character) ? $"<U+{(int)character:X4}>" : character.ToString()));

    private static string Letters(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToUpperInvariant();

    /// <summary>The same, or with one letter missing, added or changed.</summary>
    private static bool IsNear(string one, string other)
    {
        var same = 0;
        while (same < one.Length && same < other.Length && one[same] == other[same])
        {
            same++;
        }

        var (restOfOne, restOfOther) = (one.Substring(same), other.Substring(same));
        return restOfOne == restOfOther
            || (one.Length > 3 && Math.Abs(one.Length - other.Length) <= 1
                && (Without(restOfOne) == Without(restOfOther) || restOfOne == Without(restOfOther) || Without(restOfOne) == restOfOther));

        static string Without(string rest) => rest.Length == 0 ? rest : rest.Substring(1);
    }
}
