using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace DcrPowerShell.Ledger;

/// <summary>
/// Writes that wait for the ledger's file. Whoever comes first writes for all that wait by then; who comes meanwhile is in the next batch.
/// Any number of threads may use it.
/// </summary>
/// <param name="writeBatch">Writes a batch, and tells each write how it ended. Never called twice at once.</param>
internal sealed class WriteQueue(Action<List<LedgerWrite>> writeBatch)
{
    private readonly object _gate = new();
    private List<LedgerWrite> _waiting = [];
    private bool _hasLeader;

    /// <summary>Queues a write. Writes a batch on this thread, unless another thread is writing.</summary>
    public void Add(LedgerWrite write)
    {
        lock (_gate)
        {
            _waiting.Add(write);
            if (_hasLeader)
            {
                return;
            }

            _hasLeader = true;
        }

        Lead();
    }

    public void WaitUntilEmpty()
    {
        lock (_gate)
        {
            while (_hasLeader)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>
    /// Writes one batch. Where others have come meanwhile, another thread writes the next one, so that nobody serves them for ever.
    /// </summary>
    private void Lead()
    {
        List<LedgerWrite> batch;
        lock (_gate)
        {
            (batch, _waiting) = (_waiting, []);
        }

        try
        {
            writeBatch(batch);
        }
        finally
        {
            lock (_gate)
            {
                _hasLeader = _waiting.Count > 0;
                if (_hasLeader)
                {
                    _ = Task.Run(Lead);
                }
                else
                {
                    Monitor.PulseAll(_gate);
                }
            }
        }
    }
}
