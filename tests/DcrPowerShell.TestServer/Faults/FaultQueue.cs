using System.Collections.Generic;
using DcrPowerShell.TestServer.Hosting;

namespace DcrPowerShell.TestServer.Faults;

/// <summary>The faults of one server, with how often each has been passed and has played.</summary>
internal sealed class FaultQueue(IReadOnlyList<Fault> faults)
{
    private readonly object _gate = new();
    private readonly int[] _seen = new int[faults.Count];

    /// <summary>The fault that this request meets, if any.</summary>
    public Fault? Next(Operation operation)
    {
        lock (_gate)
        {
            for (int i = 0; i < faults.Count; i++)
            {
                Fault fault = faults[i];
                if (fault.On.Includes(operation) && _seen[i] < fault.Skip + fault.Times && ++_seen[i] > fault.Skip)
                {
                    return fault;
                }
            }

            return null;
        }
    }
}
