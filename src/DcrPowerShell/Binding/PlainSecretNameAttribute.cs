using System;
using System.Management.Automation;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Binding;

/// <summary>Refuses a name that is the module's own, and wildcards in the name of a secret: some vaults would match them.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PlainSecretNameAttribute : ValidateArgumentsAttribute
{
    /// <inheritdoc/>
    protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics)
    {
        if (arguments is string name && SecretName.WhyRefused(name) is { } why)
        {
            throw new ValidationMetadataException($"'{name}' {why}. Name the secret otherwise, with letters, digits and hyphens.");
        }
    }
}
