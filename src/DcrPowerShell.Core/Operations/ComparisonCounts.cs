using System.Collections.Generic;
using System.Linq;

namespace DcrPowerShell.Operations;

/// <summary>How many clients compare how.</summary>
internal sealed class ComparisonCounts
{
    private readonly SortedDictionary<DcrComparisonStatus, int> _counts = [];

    public void Count(DcrComparison comparison) =>
        _counts[comparison.Status] = _counts.TryGetValue(comparison.Status, out var count) ? count + 1 : 1;

    public override string ToString() =>
        _counts.Count == 0 ? "nothing to compare" : string.Join(", ", _counts.Select(static pair => $"{pair.Value} {Word(pair.Key)}"));

    private static string Word(DcrComparisonStatus status) => status switch
    {
        DcrComparisonStatus.Same => "the same",
        DcrComparisonStatus.Differs => "different",
        _ => status.ToString().ToLowerInvariant(),
    };
}
