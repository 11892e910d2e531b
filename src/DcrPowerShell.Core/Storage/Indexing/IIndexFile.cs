using System;
using System.IO;

namespace DcrPowerShell.Storage.Indexing;

/// <summary>The port to the file of a vault's index. All processes of the user have the same one; what is written is written under the lock.</summary>
internal interface IIndexFile
{
    /// <summary>Keeps others from writing until it is disposed of.</summary>
    /// <exception cref="IOException">Another process does not let go of it, or there is no place for it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    IDisposable Lock();

    /// <summary>Opens it for reading, while others may add to it; null where there is none.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    Stream? OpenRead();

    /// <summary>Opens it for reading and writing; a new one has user-only rights.</summary>
    /// <inheritdoc cref="OpenRead"/>
    Stream OpenWrite();

    /// <summary>Puts other content in the place of the whole. Who is reading the old one may go on.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    void Replace(Action<Stream> write);

    /// <summary>Deletes it, if it is there.</summary>
    /// <exception cref="IOException">It cannot be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be deleted.</exception>
    void Delete();
}
