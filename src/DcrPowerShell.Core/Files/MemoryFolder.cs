using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace DcrPowerShell.Files;

/// <summary>A folder that lasts as long as the process, for where none can be written.</summary>
/// <param name="why">Why no file can be written.</param>
internal sealed class MemoryFolder(string why = "") : IStoreFolder
{
    private readonly object _gate = new();
    private readonly Dictionary<string, MemoryFile> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _locked = new(StringComparer.Ordinal);

    public string Path => "memory";

    public string Why => why;

    public bool LocksWork => true;

    public IReadOnlyList<string> List()
    {
        lock (_gate)
        {
            return _files.Keys.ToList();
        }
    }

    public long? Length(string name)
    {
        lock (_gate)
        {
            return _files.TryGetValue(name, out var file) ? file.Length : null;
        }
    }

    public IAppendFile Open(string name, bool create)
    {
        lock (_gate)
        {
            if (!_files.TryGetValue(name, out var file))
            {
                _files[name] = file = create ? new MemoryFile() : throw new FileNotFoundException($"There is no file '{name}'.");
            }

            return file;
        }
    }

    public void Rename(string name, string newName)
    {
        lock (_gate)
        {
            _files[newName] = _files[name];
            _files.Remove(name);
        }
    }

    public void Delete(string name)
    {
        lock (_gate)
        {
            _files.Remove(name);
        }
    }

    public byte[]? Read(string name)
    {
        lock (_gate)
        {
            return _files.TryGetValue(name, out var file) ? file.ToArray() : null;
        }
    }

    public void Replace(string name, byte[] content)
    {
        var file = new MemoryFile();
        file.Append(content, content.Length);
        lock (_gate)
        {
            _files[name] = file;
        }
    }

    public IDisposable? TryLock(string name)
    {
        lock (_gate)
        {
            return _locked.Add(name) ? new Held(this, name) : null;
        }
    }

    private sealed class Held(MemoryFolder folder, string name) : IDisposable
    {
        public void Dispose()
        {
            lock (folder._gate)
            {
                folder._locked.Remove(name);
            }
        }
    }

    private sealed class MemoryFile : IAppendFile
    {
        private readonly MemoryStream _content = new();

        public long Length
        {
            get
            {
                lock (_content)
                {
                    return _content.Length;
                }
            }
        }

        public int Read(long position, byte[] buffer, int start, int count)
        {
            lock (_content)
            {
                _content.Position = position;
                return _content.Read(buffer, start, count);
            }
        }

        public void Append(byte[] bytes, int count)
        {
            lock (_content)
            {
                _content.Position = _content.Length;
                _content.Write(bytes, 0, count);
            }
        }

        public void Flush()
        {
        }

        public byte[] ToArray()
        {
            lock (_content)
            {
                return _content.ToArray();
            }
        }

        public void Dispose()
        {
        }
    }
}
