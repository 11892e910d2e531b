using System.Collections.Generic;
using System.Linq;

namespace DcrPowerShell.Operations;

/// <summary>Counts rows that differ from what is registered for their tenants, for one warning at the end.</summary>
internal sealed class RowDifferences
{
    // More are only counted.
    private const int Named = 5;

    private readonly Dictionary<string, int> _members = [];
    private readonly List<string> _tenants = [];
    private int _rows;

    public void Add(DcrClient client)
    {
        _rows++;
        foreach (var change in client.Changes)
        {
            _members[change.Name] = _members.TryGetValue(change.Name, out var count) ? count + 1 : 1;
        }

        if (_tenants.Count < Named && !_tenants.Contains(client.Tenant!))
        {
            _tenants.Add(client.Tenant!);
        }
    }

    /// <summary>Rows of tenants that had a client before; null where there are none.</summary>
    public string? Left() =>
        _rows switch
        {
            0 => null,
            1 =>
                $"The row of tenant '{_tenants[0]}' differs from its client in {Members()}. The client was left as it is; -Update applies "
                    + "the row.",
            _ =>
                $"{_rows} rows differ from the clients of their tenants in {Members()}: {Tenants()}. The clients were left as they are; "
                    + "-Update applies the rows.",
        };

    /// <summary>Rows of tenants that an earlier row has named; null where there are none.</summary>
    public string? Repeated() =>
        _rows switch
        {
            0 => null,
            1 => $"Tenant '{_tenants[0]}' has two rows that differ in {Members()}. The first one counts.",
            _ =>
                $"{_rows} rows name a tenant of an earlier row and differ from it in {Members()}: {Tenants()}. The first row of a tenant "
                    + "counts.",
        };

    private string Members() =>
        string.Join(
            ", ",
            _members
                .OrderByDescending(static member => member.Value)
                .Select(member => _rows == 1 ? member.Key : $"{member.Key} ({member.Value})")
        );

    private string Tenants() =>
        $"{(_tenants.Count == 1 ? "tenant" : "tenants")} "
            + $"{string.Join(", ", _tenants.Select(static tenant => $"'{tenant}'"))}{(_rows > _tenants.Count ? ", …" : "")}";
}
