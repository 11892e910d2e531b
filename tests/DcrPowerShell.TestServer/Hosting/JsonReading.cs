using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;

namespace DcrPowerShell.TestServer.Hosting;

/// <summary>Reads JSON of which nobody knows whether it has the right types.</summary>
internal static class JsonReading
{
    /// <summary>The text; null if it isn't one.</summary>
    public static string? Text(this JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>The texts of an array; none if it isn't one.</summary>
    public static IReadOnlyList<string> Texts(this JsonNode? node) => node is JsonArray list ? [.. list.Select(Text).OfType<string>()] : [];

    public static bool IsTrue(this JsonNode? node) => node is JsonValue value && value.TryGetValue(out bool isTrue) && isTrue;
}
