using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Text.Json;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Providers.Auth0;

/// <summary>
/// The steps from what a tenant has to what is wished for (Auth0 docs, dynamic-client-registration, configure-third-party-applications,
/// promote-connections-to-domain-level, permissive-mode, tenant-access-control-list). Registration is open to anyone once its flag
/// is on, so the flag comes last: what a registered client may do, what it is, and who may register stand before it.
/// </summary>
internal static class Auth0Plan
{
    private const string ThirdPartyClients = "third_party_clients";
    private const string NothingSet = "none";

    /// <exception cref="DcrException">InvalidSetup: a wish that this tenant cannot fulfil.</exception>
    public static IReadOnlyList<Auth0Step> Steps(Auth0Tenant tenant, Auth0Wishes wishes)
    {
        var limits = new List<Auth0Step> { NetworkLimit(tenant, wishes.AllowedNetworks), SecurityMode(tenant, wishes.SecurityMode) };
        var flag = Registration(tenant, wishes.Registration);
        return
        [
            .. DefaultPermissions(tenant, wishes.DefaultPermissions),
            .. DomainConnections(tenant, wishes.DomainConnections),
            .. limits,
            flag.Change is not null && limits.Exists(limit => limit.Problem is not null) ? flag.HeldBack() : flag,
        ];
    }

    private static List<Auth0Step> DefaultPermissions(Auth0Tenant tenant, IReadOnlyList<Auth0Permission> wanted)
    {
        if (wanted.Count > 0)
        {
            return wanted.Select(permission => DefaultPermission(tenant, permission)).ToList();
        }

        var grants = tenant.UserGrants.Select(grant => $"{grant.Text("audience")}: {SayScopes(grant)}").ToList();
        return
        [
            new("Default permissions", null, grants.Count == 0 ? NothingSet : string.Join("; ", grants))
            {
                Note =
                    grants.Count == 0
                        ? "Registered clients can call no API. -DefaultPermission says which scopes of which API they get."
                        : null,
            },
        ];
    }

    private static Auth0Step DefaultPermission(Auth0Tenant tenant, Auth0Permission wanted)
    {
        CheckApi(tenant, wanted);
        var ofApi = tenant.DefaultGrants.Where(grant => grant.Text("audience") == wanted.Audience).ToList();
        var grant = ofApi.Find(Auth0Tenant.IsForUsers);
        var had = grant?.Texts("scope") ?? [];
        var step = new Auth0Step(
            $"Default permission {wanted.Audience}",
            SayScopes(wanted.Scopes),
            grant is null ? NothingSet : SayScopes(grant)
        );
        bool Holds(JsonBag answer) =>
            Auth0Tenant.IsForUsers(answer) && (AllowsAll(answer) || !wanted.Scopes.Except(answer.Texts("scope")).Any());
        if (grant is null)
        {
            // A grant of the subject type client is of no use to registered clients, and its type cannot be changed.
            var body = JsonBag
                .Empty.With("default_for", ThirdPartyClients)
                .With("audience", wanted.Audience)
                .With("scope", wanted.Scopes)
                .With("subject_type", "user");
            return step with
            {
                Note =
                    ofApi.Count == 0
                        ? null
                        : "There is a default permission for applications that act for themselves (subject_type client). Registered "
                            + "clients cannot use it; it was left as it is.",
                Change = new(HttpMethod.Post, "client-grants", body, "create:client_grants", SayScopes(wanted.Scopes), SayScopes, Holds),
            };
        }

        var further = had.Except(wanted.Scopes).ToList();
        step = step with
        {
            Note =
                AllowsAll(grant) ? "It allows every scope of the API."
                : further.Count == 0 ? null
                : $"It allows {SayScopes(further)} too. Nothing is taken away here.",
        };
        if (Holds(grant))
        {
            return step;
        }

        var all = had.Union(wanted.Scopes).ToList();
        return step with
        {
            Change = new(
                Auth0Change.Patch,
                PathOf("client-grants", grant),
                JsonBag.Empty.With("scope", all),
                "update:client_grants",
                SayScopes(all),
                SayScopes,
                Holds
            ),
        };
    }

    /// <summary>Whether the API is there, has the scopes, and can be opened at all, as far as the token may know.</summary>
    private static void CheckApi(Auth0Tenant tenant, Auth0Permission wanted)
    {
        if (tenant.Apis is not { } apis)
        {
            return;
        }

        var api = apis.FirstOrDefault(api => api.Text("identifier") == wanted.Audience);
        if (api is null)
        {
            var known = apis.Where(api => !IsOfSystem(api)).Select(api => api.Text("identifier")).ToList();
            throw Auth0Errors.SetupInvalid(
                "DefaultPermission",
                $"the tenant has no API with the identifier {wanted.Audience}. "
                    + $"{(known.Count == 0 ? "It has none of your own" : $"It has {string.Join(", ", known)}")}",
                "Name an API by its identifier, letter by letter: a slash at the end counts. New ones are made under Applications > APIs."
            );
        }

        if (IsOfSystem(api))
        {
            throw Auth0Errors.SetupInvalid(
                "DefaultPermission",
                $"{wanted.Audience} is one of Auth0's own APIs, and third-party applications get no access to those",
                "Name an API of your own."
            );
        }

        var scopes = Objects(api, "scopes").Select(scope => scope.Text("value")).ToList();
        var unknown = wanted.Scopes.Except(scopes).ToList();
        if (unknown.Count > 0)
        {
            throw Auth0Errors.SetupInvalid(
                "DefaultPermission",
                $"{wanted.Audience} has no {string.Join(", ", unknown)}. "
                    + $"{(scopes.Count == 0 ? "No permissions are defined for it" : $"It has {string.Join(", ", scopes)}")}",
                "Name permissions that the API has, or define more under Applications > APIs > Permissions."
            );
        }
    }

    private static List<Auth0Step> DomainConnections(Auth0Tenant tenant, IReadOnlyList<string> wanted)
    {
        if (wanted.Count > 0)
        {
            return wanted.Select(name => Find(tenant, name)).Distinct().Select(Promotion).ToList();
        }

        var promoted = tenant.Connections.Where(Auth0Tenant.IsPromoted).Select(connection => connection.Text("name")).ToList();
        return
        [
            new("Domain connections", null, promoted.Count == 0 ? NothingSet : string.Join(", ", promoted))
            {
                Note =
                    promoted.Count == 0
                        ? "No user can log in at a registered client. -DomainConnection says which connections are for them."
                        : null,
            },
        ];
    }

    private static JsonBag Find(Auth0Tenant tenant, string name) =>
        tenant.Connections.FirstOrDefault(connection => connection.Text("name") == name || connection.Text("id") == name)
        ?? throw Auth0Errors.SetupInvalid(
            "DomainConnection",
            $"the tenant has no connection {name}. "
                + "It has "
                + (
                    tenant.Connections.Count == 0
                        ? "none"
                        : string.Join(", ", tenant.Connections.Select(static connection => connection.Text("name")))
                ),
            "Name a connection as it stands under Authentication, or by its id."
        );

    private static Auth0Step Promotion(JsonBag connection)
    {
        const string Promoted = "promoted";
        static string Say(JsonBag connection) => Auth0Tenant.IsPromoted(connection) ? Promoted : "not promoted";
        return new($"Domain connection {connection.Text("name")}", Promoted, Say(connection))
        {
            Change = Auth0Tenant.IsPromoted(connection)
                ? null
                : new(
                    Auth0Change.Patch,
                    PathOf("connections", connection),
                    JsonBag.Parse("""{"is_domain_connection":true}"""),
                    "update:connections",
                    Promoted,
                    Say,
                    Auth0Tenant.IsPromoted
                ),
        };
    }

    private static Auth0Step NetworkLimit(Auth0Tenant tenant, IReadOnlyList<Auth0Network> wanted)
    {
        const string Name = "Network limit";
        if (tenant.RegistrationRules is not { } rules)
        {
            return new(Name, null, "unknown") { Note = "The token may not read the access control lists (read:network_acls)." };
        }

        var was = rules.Count == 0 ? NothingSet : string.Join("; ", rules.Select(Auth0Rule.Say));
        if (wanted.Count == 0)
        {
            return new(Name, null, was)
            {
                Note = rules.Any(Auth0Tenant.IsActive)
                    ? null
                    : "Once registration is on, anyone on the internet may register clients. -AllowCidr limits where registrations come "
                        + "from, if the tenant's plan has access control lists.",
            };
        }

        var becomes = Auth0Rule.SayNetworks(wanted.Select(network => network.Text));
        var keys = wanted.Select(network => network.Key).ToList();
        bool Holds(JsonBag rule) =>
            Auth0Tenant.IsActive(rule) && Auth0Rule.AllowedOnly(rule) is { } allowed && new HashSet<string>(allowed).SetEquals(keys);
        var step = new Auth0Step(Name, becomes, was) { IsLimit = true };
        if (rules.FirstOrDefault(Holds) is { } own)
        {
            return step with { Note = Auth0Rule.Sooner(tenant.Rules!, own.Integer("priority")) };
        }

        if (rules.Count > 0)
        {
            return step with
            {
                Note = "The tenant has a rule about registrations already. It was left as it is.",
                Problem = Auth0Errors.Auth0RuleExists(was, becomes),
            };
        }

        var priority = Enumerable.Range(1, int.MaxValue - 1).First(number => tenant.Rules!.All(rule => rule.Integer("priority") != number));
        return step with
        {
            Note = Auth0Rule.Sooner(tenant.Rules!, priority),
            Change = new(
                HttpMethod.Post,
                "network-acls",
                Auth0Rule.AllowOnly(wanted, priority),
                "create:network_acls",
                becomes,
                Auth0Rule.Say,
                rule => Auth0Tenant.ScopeOf(rule) == Auth0Tenant.RuleScope && Holds(rule)
            ),
        };
    }

    private static Auth0Step SecurityMode(Auth0Tenant tenant, string? wanted)
    {
        var step = new Auth0Step("Security mode", wanted, tenant.Mode) { IsLimit = wanted is not null };
        if (wanted is null)
        {
            return step with
            {
                Note =
                    tenant.Mode == Auth0Tenant.Strict
                        ? null
                        : "Registered clients need no PKCE, and reach each API that lets every application in. -SecurityMode Strict is "
                            + "what Auth0 recommends.",
            };
        }

        if (wanted == tenant.Mode)
        {
            return step;
        }

        if (!tenant.HasMode)
        {
            throw Auth0Errors.SetupInvalid(
                "SecurityMode",
                $"this tenant has no choice of mode: its registered clients are {Auth0Tenant.Strict}",
                "Leave out -SecurityMode. Only accounts that had third-party applications before April 2026 can choose Permissive."
            );
        }

        return step with
        {
            Change = new(
                Auth0Change.Patch,
                Auth0Setup.SettingsPath,
                JsonBag.Empty.With(Auth0Tenant.ModeSetting, wanted),
                Auth0Setup.ChangeSettings,
                wanted,
                settings => Auth0Tenant.ModeOf(settings) ?? Auth0Tenant.Strict,
                settings => Auth0Tenant.ModeOf(settings) == wanted
            ),
        };
    }

    private static Auth0Step Registration(Auth0Tenant tenant, bool isWanted)
    {
        const string On = "on";
        static string Say(JsonBag settings) => Auth0Tenant.IsOnIn(settings) ? On : "off";
        return new("Dynamic registration", isWanted ? On : null, Say(tenant.Settings))
        {
            Opens = true,
            Note = isWanted || tenant.IsOn ? null : "No client can register. Enable-Auth0Dcr switches it on.",
            Change =
                tenant.IsOn || !isWanted
                    ? null
                    : new(
                        Auth0Change.Patch,
                        Auth0Setup.SettingsPath,
                        JsonBag.Parse($$$"""{"flags":{"{{{Auth0Tenant.RegistrationFlag}}}":true}}"""),
                        Auth0Setup.ChangeSettings,
                        On,
                        Say,
                        Auth0Tenant.IsOnIn
                    ),
        };
    }

    private static bool AllowsAll(JsonBag grant) => grant.Text("allow_all_scopes") == "true";

    private static string SayScopes(JsonBag grant) =>
        (AllowsAll(grant) ? "all scopes" : SayScopes(grant.Texts("scope"))) + (Auth0Tenant.IsForUsers(grant) ? "" : ", not for users");

    private static string SayScopes(IReadOnlyCollection<string> scopes) => scopes.Count == 0 ? "no scope" : string.Join(", ", scopes);

    private static bool IsOfSystem(JsonBag api) => api.Text("is_system") == "true";

    private static IEnumerable<JsonBag> Objects(JsonBag bag, string name) =>
        bag.TryGet(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object).Select(JsonBag.From)
            : [];

    private static string PathOf(string list, JsonBag item) => $"{list}/{UriText.Segment(item.Text("id") ?? "")}";
}
