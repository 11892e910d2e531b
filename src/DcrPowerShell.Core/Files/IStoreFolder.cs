using System;
using System.Collections.Generic;
using System.IO;

namespace DcrPowerShell.Files;

/// <summary>
/// The port to a folder that the processes of one user share. Every call throws <see cref="IOException"/> or
/// <see cref="UnauthorizedAccessException"/> where the disk refuses. New files have rights for the user alone.
/// </summary>
internal interface IStoreFolder
{
    /// <summary>For people.</summary>
    string Path { get; }

    /// <summary>Whether a lock keeps other threads and processes out. False where the platform's file locks are switched off.</summary>
    bool LocksWork { get; }

    /// <summary>Names of the files.</summary>
    IReadOnlyList<string> List();

    /// <summary>How long a file is; null where it is not there.</summary>
    long? Length(string name);

    /// <summary>Opens a file for reading and appending, which others may read, append to, rename and delete meanwhile.</summary>
    /// <exception cref="FileNotFoundException">It is not there, and <paramref name="create"/> is false.</exception>
    IAppendFile Open(string name, bool create);

    /// <summary>Gives a file another name, and has that on the disk before it returns. No file has the new name yet.</summary>
    void Rename(string name, string newName);

    /// <summary>Deletes a file, if it is there.</summary>
    void Delete(string name);

    /// <summary>The whole content of a small file; null where it is not there.</summary>
    byte[]? Read(string name);

    /// <summary>Puts other content in the place of a small file. At every moment one of the two is whole, and on the disk.</summary>
    void Replace(string name, byte[] content);

    /// <summary>Takes a lock on a file of that name, which the system releases when the process ends, however it ends.</summary>
    /// <returns>Null where somebody has it.</returns>
    IDisposable? TryLock(string name);
}

/// <summary>A file that is only appended to.</summary>
internal interface IAppendFile : IDisposable
{
    long Length { get; }

    /// <summary>Reads a part; fewer bytes only at the end.</summary>
    int Read(long position, byte[] buffer, int start, int count);

    /// <summary>Adds to the end. Where it fails, a part may be there.</summary>
    void Append(byte[] bytes, int count);

    /// <summary>Has everything on the disk before it returns.</summary>
    void Flush();
}
