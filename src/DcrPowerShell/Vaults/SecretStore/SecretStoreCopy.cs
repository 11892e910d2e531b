using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Vaults.SecretStore;

/// <summary>
/// SecretStore's copy of its file in the memory of this process. It answers every read from that copy and writes the whole of it
/// at every write. That another process wrote, it notices by a file watcher some five seconds after the last write of all, and
/// not if it wrote itself just before. Until then it would drop the other's secrets at its next write. So the copy is renewed
/// here whenever the file is not as it was last seen, by SecretStore's own internal method, and the watcher has to wait for
/// our writes: it would put an older copy under them, or end the process in SecretStore's helper runspace, which does not bear
/// two callers. (Found in SecretStore 1.0.6, Utils.cs; where another version has no such members, this class does nothing.)
/// </summary>
internal static class SecretStoreCopy
{
    private const string Namespace = "Microsoft.PowerShell.SecretStore.";
    private const string LockCheck = "dcr-lock-check";
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    // Found once: they are asked for at every call, and a process has many assemblies.
    private static Type? _localSecretStore;
    private static Members? _members;
    private static volatile string? _seen;

    /// <summary>
    /// How often the file was found changed otherwise than by a vault call of ours. Writes of the user's own in this process
    /// count too: they cannot be told apart.
    /// </summary>
    public static int ChangesByOthers { get; private set; }

    /// <summary>The file is not as it was last seen.</summary>
    public static bool IsStale => Stamp() is { } stamp && stamp != _seen;

    /// <summary>SecretStore's own class; null before it is loaded.</summary>
    public static Type? StoreType => _localSecretStore ??= FindLocalSecretStore();

    /// <summary>
    /// Makes sure that the store is open, by asking its own class, as its extension does: reading is what needs the password, and
    /// Get-Secret would prompt for it where the store's configuration allows that.
    /// </summary>
    /// <exception cref="Exception">It is not, or it cannot be told.</exception>
    public static void CheckUnlocked(string modulePath)
    {
        var type = Load(modulePath);
        var store = type.GetMethod("GetInstance")!.Invoke(null, [null, null]);
        type.GetMethod("ReadObject")!.Invoke(store, [LockCheck, null, null]);
        if (Find() is { } members)
        {
            Array.ForEach(members.Watching, TakeTurns);
        }
    }

    /// <summary>SecretStore's own class; loads the module if it is not there yet.</summary>
    public static Type Load(string modulePath) => StoreType ?? VaultRunspace.Use(shell =>
    {
        shell.AddCommand("Import-Module").AddParameter("Name", modulePath).Invoke();
        return StoreType!;
    });

    /// <summary>Tells the file's state from any other; null where there is no file, or SecretStore is not loaded.</summary>
    public static string? Stamp() => Find() is { } members ? Stamp(members) : null;

    /// <summary>Renews the copy if the file is not as it was last seen. To be called under the vault's lock.</summary>
    /// <exception cref="VaultException">The file cannot be read; to write now would drop what others wrote to it. Or SecretManagement is busy.</exception>
    /// <exception cref="TargetInvocationException">The store is locked.</exception>
    public static void Renew()
    {
        if (Find() is not { } members)
        {
            return;
        }

        // Others than us take no lock: if they write meanwhile, once more.
        for (var left = 5; left > 0 && Stamp(members) is { } stamp && stamp != _seen; left--)
        {
            // Where there is no copy yet, SecretStore is about to read the file.
            if (members.LocalStore.GetValue(null) is { } store)
            {
                Array.ForEach(members.Watching, TakeTurns);
                var secureStore = members.SecureStore.GetValue(store);
                var before = members.Data.GetValue(secureStore);
                VaultRunspace.WithSecretManagementOccupied(() => members.UpdateDataFromFile.Invoke(secureStore, null));
                if (ReferenceEquals(members.Data.GetValue(secureStore), before))
                {
                    // It does not say why. Reading tells if it is locked.
                    members.LocalStore.FieldType.GetMethod("ReadObject")!.Invoke(store, [LockCheck, null, null]);
                    throw SecretStoreBackup.Unreadable("another process changed its file, and it cannot be read");
                }
            }

            _seen = stamp;
            ChangesByOthers++;
        }
    }

    /// <summary>Writes, under the vault's lock and after <see cref="Renew"/>, and remembers the file as it is then.</summary>
    public static void Write(Action write)
    {
        // After a write that fails, the copy holds what the file does not.
        _seen = null;
        write();
        _seen = Stamp();
    }

    /// <summary>Has the store's handler of what its watcher saw wait for our calls, and them for it.</summary>
    private static void TakeTurns(FieldInfo watching)
    {
        if (watching.GetValue(null) is Delegate { Target: not ITurn } handler)
        {
            var turn = Activator.CreateInstance(typeof(Turn<>).MakeGenericType(watching.FieldType.GetGenericArguments()), handler)!;
            watching.SetValue(null, Delegate.CreateDelegate(watching.FieldType, turn, "Take"));
        }
    }

    private static string? Stamp(Members members)
    {
        var file = new FileInfo(members.Path);
        return file.Exists ? string.Format(CultureInfo.InvariantCulture, "{0} {1}", file.LastWriteTimeUtc.Ticks, file.Length) : null;
    }

    /// <summary>Null before SecretStore is loaded: then it has no copy that could be stale.</summary>
    private static Members? Find()
    {
        if (_members is null && StoreType is { } type)
        {
            var file = type.Assembly.GetType(Namespace + "SecureStoreFile");
            _members = new Members(
                type.GetField("LocalStore", Any),
                type.GetField("_secureStore", Any),
                type.Assembly.GetType(Namespace + "SecureStore")?.GetProperty("Data", Any),
                type.Assembly.GetType(Namespace + "SecureStore")?.GetMethod("UpdateDataFromFile", Any, null, [], null),
                new[] { "DataUpdated", "ConfigUpdated" }.Select(name => file?.GetField(name, Any)).OfType<FieldInfo>().ToArray(),
                file?.GetField("LocalStoreFilePath", Any)?.GetValue(null) as string);
        }

        return _members is { AreThere: true } ? _members : null;
    }

    private static Type? FindLocalSecretStore() =>
        AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetType(Namespace + "LocalSecretStore")).FirstOrDefault(type => type is not null);

    private interface ITurn;

    private sealed class Turn<TArgs>(EventHandler<TArgs> handler) : ITurn
    {
        public void Take(object? sender, TArgs args)
        {
            lock (VaultLock.InProcess)
            {
                // Calls of the user's own may go on: the store's handler fires after every write, and they would fail meanwhile.
                VaultRunspace.Alone(() => handler(sender, args));
            }
        }
    }

    private sealed class Members(FieldInfo? localStore, FieldInfo? secureStore, PropertyInfo? data, MethodInfo? updateDataFromFile, FieldInfo[] watching, string? path)
    {
        public bool AreThere { get; } = localStore is not null && secureStore is not null && data is not null && updateDataFromFile is not null && path is not null;

        /// <summary>What is called when the watcher saw a file change.</summary>
        public FieldInfo[] Watching => watching;

        public FieldInfo LocalStore => localStore!;

        public FieldInfo SecureStore => secureStore!;

        public PropertyInfo Data => data!;

        public MethodInfo UpdateDataFromFile => updateDataFromFile!;

        public string Path => path!;
    }
}
