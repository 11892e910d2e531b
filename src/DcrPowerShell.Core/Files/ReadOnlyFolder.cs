using System;
using System.Collections.Generic;
using System.IO;

namespace DcrPowerShell.Files;

/// <summary>A folder that is there and cannot be written, such as one on a read-only mount: what it has can be read.</summary>
/// <param name="why">Why it cannot be written.</param>
internal sealed class ReadOnlyFolder(IStoreFolder folder, Exception why) : IStoreFolder
{
    public string Path => folder.Path;

    public Exception Why => why;

    /// <summary>False: a folder that cannot be written has no locks, so nobody can tell who else uses it.</summary>
    public bool LocksWork => false;

    public IReadOnlyList<string> List() => folder.List();

    public long? Length(string name) => folder.Length(name);

    public IAppendFile Open(string name, bool create) =>
        create ? throw Refusal() : new ReadOnlyFile(folder.Open(name, create: false), this);

    public void Rename(string name, string newName) => throw Refusal();

    public void Delete(string name)
    {
    }

    public byte[]? Read(string name) => folder.Read(name);

    public void Replace(string name, byte[] content) => throw Refusal();

    /// <summary>Whoever only reads keeps nobody out.</summary>
    public IDisposable TryLock(string name) => new MemoryStream();

    private Exception Refusal() =>
        why is UnauthorizedAccessException ? new UnauthorizedAccessException(why.Message, why) : new IOException(why.Message, why.HResult);

    private sealed class ReadOnlyFile(IAppendFile file, ReadOnlyFolder folder) : IAppendFile
    {
        public long Length => file.Length;

        public int Read(long position, byte[] buffer, int start, int count) => file.Read(position, buffer, start, count);

        public void Append(byte[] bytes, int count) => throw folder.Refusal();

        public void Flush() => throw folder.Refusal();

        public void Dispose() => file.Dispose();
    }
}
