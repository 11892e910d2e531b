using System;
using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Session;

namespace DcrPowerShell.Binding;

/// <summary>Takes a connection's name for the connection.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ConnectionTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        if (inputData is PSObject foreign && foreign.TypeNames.Contains("Deserialized.DcrPowerShell.DcrConnection"))
        {
            throw new ArgumentTransformationMetadataException(BindingErrors.ConnectionOfOtherProcess().Message);
        }

        if ((inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is not string name)
        {
            return inputData;
        }

        var state = RunspaceState.Current;
        return state.Find(name)
            ?? throw new ArgumentTransformationMetadataException(
                BindingErrors.NoSuchConnection(name, state.Connections.Select(connection => connection.Name)).Message
            );
    }
}
