using System;
using System.Management.Automation;

namespace DcrPowerShell.Binding;

/// <summary>Refuses plain text for a secret without repeating it: PowerShell's own error would show it. An empty cell of a row is no value.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecureOnlyAttribute : ArgumentTransformationAttribute
{
    /// <summary>Where the command reads such secrets from files, how.</summary>
    public string? Otherwise { get; init; }

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
    {
        "" => null,
        string => throw new ArgumentTransformationMetadataException($"Plain text is not taken for a secret. Use Read-Host -AsSecureString or Get-Secret{(Otherwise is null ? "" : "; " + Otherwise)}."),
        var other => other,
    };
}
