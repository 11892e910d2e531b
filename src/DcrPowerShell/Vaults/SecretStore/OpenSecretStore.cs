using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Security;
using System.Threading;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Vaults.SecretStore;

/// <summary>
/// SecretStore as this process has it open: a copy of its file in memory. It answers every read from the copy and writes the whole of it at
/// every write. Its file watcher notices another process's write about five seconds late, and not at all if it wrote itself just before:
/// until then its next write would drop the other's secrets. So the copy is renewed here whenever the file has changed, and many secrets
/// are written in one go, because each write costs as much as the whole file.
/// </summary>
internal sealed class OpenSecretStore
{
    private static readonly TimeSpan LongRun = TimeSpan.FromHours(1);

    private readonly VaultRunspace _runspace;
    private readonly SecretStoreBackup _backup;
    private volatile string? _seen;
    private Timer? _told;
    private Type? _type;
    private Lazy<SecretStoreMembers?>? _members;

    /// <param name="canMakeFiles">Whether the module can make files here.</param>
    public OpenSecretStore(VaultRunspace runspace, Func<bool> canMakeFiles)
    {
        _runspace = runspace;
        _backup = new SecretStoreBackup(runspace, canMakeFiles);
    }

    /// <summary>Null before SecretStore is loaded, and for another version.</summary>
    public SecretStoreMembers? Members
    {
        get
        {
            // A process has many assemblies, and this is asked at every call.
            if (_members is null && (_type ??= SecretStoreMembers.LoadedType()) is { } type)
            {
                _members = new Lazy<SecretStoreMembers?>(() => SecretStoreMembers.Of(type));
            }

            return _members?.Value;
        }
    }

    /// <summary>
    /// How often the file was found changed otherwise than by a write of ours. Writes of the user's own in this process count too: they
    /// cannot be told apart.
    /// </summary>
    public int ChangesByOthers { get; private set; }

    /// <summary>Whether the file has changed since it was last read or written here.</summary>
    public bool IsStale => Stamp is { } stamp && stamp != _seen;

    /// <summary>Tells the file's state from any other; null where there is no file, or SecretStore is not loaded.</summary>
    public string? Stamp => Members is { } members && new FileInfo(members.Paths[0]) is { Exists: true } file
        ? string.Format(CultureInfo.InvariantCulture, "{0} {1}", file.LastWriteTimeUtc.Ticks, file.Length)
        : null;

    /// <summary>Loads SecretStore's module, if it is not loaded yet.</summary>
    public SecretStoreMembers? Load(string modulePath)
    {
        if (Members is null && _type is null)
        {
            _runspace.Use(shell => shell.AddCommand("Import-Module").AddParameter("Name", modulePath).Invoke());
        }

        return Members;
    }

    /// <summary>
    /// Makes sure that the store is open, by asking its own class: reading is what needs the password, and Get-Secret would prompt for it
    /// where the store's configuration allows that.
    /// </summary>
    /// <returns>What a person should know, once after each unlocking; null for nothing.</returns>
    /// <exception cref="VaultException">It is locked or cannot be read.</exception>
    public string? CheckUnlocked(SecretStoreMembers members)
    {
        try
        {
            var store = members.Open();
            if (members.Timeout(store) == TimeSpan.Zero)
            {
                throw new VaultException("its PasswordTimeout is 0, so that it locks itself after each call")
                {
                    NextStep = "Give it a longer one: Set-SecretStoreConfiguration -PasswordTimeout 3600. Then unlock it.",
                };
            }

            members.UsePassword(store)?.Dispose();
            members.HaveWatchedHandled(TakeTurn);
            return WhatToTell(members, store);
        }
        catch (TargetInvocationException failure)
        {
            throw Refusal(members, failure);
        }
    }

    /// <summary>Renews the copy in memory if the file has changed. To be called under the vault's lock.</summary>
    /// <exception cref="VaultException">
    /// The file cannot be read: to write now would drop what others wrote to it. Or SecretManagement is busy.
    /// </exception>
    public void Renew(SecretStoreMembers members)
    {
        // Others than us take no lock: if they write meanwhile, once more.
        for (var left = 5; left > 0 && Stamp is { } stamp && stamp != _seen; left--)
        {
            // Where there is no copy yet, SecretStore is about to read the file.
            if (members.OpenStore is { } store)
            {
                members.HaveWatchedHandled(TakeTurn);
                var before = members.Data(store);
                _runspace.WithSecretManagementOccupied(() => members.UpdateFromFile(store));
                if (ReferenceEquals(members.Data(store), before))
                {
                    throw WhyNotRead(members, store);
                }
            }

            _seen = stamp;
            ChangesByOthers++;
        }
    }

    /// <summary>
    /// Writes and removes secrets in one go, under the vault's lock: the file is read back and must be what was written, and then each
    /// secret out of it.
    /// </summary>
    /// <param name="writes">Names and texts, each name once; null for a removal.</param>
    /// <exception cref="VaultException">Locked, or not kept: then the file is as it was before.</exception>
    public void Write(SecretStoreMembers members, IReadOnlyDictionary<string, string?> writes)
    {
        try
        {
            Renew(members);
            var store = members.Open();
            _backup.Keep(members, store, Stamp);
            using var password = members.UsePassword(store);
            _runspace.WithSecretManagementOccupied(() => WriteFile(members, store, password, writes));
            if (writes.Any(write => members.Read(write.Key) != write.Value))
            {
                throw new VaultException("it reported success, and reading back gave something else");
            }

            _backup.Keep(members, store, Stamp);
        }
        catch (Exception failure) when (failure is TargetInvocationException or IOException or UnauthorizedAccessException)
        {
            throw Refusal(members, failure);
        }
    }

    /// <summary>Puts the copy in the place of files that SecretStore cannot read, which stay beside them under another name.</summary>
    /// <param name="modulePath">The module SecretStore.</param>
    /// <param name="password">The store's; null where it has none.</param>
    /// <returns>What was done, in whole sentences.</returns>
    /// <exception cref="DcrException">VaultWriteFailed: nothing was restored, and why.</exception>
    public string Restore(string modulePath, SecureString? password) => _backup.Restore(Load(modulePath), password);

    private void WriteFile(
        SecretStoreMembers members,
        object store,
        SecureString? password,
        IReadOnlyDictionary<string, string?> writes
    )
    {
        var changed = members.Changed(members.Data(store), password, writes);

        // Until it is proved, what is in memory may not be what is in the file.
        _seen = null;
        var why = members.Write(changed, password);
        if (why is null && members.HasWritten(changed, password))
        {
            members.SetData(store, changed);
            _seen = Stamp;
            return;
        }

        // Its write is in place: what failed midway has torn the file.
        _backup.RestoreIfTorn(members, password);
        throw new VaultException(why is null ? "its file is not as it was written" : Redaction.Printable(why).TrimEnd('.'));
    }

    private string? WhatToTell(SecretStoreMembers members, object store)
    {
        if (members.LockTimer(store) is not { } timer || Interlocked.Exchange(ref _told, timer) == timer)
        {
            return null;
        }

        var left = SecretStoreMembers.TimeLeft(timer) ?? members.Timeout(store);
        return left < LongRun
            ? $"SecretStore locks itself in {Duration.Say(left.Value)}, whatever is under way then. Before a longer run: "
                + "Set-SecretStoreConfiguration -PasswordTimeout with more seconds, then Unlock-SecretStore."
            : null;
    }

    private static VaultException WhyNotRead(SecretStoreMembers members, object store)
    {
        try
        {
            using var password = members.UsePassword(store);
            return members.WhyUnreadable(password) is { } why
                ? SecretStoreBackup.Unreadable(why)
                : new VaultException("its files were being written while they were read");
        }
        catch (TargetInvocationException failure)
        {
            return Refusal(members, failure);
        }
    }

    private static VaultException Refusal(SecretStoreMembers members, Exception failure)
    {
        var said = VaultFailure.Of(failure, written: null);
        return
            !said.IsLocked
            && (members.OpenStore is null || !File.Exists(members.Paths[0]))
            && members.WhyUnreadable(password: null) is { } why
            ? SecretStoreBackup.Unreadable(why)
            : said;
    }

    /// <summary>
    /// SecretStore's handler of what its watcher saw waits for our calls, and they for it: its helper runspace does not bear two callers.
    /// Calls of the user's own may go on: the handler fires after every write, and they would fail meanwhile.
    /// </summary>
    private void TakeTurn(Action handler)
    {
        lock (_runspace.Line)
        {
            _runspace.Alone(handler);
        }
    }
}
