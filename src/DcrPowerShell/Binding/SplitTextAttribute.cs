using System;
using System.Collections;
using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Binding;

/// <summary>
/// Takes one text with several values, as a CSV cell has them, apart at semicolons and white space. An empty text is no value;
/// an empty array is one, and stays.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SplitTextAttribute : ArgumentTransformationAttribute
{
    /// <summary>False for values that have spaces within, such as the response type <c>code id_token</c>.</summary>
    public bool AtSpaces { get; set; } = true;

    /// <summary>Whether blanks part addresses, as contacts need it; a name or a telephone number stays whole.</summary>
    public bool AtSpacesOfAddresses { get; set; }

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        Plain(inputData) switch
        {
            null => null,
            string text => Split(text) is { Length: > 0 } values ? values : null,
            var date when Given.Date(date) is { } text => new[] { text },
            IEnumerable items => items
                .Cast<object?>()
                .SelectMany(item => Split(Given.Date(Plain(item)) ?? LanguagePrimitives.ConvertTo<string>(Plain(item))))
                .ToArray(),
            var other => other,
        };

    private string[] Split(string text)
    {
        var values = Given.Split(Given.Cell(text), AtSpaces || AtSpacesOfAddresses);
        return AtSpacesOfAddresses && !values.All(static value => value.Contains('@') && !value.Contains('<'))
            ? Given.Split(Given.Cell(text), atBlanks: false)
            : values;
    }

    private static object? Plain(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
