using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Providers.Auth0;

/// <summary>
/// The credential for the Management API, and what a tenant needs so that registered clients are of use (Auth0 docs,
/// dynamic-client-registration and configure-third-party-applications).
/// </summary>
internal sealed class Auth0Checks(Auth0Api api)
{
    private static readonly string[] Needed = ["read:clients", "update:clients", "delete:clients", "update:client_keys"];

    private readonly Auth0Setup _setup = new(api);

    // Found by earlier checks, and used by the others.
    private bool _hasToken;
    private JsonBag? _settings;

    /// <summary>To be run in this order.</summary>
    public IReadOnlyList<ProviderCheck> List =>
    [
        new("Credential", CredentialAsync),
        .. api.IsOpen
            ? new ProviderCheck[]
            {
                new("Scope", WithToken(ScopeAsync)),
                new("Reading clients", WithToken(ReadAsync)),
                new("Dynamic registration", WithToken(FlagAsync)),
                new("Security mode", WithToken(ModeAsync)),
                new("Default permissions", WithToken(PermissionsAsync)),
                new("Domain connections", WithToken(ConnectionsAsync)),
                new("Access control list", WithToken(RulesAsync)),
            }
            : [],
    ];

    private async Task<DcrCheck> CredentialAsync(ProviderCall call)
    {
        if (!api.IsOpen)
        {
            return DcrCheck.Skipped(
                "The connection has no credential for Auth0's Management API. Registration needs none; managing clients does, and so does "
                    + "looking at the tenant.",
                "Connect with -ManagementToken, or with -ClientCredential or -ClientId and -PrivateKey of a machine-to-machine application "
                    + "that is authorized for the Auth0 Management API."
            );
        }

        var found = await TokenCheck.RunAsync(api.Credential, scope: null, call).ConfigureAwait(false);
        _hasToken = found.Status != DcrCheckStatus.Failed;
        return found;
    }

    private async Task<DcrCheck> ScopeAsync(ProviderCall call)
    {
        var held = (await api.Credential.InspectAsync(scope: null, call.Reporter, call.Stop).ConfigureAwait(false)).Scopes;
        if (held is null)
        {
            return DcrCheck.Skipped(
                "What the token may do is not known: it does not say.",
                $"Managing clients takes {string.Join(", ", Needed)}."
            );
        }

        var missing = Needed.Except(held).ToList();
        return missing.Count == 0
            ? DcrCheck.Passed($"The token has what managing clients takes: {string.Join(", ", Needed)}.")
            : DcrCheck.Failed(
                $"To manage clients, the token lacks {string.Join(", ", missing)}.",
                "In Auth0, open Applications > APIs > Auth0 Management API > Application Access, give the application that you connect "
                    + "with these permissions, then connect again."
            );
    }

    private async Task<DcrCheck> ReadAsync(ProviderCall call)
    {
        var (clients, hasMore) = await api.PageAsync(
                "clients?is_first_party=false&fields=client_id&include_fields=true",
                "clients",
                page: 0,
                "read:clients",
                call
            )
            .ConfigureAwait(false);
        return DcrCheck.Passed(
            "Auth0 let the token read clients: the tenant has "
                + $"{clients.Count} third-party application{(clients.Count == 1 && !hasMore ? "" : "s")}{(hasMore ? " and more" : "")}."
        );
    }

    private Task<DcrCheck> FlagAsync(ProviderCall call) => IfAllowedAsync(Auth0Setup.ReadSettings, async () =>
        Auth0Tenant.IsOnIn(await SettingsAsync(call).ConfigureAwait(false))
            ? DcrCheck.Passed("Dynamic registration is switched on in the tenant.")
            : DcrCheck.Failed("Dynamic registration is switched off in the tenant: clients cannot be registered.", "Run Enable-Auth0Dcr."));

    private Task<DcrCheck> ModeAsync(ProviderCall call) =>
        IfAllowedAsync(
            Auth0Setup.ReadSettings,
            async () =>
                Auth0Tenant.ModeOf(await SettingsAsync(call).ConfigureAwait(false)) == Auth0Tenant.Permissive
                    ? DcrCheck.Warning(
                        "Clients that register are permissive: they do not get the security controls of third-party applications.",
                        "Run Enable-Auth0Dcr -SecurityMode Strict, unless applications need the other."
                    )
                    : DcrCheck.Passed("Clients that register are strict: they get the security controls of third-party applications.")
        );

    private Task<DcrCheck> PermissionsAsync(ProviderCall call) =>
        IfAllowedAsync(
            Auth0Setup.ReadGrants,
            async () =>
            {
                const string Fix = "Run Enable-Auth0Dcr -DefaultPermission @{ '<API identifier>' = '<scope>', '<scope>' }.";
                var grants = await _setup.DefaultGrantsAsync(call).ConfigureAwait(false);
                var usable = grants
                    .Where(Auth0Tenant.IsForUsers)
                    .Select(static grant => $"{grant.Text("audience")} ({string.Join(" ", grant.Texts("scope"))})")
                    .ToList();
                return (grants.Count, usable.Count) switch
                {
                    (0, _) => DcrCheck.Warning(
                        "There are no default permissions for third-party applications: registered clients can access no API.",
                        Fix
                    ),
                    (_, 0) => DcrCheck.Warning(
                        "The default permissions are for clients that act for themselves (subject_type client), which registered clients "
                            + "cannot: they can access no API.",
                        Fix
                    ),
                    _ => DcrCheck.Passed($"Registered clients can access {string.Join(", ", usable)}."),
                };
            }
        );

    private Task<DcrCheck> ConnectionsAsync(ProviderCall call) =>
        IfAllowedAsync(
            Auth0Setup.ReadConnections,
            async () =>
            {
                var promoted = (await _setup.ConnectionsAsync(call).ConfigureAwait(false))
                    .Where(Auth0Tenant.IsPromoted)
                    .Select(static connection => connection.Text("name"))
                    .ToList();
                return promoted.Count > 0
                    ? DcrCheck.Passed($"Users of registered clients can sign in by {string.Join(", ", promoted)}.")
                    : DcrCheck.Warning(
                        "No connection is at domain level: users of registered clients cannot sign in.",
                        "Run Enable-Auth0Dcr -DomainConnection <name>."
                    );
            }
        );

    /// <summary>A rule that allows or logs keeps nobody out.</summary>
    private Task<DcrCheck> RulesAsync(ProviderCall call) =>
        IfAllowedAsync(
            Auth0Setup.ReadRules,
            async () =>
            {
                var rules = (await _setup.RulesAsync(call).ConfigureAwait(false))
                    .Where(static rule => Auth0Tenant.ScopeOf(rule) == Auth0Tenant.RuleScope)
                    .ToList();
                var says = string.Join("; ", rules.Select(Auth0Rule.Say));
                return rules.Any(static rule => Auth0Tenant.IsActive(rule) && Auth0Tenant.ActionsOf(rule).Contains("block"))
                    ? DcrCheck.Passed($"The access control list about registration says: {says}.")
                    : DcrCheck.Warning(
                        "Whoever reaches the tenant may register clients: no access control list limits "
                            + $"that{(rules.Count == 0 ? "" : $" ({says})")}.",
                        "To limit it to your networks, run Enable-Auth0Dcr -AllowCidr <ranges>, where the plan has access control lists."
                    );
            }
        );

    private async Task<JsonBag> SettingsAsync(ProviderCall call) => _settings ??= await _setup.SettingsAsync(call).ConfigureAwait(false);

    private static async Task<DcrCheck> IfAllowedAsync(string scope, Func<Task<DcrCheck>> look)
    {
        try
        {
            return await look().ConfigureAwait(false);
        }
        catch (DcrException refusal) when (refusal.ServerError is { Status: 403 } || refusal.ErrorId == DcrErrorId.OperationNotSupported)
        {
            return DcrCheck.Skipped(
                refusal.ErrorId == DcrErrorId.InsufficientScope
                    ? $"It could not be read: the token lacks {scope}."
                    : $"It could not be read. {refusal.Message}",
                refusal.RecommendedAction
            );
        }
    }

    private Func<ProviderCall, Task<DcrCheck>> WithToken(Func<ProviderCall, Task<DcrCheck>> look) => call =>
        _hasToken ? look(call) : Task.FromResult(DcrCheck.Skipped("There is no token to look with.", "See the check of the credential."));
}
