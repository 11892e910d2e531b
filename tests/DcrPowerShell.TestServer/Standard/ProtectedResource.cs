using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>A protected resource that refuses requests without a token, and its metadata (RFC 9728).</summary>
internal static class ProtectedResource
{
    public const string Itself = "resource";
    public const string Metadata = "resource-metadata";

    private const string OwnPlace = "/of-the-resource.json";

    /// <summary>What a path is of the resource; null for nothing.</summary>
    public static string? Of(string path, Switches switches) => switches.ResourcePath is not { } resource ? null
        : path == resource ? Itself
        : path == PlaceOf(switches) ? Metadata
        : null;

    public static Answer Refuse(ServerState state)
    {
        string challenge = state.Switches.ResourceMetadata == ResourceMetadataPlace.Challenged
            ? $"Bearer realm=\"mcp\", resource_metadata=\"{state.Origin}{OwnPlace}\""
            : "Bearer realm=\"mcp\"";
        return Answer.Json(401, new JsonObject { ["error"] = "invalid_token" }).WithHeader("WWW-Authenticate", challenge);
    }

    public static Answer Describe(ServerState state)
    {
        JsonObject document = new()
        {
            ["resource"] = state.Origin + state.Switches.ResourcePath,
            ["authorization_servers"] = new JsonArray(state.Issuer),
            ["scopes_supported"] = new JsonArray("mcp:tools", "mcp:resources"),
            ["bearer_methods_supported"] = new JsonArray("header"),
        };
        foreach ((string name, JsonNode? value) in state.Switches.ResourceOverrides ?? [])
        {
            if (value is null)
            {
                document.Remove(name);
            }
            else
            {
                document[name] = value.DeepClone();
            }
        }

        return Answer.Json(200, document);
    }

    private static string PlaceOf(Switches switches) => switches.ResourceMetadata switch
    {
        ResourceMetadataPlace.Challenged => OwnPlace,
        ResourceMetadataPlace.Inserted => WellKnown.Resource + switches.ResourcePath,
        _ => WellKnown.Resource,
    };
}
