using System;
using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace DcrPowerShell.Binding;

/// <summary>
/// Takes 30d, 12h, 4w or 90m for a span of time. A mere number is refused: PowerShell would take the number 30 for 30 ticks, and the
/// text '30' for 30 days. What is typed as 30d is a decimal number to PowerShell, which has its text with it until somebody unwraps it.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SpanTransformationAttribute : ArgumentTransformationAttribute
{
    private static readonly Regex Span = new(
        "^(?<number>[0-9]{1,5})(?<unit>[mhdw])$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    );

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        if ((inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is TimeSpan span && span >= TimeSpan.Zero)
        {
            return span;
        }

        var text = LanguagePrimitives.ConvertTo<string>(inputData).Trim();
        if (Span.Match(text) is not { Success: true } match)
        {
            throw new ArgumentTransformationMetadataException(
                $"'{text}' is no span of time from now on. Write a number and its unit, such as '30d': m for minutes, h for hours, d for "
                    + "days, w for weeks; or give a TimeSpan that is not negative."
            );
        }

        var number = int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);
        return match.Groups["unit"].Value.ToUpperInvariant() switch
        {
            "M" => TimeSpan.FromMinutes(number),
            "H" => TimeSpan.FromHours(number),
            "D" => TimeSpan.FromDays(number),
            _ => TimeSpan.FromDays(7 * number),
        };
    }
}
