using System;
using DcrPowerShell.Http;

namespace DcrPowerShell.Operations;

/// <summary>Says with each line about a request whom it is for.</summary>
internal sealed class TenantReporter(IReporter reporter, string tenant) : IReporter
{
    public void Verbose(string text) => reporter.Verbose($"Tenant '{tenant}': {text}");

    public void Warning(string text) => reporter.Warning(text);

    public void Warning(string clientId, string text, string kind) => reporter.Warning(clientId, text, kind);

    public void Audit(DcrAuditRecord record) => reporter.Audit(record);

    public void Sending() => reporter.Sending();

    public IDisposable Waiting(string text) => reporter.Waiting(text);
}
