namespace DcrPowerShell;

/// <summary>A member of the client metadata that the server has otherwise than it is wanted.</summary>
public sealed class DcrDifference
{
    internal DcrDifference(string name, object? wanted, object? server, object? lastGranted, bool hasDrifted) =>
        (Name, Wanted, Server, LastGranted, HasDrifted) = (name, wanted, server, lastGranted, hasDrifted);

    /// <summary>Wire name, such as <c>scope</c>.</summary>
    public string Name { get; }

    /// <summary>What is wanted.</summary>
    public object? Wanted { get; }

    /// <summary>What the server has; null where it has none, and where it could not be asked.</summary>
    public object? Server { get; }

    /// <summary>What the server granted when this module last wrote the client.</summary>
    public object? LastGranted { get; }

    /// <summary>True where the server's value changed since then: somebody else changed it. Else the wish is a new one.</summary>
    public bool HasDrifted { get; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Name}: wanted {DcrChange.Say(Wanted)}, is {DcrChange.Say(Server)}"
            + (HasDrifted ? $", was granted {DcrChange.Say(LastGranted)}" : "");
}
