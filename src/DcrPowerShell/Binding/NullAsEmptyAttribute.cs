using System;
using System.Collections.Generic;
using System.Management.Automation;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Binding;

/// <summary>
/// Reads a text as a cell gives it. Null is an empty text: a piped row may have null cells (CSV, JSON), and PowerShell binds null to a text
/// only in the default parameter set, which would leave it with the wrong one. A date is written the same in every culture. A list of one,
/// as JSON may have it, is that one: PowerShell would drop it.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NullAsEmptyAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            null => "",
            string text => Given.Cell(text),
            IList<object?> { Count: 1 } list => Transform(engineIntrinsics, list[0]),
            var other => Given.Date(other) ?? inputData!,
        };
}
