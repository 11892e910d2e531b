using System;
using System.Collections.Generic;
using System.IO;

namespace DcrPowerShell.Storage.Journaling;

/// <summary>The journals of a process, one for each vault, over the folder where all processes have theirs.</summary>
internal sealed class JournalSet(IJournalFolder folder) : IDisposable
{
    private readonly Dictionary<string, Journal> _journals = new(StringComparer.OrdinalIgnoreCase);

    public IJournalFolder Folder => folder;

    /// <summary>The vault's journal, if this process has begun one.</summary>
    public Journal? Find(string vault)
    {
        lock (_journals)
        {
            return _journals.TryGetValue(vault, out var journal) ? journal : null;
        }
    }

    /// <summary>The vault's journal; begins it where there is none.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public Journal Begin(string vault, byte[] key)
    {
        lock (_journals)
        {
            return _journals.TryGetValue(vault, out var journal) ? journal : _journals[vault] = Journal.Begin(folder.Create(vault), key);
        }
    }

    public void Dispose()
    {
        lock (_journals)
        {
            foreach (var journal in _journals.Values)
            {
                try
                {
                    journal.Dispose();
                }
                catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
                {
                    // The process ends, and nobody is left to be told: a file that somebody else removed, say.
                }
            }

            _journals.Clear();
        }
    }
}
