using System;

namespace DcrPowerShell.Errors;

/// <summary>What several rooms find wrong with what a command was given.</summary>
internal static class InputErrors
{
    public static DcrException BadInput(string member, string why, string fix) =>
        DcrException.Unsent(DcrErrorId.InvalidClientMetadata, $"{member} {why}.", fix, member: member);

    public static DcrException BadKey(string what, string fix, Exception inner) =>
        DcrException.Unsent(DcrErrorId.InvalidPrivateKey, what, fix, inner);

    public static DcrException BadCertificate(string what, string fix, Exception inner) =>
        DcrException.Unsent(DcrErrorId.InvalidCertificate, what, fix, inner);

    /// <param name="id">What could not be done with the file.</param>
    public static DcrException NoFilePath(DcrErrorId id, string parameter, string path) =>
        DcrException.Unsent(id, $"-{parameter}: '{path}' is no path of the file system.", "Give a file's path, such as ./clients.csv.");

    /// <summary>The text itself is a secret, maybe: it is not repeated.</summary>
    public static DcrException TextForPath(DcrErrorId id, string parameter) =>
        DcrException.Unsent(
            id,
            $"-{parameter} takes the path of a file, and was given the text that stands in one.",
            id == DcrErrorId.InvalidPrivateKey
                ? "Give the file's path, or the text with -PrivateKey, as a SecureString."
                : "Give the file's path."
        );
}
