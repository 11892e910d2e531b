using System;
using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Files;

/// <summary>A path as the user writes it, as the file system knows it.</summary>
internal static class FilePath
{
    private static readonly string[] Endings = [".csv", ".json", ".jsonl", ".txt", ".html"];

    /// <summary>Of a private key; null where no file was given.</summary>
    /// <exception cref="DcrException">InvalidPrivateKey: as for <see cref="Of"/>.</exception>
    public static string? OfKey(PSCmdlet cmdlet, string? path, string parameter) =>
        path is null ? null : Of(cmdlet, path, parameter, DcrErrorId.InvalidPrivateKey);

    /// <exception cref="DcrException">
    /// <paramref name="id"/>: it is of another provider, such as env: or cert:, or of no drive that there is, or no path at all.
    /// </exception>
    public static string Of(PSCmdlet cmdlet, string path, string parameter, DcrErrorId id)
    {
        if (Redaction.IsFileText(path))
        {
            throw InputErrors.TextForPath(id, parameter);
        }

        try
        {
            var resolved = cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
            return provider.Name == "FileSystem" ? resolved : throw InputErrors.NoFilePath(id, parameter, path);
        }
        catch (SessionStateException)
        {
            throw InputErrors.NoFilePath(id, parameter, path);
        }
    }

    /// <summary>
    /// Whether a text that was given as a client's id is a file's name. The URL of a client ID metadata document may well end in .json.
    /// </summary>
    public static bool IsName(string text) =>
        text.IndexOf("://", StringComparison.Ordinal) < 0
        && Endings.Any(ending => text.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
}
