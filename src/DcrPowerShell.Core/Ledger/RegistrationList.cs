using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace DcrPowerShell.Ledger;

/// <summary>Registrations without their secrets. While the caller works on some, the next ones are decrypted on other threads.</summary>
/// <param name="rows">The rows as they were when the list was asked for. Each registration is given as it is by now.</param>
/// <param name="issuer">The one that is to be expected; null for any.</param>
internal sealed class RegistrationList(LedgerFile file, IReadOnlyList<LedgerRow> rows, string? issuer)
{
    // The first one is not to be waited for.
    private const int FirstPart = 16;
    private const int LaterPart = 128;

    // More threads would not help: the caller keeps one core busy.
    private const int PartsAhead = 4;

    private int _damaged;

    /// <summary>How many could not be read. Final when all are read.</summary>
    public int Damaged => _damaged;

    public IEnumerable<StoredRegistration> Read()
    {
        var next = FirstPart;
        var ahead = new Queue<Task<List<StoredRegistration>>>();
        for (var part = Read(0, FirstPart); ; part = ahead.Dequeue().GetAwaiter().GetResult())
        {
            for (; next < rows.Count && ahead.Count < PartsAhead; next += LaterPart)
            {
                var from = next;
                ahead.Enqueue(Task.Run(() => Read(from, from + LaterPart)));
            }

            foreach (var found in part)
            {
                yield return found;
            }

            if (ahead.Count == 0)
            {
                yield break;
            }
        }
    }

    private List<StoredRegistration> Read(int from, int end)
    {
        var part = new List<StoredRegistration>();
        for (var index = from; index < Math.Min(end, rows.Count); index++)
        {
            var client = rows[index].Client;
            LedgerRow? row = null;
            if (
                !file.TryOpenSummary(
                    state => (row = state.Client(client)) is { IsRemoved: false } ? (row.Header, row.Offset) : null,
                    out var header,
                    out var summary
                )
            )
            {
                continue;
            }

            if (summary is null)
            {
                Interlocked.Increment(ref _damaged);
                continue;
            }

            part.Add(
                new StoredRegistration(ListedRecord.Read(summary, issuer ?? ""), header.Sequence, header.Place, row!.IsPending, row.IsWhole)
            );
        }

        return part;
    }
}
