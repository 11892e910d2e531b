using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>Bodies of the Management API: they may hold nothing but what the schema has, and a PATCH is merged.</summary>
internal static class Auth0Payload
{
    /// <summary>The body as a JSON object with none but these members.</summary>
    /// <exception cref="Refused">It isn't one.</exception>
    public static JsonObject Read(IncomingRequest request, IReadOnlyCollection<string> allowed)
    {
        JsonObject body = (request.SaysItIsJson ? request.Json() : null) ?? throw Auth0Errors.NotJson();
        string[] strange = [.. body.Select(member => member.Key).Except(allowed)];
        return strange.Length == 0 ? body : throw Auth0Errors.Payload("Additional properties not allowed: " + string.Join(',', strange));
    }

    public static void RequireMembers(JsonObject body, params string[] names)
    {
        if (names.FirstOrDefault(name => body[name] is null) is { } missing)
        {
            throw Auth0Errors.Payload("Missing required property: " + missing);
        }
    }

    /// <summary>
    /// Merges a PATCH: what it names replaces what there is, null removes it; the named objects are merged member by member.
    /// </summary>
    public static void Merge(JsonObject target, JsonObject patch, params string[] mergedObjects)
    {
        foreach ((string name, JsonNode? value) in patch)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (mergedObjects.Contains(name) && value is JsonObject members && target[name] is JsonObject inner)
            {
                Merge(inner, members);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }
}
