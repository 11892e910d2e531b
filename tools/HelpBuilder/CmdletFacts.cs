using System;
using System.Collections.Generic;
using System.Linq;

namespace DcrPowerShell.HelpBuilder;

/// <summary>What the assembly says about one cmdlet.</summary>
/// <param name="Verb">The verb, as <c>New</c>.</param>
/// <param name="Noun">The noun, as <c>DcrClient</c>.</param>
/// <param name="DefaultSet">The default parameter set, if the attribute names one.</param>
/// <param name="SupportsShouldProcess">Whether the cmdlet has -WhatIf and -Confirm.</param>
/// <param name="AsksByDefault">Whether its ConfirmImpact is High.</param>
/// <param name="HelpUri">The page that <c>Get-Help -Online</c> opens.</param>
/// <param name="OutputTypes">The types of its OutputType attributes, as PowerShell shows them.</param>
/// <param name="Parameters">Its parameters, own ones before inherited ones, then -WhatIf and -Confirm.</param>
internal sealed record CmdletFacts(
    string Verb,
    string Noun,
    string? DefaultSet,
    bool SupportsShouldProcess,
    bool AsksByDefault,
    string? HelpUri,
    IReadOnlyList<string> OutputTypes,
    IReadOnlyList<ParameterFacts> Parameters)
{
    /// <summary>The name that a user types.</summary>
    public string Name => $"{Verb}-{Noun}";

    /// <summary>The parameter sets, default first; a single null where the cmdlet has but one nameless set.</summary>
    public IReadOnlyList<string?> ParameterSets
    {
        get
        {
            var named = Parameters.SelectMany(parameter => parameter.Sets).Select(set => set.Name).Prepend(DefaultSet);
            return named.Where(name => name is not null).Distinct(StringComparer.OrdinalIgnoreCase).DefaultIfEmpty().ToArray();
        }
    }
}

/// <summary>What the assembly says about one parameter.</summary>
/// <param name="Name">The name, without a dash.</param>
/// <param name="Type">The type, as PowerShell shows it: <c>String[]</c>.</param>
/// <param name="Values">The values that it accepts, where a ValidateSet or an enum lists them.</param>
/// <param name="Aliases">Other names.</param>
/// <param name="SupportsWildcards">Whether wildcards are declared.</param>
/// <param name="Sets">Its part in each parameter set.</param>
internal sealed record ParameterFacts(
    string Name,
    string Type,
    IReadOnlyList<string> Values,
    IReadOnlyList<string> Aliases,
    bool SupportsWildcards,
    IReadOnlyList<ParameterSetFacts> Sets)
{
    /// <summary>Whether the parameter is a switch and takes no value.</summary>
    public bool IsSwitch => Type == "SwitchParameter";

    /// <summary>Whether it takes several values.</summary>
    public bool IsArray => Type.EndsWith("[]", StringComparison.Ordinal);

    /// <summary>The part that the parameter plays in a set, or null where it isn't in it.</summary>
    public ParameterSetFacts? In(string? set) =>
        Sets.FirstOrDefault(own => set is not null && string.Equals(own.Name, set, StringComparison.OrdinalIgnoreCase))
        ?? Sets.FirstOrDefault(own => own.Name is null);
}

/// <summary>One Parameter attribute.</summary>
/// <param name="Name">The parameter set; null for all of them.</param>
/// <param name="Mandatory">Whether it must be given.</param>
/// <param name="Position">The position from 0; null for a parameter that goes by name only.</param>
/// <param name="ByValue">Whether it takes the piped object.</param>
/// <param name="ByPropertyName">Whether it takes a property of the piped object.</param>
internal sealed record ParameterSetFacts(string? Name, bool Mandatory, int? Position, bool ByValue, bool ByPropertyName);
