using System;
using System.IO;
using System.Runtime.InteropServices;
using DcrPowerShell.Storage.Journaling;

namespace DcrPowerShell.Hosting;

/// <summary>The folder of the account where the module keeps what is no secret, or encrypted: %LOCALAPPDATA%, or ~/.local/share.</summary>
internal static class LocalData
{
    private static readonly Lazy<JournalSet> Set = new(() =>
    {
        var journals = new JournalSet(new JournalFolder(Path.Combine(Root, "journal")));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => journals.Dispose();
        return journals;
    });

    /// <summary>The journals of this process.</summary>
    public static JournalSet Journals => Set.Value;

    private static string Root => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "DcrPowerShell");

    /// <summary>Makes a folder below this one that only the account's user may enter. On Windows the folder above is that already.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void MakeFolder(string path)
    {
#if NET
        if (!RuntimeInformation.IsOSPlatform(OSPlatform.Windows))
        {
            foreach (var folder in new[] { Root, path })
            {
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            return;
        }
#endif
        Directory.CreateDirectory(path);
    }

    /// <summary>Opens a file for this handle alone; a new one is readable by the account's user only.</summary>
    /// <exception cref="IOException">Another process has it open; or it cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static FileStream OpenAlone(string path, FileMode mode)
    {
#if NET
        if (!RuntimeInformation.IsOSPlatform(OSPlatform.Windows))
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = mode,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = mode == FileMode.Open ? null : UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
#endif
        return new FileStream(path, mode, FileAccess.ReadWrite, FileShare.None);
    }
}
