using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;

namespace DcrPowerShell.Files;

/// <summary>A folder on disk for this user alone. Refuses one that others may look into.</summary>
internal sealed class DiskFolder : IStoreFolder
{
    private const string Probe = "ledger.lock";
    private const string Fresh = ".tmp";

    // Small files are open for moments; a scanner of viruses may take longer.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    // A process that was killed may have left its fresh file.
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(0.5);

    private readonly object _gate = new();
    private readonly HashSet<string> _held = new(StringComparer.Ordinal);
    private readonly Lazy<bool> _locksWork;
    private readonly FileAccess _access;

    /// <summary>Makes the folder, where it is not there yet.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">
    /// It may not be made, is a link, belongs to somebody else, or others may look into it.
    /// </exception>
    /// <param name="create">False for a folder that the user has made, or that is not there at the moment.</param>
    /// <param name="isWritable">False for a folder that is there and is only read.</param>
    public DiskFolder(string path, bool create = true, bool isWritable = true)
    {
        (Path, _access) = (path, isWritable ? FileAccess.ReadWrite : FileAccess.Read);
        if (create && isWritable)
        {
            UserOnly.CreateFolder(path);
        }

        UserOnly.Require(path);
        _locksWork = new Lazy<bool>(DoLocksWork);
    }

    public string Path { get; }

    public bool LocksWork => _locksWork.Value;

    public IReadOnlyList<string> List() => Directory.GetFiles(Path).Select(System.IO.Path.GetFileName).ToList()!;

    public long? Length(string name) => new FileInfo(At(name)) is { Exists: true } file ? file.Length : null;

    public IAppendFile Open(string name, bool create)
    {
        UserOnly.Require(At(name));
        return new AppendFile(At(name), create ? FileMode.OpenOrCreate : FileMode.Open, _access);
    }

    public void Rename(string name, string newName)
    {
        File.Move(At(name), At(newName));
        FlushFolder(Path);
    }

    public void Delete(string name)
    {
        try
        {
            File.Delete(At(name));

            // A process that was killed in Replace has left it.
            File.Delete(At(name) + Fresh);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // On Windows somebody may have it open in this moment, or have deleted it and somebody else has it open; the next one deletes
            // it.
        }
    }

    public byte[]? Read(string name)
    {
        UserOnly.Require(At(name));
        var time = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                // Shared, so that others can replace it meanwhile.
                using var file = UserOnly.WhenFree(() => UserOnly.OpenShared(At(name), FileMode.Open, FileAccess.Read), LongestWait);
                using var content = new MemoryStream();
                file.CopyTo(content);
                return content.ToArray();
            }
            catch (FileNotFoundException) when (IsBeingReplaced(name) && time.Elapsed < LongestGap)
            {
#pragma warning disable RS0030 // Nothing says when another process lets go of a file.
                Thread.Sleep(1);
#pragma warning restore RS0030
            }
            catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
            {
                return null;
            }
        }
    }

    public void Replace(string name, byte[] content)
    {
        var fresh = At(name) + Fresh;
        using (var file = UserOnly.WhenFree(() => UserOnly.OpenAlone(fresh, FileMode.Create), LongestWait))
        {
            file.Write(content, 0, content.Length);
            file.Flush(flushToDisk: true);
        }

        UserOnly.WhenFree(
            () =>
            {
                InPlace.Put(fresh, At(name));
                return true;
            },
            LongestWait);
        FlushFolder(Path);
    }

    /// <summary>
    /// Two locks in one: opening the file alone keeps this process's other threads out, the byte range the processes where the
    /// first is switched off or not known (Mono).
    /// </summary>
    public IDisposable? TryLock(string name)
    {
        lock (_gate)
        {
            if (!_held.Add(name))
            {
                return null;
            }
        }

        FileStream? file = null;
        try
        {
            file = UserOnly.OpenAlone(At(name));
            LockFirstByte(file);
            return new Held(this, name, file);
        }
        catch (IOException failure) when (UserOnly.IsTaken(failure))
        {
            Release(name, file);
            return null;
        }
        catch
        {
            Release(name, file);
            throw;
        }
    }

    /// <summary>Windows replaces a file in two steps, and between them there is none of that name; or there is again by now.</summary>
    private bool IsBeingReplaced(string name) =>
        RuntimeInformation.IsOSPlatform(OSPlatform.Windows) && (File.Exists(At(name) + Fresh) || File.Exists(At(name)));

    private static void LockFirstByte(FileStream file)
    {
#if NET
        if (OperatingSystem.IsMacOS())
        {
            // It has no such locks in .NET: opening the file alone does.
            return;
        }
#endif
        file.Lock(0, 1);
    }

    private string At(string name) => System.IO.Path.Combine(Path, name);

    private void Release(string name, FileStream? file)
    {
        file?.Dispose();
        lock (_gate)
        {
            _held.Remove(name);
        }
    }

    /// <summary>
    /// Whether a file that is open alone can be opened a second time: then .NET's file locks are off, or the file system has none.
    /// </summary>
    private bool DoLocksWork()
    {
        using var held = TryLock(Probe);
        try
        {
            // A second open is refused where locks work, whoever has the first.
            UserOnly.OpenAlone(At(Probe)).Dispose();
            return false;
        }
        catch (IOException failure) when (UserOnly.IsTaken(failure))
        {
            return true;
        }
    }

    /// <summary>A new name is on the disk when its folder is. Windows sees to that itself.</summary>
    private static void FlushFolder(string path)
    {
#if NET
        if (!OperatingSystem.IsWindows())
        {
            var folder = UnixFolder.Open(path, 0);
            if (folder >= 0)
            {
                _ = UnixFolder.Flush(folder);
                _ = UnixFolder.Close(folder);
            }
        }
#endif
    }

    private sealed class Held(DiskFolder folder, string name, FileStream file) : IDisposable
    {
        public void Dispose() => folder.Release(name, file);
    }

    private sealed class AppendFile(string path, FileMode mode, FileAccess access) : IAppendFile
    {
        private readonly FileStream _file = UserOnly.OpenShared(path, mode, access);

        public long Length => _file.Length;

#if NET
        public int Read(long position, byte[] buffer, int start, int count)
        {
            var done = 0;
            for (
                int read;
                done < count
                    && (read = RandomAccess.Read(_file.SafeFileHandle, buffer.AsSpan(start + done, count - done), position + done)) > 0;

            )
            {
                done += read;
            }

            return done;
        }

        public void Append(byte[] bytes, int count) =>
            RandomAccess.Write(_file.SafeFileHandle, bytes.AsSpan(0, count), RandomAccess.GetLength(_file.SafeFileHandle));

        public void Flush() => RandomAccess.FlushToDisk(_file.SafeFileHandle);
#else
        public int Read(long position, byte[] buffer, int start, int count)
        {
            lock (_file)
            {
                _file.Position = position;
                var done = 0;
                for (int read; done < count && (read = _file.Read(buffer, start + done, count - done)) > 0;)
                {
                    done += read;
                }

                return done;
            }
        }

        public void Append(byte[] bytes, int count)
        {
            lock (_file)
            {
                _file.Position = _file.Length;
                _file.Write(bytes, 0, count);
                _file.Flush();
            }
        }

        public void Flush() => _file.Flush(flushToDisk: true);
#endif

        public void Dispose() => _file.Dispose();
    }

#if NET
    private static class UnixFolder
    {
        [DllImport("libc", EntryPoint = "open", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        public static extern int Open(string path, int flags);

        [DllImport("libc", EntryPoint = "fsync")]
        public static extern int Flush(int folder);

        [DllImport("libc", EntryPoint = "close")]
        public static extern int Close(int folder);
    }
#endif
}
