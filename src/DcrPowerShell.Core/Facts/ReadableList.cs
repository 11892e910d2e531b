using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Linq;

namespace DcrPowerShell;

/// <summary>
/// A list that <c>Export-Csv</c> writes into one cell, with semicolons, as <c>New-DcrClient</c> reads it. Of other lists Export-Csv writes
/// the type's name.
/// </summary>
internal sealed class ReadableList<T>(IEnumerable<T> items) : ReadOnlyCollection<T>(items.ToList())
{
    public override string ToString() => string.Join(";", Items);
}
