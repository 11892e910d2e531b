using System;
using System.Management.Automation;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Binding;

/// <summary>
/// Makes a URL of a text. PowerShell's own error for one that cannot be read quotes it, with the password that may be in it.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class UrlTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is not string text ? inputData
        : Uri.TryCreate(Given.Trim(text), UriKind.RelativeOrAbsolute, out var url) ? url
        : throw new ArgumentTransformationMetadataException(
            "The text is no URL: its host or port cannot be read. Replace a placeholder, such as <your-tenant>, by your own; in a "
                + "password, write / as %2F, # as %23, ? as %3F and @ as %40."
        );
}
