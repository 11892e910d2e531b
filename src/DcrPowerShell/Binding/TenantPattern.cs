using System.Management.Automation;
using DcrPowerShell.Ledger;

namespace DcrPowerShell.Binding;

/// <summary>
/// Which tenants a user means: the one of that name, compared as at registration; where the name has * or ?, all that match; and where it
/// is empty, clients without a tenant. Brackets are no wildcards: tenants have them in their names.
/// </summary>
internal sealed class TenantPattern(string text)
{
    private readonly WildcardPattern? _wildcards = text.IndexOfAny(['*', '?']) < 0 ? null : NamePattern.Of(text.Trim().Replace("[", "`[").Replace("]", "`]"));

    /// <summary>The one tenant that is meant; null where there is none, or are wildcards.</summary>
    public string? Exact => _wildcards is null && text.Length > 0 ? text : null;

    public bool IsMatch(string? tenant) => text.Length == 0 ? string.IsNullOrEmpty(tenant) : TenantKey.AreSame(text, tenant) || _wildcards?.IsMatch(tenant?.Trim() ?? "") == true;
}
