using System;
using System.Linq;
using DcrPowerShell.Http;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>A reporter whose command was disposed of: it throws when it is told of requests with one of these methods.</summary>
internal sealed class GoneReporter(IReporter reporter, params string[] methods) : IReporter
{
    public void Verbose(string text)
    {
        if (methods.Any(method => text.Split(' ').Contains(method)))
        {
            throw new InvalidOperationException("The command has ended.");
        }

        reporter.Verbose(text);
    }

    public void Warning(string text) => reporter.Warning(text);

    public void Warning(string clientId, string text, string kind) => reporter.Warning(clientId, text, kind);

    public void Audit(DcrAuditRecord record) => reporter.Audit(record);

    public void Sending() => reporter.Sending();

    public IDisposable Waiting(string text) => reporter.Waiting(text);
}
