using System;

namespace DcrPowerShell.Errors;

/// <summary>A failure with a stable id, the server's words as data, and the next step.</summary>
public sealed class DcrException : Exception
{
    internal DcrException(DcrErrorId errorId, string message, string recommendedAction, Exception? inner = null)
        : base(Redaction.Printable(message), inner)
    {
        ErrorId = errorId;
        RecommendedAction = Redaction.Printable(recommendedAction);
    }

    /// <summary>A failure before anything was sent.</summary>
    internal static DcrException Unsent(
        DcrErrorId errorId,
        string message,
        string recommendedAction,
        Exception? inner = null,
        string? member = null
    ) =>
        new(errorId, message, recommendedAction, inner) { NothingSent = true, Member = member };

    /// <summary>A failure that a server answered with: its words end the message.</summary>
    /// <param name="server">Null where it did not answer.</param>
    /// <param name="message">Without the server's words.</param>
    internal static DcrException Answered(
        DcrErrorId errorId,
        ServerError? server,
        string message,
        string recommendedAction,
        Exception? inner = null,
        string? member = null
    ) =>
        new(errorId, message + ErrorWords.Said(server), recommendedAction, inner) { ServerError = server, Member = member };

    /// <summary>What failed, and at the end that nothing was sent, where that is so.</summary>
    public override string Message => NothingSent ? $"{What} Nothing was sent." : What;

    /// <summary>The message without that end: for another error that repeats it.</summary>
    internal string What => base.Message;

    /// <summary>Which failure it is.</summary>
    public DcrErrorId ErrorId { get; }

    /// <summary>What to do next.</summary>
    public string RecommendedAction { get; }

    /// <summary>
    /// True where nothing was sent for what failed, so it can be run again without harm. False where something was sent or may have been,
    /// and for failures that only commands without a server have.
    /// </summary>
    public bool NothingSent { get; internal init; }

    /// <summary>What the server said; null where it was not asked or did not answer.</summary>
    public ServerError? ServerError { get; internal init; }

    /// <summary>Wire name of the metadata member that is at fault, where one is known.</summary>
    public string? Member { get; internal init; }

    /// <summary>
    /// What succeeded although this failed: a <c>DcrClient</c> that the server has registered and the vault has not kept. It carries its
    /// secrets, so that nothing is lost.
    /// </summary>
    public object? Unstored { get; internal init; }

    /// <summary>Whether the server does not know the client, or gave the answer that it gives for unknown clients.</summary>
    internal bool IsClientGone { get; init; }

    /// <summary>
    /// Whether the failure is of one client alone: the command goes on with the next, although this id ends commands elsewhere.
    /// </summary>
    internal bool IsOfOneClient { get; init; }

    /// <summary>Whether the server refused the client's own token, not the connection's credential.</summary>
    internal bool IsOwnTokenRefused { get; init; }
}
