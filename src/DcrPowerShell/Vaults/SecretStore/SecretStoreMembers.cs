using System;
using System.Collections;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.IO;
using System.Linq;
using System.Management.Automation.Runspaces;
using System.Reflection;
using System.Security;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using DcrPowerShell.Compat;
using DcrPowerShell.Files;

namespace DcrPowerShell.Vaults.SecretStore;

/// <summary>
/// Members of SecretStore, and one of SecretManagement, that are not public: all reflection is here. SecretStore's are those of SecretStore
/// 1.0.6 (Utils.cs); a version that lacks one is a vault like any other.
/// </summary>
internal sealed class SecretStoreMembers
{
    private const string Namespace = VaultLock.SecretStore + ".";
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
    private const int HashSize = 32;

    private static readonly TimeSpan LongestTaken = TimeSpan.FromSeconds(3);

    private static readonly string[] PathFields = ["LocalStoreFilePath", "LocalKeyFilePath", "LocalConfigFilePath"];

    private readonly FieldInfo _localStore;
    private readonly FieldInfo _secureStore;
    private readonly FieldInfo _tag;
    private readonly MethodInfo _getInstance;
    private readonly MethodInfo _readObject;
    private readonly MethodInfo _unlock;
    private readonly MethodInfo _reset;
    private readonly FieldInfo _storeData;
    private readonly PropertyInfo _config;
    private readonly PropertyInfo _usePassword;
    private readonly FieldInfo _password;
    private readonly FieldInfo _timer;
    private readonly MethodInfo _updateFromFile;
    private readonly PropertyInfo _timeout;
    private readonly PropertyInfo _needsPassword;
    private readonly ConstructorInfo _newData;
    private readonly PropertyInfo _key;
    private readonly PropertyInfo _blob;
    private readonly PropertyInfo _metadata;
    private readonly ConstructorInfo _newEntry;
    private readonly ConstructorInfo _copyEntry;
    private readonly PropertyInfo _offset;
    private readonly PropertyInfo _size;
    private readonly MethodInfo _writeFile;
    private readonly MethodInfo _readFile;
    private readonly MethodInfo _readConfig;
    private readonly MethodInfo _derive;
    private readonly PropertyInfo _aesKey;
    private readonly PropertyInfo _aesIv;
    private readonly MethodInfo _validate;
    private readonly MethodInfo _bytesOf;
    private readonly FieldInfo[] _watching;

    /// <exception cref="MissingMemberException">Another version.</exception>
    private SecretStoreMembers(Type type)
    {
        var assembly = type.Assembly;
        var (store, data, entry) = (Class("SecureStore"), Class("SecureStoreData"), Class("SecureStoreMetadata"));
        var (config, file, crypto, key) = (Class("SecureStoreConfig"), Class("SecureStoreFile"), Class("CryptoUtils"), Class("AesKey"));
        var (text, error) = (typeof(SecureString), typeof(string).MakeByRefType());
        _localStore = Field(type, "LocalStore");
        _secureStore = Field(type, "_secureStore");
        _tag = Field(type, "DefaultTag");
        _getInstance = Needed(type.GetMethod("GetInstance", Any));
        _readObject = Method(type, "ReadObject", typeof(string), typeof(object).MakeByRefType(), error);
        _unlock = Method(type, "UnlockVault", text, error);
        _reset = Method(type, "Reset");
        _storeData = Field(store, "_data");
        _config = Property(store, "ConfigData");
        _usePassword = Property(store, "Password");
        _password = Field(store, "_password");
        _timer = Field(store, "_passwordTimer");
        _updateFromFile = Method(store, "UpdateDataFromFile");
        _timeout = Property(config, "PasswordTimeout");
        _needsPassword = Property(config, "PasswordRequired");
        _newData = Constructor(data);
        _key = Property(data, "Key");
        _blob = Property(data, "Blob");
        _metadata = Property(data, "MetaData");
        _newEntry = Constructor(
            entry,
            typeof(string),
            typeof(string),
            typeof(int),
            typeof(int),
            typeof(ReadOnlyDictionary<string, object>),
            typeof(ReadOnlyDictionary<string, object>)
        );
        _copyEntry = Constructor(entry, entry);
        _offset = Property(entry, "Offset");
        _size = Property(entry, "Size");
        _writeFile = Method(file, "WriteFile", text, data, error);
        _readFile = Method(file, "ReadFile", text, data.MakeByRefType(), error);
        _readConfig = Method(file, "ReadConfigFile", config.MakeByRefType(), error);
        _derive = Method(crypto, "DeriveKeyFromKeyAndPasswordOrUser", text, key, typeof(bool));
        _aesKey = Property(key, "Key");
        _aesIv = Property(key, "IV");
        _validate = Method(crypto, "ValidateHashWithPasswordOrUser", text, typeof(byte[]), typeof(byte[]));
        _bytesOf = Method(Class("Utils"), "GetDataFromSecureString", text, typeof(byte[]).MakeByRefType());
        _watching = [Field(file, "DataUpdated"), Field(file, "ConfigUpdated")];
        Paths = PathFields.Select(name => Needed(Field(file, name).GetValue(null) as string)).ToArray();

        Type Class(string name) => Needed(assembly.GetType(Namespace + name));
    }

    /// <summary>The class with the vault's code; null where SecretStore is not loaded.</summary>
    public static Type? LoadedType() =>
        AppDomain
            .CurrentDomain.GetAssemblies()
            .Select(static assembly => assembly.GetType(Namespace + "LocalSecretStore"))
            .FirstOrDefault(static type => type is not null);

    /// <summary>The members of a class that <see cref="LoadedType"/> gave; null for those of another version.</summary>
    public static SecretStoreMembers? Of(Type type)
    {
        try
        {
            return new SecretStoreMembers(type);
        }
        catch (MissingMemberException)
        {
            return null;
        }
    }

    /// <summary>SecretManagement's single runspace, in which it calls every vault; null where it has none yet.</summary>
    public static Runspace? RunspaceOfSecretManagement(Assembly? loaded) =>
        loaded?.GetType(VaultRunspace.SecretManagement + ".PowerShellInvoker")?.GetField("_runspace", Any)?.GetValue(null) as Runspace;

    /// <summary>The paths of the store itself, its key and its configuration.</summary>
    public string[] Paths { get; }

    /// <summary>The store in this process's memory; null where it is not open.</summary>
    public object? OpenStore => _localStore.GetValue(null) is { } local ? _secureStore.GetValue(local) : null;

    /// <summary>Has what SecretStore's watcher saw handled in turns of ours, unless it is already.</summary>
    /// <param name="turn">Calls SecretStore's own handler.</param>
    public void HaveWatchedHandled(Action<Action> turn)
    {
        foreach (var field in _watching)
        {
            if (field.GetValue(null) is Delegate { Target: not ITurn } handler)
            {
                var type = typeof(Turn<>).MakeGenericType(field.FieldType.GetGenericArguments());
                var target = Activator.CreateInstance(type, handler, turn)!;
                field.SetValue(null, Delegate.CreateDelegate(field.FieldType, target, "Take"));
            }
        }
    }

    /// <summary>Opens the store, if it is not open.</summary>
    /// <exception cref="TargetInvocationException">It is locked or cannot be read.</exception>
    /// <exception cref="VaultException">Another thread is resetting it.</exception>
    public object Open() => _secureStore.GetValue(_getInstance.Invoke(null, [null, null]))
        ?? throw new VaultException("it is being reset");

    /// <summary>A secret's text out of the copy in memory; null where there is none of that name, or no text.</summary>
    /// <exception cref="TargetInvocationException">The store is locked.</exception>
    public string? Read(string name)
    {
        object?[] arguments = [name, null, null];
        return (bool)_readObject.Invoke(_getInstance.Invoke(null, [null, null]), arguments)! ? arguments[1] switch
        {
            SecureString secure => SecureText.Reveal(secure),
            string text => text,
            _ => null,
        }
        : null;
    }

    /// <exception cref="TargetInvocationException">The password is wrong.</exception>
    public void Unlock(SecureString? password)
    {
        if (password is not null)
        {
            _unlock.Invoke(null, [password, null]);
        }
    }

    /// <summary>Makes SecretStore read its files again at the next call.</summary>
    public void Reset() => _reset.Invoke(null, null);

    /// <summary>Renews the copy in memory. It does not say whether it could.</summary>
    public void UpdateFromFile(object store) => _updateFromFile.Invoke(store, null);

    /// <summary>What is in memory.</summary>
    public object Data(object store) => _storeData.GetValue(store)!;

    public void SetData(object store, object data) => _storeData.SetValue(store, data);

    /// <summary>Whether any secret's name begins so.</summary>
    public bool HasAny(object data, string prefix) =>
        Entries(data).Keys.Cast<string>().Any(name => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary>A copy of the password as SecretStore itself uses it; null where the store has none.</summary>
    /// <exception cref="TargetInvocationException">The store is locked.</exception>
    public SecureString? UsePassword(object store) => (SecureString?)_usePassword.GetValue(store);

    /// <summary>The password, if the store is unlocked.</summary>
    public SecureString? PasswordOf(object store) => (SecureString?)_password.GetValue(store);

    /// <summary>How long the store stays unlocked without its password being given again; null for ever.</summary>
    public TimeSpan? Timeout(object store) =>
        _config.GetValue(store) is { } config
        && (bool)_needsPassword.GetValue(config)!
        && (int)_timeout.GetValue(config)! is >= 0 and var seconds
            ? TimeSpan.FromSeconds(seconds)
            : null;

    /// <summary>What will lock the store: another timer after each unlocking. Null where nothing will.</summary>
    public Timer? LockTimer(object store) => (Timer?)_timer.GetValue(store);

    /// <summary>How long until a timer fires. Null where this .NET does not tell.</summary>
    public static TimeSpan? TimeLeft(Timer timer)
    {
#if NET
        return Inner(Inner(timer)) is { } inner && Value(inner, "_startTicks") is long start && Value(inner, "_dueTime") is uint due
            ? TimeSpan.FromMilliseconds(start + due - Environment.TickCount64)
            : null;

        static object? Inner(object? outer) => outer is null ? null : Value(outer, "_timer");

        static object? Value(object from, string field) => from.GetType().GetField(field, Any)?.GetValue(from);
#else
        return null;
#endif
    }

    /// <summary>The data with secrets written and removed; what is in memory stays as it is.</summary>
    /// <param name="writes">Names and texts, each name once; null for a removal.</param>
    public object Changed(object data, SecureString? password, IReadOnlyCollection<KeyValuePair<string, string?>> writes)
    {
        var old = (byte[])_blob.GetValue(data)!;
        var entries = Entries(data);
        var comparer = (IEqualityComparer<string>)entries.GetType().GetProperty("Comparer")!.GetValue(entries)!;
        var fresh = (IDictionary)Activator.CreateInstance(entries.GetType(), comparer)!;
        var replaced = new HashSet<string>(writes.Select(static write => write.Key), comparer);
        using var blob = new MemoryStream(old.Length);
        foreach (DictionaryEntry entry in entries)
        {
            if (!replaced.Contains((string)entry.Key))
            {
                var kept = _copyEntry.Invoke([entry.Value]);
                _offset.SetValue(kept, (int)blob.Position);
                blob.Write(old, (int)_offset.GetValue(entry.Value)!, (int)_size.GetValue(entry.Value)!);
                fresh.Add(entry.Key, kept);
            }
        }

        // Once for all: deriving the key takes as long as all the rest.
        var key = _derive.Invoke(null, [password, _key.GetValue(data), false]);
        using var aes = Aes.Create();
        var tag = new ReadOnlyDictionary<string, object>((Dictionary<string, object>)_tag.GetValue(null)!);
        foreach (var write in writes)
        {
            if (write.Value is not null)
            {
                var (plain, type) = BytesOf(write.Value);

                // One that was used goes on under Wine where it stopped, instead of beginning with the vector again.
                using var encryption = aes.CreateEncryptor((byte[])_aesKey.GetValue(key)!, (byte[])_aesIv.GetValue(key)!);
                var content = encryption.TransformFinalBlock(plain, 0, plain.Length);
                Array.Clear(plain, 0, plain.Length);
                fresh.Add(
                    write.Key,
                    _newEntry.Invoke([
                        write.Key,
                        type,
                        (int)blob.Position,
                        content.Length,
                        tag,
                        new ReadOnlyDictionary<string, object>(new Dictionary<string, object>()),
                    ])
                );
                blob.Write(content, 0, content.Length);
            }
        }

        var changed = _newData.Invoke(null);
        _key.SetValue(changed, _key.GetValue(data));
        _blob.SetValue(changed, blob.ToArray());
        _metadata.SetValue(changed, fresh);
        return changed;
    }

    /// <summary>A secret as SecretStore writes it, and its name for what that is.</summary>
    private (byte[] Plain, string Type) BytesOf(string text)
    {
        if (SecureText.ForVault(text) is not SecureString secure)
        {
            return (Encoding.UTF8.GetBytes(text), "StringType");
        }

        object?[] arguments = [secure, null];
        _bytesOf.Invoke(null, arguments);
        return ((byte[])arguments[1]!, "SecureStringType");
    }

    /// <summary>Writes the file in place.</summary>
    /// <returns>Why that failed; null where all is well.</returns>
    public string? Write(object data, SecureString? password)
    {
        object?[] arguments = [password, data, null];
        return (bool)_writeFile.Invoke(null, arguments)! ? null : (string?)arguments[2];
    }

    /// <summary>The content of one of the three files. Others write it without our lock, and nobody can read it while they do.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] Bytes(string path) => UserOnly.WhenFree(() => File.ReadAllBytes(path), LongestTaken);

    /// <summary>Whether the store's file is what <see cref="Write"/> made of the data.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public bool HasWritten(object data, SecureString? password)
    {
        var file = Bytes(Paths[0]);
        var blob = (byte[])_blob.GetValue(data)!;
        return file.Length > blob.Length && IsWhole(file, password) && file.AsSpan(file.Length - blob.Length).SequenceEqual(blob);
    }

    /// <summary>SecretStore's own check of its file: the length of a hash, the hash, and what it is of.</summary>
    public bool IsWhole(byte[] file, SecureString? password)
    {
        const int Start = sizeof(int) + HashSize;
        return file.Length > Start && BitConverter.ToInt32(file, 0) == HashSize
            && (bool)_validate.Invoke(null, [password, file.AsSpan(sizeof(int), HashSize).ToArray(), file.AsSpan(Start).ToArray()])!;
    }

    /// <summary>Why the three files on the disk cannot be read, in half a sentence; null where they can.</summary>
    /// <param name="password">The store's; null where it has none.</param>
    public string? WhyUnreadable(SecureString? password)
    {
        if (Paths.FirstOrDefault(path => new FileInfo(path) is not { Exists: true, Length: > 0 }) is { } lost)
        {
            return $"its file '{lost}' is {(File.Exists(lost) ? "empty" : "missing")}";
        }

        try
        {
            return !(bool)_readConfig.Invoke(null, [null, null])! ? $"its file '{Paths[2]}' cannot be read"
                : !(bool)_readFile.Invoke(null, [password, null, null])!
                    ? $"its file '{Paths[0]}' fails its integrity check, as it does when a process was killed while writing it"
                : null;
        }
        catch (TargetInvocationException)
        {
            return "its key or its configuration cannot be decrypted";
        }
    }

    private IDictionary Entries(object data) => (IDictionary)_metadata.GetValue(data)!;

    private static FieldInfo Field(Type type, string name) => Needed(type.GetField(name, Any));

    private static PropertyInfo Property(Type type, string name) => Needed(type.GetProperty(name, Any));

    private static MethodInfo Method(Type type, string name, params Type[] parameters) =>
        Needed(type.GetMethod(name, Any, null, parameters, null));

    private static ConstructorInfo Constructor(Type type, params Type[] parameters) =>
        Needed(type.GetConstructor(Any, null, parameters, null));

    private static T Needed<T>(T? member)
        where T : class => member ?? throw new MissingMemberException();

    private interface ITurn;

    private sealed class Turn<TArgs>(EventHandler<TArgs> handler, Action<Action> turn) : ITurn
    {
        public void Take(object? sender, TArgs args) => turn(() => handler(sender, args));
    }
}
