using System.Collections;
using System.Linq;

namespace DcrPowerShell;

/// <summary>A member of the client metadata that the server granted otherwise than it was asked for.</summary>
public sealed class DcrChange
{
    internal DcrChange(string name, object? asked, object? granted) => (Name, Asked, Granted) = (name, asked, granted);

    /// <summary>Wire name, such as <c>scope</c>.</summary>
    public string Name { get; }

    /// <summary>What was asked for.</summary>
    public object? Asked { get; }

    /// <summary>What the server granted; null where its answer does not have the member.</summary>
    public object? Granted { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: asked for {Say(Asked)}, granted {Say(Granted)}";

    private static string Say(object? value) => value switch
    {
        null => "nothing",
        string text => $"'{text}'",
        bool truth => truth ? "true" : "false",
        IDictionary => "an object",
        IEnumerable items => $"[{string.Join(", ", items.Cast<object?>().Select(Say))}]",
        _ => System.Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!,
    };
}
