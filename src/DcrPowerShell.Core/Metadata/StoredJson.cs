using System;
using System.Globalization;
using System.Text.Json;

namespace DcrPowerShell.Metadata;

/// <summary>
/// JSON that the module wrote itself, and reads again: damage is a <see cref="FormatException"/> that says what is wrong.
/// </summary>
internal static class StoredJson
{
    /// <exception cref="FormatException">It is no JSON object, or <paramref name="read"/> finds something else than it wants.</exception>
    public static T Read<T>(string text, Func<JsonBag, T> read, int deepest = JsonBag.DeepestAnswer)
    {
        try
        {
            return read(JsonBag.Parse(text, deepest));
        }
        catch (JsonException failure)
        {
            throw new FormatException("it is not JSON of the right shape", failure);
        }
    }

    /// <exception cref="FormatException">There is no such member.</exception>
    public static string Needed(JsonBag json, string member) => json.Text(member) ?? throw new FormatException($"it has no {member}");

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    /// <exception cref="FormatException">It is no time.</exception>
    public static DateTimeOffset Time(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
}
