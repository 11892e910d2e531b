using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Cmdlets;

/// <summary>
/// Checks the columns of piped rows. PowerShell silently leaves out a column that binds to no parameter: a heading with a blank at its end
/// would register clients without what stands under it.
/// </summary>
/// <param name="command">The command that takes the rows.</param>
/// <param name="further">Whether a name that is no parameter is used all the same.</param>
internal sealed class InputColumns(CommandInfo command, Func<string, bool> further)
{
    private static readonly string[] Delimiters = [";", "\t", "|"];

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private Dictionary<string, string>? _parameters;

    /// <summary>Checks the columns that no earlier row had.</summary>
    /// <returns>A warning that names those which are not used; null where there are none.</returns>
    /// <exception cref="DcrException">
    /// InvalidClientMetadata: a column differs from one that is used only by a blank, a hyphen or an invisible character.
    /// </exception>
    public string? Check(PSObject row)
    {
        var unused = new List<string>();
        if (Apart(row) is { } delimiter)
        {
            throw RowErrors.ColumnsInOne(delimiter);
        }

        foreach (var name in PipedRow.Cells(row).Select(static property => property.Name).Where(_seen.Add))
        {
            _parameters ??= Parameters();
            if (_parameters.ContainsKey(name) || further(name))
            {
                continue;
            }

            var bare = Given.Trim(name);
            if ((bare != name && further(bare) ? bare : WrittenOtherwise(name)) is { } meant)
            {
                throw RowErrors.ColumnUnclear(Given.Shown(name), meant);
            }

            unused.Add(name);
        }

        return Unused(unused);
    }

    /// <summary>
    /// A warning that names columns which are not used, with what each may have been meant for; null where there are none.
    /// </summary>
    public string? Unused(IReadOnlyList<string> names)
    {
        _parameters ??= Parameters();
        var shown = names.Select(name =>
            MeantBy(name) is { } parameter ? $"'{Given.Shown(name)}' (is {parameter} meant?)" : $"'{Given.Shown(name)}'"
        );
        return names.Count == 0
            ? null
            : $"{command.Name} takes nothing from {(names.Count == 1 ? "column" : "columns")} {string.Join(", ", shown)}.";
    }

    /// <summary>
    /// Checks the cells that bind to parameters. PowerShell silently drops what it cannot bind to a text, such as a list of two, and turns
    /// objects into texts such as <c>@{en=App}</c>.
    /// </summary>
    /// <exception cref="DcrException">
    /// InvalidClientMetadata: a value is no text where one is wanted, or two columns stand for one.
    /// </exception>
    public void CheckValues(PSObject row)
    {
        _parameters ??= Parameters();
        var seen = new Dictionary<string, PSPropertyInfo>(StringComparer.Ordinal);
        foreach (var property in row.Properties)
        {
            if (!_parameters.TryGetValue(property.Name, out var parameter) || PipedRow.IsEmpty(property.Value))
            {
                continue;
            }

            // A parameter that takes anything when it is typed takes a text from a row.
            var wanted = command.Parameters[parameter].ParameterType is var type && type == typeof(object) ? typeof(string) : type;
            if (WhyUnclear(property.Value, wanted) is { } why)
            {
                throw RowErrors.CellUnclear(Given.Shown(property.Name), why, wanted.IsArray);
            }

            if (seen.TryGetValue(parameter, out var earlier) && !LanguagePrimitives.Equals(earlier.Value, property.Value))
            {
                throw RowErrors.ColumnsForOne(Given.Shown(earlier.Name), Given.Shown(property.Name), parameter);
            }

            seen[parameter] = property;
        }
    }

    /// <summary>What is there instead of a text, or of a list of texts; null where nothing is wrong.</summary>
    private static string? WhyUnclear(object? value, Type wanted) =>
        wanted == typeof(PSObject)
            ? null
            : Plain(value) switch
            {
                null => null,
                Redaction.Mask => "a mask in the place of a value",
                string => null,
                SecureString => wanted == typeof(SecureString) ? null : "a SecureString",
                IDictionary or PSCustomObject or ScriptBlock => "an object",
                IEnumerable items when wanted.IsArray => items
                    .Cast<object?>()
                    .Select(item => WhyUnclear(item, wanted.GetElementType()!))
                    .FirstOrDefault(static why => why is not null),
                IEnumerable items when items.Cast<object?>().Take(2).Count() > 1 => "a list",
                IEnumerable items => wanted == typeof(string) ? WhyUnclear(items.Cast<object?>().FirstOrDefault(), wanted) : "a list",
                _ => null,
            };

    private static object? Plain(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    /// <summary>The delimiter of a file that was read as if it had one column; null where it has several, or really has one.</summary>
    private string? Apart(PSObject row)
    {
        if (PipedRow.Cells(row).Skip(1).Any() || PipedRow.Cells(row).FirstOrDefault()?.Name is not { } heading)
        {
            return null;
        }

        _parameters ??= Parameters();
        return Delimiters.FirstOrDefault(delimiter => heading.Contains(delimiter)
            && heading.Split(delimiter[0]).Any(name => _parameters.ContainsKey(Given.Trim(name)) || WrittenOtherwise(name) is not null));
    }

    /// <summary>Every name by which a column binds, and the parameter's own.</summary>
    private Dictionary<string, string> Parameters()
    {
        var names = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (
            var parameter in command.Parameters.Values.Where(static parameter =>
                parameter.ParameterSets.Values.Any(static set => set.ValueFromPipelineByPropertyName)
            )
        )
        {
            foreach (var name in parameter.Aliases.Prepend(parameter.Name))
            {
                names[name] = parameter.Name;
            }
        }

        return names;
    }

    /// <summary>The parameter with the same letters, whatever the case and the punctuation.</summary>
    private string? WrittenOtherwise(string name)
    {
        var letters = Given.Letters(name);
        return _parameters!.Where(known => Given.Letters(known.Key) == letters).Select(static known => known.Value).FirstOrDefault();
    }

    /// <summary>A parameter whose name differs by one letter.</summary>
    private string? MeantBy(string name)
    {
        var letters = Given.Letters(name);
        return _parameters!.Where(known => IsNear(Given.Letters(known.Key), letters)).Select(static known => known.Value).FirstOrDefault();
    }

    /// <summary>With one letter missing, added or changed.</summary>
    private static bool IsNear(string one, string other)
    {
        var same = 0;
        while (same < one.Length && same < other.Length && one[same] == other[same])
        {
            same++;
        }

        var (restOfOne, restOfOther) = (one.Substring(same), other.Substring(same));
        return one.Length > 3 && Math.Abs(one.Length - other.Length) <= 1
            && (Without(restOfOne) == Without(restOfOther) || restOfOne == Without(restOfOther) || Without(restOfOne) == restOfOther);

        static string Without(string rest) => rest.Length == 0 ? rest : rest.Substring(1);
    }
}
