using System;
using System.Management.Automation;

namespace DcrPowerShell.Binding;

/// <summary>
/// Wildcards over names, without regard to case in the same way whatever the session's culture is. A name that has brackets matches itself,
/// too.
/// </summary>
internal sealed class NamePattern(string text)
{
    private readonly WildcardPattern _wildcards = new(text, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);

    public string Text => text;

    /// <summary>It names one client: none is an error.</summary>
    public bool IsName => !WildcardPattern.ContainsWildcardCharacters(text);

    public bool IsMatch(string name) => _wildcards.IsMatch(name) || name.Equals(text, StringComparison.OrdinalIgnoreCase);
}
