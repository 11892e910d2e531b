using System;
using System.Collections;
using System.Linq;
using System.Management.Automation;

namespace DcrPowerShell.Binding;

/// <summary>Takes one text with several values, as a CSV cell has them, apart at semicolons and white space.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SplitTextAttribute : ArgumentTransformationAttribute
{
    private static readonly char[] Separators = [';', ' ', '\t', '\r', '\n'];

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) => Plain(inputData) switch
    {
        null => null,
        string text => Split(text),
        IEnumerable items => items.Cast<object?>().SelectMany(item => Split(LanguagePrimitives.ConvertTo<string>(Plain(item)))).ToArray(),
        var other => other,
    };

    private static string[] Split(string text) => text.Split(Separators, StringSplitOptions.RemoveEmptyEntries);

    private static object? Plain(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
