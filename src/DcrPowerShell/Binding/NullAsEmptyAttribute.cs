using System;
using System.Management.Automation;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Binding;

/// <summary>
/// Reads a text as a cell gives it. Null is an empty text: a piped row may have null cells (CSV, JSON), and PowerShell binds null to a text
/// only in the default parameter set, which would leave it with the wrong one. A date is written the same in every culture.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NullAsEmptyAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object? inputData) => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
    {
        null => "",
        string text => Given.Cell(text),
        var other => Given.Date(other) ?? inputData!,
    };
}
