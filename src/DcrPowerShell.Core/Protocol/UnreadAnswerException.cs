using System;

namespace DcrPowerShell.Protocol;

/// <summary>A success whose body cannot be used. It may still hold a token, so whoever catches this keeps the answer.</summary>
internal sealed class UnreadAnswerException(ProtocolResponse? response, string why) : Exception(why)
{
    /// <summary>Null where it could be read, and is about something else.</summary>
    public ProtocolResponse? Response { get; } = response;

    public string Why { get; } = why;

    /// <summary>There is nothing to read: some servers answer an update with 204, or with 200 and no body.</summary>
    public bool IsEmpty => Response is { Body.Length: 0, End: BodyEnd.Whole };
}
