using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using DcrPowerShell.Storage.Journaling;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>A folder of journal files in memory, which disks fill up in and processes die over.</summary>
internal sealed class MemoryJournalFolder : IJournalFolder
{
    /// <summary>In order of making.</summary>
    public List<MemoryJournalFile> Files { get; } = [];

    /// <summary>Thrown when a file is to be made or the folder locked; null for none.</summary>
    public Exception? Refusal { get; set; }

    /// <summary>Every process that has a file open dies: what it wrote stays, and nobody has it open any more.</summary>
    public void KillProcesses() => Files.ForEach(static file => file.IsOpen = false);

    /// <summary>The only file.</summary>
    public MemoryJournalFile File => Files.Single();

    public IJournalFile Create(string vault)
    {
        Refuse();
        var file = new MemoryJournalFile(this, vault);
        Files.Add(file);
        return file;
    }

    public IDisposable Lock()
    {
        Refuse();
        return new MemoryStream();
    }

    public IReadOnlyList<IJournalFile> OpenAbandoned(string vault)
    {
        var abandoned = Files.Where(file => file.Vault == vault && !file.IsOpen).ToList();
        abandoned.ForEach(static file => file.IsOpen = true);
        return abandoned;
    }

    private void Refuse()
    {
        if (Refusal is not null)
        {
            throw Refusal;
        }
    }
}

/// <summary>One file of a <see cref="MemoryJournalFolder"/>.</summary>
internal sealed class MemoryJournalFile(MemoryJournalFolder folder, string vault) : IJournalFile
{
    public string Vault => vault;

    public string Path => "memory.dcrj";

    public byte[] Bytes { get; set; } = [];

    public bool IsOpen { get; set; } = true;

    /// <summary>How many bytes the disk has room for.</summary>
    public int Room { get; set; } = int.MaxValue;

    /// <summary>Everything is written, and then the disk does not confirm it.</summary>
    public bool FailsToFlush { get; set; }

    /// <summary>How often the whole was replaced.</summary>
    public int Replacements { get; private set; }

    public byte[] Read() => Bytes;

    public void Append(byte[] bytes)
    {
        var fits = Math.Min(bytes.Length, Room - Bytes.Length);
        Bytes = [.. Bytes, .. bytes.Take(fits)];
        if (fits < bytes.Length || FailsToFlush)
        {
            throw new IOException("No space left on device.");
        }
    }

    public void Replace(byte[] bytes)
    {
        if (bytes.Length > Room)
        {
            throw new IOException("No space left on device.");
        }

        (Bytes, Replacements) = (bytes, Replacements + 1);
    }

    public void Delete()
    {
        if (folder.Refusal is { } refusal)
        {
            throw refusal;
        }

        folder.Files.Remove(this);
        IsOpen = false;
    }

    public void Dispose() => IsOpen = false;
}
