using System;
using System.Management.Automation;

namespace DcrPowerShell.Binding;

/// <summary>Refuses wildcards in the name of a secret: some vaults would match them.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PlainSecretNameAttribute : ValidateArgumentsAttribute
{
    /// <inheritdoc/>
    protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics)
    {
        if (arguments is string name && WildcardPattern.ContainsWildcardCharacters(name))
        {
            throw new ValidationMetadataException($"'{name}' has a wildcard character. Name the secret with letters, digits and hyphens.");
        }
    }
}
