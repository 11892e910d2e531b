using System.Collections.Generic;
using System.Linq;
using System.Security;
using DcrPowerShell.Compat;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Binding;

/// <summary>
/// Stands for plain text that was given for a secret. The command refuses it, and not the binding: PowerShell's own error would show the
/// row that it is in.
/// </summary>
internal static class PlainSecret
{
    public static readonly SecureString Mark = SecureText.Protect("")!;

    /// <exception cref="DcrException">InvalidSetup: one of the parameters has plain text.</exception>
    public static void Refuse(IEnumerable<KeyValuePair<string, object>> bound)
    {
        if (bound.FirstOrDefault(static parameter => ReferenceEquals(parameter.Value, Mark)).Key is { } parameter)
        {
            throw BindingErrors.PlainSecret(parameter);
        }
    }
}
