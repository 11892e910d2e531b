using System;
using System.Collections.Generic;
using System.Linq;

namespace DcrPowerShell.Operations;

/// <summary>How many clients compare how, and what was done about them.</summary>
internal sealed class ComparisonCounts
{
    private readonly SortedDictionary<DcrComparisonStatus, int> _statuses = [];
    private readonly SortedDictionary<DcrSyncResult, int> _results = [];

    public void Count(DcrComparison comparison) => Count(_statuses, comparison.Status);

    public void Count(DcrSyncResult result) => Count(_results, result);

    /// <summary>Such as "2 the same, 1 missing".</summary>
    /// <param name="faulty">Rows with an error.</param>
    public string Compared(int faulty) => Say(_statuses, Word, faulty, "faulty");

    /// <summary>Such as "297 to register, 3 to change, 2 extra".</summary>
    /// <param name="faulty">Rows with an error.</param>
    public string Plan(int faulty) =>
        Say(_statuses.Where(static pair => pair.Key != DcrComparisonStatus.Same), static status => status switch
        {
            DcrComparisonStatus.Missing => "to register",
            DcrComparisonStatus.Differs => "to change",
            DcrComparisonStatus.Gone => "to register again",
            _ => Word(status),
        }, faulty, "faulty");

    /// <summary>Such as "297 registered, 3 changed, 200 the same".</summary>
    /// <param name="failed">Rows with an error.</param>
    public string Done(int failed) =>
        Say(
            _results
                .Select(static pair => new KeyValuePair<string, int>(pair.Key.ToString().ToLowerInvariant(), pair.Value))
                .Concat(
                    _statuses
                        .Where(static pair =>
                            pair.Key is DcrComparisonStatus.Same or DcrComparisonStatus.Unreadable or DcrComparisonStatus.Unknown
                        )
                        .Select(static pair => new KeyValuePair<string, int>(Word(pair.Key), pair.Value))
                ),
            static word => word,
            failed,
            "failed"
        );

    private static void Count<T>(SortedDictionary<T, int> counts, T what)
        where T : notnull => counts[what] = counts.TryGetValue(what, out var count) ? count + 1 : 1;

    private static string Say<T>(IEnumerable<KeyValuePair<T, int>> counts, Func<T, string> word, int failures, string failed)
    {
        var parts = counts
            .Select(pair => $"{pair.Value} {word(pair.Key)}")
            .Concat(failures > 0 ? [$"{failures} {failed}"] : Array.Empty<string>())
            .ToList();
        return parts.Count == 0 ? "nothing to do" : string.Join(", ", parts);
    }

    private static string Word(DcrComparisonStatus status) => status switch
    {
        DcrComparisonStatus.Same => "the same",
        DcrComparisonStatus.Differs => "different",
        _ => status.ToString().ToLowerInvariant(),
    };
}
