using System;
using System.Collections.Concurrent;
using System.IO;
using DcrPowerShell.Compat;
using DcrPowerShell.Storage.Indexing;

namespace DcrPowerShell.Hosting;

/// <summary>The index of a vault on disk, one for all processes of this user.</summary>
internal sealed class IndexFile : IIndexFile
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);
    private static readonly ConcurrentDictionary<string, RegistrationIndex> Indexes = new(StringComparer.OrdinalIgnoreCase);

    private readonly string _path;

    private IndexFile(string path) => _path = path;

    /// <summary>The index of a vault; in memory where there is no place for a file.</summary>
    public static RegistrationIndex Of(SecretManagementVault vault) => Of(vault.Key);

    /// <param name="key"><see cref="SecretManagementVault.Key"/>.</param>
    /// <inheritdoc cref="Of(SecretManagementVault)"/>
    public static RegistrationIndex Of(string key) => Indexes.GetOrAdd(key, static key =>
    {
        try
        {
            return new RegistrationIndex(new IndexFile(Path.Combine(LocalData.Folder("index"), Uri.EscapeDataString(key.ToLowerInvariant()) + ".jsonl")));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new RegistrationIndex(new MemoryIndexFile());
        }
    });

    // A file of its own: on Windows a reader of the index would keep it from being opened alone.
    public IDisposable Lock() => UserOnly.WhenFree(() => UserOnly.OpenAlone(_path + ".lock"), LongestWait);

    public Stream? OpenRead() => File.Exists(_path) ? UserOnly.OpenShared(_path, FileMode.Open, FileAccess.Read) : null;

    public Stream OpenWrite() => UserOnly.OpenShared(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite);

    public void Replace(Action<Stream> write)
    {
        var fresh = _path + ".new";
        using (var content = UserOnly.OpenShared(fresh, FileMode.Create, FileAccess.ReadWrite))
        {
            write(content);
        }

        File.Replace(fresh, _path, null);
    }

    public void Delete() => File.Delete(_path);
}
