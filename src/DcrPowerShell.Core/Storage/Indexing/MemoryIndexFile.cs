using System;
using System.IO;

namespace DcrPowerShell.Storage.Indexing;

/// <summary>An index that lasts as long as the process, for where none can be written.</summary>
internal sealed class MemoryIndexFile : IIndexFile
{
    private byte[]? _content;

    public IDisposable Lock() => new MemoryStream();

    public Stream? OpenRead() => _content is { } content ? new MemoryStream(content, writable: false) : null;

    public Stream OpenWrite() => new Kept(this);

    public void Replace(Action<Stream> write)
    {
        using var content = new MemoryStream();
        write(content);
        _content = content.ToArray();
    }

    public void Delete() => _content = null;

    private sealed class Kept : MemoryStream
    {
        private readonly MemoryIndexFile _file;

        public Kept(MemoryIndexFile file)
        {
            _file = file;
            var content = file._content ?? [];
            Write(content, 0, content.Length);
            Position = 0;
        }

        protected override void Dispose(bool disposing)
        {
            _file._content = ToArray();
            base.Dispose(disposing);
        }
    }
}
