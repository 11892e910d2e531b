using System;
using System.Diagnostics;
using System.IO;
#if NET
using System.Runtime.InteropServices;
#endif
using System.Threading;

namespace DcrPowerShell.Files;

/// <summary>Files and folders for this user alone. On Windows they inherit that from the profile; .NET Framework runs only there.</summary>
internal static class UserOnly
{
    // What a full disk refused would stay in a buffer, and be refused again when the file is closed.
    private const int NoBuffer = 1;

    /// <summary>Makes a folder, if it is not there yet, with rights 0700.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void CreateFolder(string path)
    {
#if NET
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return;
        }
#endif
        Directory.CreateDirectory(path);
    }

    /// <summary>
    /// Refuses a file or folder that is a link, belongs to somebody else, or that others may read or write. One that is not there is good.
    /// </summary>
    /// <exception cref="NotPrivateException">It is one of these.</exception>
    public static void Require(string path)
    {
#if NET
        FileSystemInfo item = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        if (item.LinkTarget is not null)
        {
            throw new NotPrivateException($"'{path}' is a link, which could lead anywhere");
        }

        if (OperatingSystem.IsWindows() || !item.Exists)
        {
            return;
        }

        const UnixFileMode OfOthers = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        var mode = item.UnixFileMode;
        if ((mode & OfOthers) != 0)
        {
            throw new NotPrivateException($"other accounts have rights on '{path}'; take them away with chmod go= '{path}'");
        }

        if (OwnerOf(path) is { } owner)
        {
            if (owner != GetEffectiveUserId())
            {
                throw new NotPrivateException($"'{path}' belongs to another account");
            }

            return;
        }

        try
        {
            // Only its owner, and root, may set the rights of a file.
            item.UnixFileMode = mode;
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new NotPrivateException($"'{path}' belongs to another account", failure);
        }
#endif
    }

    /// <summary>Refuses a pipe or a device, whose opening may hang, and which keeps nothing. One that is not there is good.</summary>
    /// <exception cref="IOException">It is one of these.</exception>
    public static void RequireFile(string path)
    {
#if NET
        // statx(2), inode(7).
        const int ModeAt = 28;
        const int Kind = 0xF000;
        const int File = 0x8000;
        const int Folder = 0x4000;
        const uint Type = 1;
        if (Ask(path, flags: 0, Type) is { } answer && (BitConverter.ToUInt16(answer, ModeAt) & Kind) is not (File or Folder))
        {
            throw new IOException("it is a pipe or a device, which keeps nothing");
        }
#endif
    }

#if NET
    /// <summary>Null where the system does not say.</summary>
    private static uint? OwnerOf(string path)
    {
        const int NotThroughLinks = 0x100;
        const int OwnerAt = 20;
        const uint Owner = 8;
        return Ask(path, NotThroughLinks, Owner) is { } answer ? BitConverter.ToUInt32(answer, OwnerAt) : null;
    }

    /// <summary>What Linux says of a path; null where it is not there, or another system.</summary>
    private static byte[]? Ask(string path, int flags, uint what)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            // statx(2): its answer has the same layout on every processor.
            var answer = new byte[256];
            return StatX(-1, path, flags, what, answer) == 0 ? answer : null;
        }
        catch (EntryPointNotFoundException)
        {
            // An older C library.
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "statx", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int StatX(int folder, string path, int flags, uint mask, byte[] answer);

    [DllImport("libc", EntryPoint = "geteuid")]
    private static extern uint GetEffectiveUserId();
#endif

    /// <summary>Opens a file for writing that nobody else has open, and nobody else can open; a new one has rights 0600.</summary>
    /// <exception cref="IOException">Somebody has it open, or it cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static FileStream OpenAlone(string path, FileMode mode = FileMode.OpenOrCreate)
    {
#if NET
        if (!OperatingSystem.IsWindows())
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = mode,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                BufferSize = NoBuffer,
                UnixCreateMode = mode == FileMode.Open ? null : UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
#endif
        return new FileStream(path, mode, FileAccess.ReadWrite, FileShare.None, NoBuffer);
    }

    /// <summary>Opens a file that others may have open, read, write and replace; a new one has rights 0600.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static FileStream OpenShared(string path, FileMode mode, FileAccess access)
    {
        const FileShare All = FileShare.ReadWrite | FileShare.Delete;
#if NET
        if (!OperatingSystem.IsWindows())
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = mode,
                Access = access,
                Share = All,
                BufferSize = NoBuffer,
                UnixCreateMode = mode == FileMode.Open ? null : UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
#endif
        return new FileStream(path, mode, access, All, NoBuffer);
    }

    /// <summary>Opens a file, or does something else with it, as soon as nobody else has it open.</summary>
    /// <param name="longest">How long to wait for that.</param>
    /// <exception cref="IOException">Somebody has it open all that time (see <see cref="IsTaken"/>), or it cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static T WhenFree<T>(Func<T> open, TimeSpan longest)
    {
        var time = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return open();
            }
            catch (IOException failure) when (IsTaken(failure) && time.Elapsed < longest)
            {
#pragma warning disable RS0030 // Nothing says when another process lets go of a file.
                Thread.Sleep(10);
#pragma warning restore RS0030
            }
        }
    }

    /// <summary>
    /// Whether somebody else has the file open: ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION, ERROR_UNABLE_TO_REMOVE_REPLACED;
    /// EWOULDBLOCK of Linux and of macOS.
    /// </summary>
    public static bool IsTaken(IOException failure) => (failure.HResult & 0xFFFF) is 32 or 33 or 1175 or 11 or 35;
}
