using System;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>What an application's members may be, as far as both ways to it, registration and the Management API, look at them.</summary>
internal static class Auth0ClientRules
{
    /// <summary>No angle brackets (types: UpdateClientRequestContent.name).</summary>
    public static void CheckName(JsonNode? name, string property)
    {
        if (name is not null && (name.Text() is not { Length: > 0 } text || text.IndexOfAny(['<', '>']) >= 0))
        {
            throw Auth0Errors.Payload("String does not match pattern ^[^<>]+$", property);
        }
    }

    /// <summary>Absolute URLs, and no wildcards for third-party applications (docs, security-controls).</summary>
    public static void CheckCallbacks(JsonNode? urls, string property)
    {
        foreach (string url in urls.Texts())
        {
            if (
                !url.Contains(':', StringComparison.Ordinal)
                || url.IndexOfAny(['*', '#']) >= 0
                || !Uri.TryCreate(url, UriKind.Absolute, out _)
            )
            {
                throw Auth0Errors.Payload("Object didn't pass validation for format absolute-uri: " + url, property);
            }
        }
    }

    public static void CheckOneOf(JsonNode? value, string property, params string[] allowed)
    {
        if (value is not null && !allowed.Contains(value.Text()))
        {
            throw Auth0Errors.Payload("No enum match for: " + value.ToString(), property);
        }
    }
}
