using System;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Standard;
using Microsoft.AspNetCore.WebUtilities;

namespace DcrPowerShell.TestServer.Okta;

/// <summary>A client secret as the Apps API has it (management: schema OAuth2ClientSecret).</summary>
internal sealed class OktaSecret(string value, DateTimeOffset created)
{
    public string Id { get; } = "ocs" + RandomText.Make(17);

    public string Value { get; } = value;

    public bool IsActive { get; set; } = true;

    public DateTimeOffset Created { get; } = created;

    public DateTimeOffset LastUpdated { get; set; } = created;

    /// <summary>The secret in plain text and all: management, example oAuthClientSecretListResponse.</summary>
    /// <param name="collection">URL of the application's secrets.</param>
    public JsonObject ToJson(string collection)
    {
        string url = $"{collection}/{Id}";
        JsonObject links = IsActive
            ? new() { ["deactivate"] = Link(url + "/lifecycle/deactivate", "POST") }
            : new() { ["activate"] = Link(url + "/lifecycle/activate", "POST"), ["delete"] = Link(url, "DELETE") };
        return new JsonObject
        {
            ["id"] = Id,
            ["status"] = IsActive ? "ACTIVE" : "INACTIVE",
            ["client_secret"] = Value,
            ["secret_hash"] = WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.UTF8.GetBytes(Value)).AsSpan(0, 16)),
            ["created"] = Time(Created),
            ["lastUpdated"] = Time(LastUpdated),
            ["_links"] = links,
        };
    }

    /// <summary>Okta's way to write a time.</summary>
    public static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static JsonObject Link(string href, string method) => new()
    {
        ["href"] = href,
        ["hints"] = new JsonObject { ["allow"] = new JsonArray(method) },
    };
}
