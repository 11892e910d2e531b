using System;
using DcrPowerShell.Compat;

namespace DcrPowerShell.Http;

/// <summary>No answer, or not a whole one.</summary>
/// <param name="mayHaveArrived">False only where the request surely did not reach the server.</param>
internal sealed class TransportException(TransportFailure kind, bool mayHaveArrived, Exception inner) : Exception(inner.Message, inner)
{
    public TransportFailure Kind { get; } = kind;

    public bool MayHaveArrived { get; } = mayHaveArrived;

    /// <summary>The same without the platform's words, which may quote the server.</summary>
    public TransportException WithoutWords() => new(Kind, MayHaveArrived, new InvalidOperationException("The answer is not HTTP."));
}
