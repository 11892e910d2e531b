using System;
using System.Collections.Generic;
using System.Threading;
using DcrPowerShell.Files;

namespace DcrPowerShell.Benchmarks;

/// <summary>A folder whose flushes are counted.</summary>
internal sealed class CountingFolder(IStoreFolder folder) : IStoreFolder
{
    private int _flushes;

    public int Flushes => _flushes;

    public string Path => folder.Path;

    public bool LocksWork => folder.LocksWork;

    public IReadOnlyList<string> List() => folder.List();

    public long? Length(string name) => folder.Length(name);

    public IAppendFile Open(string name, bool create) => new CountingFile(this, folder.Open(name, create));

    public void Rename(string name, string newName) => folder.Rename(name, newName);

    public void Delete(string name) => folder.Delete(name);

    public byte[]? Read(string name) => folder.Read(name);

    public void Replace(string name, byte[] content) => folder.Replace(name, content);

    public IDisposable? TryLock(string name) => folder.TryLock(name);

    private sealed class CountingFile(CountingFolder owner, IAppendFile file) : IAppendFile
    {
        public long Length => file.Length;

        public int Read(long position, byte[] buffer, int start, int count) => file.Read(position, buffer, start, count);

        public void Append(byte[] bytes, int count) => file.Append(bytes, count);

        public void Flush()
        {
            Interlocked.Increment(ref owner._flushes);
            file.Flush();
        }

        public void Dispose() => file.Dispose();
    }
}
