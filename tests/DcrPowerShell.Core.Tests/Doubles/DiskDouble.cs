using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using DcrPowerShell.Files;

namespace DcrPowerShell.Core.Tests.Doubles;

internal enum DiskOperation
{
    List,
    Length,
    Open,
    Rename,
    Delete,
    ReadAll,
    Replace,
    Lock,
    Unlock,
    FileLength,
    Read,
    Append,
    Flush,
}

/// <param name="Name">The file's name when it was opened.</param>
/// <param name="Count">Bytes to read or append.</param>
internal sealed record DiskCall(DiskProcess By, DiskOperation Operation, string Name, int Count);

/// <summary>The process died in the middle of a disk call. No code under test may catch it and go on.</summary>
internal sealed class KilledException() : Exception("This process was killed.");

/// <summary>One folder in memory for several processes. It fills up, refuses, and loses power; processes die at any call.</summary>
internal sealed class DiskDouble
{
    private readonly object _gate = new();
    private readonly Dictionary<string, DiskContent> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DiskProcess> _locks = new(StringComparer.Ordinal);
    private readonly List<DiskProcess> _processes = [];
    private readonly List<DiskCall> _calls = [];

    public bool LocksWork { get; set; } = true;

    /// <summary>Bytes that the disk has left.</summary>
    public long Room { get; set; } = long.MaxValue;

    /// <summary>Called before each call, with no lock held.</summary>
    public Action<DiskCall>? Before { get; set; }

    /// <summary>Calls that throw <see cref="IOException"/> and do nothing.</summary>
    public Func<DiskCall, bool> Refuses { get; set; } = static _ => false;

    public IReadOnlyList<DiskCall> Calls
    {
        get
        {
            lock (_gate)
            {
                return _calls.ToList();
            }
        }
    }

    public IReadOnlyList<string> Names
    {
        get
        {
            lock (_gate)
            {
                return _files.Keys.OrderBy(static name => name, StringComparer.Ordinal).ToList();
            }
        }
    }

    public DiskProcess Start()
    {
        lock (_gate)
        {
            var process = new DiskProcess(this);
            _processes.Add(process);
            return process;
        }
    }

    public int Count(DiskOperation operation, string? name = null) =>
        Calls.Count(call => call.Operation == operation && (name is null || call.Name == name));

    public void ForgetCalls()
    {
        lock (_gate)
        {
            _calls.Clear();
        }
    }

    /// <summary>The content of a file.</summary>
    public byte[] this[string name]
    {
        get
        {
            lock (_gate)
            {
                return _files[name].Bytes.ToArray();
            }
        }

        set
        {
            lock (_gate)
            {
                _files[name] = new DiskContent(value);
            }
        }
    }

    /// <summary>Changes a file that processes may have open.</summary>
    public void Overwrite(string name, byte[] content)
    {
        lock (_gate)
        {
            _files[name].Set(content);
        }
    }

    public IReadOnlyDictionary<string, byte[]> Snapshot()
    {
        lock (_gate)
        {
            return _files.ToDictionary(static file => file.Key, static file => file.Value.Bytes.ToArray());
        }
    }

    /// <summary>Puts back a backup of the folder: other files under the same names. What was open stays open, without a name.</summary>
    public void Restore(IReadOnlyDictionary<string, byte[]> snapshot)
    {
        lock (_gate)
        {
            _files.Clear();
            foreach (var file in snapshot)
            {
                _files[file.Key] = new DiskContent(file.Value);
            }
        }
    }

    /// <summary>Every process dies, and of what was not flushed the disk has only a part.</summary>
    /// <param name="kept">How much of it, from 0 to 1.</param>
    /// <param name="zeros">The files are as long as they were, with zeros where bytes were lost.</param>
    public void LosePower(double kept = 0, bool zeros = false)
    {
        lock (_gate)
        {
            _processes.ForEach(static process => process.Kill());
            foreach (var file in _files.Values)
            {
                file.LosePower(kept, zeros);
            }
        }
    }

    internal void Begin(DiskCall call)
    {
        Before?.Invoke(call);
        lock (_gate)
        {
            _calls.Add(call);
        }
    }

    internal void Refuse(DiskCall call)
    {
        if (Refuses(call))
        {
            throw new IOException($"The disk refuses: {call.Operation} of '{call.Name}'.");
        }
    }

    internal T Locked<T>(Func<Dictionary<string, DiskContent>, T> action)
    {
        lock (_gate)
        {
            return action(_files);
        }
    }

    internal void Append(DiskContent file, byte[] bytes, int count)
    {
        lock (_gate)
        {
            var fits = (int)Math.Min(count, Room);
            file.Bytes.Position = file.Bytes.Length;
            file.Bytes.Write(bytes, 0, fits);
            Room -= fits;
            if (fits < count)
            {
                throw new IOException("There is not enough space on the disk.", unchecked((int)0x80070070));
            }
        }
    }

    internal void Delete(string name)
    {
        lock (_gate)
        {
            if (_files.TryGetValue(name, out var file))
            {
                _files.Remove(name);
                Room += Room < long.MaxValue / 2 ? file.Bytes.Length : 0;
            }
        }
    }

    internal bool TryLock(string name, DiskProcess by)
    {
        lock (_gate)
        {
            if (!_files.ContainsKey(name))
            {
                _files[name] = new DiskContent([]);
            }

            if (!LocksWork)
            {
                return true;
            }

            if (_locks.ContainsKey(name))
            {
                return false;
            }

            _locks[name] = by;
            return true;
        }
    }

    internal void Release(string name, DiskProcess by)
    {
        lock (_gate)
        {
            if (_locks.TryGetValue(name, out var holder) && holder == by)
            {
                _locks.Remove(name);
            }
        }
    }

    internal void ReleaseAll(DiskProcess by)
    {
        lock (_gate)
        {
            foreach (var name in _locks.Where(held => held.Value == by).Select(static held => held.Key).ToList())
            {
                _locks.Remove(name);
            }
        }
    }
}

internal sealed class DiskContent
{
    public DiskContent(byte[] bytes)
    {
        Set(bytes);
        Flushed = bytes.Length;
    }

    public MemoryStream Bytes { get; } = new();

    public long Flushed { get; private set; }

    /// <summary>A flush has failed: what was not on the disk by then never will be, whatever later flushes say.</summary>
    public bool IsSpoilt { get; set; }

    public bool Flush()
    {
        Flushed = IsSpoilt ? Flushed : Bytes.Length;
        return true;
    }

    public void Set(byte[] bytes)
    {
        Bytes.SetLength(0);
        Bytes.Write(bytes, 0, bytes.Length);
    }

    public void LosePower(double kept, bool zeros)
    {
        var length = Bytes.Length;
        Bytes.SetLength(Flushed + (long)((length - Flushed) * kept));
        if (zeros)
        {
            Bytes.SetLength(length);
        }
    }
}

/// <summary>The folder as one process has it.</summary>
internal sealed class DiskProcess(DiskDouble disk) : IStoreFolder
{
    private volatile bool _isDead;
    private int _callsLeft = int.MaxValue;
    private bool _diesAtReads;
    private double _written;

    public string Path => "disk";

    public bool LocksWork => disk.LocksWork;

    /// <summary>Releases its locks. Every later call throws.</summary>
    public void Kill()
    {
        _isDead = true;
        disk.ReleaseAll(this);
    }

    /// <summary>It dies instead of a later call. Of reads that is the same as to die at the next call that is none.</summary>
    /// <param name="calls">How many calls still work.</param>
    /// <param name="written">If it is an append, how much is written before, from 0 to 1.</param>
    /// <param name="atReads">Whether reads count too: where a vault may change between them, it is not the same.</param>
    public void KillAfter(int calls, double written, bool atReads = false)
    {
        _callsLeft = calls;
        _diesAtReads = atReads;
        _written = written;
    }

    public IReadOnlyList<string> List()
    {
        Enter(DiskOperation.List, "");
        return disk.Names;
    }

    public long? Length(string name)
    {
        Enter(DiskOperation.Length, name);
        return disk.Locked(files => files.TryGetValue(name, out var file) ? file.Bytes.Length : (long?)null);
    }

    public IAppendFile Open(string name, bool create)
    {
        Enter(DiskOperation.Open, name);
        return disk.Locked(files =>
        {
            if (!files.TryGetValue(name, out var file))
            {
                files[name] = file = create ? new DiskContent([]) : throw new FileNotFoundException($"There is no file '{name}'.");
            }

            return new Handle(this, name, file);
        });
    }

    public void Rename(string name, string newName)
    {
        Enter(DiskOperation.Rename, name);
        disk.Locked(files =>
        {
            files.Add(newName, files[name]);
            return files.Remove(name);
        });
    }

    public void Delete(string name)
    {
        Enter(DiskOperation.Delete, name);
        disk.Delete(name);
    }

    public byte[]? Read(string name)
    {
        Enter(DiskOperation.ReadAll, name);
        return disk.Locked(files => files.TryGetValue(name, out var file) ? file.Bytes.ToArray() : null);
    }

    public void Replace(string name, byte[] content)
    {
        Enter(DiskOperation.Replace, name);
        disk.Locked(files => files[name] = new DiskContent(content));
    }

    public IDisposable? TryLock(string name)
    {
        Enter(DiskOperation.Lock, name);
        return disk.TryLock(name, this) ? new Held(this, name) : null;
    }

    private void Enter(DiskOperation operation, string name, int count = 0, Action<int>? write = null)
    {
        var call = new DiskCall(this, operation, name, count);
        disk.Begin(call);
        if (!_isDead && (_diesAtReads || !IsRead(operation)) && _callsLeft-- <= 0)
        {
            write?.Invoke((int)(count * _written));
            Kill();
        }

        if (_isDead)
        {
            throw new KilledException();
        }

        disk.Refuse(call);
    }

    private static bool IsRead(DiskOperation operation) => operation is DiskOperation.List or DiskOperation.Length
        or DiskOperation.ReadAll or DiskOperation.FileLength or DiskOperation.Read;

    private sealed class Held(DiskProcess process, string name) : IDisposable
    {
        private bool _isReleased;

        public void Dispose()
        {
            if (!_isReleased)
            {
                _isReleased = true;
                process.Unlock(name);
            }
        }
    }

    private void Unlock(string name)
    {
        disk.Release(name, this);
        disk.Begin(new DiskCall(this, DiskOperation.Unlock, name, 0));
    }

    private sealed class Handle(DiskProcess process, string name, DiskContent content) : IAppendFile
    {
        private volatile bool _isDisposed;

        public long Length
        {
            get
            {
                Enter(DiskOperation.FileLength);
                return process.InDisk(() => content.Bytes.Length);
            }
        }

        public int Read(long position, byte[] buffer, int start, int count)
        {
            Enter(DiskOperation.Read, count);
            return process.InDisk(() =>
            {
                content.Bytes.Position = position;
                return content.Bytes.Read(buffer, start, count);
            });
        }

        public void Append(byte[] bytes, int count)
        {
            Enter(DiskOperation.Append, count, part => process.Append(content, bytes, part));
            process.Append(content, bytes, count);
        }

        public void Flush()
        {
            try
            {
                Enter(DiskOperation.Flush);
            }
            catch (IOException)
            {
                content.IsSpoilt = true;
                throw;
            }

            process.InDisk(content.Flush);
        }

        public void Dispose() => _isDisposed = true;

        private void Enter(DiskOperation operation, int count = 0, Action<int>? write = null)
        {
            Require();
            process.Enter(operation, name, count, write);
            Require();
        }

        // A test's hook may have disposed of it meanwhile.
        private void Require()
        {
#pragma warning disable CA1513 // .NET Framework has no ThrowIf.
            if (_isDisposed)
            {
                throw new ObjectDisposedException(name);
            }
#pragma warning restore CA1513
        }
    }

    private T InDisk<T>(Func<T> action) => disk.Locked(_ => action());

    private void Append(DiskContent content, byte[] bytes, int count) => disk.Append(content, bytes, count);
}
