using DcrPowerShell.TestServer.Hosting;

namespace DcrPowerShell.TestServer.Faults;

/// <summary>Says which operations a target stands for.</summary>
internal static class FaultTargets
{
    public static bool Includes(this FaultTarget target, Operation operation) =>
        target switch
        {
            FaultTarget.Any => true,
            FaultTarget.Management => operation is Operation.Read or Operation.Update or Operation.Delete,
            FaultTarget.ManagementApi => operation
                is >= Operation.RotateSecret
                    or Operation.Read
                    or Operation.Update
                    or Operation.Delete
                    or Operation.List,
            _ => (int)target == (int)operation,
        };
}
