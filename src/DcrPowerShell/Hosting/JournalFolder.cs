using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using DcrPowerShell.Compat;
using DcrPowerShell.Storage.Journaling;

namespace DcrPowerShell.Hosting;

/// <summary>
/// Journal files on disk: <c>host-vault-id.dcrj</c>. A file's process has it open for itself alone; one that can be opened belongs to
/// a process that has ended. A home folder may be shared by several machines, where that does not hold: each looks at its own.
/// </summary>
internal sealed class JournalFolder : IJournalFolder
{
    private const string Extension = ".dcrj";
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private static string Folder => LocalData.Folder("journal");

    public IJournalFile Create(string vault) => new JournalFile(NewName(Path.Combine(Folder, Prefix(vault))), FileMode.CreateNew);

    public IDisposable Lock()
    {
        var file = Path.Combine(Folder, "lock");
        return UserOnly.WhenFree(() => UserOnly.OpenAlone(file), LongestWait);
    }

    public IReadOnlyList<IJournalFile> OpenAbandoned(string vault) => Directory.GetFiles(Folder, Prefix(vault) + "*" + Extension)
        .OrderBy(File.GetCreationTimeUtc)
        .Select(TryOpen)
        .OfType<IJournalFile>()
        .ToList();

    private static JournalFile? TryOpen(string file)
    {
        try
        {
            return new JournalFile(file, FileMode.Open);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Its process lives, or was another account's.
            return null;
        }
    }

    private static string NewName(string prefix) => $"{prefix}{Guid.NewGuid():n}{Extension}";

    private static string Prefix(string vault)
    {
        using var sha = SHA256.Create();
        var hash = BitConverter.ToString(sha.ComputeHash(Encoding.UTF8.GetBytes(Environment.MachineName + "\n" + vault.ToUpperInvariant())), 0, 6);
        return hash.Replace("-", "") + "-";
    }

    private sealed class JournalFile(string file, FileMode mode) : IJournalFile
    {
        private string _path = file;
        private FileStream _stream = UserOnly.OpenAlone(file, mode);

        public string Path => _path;

        public byte[] Read()
        {
            _stream.Position = 0;
            using var copy = new MemoryStream();
            _stream.CopyTo(copy);
            return copy.ToArray();
        }

        public void Append(byte[] bytes)
        {
            _stream.Position = _stream.Length;
            _stream.Write(bytes, 0, bytes.Length);
            _stream.Flush(flushToDisk: true);
        }

        public void Replace(byte[] bytes)
        {
            var fresh = NewName(_path.Substring(0, _path.LastIndexOf('-') + 1));
            var stream = UserOnly.OpenAlone(fresh, FileMode.CreateNew);
            try
            {
                stream.Write(bytes, 0, bytes.Length);
                stream.Flush(flushToDisk: true);
            }
            catch
            {
                stream.Dispose();
                File.Delete(fresh);
                throw;
            }

            var (formerPath, formerStream) = (_path, _stream);
            (_path, _stream) = (fresh, stream);
            formerStream.Dispose();
            try
            {
                File.Delete(formerPath);
            }
            catch (IOException)
            {
                // Whoever opened it in this moment finds in it what is still open, and restoring that twice does no harm.
            }
        }

        public void Delete()
        {
            _stream.Dispose();
            File.Delete(_path);
        }

        public void Dispose() => _stream.Dispose();
    }
}
