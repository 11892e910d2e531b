namespace DcrPowerShell;

/// <summary>A member of the client metadata (RFC 7591, section 2) whose value at the server is not the wanted one.</summary>
public sealed class DcrDifference
{
    internal DcrDifference(string name, object? wanted, object? server, object? lastGranted, bool hasDrifted) =>
        (Name, Wanted, Server, LastGranted, HasDrifted) = (name, wanted, server, lastGranted, hasDrifted);

    /// <summary>Wire name, such as <c>scope</c>.</summary>
    public string Name { get; }

    /// <summary>What is wanted, secrets masked: a text, a truth value, a number, an array, or a dictionary; null for nothing.</summary>
    public object? Wanted { get; }

    /// <summary>What the server has, of the same types; null where it has nothing, or could not be asked.</summary>
    public object? Server { get; }

    /// <summary>What the server granted when this module last wrote the client; null for nothing.</summary>
    public object? LastGranted { get; }

    /// <summary>True where somebody else changed the server's value since then. False where the wish is new.</summary>
    public bool HasDrifted { get; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Name}: wanted {DcrChange.Say(Wanted)}, is {DcrChange.Say(Server)}"
            + (HasDrifted ? $", was granted {DcrChange.Say(LastGranted)}" : "");
}
