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
                if (Matches(fault.On, operation) && _seen[i] < fault.Skip + fault.Times && ++_seen[i] > fault.Skip)
                {
                    return fault;
                }
            }

            return null;
        }
    }

    private static bool Matches(FaultTarget target, Operation operation) => target switch
    {
        FaultTarget.Any => true,
        FaultTarget.Discovery => operation == Operation.Discovery,
        FaultTarget.Register => operation == Operation.Register,
        FaultTarget.Read => operation == Operation.Read,
        FaultTarget.Update => operation == Operation.Update,
        FaultTarget.Delete => operation == Operation.Delete,
        FaultTarget.Management => operation is Operation.Read or Operation.Update or Operation.Delete,
        _ => operation == Operation.Token,
    };
}
