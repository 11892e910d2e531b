using System;
using DcrPowerShell.Errors;

namespace DcrPowerShell;

/// <summary>How a check of a connection, a client, or a client ID metadata document ended.</summary>
public enum DcrCheckStatus : long
{
    /// <summary>Nothing is wrong.</summary>
    Passed,

    /// <summary>It works, and somebody should look at it.</summary>
    Warning,

    /// <summary>It does not work.</summary>
    Failed,

    /// <summary>It could not be found out.</summary>
    Skipped,
}

/// <summary>One check of a connection, a client, or a client ID metadata document: how it ended, what was found, and what to do.</summary>
public sealed record DcrCheck
{
    private DcrCheck(DcrCheckStatus status, string found, string? recommendedAction)
    {
        Status = status;
        Found = Redaction.Printable(found);
        RecommendedAction = recommendedAction is null ? null : Redaction.Printable(recommendedAction);
    }

    /// <summary>Name of the connection, or URL of the document.</summary>
    public string Connection { get; internal init; } = "";

    /// <summary>The id of the client that was looked at; null where it was no client.</summary>
    public string? ClientId { get; internal init; }

    /// <summary>The client's name.</summary>
    public string? ClientName { get; internal init; }

    /// <summary>The client's tenant.</summary>
    public string? Tenant { get; internal init; }

    /// <summary>What was looked at, such as <c>Discovery</c>.</summary>
    public string Name { get; internal init; } = "";

    /// <summary>How it ended.</summary>
    public DcrCheckStatus Status { get; }

    /// <summary>What was found.</summary>
    public string Found { get; private init; }

    /// <summary>What to do next; null where there is nothing to do.</summary>
    public string? RecommendedAction { get; private init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Status}. {Found}";

    /// <summary>The check with secrets masked: a server may have put one into what it says of a client.</summary>
    internal DcrCheck Masked(Func<string, string> mask) => this with
    {
        Found = mask(Found),
        RecommendedAction = RecommendedAction is null ? null : mask(RecommendedAction),
    };

    internal static DcrCheck Passed(string found) => new(DcrCheckStatus.Passed, found, null);

    internal static DcrCheck Warning(string found, string recommendedAction) => new(DcrCheckStatus.Warning, found, recommendedAction);

    internal static DcrCheck Failed(string found, string recommendedAction) => new(DcrCheckStatus.Failed, found, recommendedAction);

    internal static DcrCheck Failed(DcrException failure) => Failed(failure.Message, failure.RecommendedAction);

    internal static DcrCheck Skipped(string why, string recommendedAction) => new(DcrCheckStatus.Skipped, why, recommendedAction);
}
