using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Storage.Indexing;

/// <summary>Compares the index with the vault, and brings into it what it lacks.</summary>
internal static class IndexCheck
{
    private const int PartSize = 100;

    // Others who write all the time cannot hold up a list for ever.
    private const int MostRounds = 10;

    /// <summary>How long contents count in a vault without a stamp: they may be changed on another machine.</summary>
    private static readonly TimeSpan HoldsFor = TimeSpan.FromDays(1);

    /// <summary>
    /// The index, up to date with the vault. Where the vault has a stamp and it is as it was left, the vault is not asked for anything.
    /// Otherwise its names are compared, and what is missing is read from it.
    /// </summary>
    /// <param name="told">Hears how many registrations were read of how many, where they are many.</param>
    /// <exception cref="DcrException">The vault could not be read.</exception>
    public static async Task<IndexView> OpenAsync(RegistrationStore store, string issuer, DateTimeOffset now, Action<int, int> told, CancellationToken stop)
    {
        var prefix = SecretName.PrefixFor(issuer);
        var view = store.Index.Open();
        try
        {
            if (await store.StampAsync().ConfigureAwait(false) is not { } stamp || !view.IsCurrent(prefix, stamp))
            {
                await store.CheckOpenAsync().ConfigureAwait(false);
                var read = new HashSet<string>(StringComparer.Ordinal);
                for (var left = MostRounds; left > 0 && !await CheckAsync(store, issuer, view, read, now, told, stop).ConfigureAwait(false); left--)
                {
                    Reopen();
                }

                Reopen();
            }

            return view;
        }
        catch
        {
            view.Dispose();
            throw;
        }

        void Reopen()
        {
            view.Dispose();
            view = store.Index.Open();
        }
    }

    /// <summary>False where somebody has written to the index meanwhile.</summary>
    /// <param name="read">What was read and added in an earlier round.</param>
    private static async Task<bool> CheckAsync(RegistrationStore store, string issuer, IndexView view, HashSet<string> read, DateTimeOffset now, Action<int, int> told, CancellationToken stop)
    {
        var prefix = SecretName.PrefixFor(issuer);
        var stamp = await store.StampAsync().ConfigureAwait(false);
        var names = await store.ListAsync(issuer).ConfigureAwait(false);
        var readAt = view.ReadAt(prefix) is { } at && (stamp is not null || now - at < HoldsFor) ? at : (DateTimeOffset?)null;
        var isOld = readAt is null && view.ReadAt(prefix) is not null;
        var missing = names.Where(name => !(read.Contains(name) ? view.Has(name) : view.Knows(name) && !isOld)).ToList();
        var lines = view.Names(prefix).Except(names, StringComparer.OrdinalIgnoreCase).Select(static gone => IndexLine.Removed(gone)).ToList();
        var length = (long?)view.Length;
        for (var done = 0; done < missing.Count; done += PartSize)
        {
            if (missing.Count > PartSize)
            {
                told(done, missing.Count);
            }

            var part = missing.Skip(done).Take(PartSize).ToList();
            foreach (var name in part)
            {
                stop.ThrowIfCancellationRequested();
                if (await LineAsync(store, name).ConfigureAwait(false) is { } line)
                {
                    // What is in the vault counts, also where it is older.
                    lines.Add(IndexLine.Removed(name));
                    lines.Add(line);
                }
            }

            length = store.Index.TryAdd(lines, length);
            if (length is null)
            {
                return false;
            }

            read.UnionWith(part);
            lines.Clear();
        }

        if (missing.Count > PartSize)
        {
            told(missing.Count, missing.Count);
        }

        lines.Add(IndexLine.Checked(prefix, stamp, readAt ?? now));
        return store.Index.TryAdd(lines, length) is not null;
    }

    private static async Task<byte[]?> LineAsync(RegistrationStore store, string secretName)
    {
        try
        {
            return await store.LoadAsync(secretName).ConfigureAwait(false) is { } record ? IndexLine.Saved(record, change: null) : null;
        }
        catch (DcrException unreadable) when (unreadable.ErrorId == DcrErrorId.VaultReadFailed)
        {
            // Listing says so where somebody asks for it.
            return IndexLine.ToAsk(secretName);
        }
    }
}
