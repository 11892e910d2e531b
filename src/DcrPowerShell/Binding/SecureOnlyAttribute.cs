using System;
using System.Management.Automation;

namespace DcrPowerShell.Binding;

/// <summary>Takes no plain text for a secret, and repeats it nowhere. An empty cell of a row is no value.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecureOnlyAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            "" => null,
            string => PlainSecret.Mark,
            var other => other,
        };
}
