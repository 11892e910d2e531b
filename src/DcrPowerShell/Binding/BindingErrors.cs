using System;
using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Binding;

/// <summary>What is wrong with an argument by itself.</summary>
internal static class BindingErrors
{
    /// <param name="known">Names of the connections that there are.</param>
    public static DcrException NoSuchConnection(string name, IEnumerable<string> known) =>
        DcrException.Unsent(
            DcrErrorId.NotConnected,
            $"There is no connection '{name}'. {(known.Any() ? $"There is: {string.Join(", ", known)}." : "This runspace has none.")}",
            "Get-DcrServer lists the connections; Connect-DcrServer makes one."
        );

    public static DcrException ConnectionOfOtherProcess() =>
        DcrException.Unsent(
            DcrErrorId.NotConnected,
            "A connection holds for one process: a job, another computer or a file gets a copy that cannot send. Run Connect-DcrServer "
                + "there.",
            "Connect in the job, or use Start-ThreadJob or ForEach-Object -Parallel: there a connection can be passed."
        );

    public static DcrException PlainSecret(string parameter) =>
        DcrException.Unsent(
            DcrErrorId.InvalidSetup,
            $"-{parameter}: plain text is not taken for a secret, because it would be shown and kept in the history.",
            "Give (Read-Host -AsSecureString), or what Get-Secret gives; Import-DcrClient -Path reads a file with secrets in plain text."
        );

    public static DcrException StatementScriptFailed(string why, Exception failure) =>
        DcrException.Unsent(
            DcrErrorId.InvalidSoftwareStatement,
            $"The script block failed: {why.TrimEnd('.')}.",
            "Run the script block by itself, with $_ set to the row.",
            failure,
            member: "software_statement"
        );

    /// <param name="what">What it gave.</param>
    public static DcrException StatementScriptUnclear(string what) =>
        DcrException.Unsent(
            DcrErrorId.InvalidSoftwareStatement,
            $"The script block gave {what}, where the software statement is wanted as one string.",
            "Have the script block write the statement and nothing else; | Out-Null silences a command in it.",
            member: "software_statement"
        );

    public static DcrException StatementUnclear() =>
        InputErrors.BadInput(
            "software_statement",
            "is neither a string nor a script block",
            "Give the statement as a string, or a script block that gets one."
        );
}
