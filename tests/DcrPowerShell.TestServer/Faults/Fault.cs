using System.Collections.Generic;

namespace DcrPowerShell.TestServer;

/// <summary>
/// One thing that goes wrong. A fault sees the requests that match <see cref="On"/> and that no fault before it in the list strikes; it
/// lets <see cref="Skip"/> of them pass and strikes the next <see cref="Times"/>.
/// </summary>
public sealed record Fault
{
    /// <summary>Which requests.</summary>
    public FaultTarget On { get; init; } = FaultTarget.Any;

    /// <summary>How many matching requests pass first.</summary>
    public int Skip { get; init; }

    /// <summary>How many matching requests it strikes.</summary>
    public int Times { get; init; } = 1;

    /// <summary>
    /// Whether the server does its work (the client exists, the token has rotated) before things go wrong. Unless set: not for a status of
    /// 300 and above, otherwise yes.
    /// </summary>
    public FaultMoment? When { get; init; }

    internal FaultMoment Moment => When ?? (Status >= 300 ? FaultMoment.BeforeProcessing : FaultMoment.AfterProcessing);

    /// <summary>
    /// The status; unless set, that of the real answer, or 500 where there is none. 400 and above replace the body by a refusal in
    /// <see cref="Shape"/>.
    /// </summary>
    public int? Status { get; init; }

    /// <summary>The form of the refusal; unless set, that of <see cref="Switches.ErrorShape"/>, or else the dialect's.</summary>
    public ErrorShape? Shape { get; init; }

    /// <summary>The error code in the refusal; unless set, one that goes with the status.</summary>
    public string? Error { get; init; }

    /// <summary>The words in the refusal; unless set, some that go with the status.</summary>
    public string? ErrorDescription { get; init; }

    /// <summary>The scope named in WWW-Authenticate of a 403.</summary>
    public string? Scope { get; init; }

    /// <summary>The body word for word.</summary>
    public string? Content { get; init; }

    /// <summary>What is done to the body.</summary>
    public FaultBody Body { get; init; }

    /// <summary>The Content-Type; unless set, the one that goes with the body.</summary>
    public string? ContentType { get; init; }

    /// <summary>How the body's text becomes bytes.</summary>
    public FaultEncoding Encoding { get; init; }

    /// <summary>Headers to add, such as Location.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>Which headers say when to come back.</summary>
    public RateLimitHeaders RateLimitHeaders { get; init; }

    /// <summary>How many seconds from now those headers point to.</summary>
    public int RetryAfter { get; init; } = 1;

    /// <summary>How the connection ends.</summary>
    public FaultDrop Drop { get; init; }

    /// <summary>Milliseconds before the answer starts.</summary>
    public int DelayMs { get; init; }

    /// <summary>The answer starts when the server has got so many requests of the same operation, answered ones too.</summary>
    public int HeldUntil { get; init; }
}

/// <summary>When things go wrong.</summary>
public enum FaultMoment
{
    /// <summary>The server has done nothing.</summary>
    BeforeProcessing,

    /// <summary>The server has done what was asked; only the answer suffers.</summary>
    AfterProcessing,
}

/// <summary>What is done to an answer's body.</summary>
public enum FaultBody
{
    /// <summary>Nothing.</summary>
    AsIs,

    /// <summary>Its first half, with a Content-Length that agrees.</summary>
    Half,

    /// <summary>Nothing is left.</summary>
    Empty,

    /// <summary>A proxy's web page.</summary>
    Html,

    /// <summary>A line of plain text.</summary>
    Text,

    /// <summary>The request with all its headers, as debug pages have it: what leaks when bodies get into messages.</summary>
    Echo,

    /// <summary>50 MB of padding in front of the real members.</summary>
    Huge,

    /// <summary>Padding without end, until the client goes away.</summary>
    Endless,
}

/// <summary>How a body is encoded.</summary>
public enum FaultEncoding
{
    /// <summary>UTF-8.</summary>
    Utf8,

    /// <summary>UTF-8 with a byte-order mark.</summary>
    Utf8Bom,

    /// <summary>UTF-16 with a byte-order mark, and charset=utf-16.</summary>
    Utf16,

    /// <summary>ISO 8859-1, and charset=iso-8859-1.</summary>
    Latin1,

    /// <summary>UTF-8, with Content-Encoding: gzip whether the client asked for it or not.</summary>
    Gzip,
}

/// <summary>How the connection ends.</summary>
public enum FaultDrop
{
    /// <summary>Well.</summary>
    None,

    /// <summary>Reset before the first byte of the answer.</summary>
    BeforeAnswer,

    /// <summary>Reset after status and headers.</summary>
    AfterStatusLine,

    /// <summary>Reset in the middle of the body.</summary>
    MidBody,

    /// <summary>Half of the body comes, then nothing more until the client gives up.</summary>
    StallMidBody,

    /// <summary>Closed after the whole answer, which had promised to keep it open.</summary>
    AfterAnswer,
}
