using System;
using System.IO;

namespace DcrPowerShell.Audit;

/// <summary>The port to the file of an audit log, which several processes may write to.</summary>
internal interface IAuditFile
{
    string Path { get; }

    /// <summary>
    /// Opens the file for this writer alone, waiting for others that are at it, and makes it where there is none. Adds to its end
    /// what <paramref name="addition"/> makes of the content, and has that on the disk before it returns.
    /// </summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    void Append(Func<Stream, byte[]> addition);

    /// <summary>Reads a part, and lets go of the file at once, so that no writer waits for a reader. Empty at the end.</summary>
    /// <exception cref="IOException">It is not there, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    byte[] Read(long position, int count);
}
