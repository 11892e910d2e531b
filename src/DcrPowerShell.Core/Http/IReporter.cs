using System;

namespace DcrPowerShell.Http;

/// <summary>Where an operation tells what it is doing. May be called from any thread.</summary>
internal interface IReporter
{
    /// <summary>A line for those who want to see each step.</summary>
    void Verbose(string text);

    /// <summary>A line that everybody should see.</summary>
    void Warning(string text);

    /// <summary>A line about one of many clients. Of a kind the first is shown, and the others are counted.</summary>
    /// <param name="kind">What is said of the others; a sentence.</param>
    void Warning(string clientId, string text, string kind);

    /// <summary>What was put on record.</summary>
    void Audit(DcrAuditRecord record);

    /// <summary>A request goes out.</summary>
    void Sending();

    /// <summary>A wait has begun, which is over when the result is disposed of. There may be several at once.</summary>
    IDisposable Waiting(string text);
}
