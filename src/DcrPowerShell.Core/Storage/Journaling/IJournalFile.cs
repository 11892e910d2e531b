using System;
using System.Collections.Generic;

namespace DcrPowerShell.Storage.Journaling;

/// <summary>The port to the folder of journal files: one a process and vault, which that process alone has open.</summary>
internal interface IJournalFolder
{
    /// <summary>Makes a new file, for this process alone, with user-only rights.</summary>
    /// <exception cref="System.IO.IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    IJournalFile Create(string vault);

    /// <summary>Keeps other processes from taking over what is abandoned, and from making the key, until it is disposed of.</summary>
    /// <exception cref="System.IO.IOException">The folder cannot be written, or another process does not let go of it.</exception>
    IDisposable Lock();

    /// <summary>Opens the files of a vault that processes of this machine have left behind: those that no process has open.</summary>
    IReadOnlyList<IJournalFile> OpenAbandoned(string vault);
}

/// <summary>One journal file, open for this process alone until it is disposed of.</summary>
internal interface IJournalFile : IDisposable
{
    /// <summary>For people.</summary>
    string Path { get; }

    byte[] Read();

    /// <summary>Adds to the end, and has it on the disk before it returns. Where it fails, a part may be there.</summary>
    /// <exception cref="System.IO.IOException">The disk is full, say.</exception>
    void Append(byte[] bytes);

    /// <summary>Puts other content in the place of the whole, by a new file: at every moment one of the two is whole. Where it fails, the old one stays.</summary>
    /// <exception cref="System.IO.IOException">The new file cannot be made or written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    void Replace(byte[] bytes);

    /// <summary>Deletes the file, and disposes of this.</summary>
    void Delete();
}
