using System;
using System.IO;
using System.Linq;
using System.Text;
using DcrPowerShell.Audit;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>The file of an audit log in memory, for any number of writers.</summary>
internal sealed class MemoryAuditFile : IAuditFile
{
    private readonly object _lock = new();
    private byte[] _bytes = [];

    public string Path => "audit.jsonl";

    /// <summary>How many appends go well before the disk is full.</summary>
    public int Room { get; set; } = int.MaxValue;

    public string Text
    {
        get => Encoding.UTF8.GetString(_bytes);
        set => _bytes = Encoding.UTF8.GetBytes(value);
    }

    public string[] Lines => Text.Split(['\n'], StringSplitOptions.RemoveEmptyEntries);

    public static AuditKey Key { get; } = new("ledger-1", [.. Enumerable.Range(1, 32).Select(static number => (byte)number)]);

    /// <summary>The log of a process.</summary>
    /// <param name="key">Null for the usual one.</param>
    public AuditLog Log(string run = "run-1", AuditKey? key = null) => new(new AuditSource(run, "ops", "admin-01"), this, key ?? Key);

    /// <summary>Follows the chain with the usual key.</summary>
    public DcrAuditCheck Verify() => AuditLog.Verify(this, static id => id == Key.Id ? Key.Bytes : null);

    public void Append(Func<Stream, byte[]> addition)
    {
        lock (_lock)
        {
            using var content = new MemoryStream(_bytes, writable: false);
            var bytes = addition(content);
            if (Room-- <= 0)
            {
                throw new IOException("No space left on device.");
            }

            _bytes = [.. _bytes, .. bytes];
        }
    }

    public byte[] Read(long position, int count) => _bytes.Skip((int)position).Take(count).ToArray();
}
