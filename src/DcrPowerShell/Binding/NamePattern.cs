using System.Management.Automation;

namespace DcrPowerShell.Binding;

/// <summary>Wildcards over names, without regard to case in the same way whatever the session's culture is.</summary>
internal static class NamePattern
{
    public static WildcardPattern Of(string pattern) => new(pattern, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
}
