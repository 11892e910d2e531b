using System;
using System.Collections.Generic;
using System.Linq;

namespace DcrPowerShell.Inventory;

/// <summary>What one PowerShell process did, by the audit log.</summary>
/// <param name="Who">Account and machine.</param>
/// <param name="What">How often each kind of act came to which end.</param>
internal sealed record PageRun(DateTimeOffset From, DateTimeOffset To, string Who, IReadOnlyList<string> What)
{
    /// <summary>The runs that changed something at these servers, or tried to.</summary>
    /// <param name="records">Null stands for a line that cannot be read.</param>
    public static IReadOnlyList<PageRun> Of(IEnumerable<DcrAuditRecord?> records, ICollection<string> servers)
    {
        var runs = new Dictionary<string, Counts>();
        foreach (var record in records.OfType<DcrAuditRecord>().Where(record => servers.Contains(record.Server) && IsShown(record)))
        {
            if (!runs.TryGetValue(record.Run, out var counts))
            {
                runs[record.Run] = counts = new Counts(record);
            }

            counts.Add(record);
        }

        return runs.Values.Select(static counts => counts.ToRun()).ToList();
    }

    /// <summary>To look at something changes nothing, unless it failed.</summary>
    private static bool IsShown(DcrAuditRecord record) =>
        record.Operation != DcrAuditOperation.Connect || record.Outcome != DcrAuditOutcome.Succeeded;

    private sealed class Counts(DcrAuditRecord first)
    {
        private readonly Dictionary<(DcrAuditOperation Operation, DcrAuditOutcome Outcome, string? ErrorId), int> _acts = [];
        private DateTimeOffset _from = first.Time;
        private DateTimeOffset _to = first.Time;

        public void Add(DcrAuditRecord record)
        {
            _from = record.Time < _from ? record.Time : _from;
            _to = record.Time > _to ? record.Time : _to;
            var act = (record.Operation, record.Outcome, record.ErrorId);
            _acts[act] = _acts.TryGetValue(act, out var count) ? count + 1 : 1;
        }

        public PageRun ToRun() => new(
            _from,
            _to,
            $"{first.User} at {first.Host}",
            _acts
                .OrderBy(static act => act.Key.Operation)
                .ThenBy(static act => act.Key.Outcome)
                .Select(static act => Words(act.Key, act.Value))
                .ToList()
        );

        private static string Words((DcrAuditOperation Operation, DcrAuditOutcome Outcome, string? ErrorId) act, int count) =>
            $"{act.Operation}: {count} {act.Outcome}{(act.ErrorId is null ? "" : $" ({act.ErrorId})")}";
    }
}
