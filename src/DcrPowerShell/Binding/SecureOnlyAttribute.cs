using System;
using System.Management.Automation;

namespace DcrPowerShell.Binding;

/// <summary>Refuses plain text for a secret without repeating it: PowerShell's own error would show it. An empty cell of a row is no value.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecureOnlyAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
    {
        "" => null,
        string => throw new ArgumentTransformationMetadataException("Plain text is not taken for a secret, for it would be shown and kept in the history. Give (Read-Host -AsSecureString), or what Get-Secret gives; Import-DcrClient reads a file with secrets in plain text by -Path."),
        var other => other,
    };
}
