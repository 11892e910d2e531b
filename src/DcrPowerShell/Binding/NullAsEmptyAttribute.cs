using System;
using System.Management.Automation;

namespace DcrPowerShell.Binding;

/// <summary>
/// Takes null for an empty text. A piped row may have null cells (CSV, JSON), and PowerShell binds null to a text only in the
/// default parameter set, which would leave it with the wrong one.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NullAsEmptyAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object? inputData) => inputData ?? "";
}
