using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace DcrPowerShell.Audit;

/// <summary>Who acts: the same for all records of a process.</summary>
internal sealed record AuditSource(string Run, string User, string Host);

/// <summary>The audit log of a connection. Any number of processes may write to one file: each line names the one before.</summary>
/// <param name="file">Null where none can be written: then records go to the information stream only.</param>
/// <param name="key">What its lines are sealed with.</param>
internal sealed class AuditLog(AuditSource source, IAuditFile? file, AuditKey key)
{
    private const int TailLength = 16 * 1024;
    private const byte LineFeed = (byte)'\n';

    public string? Path => file?.Path;

    /// <summary>Makes sure that a record could be written now.</summary>
    /// <exception cref="IOException">It could not.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not.</exception>
    public void Check() => file?.Append(static _ => []);

    /// <summary>A record with who acts.</summary>
    /// <summary>This process, in its records.</summary>
    public string Run => source.Run;

    public DcrAuditRecord Complete(DcrAuditRecord record) => record with { Run = source.Run, User = source.User, Host = source.Host };

    /// <summary>Writes a record behind the last one, and gives it with its place in the chain.</summary>
    /// <inheritdoc cref="Check"/>
    public DcrAuditRecord Append(DcrAuditRecord record)
    {
        file?.Append(content =>
        {
            var (previous, isOpen) = End(content);
            var line = AuditLine.Of(record, previous, key);
            record = record with { Key = key.Id, Previous = previous, Hash = line.Hash };
            byte[] separator = isOpen ? [LineFeed] : [];
            return [.. separator, .. line.Utf8, LineFeed];
        });
        return record;
    }

    /// <summary>The lines of a log, one by one, however long it is. A last line without a line feed is given too.</summary>
    /// <exception cref="IOException">It is not there, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static IEnumerable<AuditLine> Read(IAuditFile file)
    {
        const int PartLength = 256 * 1024;
        var line = new MemoryStream();
        byte[] part;
        for (long position = 0; (part = file.Read(position, PartLength)).Length > 0; position += part.Length)
        {
            var start = 0;
            for (int end; (end = Array.IndexOf(part, LineFeed, start)) >= 0; start = end + 1)
            {
                line.Write(part, start, end - start);
                yield return new AuditLine(line.ToArray());
                line.SetLength(0);
            }

            line.Write(part, start, part.Length - start);
        }

        if (line.Length > 0)
        {
            yield return new AuditLine(line.ToArray());
        }
    }

    /// <summary>
    /// The records of a log: of what was begun and has ended, how it ended. Last comes what was begun and has no end. Null for a line that
    /// cannot be read.
    /// </summary>
    /// <inheritdoc cref="Read"/>
    public static IEnumerable<DcrAuditRecord?> Records(IAuditFile file)
    {
        var begun = new Dictionary<string, DcrAuditRecord>();
        foreach (var record in Read(file).Select(static line => line.Read()))
        {
            if (record is { Outcome: DcrAuditOutcome.Begun, Hash: { } hash })
            {
                begun[hash] = record;
                continue;
            }

            if (record?.Intent is { } intent)
            {
                begun.Remove(intent);
            }

            yield return record;
        }

        foreach (var record in begun.Values.OrderBy(static record => record.Time))
        {
            yield return record;
        }
    }

    /// <summary>Follows the chain to its end.</summary>
    /// <param name="keyOf">
    /// The key of an id; null where it is not known. Of a line with such a key only its place in the order is checked.
    /// </param>
    /// <inheritdoc cref="Read"/>
    public static DcrAuditCheck Verify(IAuditFile file, Func<string, byte[]?> keyOf)
    {
        var (number, records, torn, notChecked, previous) = (0L, 0L, 0L, 0L, AuditLine.NoHash);
        var runs = new HashSet<string>();
        var keys = new Dictionary<string, byte[]?>();
        (long Line, string Reason)? broken = null;
        foreach (var line in Read(file))
        {
            number++;
            if (line.Hash is not { } hash)
            {
                torn += line.IsTorn ? 1 : 0;
                broken ??= line.IsTorn ? null : (number, "It is no record.");
                continue;
            }

            records++;
            var record = line.Read();
            var key = KeyOf(record);
            notChecked += key is null ? 1 : 0;
            broken ??=
                key is not null && !line.IsGenuine(key) ? (number, "It was changed after it was written.")
                : string.IsNullOrEmpty(record?.Key) && runs.Count > 0
                    ? (number, "It names no key, and every record is written with one: it was changed or added.")
                : key is null && record is not null && runs.Contains(record.Run)
                    ? (number, "It names another key than its run wrote with: it was changed or added.")
                : record?.Previous != previous
                    ? (
                        number,
                        records == 1
                            ? "It is not the first record that was written: those before it are gone."
                            : "It does not follow the record before it: one was removed, added or moved."
                    )
                : null;
            if (key is not null && record is not null && broken is null)
            {
                runs.Add(record.Run);
            }

            previous = hash;
        }

        return new DcrAuditCheck(file.Path, records, torn, broken?.Line, broken?.Reason, notChecked, records == 0 ? null : previous);

        byte[]? KeyOf(DcrAuditRecord? record) =>
            record?.Key is not { } id ? null : keys.TryGetValue(id, out var known) ? known : keys[id] = keyOf(id);
    }

    /// <summary>
    /// The hash of the last whole line, and whether what comes last lacks its line feed: a process ended in the middle of it.
    /// </summary>
    private static (string Previous, bool IsOpen) End(Stream content)
    {
        for (long length = TailLength; ; length *= 2)
        {
            var start = Math.Max(0, content.Length - length);
            var tail = new byte[content.Length - start];
            content.Position = start;
            for (int read, done = 0; done < tail.Length && (read = content.Read(tail, done, tail.Length - done)) > 0;)
            {
                done += read;
            }

            var last = Backwards(tail).Select(static line => line.Hash).FirstOrDefault(static hash => hash is not null);
            if (last is not null || start == 0)
            {
                return (last ?? AuditLine.NoHash, tail.Length > 0 && tail[tail.Length - 1] != LineFeed);
            }
        }
    }

    /// <summary>The lines of a part from its end; the first of them may lack its beginning, and yet has its hash.</summary>
    private static IEnumerable<AuditLine> Backwards(byte[] part)
    {
        for (var end = part.Length; end > 0;)
        {
            var start = Array.LastIndexOf(part, LineFeed, end - 1) + 1;
            yield return new AuditLine(part.Skip(start).Take(end - start).ToArray());
            end = start - 1;
        }
    }
}
