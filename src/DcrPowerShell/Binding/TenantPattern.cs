using DcrPowerShell.Ledger;

namespace DcrPowerShell.Binding;

/// <summary>
/// Which tenants a user means: the one of that name, compared as at registration; or, where the name was typed and has * or ?, all that
/// match. Brackets are no wildcards: tenants have them in their names.
/// </summary>
/// <param name="mayMatchMany">False for a name out of a file, where nobody asked for wildcards.</param>
internal sealed class TenantPattern(string text, bool mayMatchMany)
{
    private readonly NamePattern? _wildcards =
        mayMatchMany && text.IndexOfAny(['*', '?']) >= 0 ? new NamePattern(text.Trim().Replace("[", "`[").Replace("]", "`]")) : null;

    /// <summary>The one tenant that is meant; null where there are wildcards.</summary>
    public string? Exact => _wildcards is null ? text : null;

    public bool IsMatch(string? tenant) => TenantKey.AreSame(text, tenant) || _wildcards?.IsMatch(tenant?.Trim() ?? "") == true;
}
