using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Providers.Auth0;

/// <summary>A rule of the tenant's access control lists (Auth0 docs, tenant-access-control-list; api/management/v2/network-acls).</summary>
internal static class Auth0Rule
{
    private const string V4 = "ipv4_cidrs";
    private const string V6 = "ipv6_cidrs";

    /// <summary>
    /// A rule that blocks registrations from everywhere else. A caller whose kind of address is not in it is elsewhere, too.
    /// </summary>
    public static JsonBag AllowOnly(IReadOnlyList<Auth0Network> networks, int priority)
    {
        var signals = networks.GroupBy(network => network.IsV6).OrderBy(kind => kind.Key)
            .Aggregate(JsonBag.Empty, (bag, kind) => bag.With(kind.Key ? V6 : V4, kind.Select(network => network.Text)));
        return JsonBag.Parse($$$"""
            {
              "description": "Dynamic client registration from these networks only",
              "active": true,
              "priority": {{{priority.ToString(CultureInfo.InvariantCulture)}}},
              "rule": { "action": { "block": true }, "not_match": {{{signals}}}, "scope": "{{{Auth0Tenant.RuleScope}}}" }
            }
            """);
    }

    /// <summary>The ranges that a rule lets in while it blocks all others; null for rules that say something else.</summary>
    public static IReadOnlyList<string>? AllowedOnly(JsonBag rule) =>
        Auth0Tenant.ActionsOf(rule) is { Count: 1 } actions
        && actions[0] == "block"
        && Signals(rule, "match").Count == 0
        && Signals(rule, "not_match") is { Count: > 0 } signals
        && signals.All(signal => signal.Key is V4 or V6)
            ? signals.SelectMany(signal => signals.Texts(signal.Key)).Select(Auth0Network.KeyOf).ToList()
            : null;

    /// <summary>Says what a rule does.</summary>
    public static string Say(JsonBag rule)
    {
        var what = AllowedOnly(rule) is null
            ? string.Join(" and ", Auth0Tenant.ActionsOf(rule))
                + SaySignals(Signals(rule, "match"), "is")
                + SaySignals(Signals(rule, "not_match"), "is not")
            : SayNetworks(Signals(rule, "not_match") is var signals ? signals.SelectMany(signal => signals.Texts(signal.Key)) : []);
        return Auth0Tenant.IsActive(rule) ? what : what + " (not active)";
    }

    public static string SayNetworks(IEnumerable<string> networks) => "only " + string.Join(", ", networks);

    /// <summary>A remark on a rule that lets callers in before one of this priority is asked: the first that matches ends it.</summary>
    public static string? Sooner(IEnumerable<JsonBag> rules, long? priority) =>
        rules.FirstOrDefault(rule =>
            Auth0Tenant.IsActive(rule)
            && rule.Integer("priority") < priority
            && Auth0Tenant.ScopeOf(rule) != "management"
            && Auth0Tenant.ActionsOf(rule).Contains("allow")
        )
            is { } sooner
            ? $"The rule '{sooner.Text("description")}' comes before it and may let others in: {Say(sooner)}."
            : null;

    private static JsonBag Signals(JsonBag rule, string condition) =>
        Auth0Vocabulary.Object(Auth0Vocabulary.Object(rule, "rule"), condition);

    private static string SaySignals(JsonBag signals, string verb) =>
        string.Concat(signals.Select(signal => $", where {signal.Key} {verb} {string.Join(", ", signals.Texts(signal.Key))}"));
}
