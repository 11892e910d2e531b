using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace DcrPowerShell.TestServer;

/// <summary>
/// How one virtual server behaves. The defaults make a strict server of RFC 7591 and RFC 7592 with rotation off;
/// every switch turns on one habit that a real server was seen to have. In JSON names are camelCase and enum values are strings.
/// </summary>
/// <remarks>The remarks of a switch name the specification that allows the habit, or who was seen to have it.</remarks>
public sealed partial record Switches
{
    /// <summary>How switches are read and written: strict, so that a misspelt name fails the test that wrote it.</summary>
    internal static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.Strict,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>Reads switches from JSON; members that are absent keep their defaults.</summary>
    /// <exception cref="JsonException">A name or a value isn't known.</exception>
    public static Switches Parse(JsonObject json) => json.Deserialize<Switches>(JsonOptions)!;

    /// <summary>
    /// These switches with the members of <paramref name="patch"/> replaced, each as a whole; of <c>okta</c>, <c>auth0</c> and
    /// <c>udap</c>, the members that it names.
    /// </summary>
    /// <exception cref="JsonException">A name or a value isn't known.</exception>
    public Switches Merge(JsonObject patch)
    {
        JsonObject merged = JsonSerializer.SerializeToNode(this, JsonOptions)!.AsObject();
        foreach ((string name, JsonNode? value) in patch)
        {
            if (name is "okta" or "auth0" or "udap" && value is JsonObject habits && merged[name] is JsonObject known)
            {
                Put(known, habits);
            }
            else
            {
                merged[name] = value?.DeepClone();
            }
        }

        Switches result = Parse(merged);
        // What the patch doesn't name must stay the same object: replacing it would wind the faults back, or start the tenant again.
        bool startsTenantAnew = patch["auth0"] is JsonObject auth0 && auth0.ContainsKey("tenant");
        return result with
        {
            OverwriteUpdates = patch.ContainsKey("overwriteUpdates") ? result.OverwriteUpdates : OverwriteUpdates,
            Faults = patch.ContainsKey("faults") ? result.Faults : Faults,
            Auth0 = startsTenantAnew ? result.Auth0 : result.Auth0 with { Tenant = Auth0.Tenant },
        };
    }

    private static void Put(JsonObject target, JsonObject members)
    {
        foreach ((string name, JsonNode? value) in members)
        {
            target[name] = value?.DeepClone();
        }
    }
}
