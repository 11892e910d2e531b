using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using DcrPowerShell.Audit;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;

namespace DcrPowerShell.Files;

/// <summary>The file of an audit log on disk. A new one is readable by the account's user only.</summary>
internal sealed class AuditFile(string path) : IAuditFile
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private static readonly AuditSource Source = new(
        Guid.NewGuid().ToString("n").Substring(0, 12),
        RuntimeInformation.IsOSPlatform(OSPlatform.Windows)
            ? $"{Environment.UserDomainName}\\{Environment.UserName}"
            : Environment.UserName,
        Environment.MachineName
    );

    private readonly object _gate = new();
    private readonly Queue<Addition> _waiting = new();

    public string Path => path;

    /// <summary>The audit log of a new connection.</summary>
    /// <param name="path">Null for the usual place. Where that cannot be written, it is said, and there is no file.</param>
    public static AuditLog LogAt(string? path, AuditKey key, IReporter reporter)
    {
        if (path is not null)
        {
            return new AuditLog(Source, new AuditFile(path), key);
        }

        var usual = new AuditLog(Source, new AuditFile(LocalData.AuditPath), key);
        try
        {
            LocalData.Create();
            usual.Check();
            return usual;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            reporter.Warning(
                $"There is no audit log: {ErrorWords.Why(failure)}. -AuditPath of Connect-DcrServer gives it another place."
            );
            return new AuditLog(Source, file: null, key);
        }
    }

    public void Append(Func<Stream, byte[]> addition)
    {
        var own = new Addition(addition);
        lock (_waiting)
        {
            _waiting.Enqueue(own);
        }

        // Whoever comes first writes what all have that wait by then, and flushes once.
        lock (_gate)
        {
            if (!own.IsDone)
            {
                List<Addition> all;
                lock (_waiting)
                {
                    all = [.. _waiting];
                    _waiting.Clear();
                }

                AppendAll(all);
            }
        }

        own.Failure?.Throw();
    }

    public byte[] Read(long position, int count)
    {
        using var stream = Open(() => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        stream.Position = position;
        var part = new byte[(int)Math.Max(0, Math.Min(count, stream.Length - position))];
        for (int read, done = 0; done < part.Length; done += read)
        {
            read = stream.Read(part, done, part.Length - done);
            if (read == 0)
            {
                throw new IOException("it was cut off while it was read");
            }
        }

        return part;
    }

    private void AppendAll(List<Addition> all)
    {
        ExceptionDispatchInfo? failure = null;
        try
        {
            using var stream = Open(() => UserOnly.OpenAlone(path));
            var length = stream.Length;
            foreach (var addition in all)
            {
                var bytes = addition.Give(stream);
                stream.Position = stream.Length;
                stream.Write(bytes, 0, bytes.Length);
            }

            if (stream.Length > length)
            {
                stream.Flush(flushToDisk: true);
            }
        }
        catch (Exception thrown)
        {
            failure = ExceptionDispatchInfo.Capture(thrown);
        }

        foreach (var addition in all)
        {
            (addition.IsDone, addition.Failure) = (true, failure);
        }
    }

    /// <summary>Another process has the file open for the time of some lines.</summary>
    private FileStream Open(Func<FileStream> open)
    {
        UserOnly.RequireFile(path);
        return UserOnly.WhenFree(open, LongestWait);
    }

    private sealed class Addition(Func<Stream, byte[]> give)
    {
        public Func<Stream, byte[]> Give => give;

        public bool IsDone { get; set; }

        public ExceptionDispatchInfo? Failure { get; set; }
    }
}
