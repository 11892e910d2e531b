using System.Collections;
using System.Linq;

namespace DcrPowerShell;

/// <summary>
/// A member of the client metadata that the server granted otherwise than it was asked for, or changed although nobody named it. RFC 7591,
/// section 3.2.1, lets a server do that.
/// </summary>
public sealed class DcrChange
{
    private const int LongestText = 60;

    internal DcrChange(string name, object? asked, object? granted, bool wasNamed = true) =>
        (Name, Asked, Granted, WasNamed) = (name, asked, granted, wasNamed);

    /// <summary>Wire name, such as <c>scope</c>.</summary>
    public string Name { get; }

    /// <summary>
    /// Whether the command named the member. If not, the server changed it by itself, and <see cref="Asked"/> is what it was before.
    /// </summary>
    public bool WasNamed { get; }

    /// <summary>What was asked for, secrets masked: a text, a truth value, a number, an array, or a dictionary; null for nothing.</summary>
    public object? Asked { get; }

    /// <summary>What the server granted, of the same types; null where its answer does not have the member.</summary>
    public object? Granted { get; }

    /// <inheritdoc/>
    public override string ToString() =>
        WasNamed ? $"{Name}: asked for {Say(Asked)}, granted {Say(Granted)}" : $"{Name}: was {Say(Asked)}, is {Say(Granted)}";

    /// <summary>A value in words.</summary>
    internal static string Say(object? value) => value switch
    {
        null => "nothing",
        // A software statement, say, is longer than a warning.
        string { Length: > LongestText } text => $"'{text.Substring(0, LongestText)}…' ({text.Length} characters)",
        string text => $"'{text}'",
        bool truth => truth ? "true" : "false",
        IDictionary => "an object",
        IEnumerable items => $"[{string.Join(", ", items.Cast<object?>().Select(Say))}]",
        _ => System.Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!,
    };
}
