using System;
using DcrPowerShell.Http;

namespace DcrPowerShell.Operations;

/// <summary>Puts the tenant's name before each verbose line about a request.</summary>
internal sealed class TenantReporter(IReporter reporter, string tenant) : IReporter
{
    public void Verbose(string text) => reporter.Verbose($"Tenant '{tenant}': {text}");

    public void Warning(string text) => reporter.Warning(text);

    public void Warning(string clientId, string text, string kind) => reporter.Warning(clientId, text, kind);

    public void Audit(DcrAuditRecord record) => reporter.Audit(record);

    public void Sending() => reporter.Sending();

    public IDisposable Waiting(string text) => reporter.Waiting(text);
}
