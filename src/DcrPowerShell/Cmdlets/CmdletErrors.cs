using System;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Cmdlets;

/// <summary>What ends any command, whatever it does.</summary>
internal static class CmdletErrors
{
    /// <param name="ways">Parameters that answer for the user.</param>
    public static DcrException ConfirmationNotPossible(string target, string action, string ways, Exception why) =>
        DcrException.Unsent(
            DcrErrorId.ConfirmationNotPossible,
            $"{action}: {target} has to be confirmed, and nobody can be asked here.",
            $"Run the command with {ways}; with -WhatIf it says what it would do.",
            why
        );

    /// <param name="next">What to do when the cause is mended.</param>
    public static DcrException TooManyFailures(int limit, string next) =>
        new(
            DcrErrorId.TooManyFailures,
            $"The command ended at the number of failures that -MaxFailures gives, {limit}. Requests that were sent by then were finished, "
                + "and what they brought is kept.",
            $"See to the first of the errors. {next}"
        );

    public static DcrException NotConnected() =>
        DcrException.Unsent(
            DcrErrorId.NotConnected,
            "There is no connection to an authorization server.",
            "Run Connect-DcrServer <issuer> first. In ForEach-Object -Parallel, pass the connection: -Connection $using:connection."
        );

    public static DcrException ConnectionClosed(string name) =>
        DcrException.Unsent(
            DcrErrorId.NotConnected,
            $"The connection '{name}' was closed by Disconnect-DcrServer.",
            "Run Connect-DcrServer again, and use the connection that it gives."
        );

    public static DcrException SecretNameRefused(string name, string why) => DcrException.Unsent(
        DcrErrorId.InvalidClientMetadata,
        $"-ClientSecretName: '{name}' {why}.",
        "Name the secret otherwise, with letters, digits and hyphens.");

    public static DcrException SecretNameTwice(string name, string first) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"The secret '{name}' was named for two clients, and {first} has it.",
            "Give each client a secret name of its own (ClientSecretName)."
        );
}
