using System;
using System.Collections.Generic;
using System.Threading.Tasks;

namespace DcrPowerShell.Ledger;

/// <summary>Registrations without their secrets. While the caller works on some, the next ones are decrypted on another thread.</summary>
/// <param name="rows">As they were when the list was asked for; what each has become is told.</param>
/// <param name="issuer">The one that is to be expected; null for any.</param>
internal sealed class RegistrationList(LedgerFile file, IReadOnlyList<LedgerRow> rows, string? issuer)
{
    // The first one is not to be waited for.
    private const int FirstPart = 16;
    private const int LaterPart = 256;

    /// <summary>How many could not be read. Final when all are read.</summary>
    public int Damaged { get; private set; }

    public IEnumerable<StoredRegistration> Read()
    {
        var part = Read(0, FirstPart);
        for (var next = FirstPart; ; next += LaterPart)
        {
            var from = next;
            var ahead = from < rows.Count ? Task.Run(() => Read(from, from + LaterPart)) : null;
            foreach (var found in part)
            {
                yield return found;
            }

            if (ahead is null)
            {
                yield break;
            }

            part = ahead.GetAwaiter().GetResult();
        }
    }

    private List<StoredRegistration> Read(int from, int end)
    {
        var part = new List<StoredRegistration>();
        for (var index = from; index < Math.Min(end, rows.Count); index++)
        {
            var client = rows[index].Client;
            LedgerRow? row = null;
            if (!file.TryOpenOutline(state => (row = state.Client(client)) is { IsRemoved: false } ? (row.Header, row.Offset) : null, out var header, out var outline))
            {
                continue;
            }

            if (outline is null)
            {
                Damaged++;
                continue;
            }

            part.Add(new StoredRegistration(Outline.Read(outline, issuer ?? ""), header.Sequence, header.Place, row!.IsPending, row.IsWhole));
        }

        return part;
    }
}
