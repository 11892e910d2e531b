using System;
using System.Collections.Concurrent;
using DcrPowerShell.Http;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>Writes down what an operation tells.</summary>
internal sealed class RecordingReporter : IReporter
{
    public ConcurrentQueue<string> VerboseLines { get; } = new();

    public ConcurrentQueue<string> Warnings { get; } = new();

    public ConcurrentQueue<DcrAuditRecord> AuditRecords { get; } = new();

    /// <summary>What was shown of waits; null where one was over.</summary>
    public ConcurrentQueue<string?> Waits { get; } = new();

    public void Verbose(string text) => VerboseLines.Enqueue(text);

    public void Warning(string text) => Warnings.Enqueue(text);

    public void Warning(string clientId, string text, string kind) => Warnings.Enqueue($"Client '{clientId}': {text}");

    public void Audit(DcrAuditRecord record) => AuditRecords.Enqueue(record);

    public int Sent { get; private set; }

    public void Sending() => Sent++;

    public IDisposable Waiting(string text)
    {
        Waits.Enqueue(text);
        return new AtEnd(() => Waits.Enqueue(null));
    }
}
