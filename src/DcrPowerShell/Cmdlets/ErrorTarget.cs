using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Text.Json;
using DcrPowerShell.Binding;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Cmdlets;

/// <summary>
/// The one place where the TargetObject of errors is made. <c>$Error</c> and files of errors have that object whole, and a row may have
/// secrets in any column.
/// </summary>
internal static class ErrorTarget
{
    /// <summary>
    /// Gives our own objects as they are. A row becomes a copy that can be piped again, with a mask in each cell that has a secret;
    /// commands refuse a mask as a value.
    /// </summary>
    public static object? Of(object? target)
    {
        var plain = target is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : target;
        return plain switch
        {
            null => null,
            DcrClient or DcrConnection or DcrOrphan => plain,
            string text => Redaction.Nothing.Show(text),
            IDictionary entries => Row(entries.Keys.Cast<object>().Select(key => (key.ToString() ?? "", (object?)entries[key]))),
            _ => Row(PipedRow.Cells(PSObject.AsPSObject(plain)).Select(static property => (property.Name, (object?)Value(property)))),
        };
    }

    private static PSObject Row(IEnumerable<(string Name, object? Value)> cells)
    {
        var row = new PSObject();
        foreach (var (name, value) in cells)
        {
            var shown = Redaction.Printable(name);
            if (row.Properties[shown] is null)
            {
                row.Properties.Add(
                    new PSNoteProperty(
                        shown,
                        HasSecret(name, value) ? Redaction.Mask
                            : value is string text ? Redaction.Nothing.Show(text)
                            : value
                    )
                );
            }
        }

        return row;
    }

    private static bool HasSecret(string name, object? value)
    {
        try
        {
            var element = JsonInput.Element(value);
            return Has(element)
                || (element.ValueKind == JsonValueKind.String && JsonInput.Parsed(element.GetString()!) is { } json && Has(json));
        }
        catch (Exception unread) when (unread is JsonException or ArgumentException)
        {
            // What cannot be read may be a secret.
            return true;
        }

        bool Has(JsonElement element) => SecretMember.Values(JsonBag.Empty.With(name, element)).Any();
    }

    private static object? Value(PSPropertyInfo property)
    {
        try
        {
            return property.Value;
        }
        catch (GetValueException)
        {
            return null;
        }
    }
}
