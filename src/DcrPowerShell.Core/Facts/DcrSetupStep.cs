using DcrPowerShell.Errors;

namespace DcrPowerShell;

/// <summary>One step of setting a server up: what was wanted, what was there, and what is there now, in words for people.</summary>
public sealed class DcrSetupStep
{
    internal DcrSetupStep(string step, string? wanted, string was, string now, bool isChanged, string? note)
    {
        Step = Redaction.Printable(step);
        Wanted = wanted is null ? null : Redaction.Printable(wanted);
        Was = Redaction.Printable(was);
        Is = Redaction.Printable(now);
        Changed = isChanged;
        Note = note is null ? null : Redaction.Printable(note);
    }

    /// <summary>What it is about, such as <c>Dynamic registration</c>.</summary>
    public string Step { get; }

    /// <summary>What was asked for; null where nothing was.</summary>
    public string? Wanted { get; }

    /// <summary>What the server had.</summary>
    public string Was { get; }

    /// <summary>What the server has now, by its own answer.</summary>
    public string Is { get; }

    /// <summary>Whether this run has changed it.</summary>
    public bool Changed { get; }

    /// <summary>What follows from it, or why nothing was changed; null where there is nothing to say.</summary>
    public string? Note { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Step}: {Is}";
}
