using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Providers.Auth0;

/// <summary>What a tenant has of all that dynamic registration needs, as the Management API shows it.</summary>
/// <param name="DefaultGrants">The client grants that stand for all third-party applications.</param>
/// <param name="Rules">The access control lists; null where the token may not read them.</param>
/// <param name="Apis">The resource servers; null where they were not asked for, or the token may not read them.</param>
internal sealed record Auth0Tenant(
    JsonBag Settings,
    IReadOnlyList<JsonBag> DefaultGrants,
    IReadOnlyList<JsonBag> Connections,
    IReadOnlyList<JsonBag>? Rules,
    IReadOnlyList<JsonBag>? Apis
)
{
    public const string Strict = "strict";
    public const string Permissive = "permissive";

    /// <summary>The flag that opens registration; it is one of <c>flags</c>.</summary>
    public const string RegistrationFlag = "enable_dynamic_client_registration";

    /// <summary>
    /// Only tenants of accounts that had third-party applications before April 2026 have this setting (Auth0 docs, permissive-mode).
    /// </summary>
    public const string ModeSetting = "dynamic_client_registration_security_mode";

    public const string RuleScope = "dynamic_client_registration";

    public bool HasMode => Settings.Has(ModeSetting);

    /// <summary>Without a setting there is no other mode than this.</summary>
    public string Mode => ModeOf(Settings) ?? Strict;

    public bool IsOn => IsOnIn(Settings);

    /// <summary>The default grants that registered clients can use: they act for users only.</summary>
    public IEnumerable<JsonBag> UserGrants => DefaultGrants.Where(IsForUsers);

    /// <summary>The rules about registration.</summary>
    public IReadOnlyList<JsonBag>? RegistrationRules => Rules?.Where(rule => ScopeOf(rule) == RuleScope).ToList();

    public static bool IsOnIn(JsonBag settings) => Auth0Vocabulary.Object(settings, "flags").Text(RegistrationFlag) == "true";

    public static string? ModeOf(JsonBag settings) => settings.Text(ModeSetting);

    public static bool IsForUsers(JsonBag grant) => grant.Text("subject_type") == "user";

    public static bool IsPromoted(JsonBag connection) => connection.Text("is_domain_connection") == "true";

    public static bool IsActive(JsonBag rule) => rule.Text("active") == "true";

    public static string? ScopeOf(JsonBag rule) => Auth0Vocabulary.Object(rule, "rule").Text("scope");

    public static IReadOnlyList<string> ActionsOf(JsonBag rule) =>
        Auth0Vocabulary
            .Object(Auth0Vocabulary.Object(rule, "rule"), "action")
            .Where(action => action.Key != "redirect_uri")
            .Select(action => action.Key)
            .ToList();
}
