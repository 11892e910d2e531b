using System;
using System.Collections.ObjectModel;
using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Binding;

/// <summary>
/// A software statement as it was given: a text, or a script block that gets one, for statements that are good for minutes only.
/// </summary>
internal static class StatementScript
{
    /// <summary>The script block; else the text; null for none.</summary>
    /// <exception cref="DcrException">InvalidSoftwareStatement: it is something else.</exception>
    public static object? Of(object? given) => (given is PSObject wrapped ? wrapped.BaseObject : given) switch
    {
        null => null,
        ScriptBlock script => script,
        string text => Given.OneLine(text),
        _ => throw BindingErrors.StatementUnclear(),
    };

    /// <param name="row">What the script finds in <c>$_</c>.</param>
    /// <exception cref="DcrException">InvalidSoftwareStatement: it failed, or gave something else.</exception>
    public static string Run(ScriptBlock script, object? row)
    {
        Collection<PSObject?> output;
        try
        {
            output = script.InvokeWithContext(null, [new PSVariable("_", row)]);
        }
        catch (PipelineStoppedException)
        {
            throw;
        }
        catch (Exception failure)
        {
            // Where something stops by preference, its own words are in the record. What is no RuntimeException is break, continue or exit.
            var why = failure is RuntimeException told ? told.ErrorRecord?.Exception?.Message ?? told.Message : "it has break or exit";
            throw BindingErrors.StatementScriptFailed(why, failure);
        }

        return output.Count == 1 && output[0]?.BaseObject is string text && Given.OneLine(text) is { Length: > 0 } statement
            ? statement
            : throw BindingErrors.StatementScriptUnclear(
                output.Count == 0 ? "nothing"
                : output.Count > 1 ? $"{output.Count} objects"
                : output.Single()?.BaseObject is string ? "an empty string"
                : "an object that is no string"
            );
    }
}
