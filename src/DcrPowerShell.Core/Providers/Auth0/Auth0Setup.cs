using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Providers.Auth0;

/// <summary>Reads how a tenant is set up for dynamic registration, and changes it step by step.</summary>
internal sealed class Auth0Setup(Auth0Api api)
{
    public const string SettingsPath = "tenants/settings";
    public const string ChangeSettings = "update:tenant_settings";

    public const string ReadSettings = "read:tenant_settings";
    public const string ReadGrants = "read:client_grants";
    public const string ReadConnections = "read:connections";
    public const string ReadRules = "read:network_acls";
    private const string ReadApis = "read:resource_servers";

    /// <summary>Plans the steps; sends nothing but reads.</summary>
    /// <param name="onlyLooks">Whether the changes will not be made: then it is no failure that the token may not make them.</param>
    /// <exception cref="DcrException">
    /// No credential; a scope that the token lacks, all of them named; a wish that cannot be fulfilled.
    /// </exception>
    public async Task<IReadOnlyList<Auth0Step>> PlanAsync(Auth0Wishes wishes, bool onlyLooks, ProviderCall call)
    {
        var reads = Reads(wishes);
        if (!api.IsOpen)
        {
            throw Auth0Errors.Auth0CredentialMissing(string.Join(", ", reads.Concat(MayChange(wishes))));
        }

        var held = (await api.Credential.InspectAsync(scope: null, call.Reporter, call.Stop).ConfigureAwait(false)).Scopes;
        if (Missing(reads, held).Count > 0)
        {
            throw Auth0Errors.Auth0ScopesMissing(Missing(onlyLooks ? reads : reads.Concat(MayChange(wishes)), held));
        }

        var steps = Auth0Plan.Steps(await ReadAsync(wishes, held, call).ConfigureAwait(false), wishes);
        var missing = Missing(steps.Select(step => step.Change?.Scope).OfType<string>().Distinct(), held);
        if (missing.Count > 0 && onlyLooks)
        {
            call.Reporter.Warning($"To make these changes, the token lacks {string.Join(", ", missing)}.");
        }

        return missing.Count == 0 || onlyLooks ? steps : throw Auth0Errors.Auth0ScopesMissing(missing);
    }

    /// <summary>Makes the change of a step, and says what the tenant has then by the server's own answer.</summary>
    /// <exception cref="DcrException">Refused, not sent, of unknown outcome, or not what was asked for.</exception>
    public async Task<DcrSetupStep> ApplyAsync(Auth0Step step, ProviderCall call)
    {
        var change = step.Change!;
        JsonBag answer;
        try
        {
            answer = api.Read(
                change.Path,
                await api.SendAsync(change.Method, change.Path, change.Body, change.Scope, call).ConfigureAwait(false)
            );
        }
        catch (DcrException failure)
        {
            throw Explain(step.Name, failure);
        }

        return change.Holds(answer)
            ? new DcrSetupStep(step.Name, step.Wanted, step.Was, change.Say(answer), isChanged: true, step.Note)
            : throw Auth0Errors.SetupNotTaken(step.Name, change.Becomes, change.Say(answer));
    }

    public Task<JsonBag> SettingsAsync(ProviderCall call) => api.GetAsync(SettingsPath, ReadSettings, call);

    /// <summary>The client grants that stand for all third-party applications.</summary>
    public async Task<IReadOnlyList<JsonBag>> DefaultGrantsAsync(ProviderCall call) =>
        (await api.ListAsync("client-grants?default_for=third_party_clients", "client_grants", ReadGrants, call).ConfigureAwait(false))
            .Where(grant => grant.Text("default_for") == "third_party_clients").ToList();

    /// <summary>Without the options, which hold the secrets of identity providers.</summary>
    public Task<IReadOnlyList<JsonBag>> ConnectionsAsync(ProviderCall call) =>
        api.ListAsync("connections?fields=id,name,is_domain_connection&include_fields=true", "connections", ReadConnections, call);

    public Task<IReadOnlyList<JsonBag>> RulesAsync(ProviderCall call) => api.ListAsync("network-acls", "network_acls", ReadRules, call);

    private static List<string> Reads(Auth0Wishes wishes) =>
        wishes.AllowedNetworks.Count == 0
            ? [ReadSettings, ReadGrants, ReadConnections]
            : [ReadSettings, ReadGrants, ReadConnections, ReadRules];

    /// <summary>What a token may need where it is not known yet what there is to change.</summary>
    private static IEnumerable<string> MayChange(Auth0Wishes wishes)
    {
        string[] grants = wishes.DefaultPermissions.Count == 0 ? [] : ["create:client_grants", "update:client_grants"];
        string[] connections = wishes.DomainConnections.Count == 0 ? [] : ["update:connections"];
        string[] rules = wishes.AllowedNetworks.Count == 0 ? [] : ["create:network_acls"];
        return [.. grants, .. connections, .. rules, ChangeSettings];
    }

    /// <param name="held">Null where that is not known: then nothing is missing before the server says so.</param>
    private static List<string> Missing(IEnumerable<string> needed, IReadOnlyList<string>? held) =>
        held is null ? [] : needed.Except(held).ToList();

    private async Task<Auth0Tenant> ReadAsync(Auth0Wishes wishes, IReadOnlyList<string>? held, ProviderCall call)
    {
        var settings = await SettingsAsync(call).ConfigureAwait(false);
        var grants = await DefaultGrantsAsync(call).ConfigureAwait(false);
        var connections = await ConnectionsAsync(call).ConfigureAwait(false);
        var rules = await ListAsync("network-acls", "network_acls", ReadRules, isNeeded: wishes.AllowedNetworks.Count > 0, held, call)
            .ConfigureAwait(false);
        var apis =
            wishes.DefaultPermissions.Count == 0
                ? null
                : await ListAsync("resource-servers", "resource_servers", ReadApis, isNeeded: false, held, call).ConfigureAwait(false);
        return new(settings, grants, connections, rules, apis);
    }

    /// <summary>A list that may be forbidden: null then, unless it is needed.</summary>
    private async Task<IReadOnlyList<JsonBag>?> ListAsync(
        string path,
        string member,
        string scope,
        bool isNeeded,
        IReadOnlyList<string>? held,
        ProviderCall call
    )
    {
        if (Missing([scope], held).Count > 0)
        {
            return null;
        }

        try
        {
            return await api.ListAsync(path, member, scope, call).ConfigureAwait(false);
        }
        catch (DcrException failure) when (failure.ServerError is { Status: 403 or 404 or 405 or 501 })
        {
            return isNeeded ? throw Explain("The access control lists", failure) : null;
        }
    }

    /// <summary>Auth0's refusals and unknown outcomes in terms of the setup; what any request may meet with stays.</summary>
    private static DcrException Explain(string step, DcrException failure) => (failure.ErrorId, failure.ServerError) switch
    {
        (DcrErrorId.OutcomeUnknown, var server) => Auth0Errors.SetupOutcomeUnknown(step, failure, server),
        (_, { Code: "insufficient_entitlement" or "too_many_entities" } server) => Auth0Errors.Auth0PlanForbids(step, server),
        (DcrErrorId.InvalidClientMetadata or DcrErrorId.RegistrationForbidden, { } server) => Auth0Errors.SetupRefused(step, server),
        _ => failure,
    };
}
