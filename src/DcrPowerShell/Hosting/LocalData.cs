using System;
using System.IO;
using DcrPowerShell.Compat;
using DcrPowerShell.Storage.Journaling;

namespace DcrPowerShell.Hosting;

/// <summary>Where the module keeps files of its own: a folder of this user on this machine.</summary>
internal static class LocalData
{
    private static readonly Lazy<JournalSet> Set = new(() =>
    {
        var journals = new JournalSet(new JournalFolder());
        AppDomain.CurrentDomain.ProcessExit += (_, _) => journals.Dispose();
        return journals;
    });

    /// <summary>The journals of this process.</summary>
    public static JournalSet Journals => Set.Value;

    /// <summary>The audit log, unless <c>-AuditPath</c> names another.</summary>
    public static string AuditPath => Path.Combine(Own, "audit.jsonl");

    // Relative where the account has no folder for local application data.
    private static string Own => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "DcrPowerShell");

    /// <summary>Makes the place for these files, where it is not there yet.</summary>
    /// <exception cref="IOException">There is no place for it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made: the home folder is read-only.</exception>
    public static void Create()
    {
        if (!Path.IsPathRooted(Own))
        {
            throw new DirectoryNotFoundException("This account has no folder for local application data.");
        }

        UserOnly.CreateFolder(Own);
    }

    /// <summary>The path of a folder in it, which is made where it is not there yet.</summary>
    /// <inheritdoc cref="Create"/>
    public static string Folder(string name)
    {
        Create();
        var folder = Path.Combine(Own, name);
        UserOnly.CreateFolder(folder);
        return folder;
    }
}
