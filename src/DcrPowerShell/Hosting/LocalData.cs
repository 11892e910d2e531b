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

    /// <summary>The path of a folder in it, which is made where it is not there yet.</summary>
    /// <exception cref="IOException">There is no place for it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made: the home folder is read-only.</exception>
    public static string Folder(string name)
    {
        var place = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        if (place.Length == 0)
        {
            throw new DirectoryNotFoundException("This account has no folder for local application data.");
        }

        var own = Path.Combine(place, "DcrPowerShell");
        UserOnly.CreateFolder(own);
        var folder = Path.Combine(own, name);
        UserOnly.CreateFolder(folder);
        return folder;
    }
}
