using System;
using System.IO;

namespace DcrPowerShell.Files;

/// <summary>
/// A file that is written beside another and then takes its place at once: nobody sees half of it, and where it fails the other stays.
/// </summary>
internal sealed class FreshFile : IDisposable
{
    private readonly string _path;
    private readonly string _fresh;

    /// <param name="isPrivate">Whether nobody but the user may read it.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public FreshFile(string path, bool isPrivate = false)
    {
        _path = TargetOf(path);
        LocalData.RefuseAmongOwn(_path);

        if (Directory.Exists(_path))
        {
            throw new IOException("it is a folder, so name a file in it");
        }

        var folder = Path.GetDirectoryName(_path)!;
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"there is no folder '{folder}'");
        }

        if (File.Exists(_path) && (File.GetAttributes(_path) & FileAttributes.ReadOnly) != 0)
        {
            throw new UnauthorizedAccessException("it is read-only");
        }

        _fresh = Path.Combine(folder, $".{Path.GetFileName(_path)}.{Guid.NewGuid().ToString("n").Substring(0, 8)}.tmp");
        Stream = isPrivate
            ? UserOnly.OpenAlone(_fresh, FileMode.CreateNew)
            : new FileStream(_fresh, FileMode.CreateNew, FileAccess.Write, FileShare.None);
    }

    public FileStream Stream { get; }

    /// <summary>Puts it in place.</summary>
    /// <param name="replaces">If false, it fails where there is another.</param>
    /// <inheritdoc cref="FreshFile(string, bool)"/>
    public void Commit(bool replaces)
    {
        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        if (replaces)
        {
            InPlace.Put(_fresh, _path);
        }
        else
        {
            File.Move(_fresh, _path);
        }
    }

    /// <summary>Removes what was not put in place.</summary>
    public void Dispose()
    {
        try
        {
            Stream.Dispose();
            File.Delete(_fresh);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // On a full disk even closing fails. The file beside is no inventory of anybody's.
        }
    }

    /// <summary>A link stays a link.</summary>
    private static string TargetOf(string path)
    {
#if NET
        var file = new FileInfo(path);
        return file.LinkTarget is null ? path : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
#else
        return path;
#endif
    }
}
