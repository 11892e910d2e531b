using System;
using System.IO;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;

namespace DcrPowerShell.Files;

/// <summary>Where the module keeps files of its own: a folder of this user on this machine.</summary>
internal static class LocalData
{
    /// <summary>Names another folder.</summary>
    public const string Variable = "DCRPOWERSHELL_HOME";

    /// <summary>The name of the file with the key of the local store, in the folder of the store.</summary>
    public const string KeyName = "store.key";

    /// <summary>The audit log, unless <c>-AuditPath</c> names another.</summary>
    public static string AuditPath => Path.Combine(HomePath, "audit.jsonl");

    /// <summary>Whether a file would be among those of the local store, where it could be taken for one of them.</summary>
    public static bool IsAmongOwn(string path) =>
        string.Equals(
            Path.GetDirectoryName(Path.GetFullPath(path)),
            HomePath.TrimEnd(Path.DirectorySeparatorChar),
            StringComparison.OrdinalIgnoreCase
        );

    /// <exception cref="UnauthorizedAccessException">The file would be among those of the local store.</exception>
    public static void RefuseAmongOwn(string path)
    {
        if (IsAmongOwn(path))
        {
            throw new UnauthorizedAccessException("it is in the folder of the local store, which has its own files only");
        }
    }

    /// <summary>The file with the key of the local store, unless <c>Set-DcrStore -KeyPath</c> has put it elsewhere.</summary>
    public static string UsualKeyPath => Path.Combine(HomePath, KeyName);

    /// <summary>What all processes of the account share, whatever folder the variable names: a vault is the same for all of them.</summary>
    // Relative where the account has no folder for local application data.
    public static string SharedPath =>
        Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
            "DcrPowerShell"
        );

    /// <summary>The folder of the local store and of the audit log.</summary>
    /// <exception cref="DcrException">InvalidSetup: the variable names no full path.</exception>
    public static string HomePath => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
        ? IsFull(named) ? Path.GetFullPath(named) : throw StoreErrors.HomeRelative(named)
        : SharedPath;

    // On Windows, "C:x" and "\x" begin at a current folder or drive.
    private static bool IsFull(string path) =>
        Path.IsPathRooted(path)
        && (
            Path.DirectorySeparatorChar == '/'
            || path.StartsWith(@"\\", StringComparison.Ordinal)
            || (path.Length > 2 && path[1] == ':' && path[2] is '\\' or '/')
        );

    /// <summary>Makes the place for the files of the local store, where it is not there yet.</summary>
    /// <inheritdoc cref="SharedFolder"/>
    public static void Create() => Create(HomePath);

    /// <summary>The path of a folder in <see cref="SharedPath"/>, which is made where it is not there yet.</summary>
    /// <exception cref="IOException">There is no place for it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made: the home folder is read-only.</exception>
    public static string SharedFolder(string name)
    {
        Create(SharedPath);
        var folder = Path.Combine(SharedPath, name);
        UserOnly.CreateFolder(folder);
        return folder;
    }

    /// <summary>Makes a folder for this user alone, where it is not there yet.</summary>
    /// <inheritdoc cref="SharedFolder"/>
    public static void Create(string folder)
    {
        if (!Path.IsPathRooted(folder))
        {
            throw new DirectoryNotFoundException("This account has no folder for local application data.");
        }

        UserOnly.CreateFolder(folder);
    }
}
