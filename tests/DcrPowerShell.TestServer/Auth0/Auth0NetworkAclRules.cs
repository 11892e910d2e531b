using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>
/// What an access control list may say (types: NetworkAclRule, NetworkAclAction, NetworkAclMatch; docs, tenant-access-control-list/limits).
/// </summary>
internal static class Auth0NetworkAclRules
{
    private const int MaxEntries = 20;

    private static readonly string[] Actions = ["allow", "block", "log", "redirect"];

    /// <summary>As in types and in recordings; that the docs page says <c>dcr</c> for the last is a mistake of its own.</summary>
    private static readonly string[] Scopes = ["tenant", "authentication", "management", "dynamic_client_registration"];

    private static readonly string[] Signals =
    [
        "asns",
        "auth0_managed",
        "geo_country_codes",
        "geo_subdivision_codes",
        "ipv4_cidrs",
        "ipv6_cidrs",
        "ja3_fingerprints",
        "ja4_fingerprints",
        "user_agents",
        "hostnames",
        "connecting_ipv4_cidrs",
        "connecting_ipv6_cidrs",
    ];

    /// <summary>Judges the members that are there.</summary>
    public static void Check(JsonObject body)
    {
        if (body["active"]?.GetValueKind() is not (null or JsonValueKind.True or JsonValueKind.False))
        {
            throw Auth0Errors.Payload("Expected type boolean", "active");
        }

        if (
            body["priority"] is { } priority
            && !(priority is JsonValue value && value.TryGetValue(out int number) && number is >= 1 and <= 100)
        )
        {
            throw Auth0Errors.Payload("Expected type integer between 1 and 100", "priority");
        }

        if (body["rule"] is { } rule)
        {
            CheckRule(rule as JsonObject ?? throw Auth0Errors.Payload("Expected type object", "rule"));
        }
    }

    private static void CheckRule(JsonObject rule)
    {
        CheckNames(rule, "rule", "action", "match", "not_match", "scope");
        Auth0Payload.RequireMembers(rule, "action", "scope");
        Auth0ClientRules.CheckOneOf(rule["scope"], "rule.scope", Scopes);
        CheckAction(rule["action"] as JsonObject ?? throw Auth0Errors.Payload("Expected type object", "rule.action"));
        if (rule["match"] is null && rule["not_match"] is null)
        {
            throw Auth0Errors.Payload("Missing required property: match", "rule");
        }

        foreach (string name in new[] { "match", "not_match" })
        {
            if (rule[name] is { } signals)
            {
                CheckSignals(signals as JsonObject ?? throw Auth0Errors.Payload("Expected type object", "rule." + name), "rule." + name);
            }
        }
    }

    private static void CheckAction(JsonObject action)
    {
        CheckNames(action, "rule.action", [.. Actions, "redirect_uri"]);
        string[] named = [.. Actions.Where(action.ContainsKey)];
        if (named.Length != 1 || action[named[0]]?.GetValueKind() != JsonValueKind.True)
        {
            throw Auth0Errors.Payload("Exactly one of allow, block, log, redirect must be true", "rule.action");
        }

        if (named[0] == "redirect" && action["redirect_uri"] is null)
        {
            // recordings, TestAccNetworkACLValidation.
            throw Auth0Errors.InvalidBody("Payload validation error: Action type of `redirect` requires a `redirect_uri`");
        }
    }

    private static void CheckSignals(JsonObject signals, string property)
    {
        CheckNames(signals, property, Signals);
        foreach ((string name, JsonNode? value) in signals)
        {
            if (value is not JsonArray { Count: > 0 and <= MaxEntries } entries)
            {
                throw Auth0Errors.Payload($"Expected array of 1 to {MaxEntries} items", $"{property}.{name}");
            }

            List<string> texts = [.. entries.Select(entry => entry?.ToJsonString() ?? "null")];
            for (int i = 1; i < texts.Count; i++)
            {
                int first = texts.IndexOf(texts[i]);
                if (first < i)
                {
                    // recordings, TestAccNetworkACLAuth0ManagedAPIRejections.
                    throw Auth0Errors.Payload($"Array items are not unique (indexes {first} and {i})", $"{property}.{name}");
                }
            }
        }
    }

    private static void CheckNames(JsonObject json, string property, params string[] allowed)
    {
        if (json.Select(member => member.Key).FirstOrDefault(name => !allowed.Contains(name)) is { } strange)
        {
            throw Auth0Errors.Payload("Additional properties not allowed: " + strange, property);
        }
    }
}
