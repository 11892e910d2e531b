using System;
using System.Collections;
using System.Collections.Specialized;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DcrPowerShell.Metadata;

/// <summary>
/// Members in their order, which nobody changes. As text they are JSON: <c>Export-Csv</c> writes the type's name of other dictionaries.
/// </summary>
internal sealed class ReadableMap(OrderedDictionary members) : IDictionary
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly IDictionary _members = members.AsReadOnly();

    /// <inheritdoc/>
    public bool IsFixedSize => true;

    /// <inheritdoc/>
    public bool IsReadOnly => true;

    /// <inheritdoc/>
    public ICollection Keys => _members.Keys;

    /// <inheritdoc/>
    public ICollection Values => _members.Values;

    /// <inheritdoc/>
    public int Count => _members.Count;

    /// <inheritdoc/>
    public bool IsSynchronized => _members.IsSynchronized;

    /// <inheritdoc/>
    public object SyncRoot => _members.SyncRoot;

    /// <inheritdoc/>
    public object? this[object key]
    {
        get => _members[key];
        set => _members[key] = value;
    }

    /// <inheritdoc/>
    public bool Contains(object key) => _members.Contains(key);

    /// <inheritdoc/>
    public void Add(object key, object? value) => _members.Add(key, value);

    /// <inheritdoc/>
    public void Clear() => _members.Clear();

    /// <inheritdoc/>
    public void Remove(object key) => _members.Remove(key);

    /// <inheritdoc/>
    public void CopyTo(Array array, int index) => _members.CopyTo(array, index);

    /// <inheritdoc/>
    public IDictionaryEnumerator GetEnumerator() => _members.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public override string ToString() => JsonSerializer.Serialize<IDictionary>(this, Plain);
}
