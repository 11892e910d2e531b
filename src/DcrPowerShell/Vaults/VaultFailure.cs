using System;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Vaults;

/// <summary>What SecretManagement and a vault's module say when something fails, and what of it a person may see.</summary>
internal static class VaultFailure
{
    // A shorter piece of a secret is likely to be a word.
    private const int Piece = 8;

    /// <summary>
    /// Whether the runspace that SecretManagement calls vaults in was busy, closed or null: another runspace of this process was using it,
    /// or had it made again. "Pipelines cannot be run concurrently" has no type or id of its own, and its words are translated in Windows
    /// PowerShell: the engine's check is told by its name.
    /// </summary>
    public static bool IsOfRunspace(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (
                cause is InvalidRunspaceStateException
                || (
                    cause is PSInvalidOperationException
                    && (cause.StackTrace?.Contains("DoConcurrentCheck") == true || cause.Message.Contains("concurrent"))
                )
                || (cause is NullReferenceException or PSArgumentNullException && cause.StackTrace?.Contains("PowerShellInvoker") == true)
            )
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The failure in words that carry no secret. The exception itself is dropped: <c>Get-Error</c> would show what is in it.
    /// </summary>
    /// <param name="written">What was to be written; null where nothing was.</param>
    public static VaultException Of(Exception failure, string? written)
    {
        var root = failure;
        while (root.InnerException is { } inner)
        {
            root = inner;
        }

        // SecretManagement's own exception type, which this assembly does not reference.
        var isLocked = root.GetType().Name == "PasswordRequiredException";
        return new VaultException(
            isLocked ? "it is locked" : new Redaction([]).Clean(Without(root.Message, written))!.TrimEnd('.'),
            isLocked
        );
    }

    /// <summary>
    /// A record is JSON: what a module quotes of one is cut off where it begins. What was written is masked, pieces of it too.
    /// </summary>
    private static string Without(string message, string? written)
    {
        var shown = message.IndexOf('{') is >= 0 and var start ? $"{message.Substring(0, start)}{Redaction.Mask}" : message;
        if (written is null)
        {
            return shown;
        }

        var hides = new bool[shown.Length];
        for (var at = 0; at + Math.Min(Piece, written.Length) <= shown.Length; at++)
        {
            var length = Math.Min(Piece, written.Length);
            if (written.Contains(shown.Substring(at, length)))
            {
                Enumerable.Range(at, length).ToList().ForEach(index => hides[index] = true);
            }
        }

        var text = new StringBuilder();
        for (var at = 0; at < shown.Length; at++)
        {
            text.Append(!hides[at] ? shown[at].ToString() : at == 0 || !hides[at - 1] ? Redaction.Mask : "");
        }

        return text.ToString();
    }
}
