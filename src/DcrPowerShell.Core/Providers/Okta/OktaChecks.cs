using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Providers.Okta;

/// <summary>What can be found out of an administrator's credential: the scopes of its tokens, and by one read that it counts.</summary>
/// <param name="needed">The scopes that operations need, each with what cannot be done without it.</param>
/// <param name="send">Sends a request with a token of a scope.</param>
internal sealed class OktaChecks(
    Uri clients,
    ICredential credential,
    IReadOnlyList<(string Scope, string Without)> needed,
    Func<ProtocolRequest, string, ProviderCall, Task<ProtocolResponse>> send
)
{
    private const string ReadScope = "okta.clients.read";
    private const string GrantsScope = "okta.appGrants.read";
    private const string RolesScope = "okta.roles.read";
    private const string NoToken = "There is no token to look at.";
    private const string SeeCredential = "See the check of the credential.";

    // Found by the first check, and used by the others.
    private bool _hasToken;

    /// <summary>To be run in this order.</summary>
    public IReadOnlyList<ProviderCheck> List =>
        credential switch
        {
            NoCredential =>
            [
                new(
                    "Credential",
                    _ =>
                        Task.FromResult(
                            DcrCheck.Failed(
                                "The connection has no credential, and Okta registers clients for administrators only.",
                                Connect
                            )
                        )
                ),
            ],
            { ClientId: { } clientId } =>
            [
                new("Credential", CredentialAsync),
                new("Scope", ScopeAsync),
                new("Reading clients", ReadAsync),
                new("Grants", call => GrantsAsync(clientId, call)),
                new("Admin role", call => RolesAsync(clientId, call)),
            ],
            _ => [new("Credential", TokenAsync), new("Scope", ScopeAsync), new("Admin role", _ => Task.FromResult(OfOwner()))],
        };

    private static string Connect =>
        "Connect with -ApiToken, or with -ClientId and -PrivateKey of an API Services app that was granted the okta.clients scopes.";

    /// <summary>A service app: Okta gives tokens scope by scope, so one is proof that it knows the app and its key.</summary>
    private async Task<DcrCheck> CredentialAsync(ProviderCall call)
    {
        foreach (var (scope, _) in needed)
        {
            if (await IsGrantedAsync(scope, call).ConfigureAwait(false))
            {
                _hasToken = true;
                return await TokenCheck.RunAsync(credential, scope, call).ConfigureAwait(false);
            }
        }

        return DcrCheck.Failed(
            $"Okta knows the app '{credential.ClientId}' and its key, and gives it a token for none of "
                + $"{Words(needed.Select(need => need.Scope))}.",
            Grant(needed.Select(need => need.Scope))
        );
    }

    /// <summary>A token from elsewhere: reading a client is harmless, and proves it.</summary>
    private async Task<DcrCheck> TokenAsync(ProviderCall call)
    {
        var known = await TokenCheck.RunAsync(credential, ReadScope, call).ConfigureAwait(false);
        if (known.Status == DcrCheckStatus.Failed)
        {
            return known;
        }

        _hasToken = true;
        await ReadAsync(call).ConfigureAwait(false);
        return known.Status == DcrCheckStatus.Skipped
            ? DcrCheck.Passed($"Okta takes the token of -{credential.Kind}: it let it read clients.")
            : known;
    }

    private async Task<DcrCheck> ScopeAsync(ProviderCall call)
    {
        if (!_hasToken)
        {
            return DcrCheck.Skipped(NoToken, SeeCredential);
        }

        if (
            credential.ClientId is null
            && (await credential.InspectAsync(ReadScope, call.Reporter, call.Stop).ConfigureAwait(false)).Scopes is null
        )
        {
            return DcrCheck.Skipped(
                "The token has no scopes: it may do what its administrator may.",
                "The check of the admin role says where to look."
            );
        }

        var missing = new List<(string Scope, string Without)>();
        foreach (var need in needed)
        {
            if (!await IsGrantedAsync(need.Scope, call).ConfigureAwait(false))
            {
                missing.Add(need);
            }
        }

        return missing.Count == 0
            ? DcrCheck.Passed($"Okta gives tokens for {Words(needed.Select(need => need.Scope))}.")
            : DcrCheck.Failed(
                $"Okta gives no token for {Words(missing.Select(need => need.Scope))}: without it, clients cannot be "
                    + $"{string.Join(", ", missing.Select(need => need.Without))}.",
                Grant(missing.Select(need => need.Scope))
            );
    }

    /// <summary>A scope alone is not enough: Okta lets an app do what its admin role covers too.</summary>
    private async Task<DcrCheck> ReadAsync(ProviderCall call)
    {
        if (!_hasToken || !await IsGrantedAsync(ReadScope, call).ConfigureAwait(false))
        {
            return DcrCheck.Skipped($"There is no token for {ReadScope} to try it with.", SeeCredential);
        }

        var request = new ProtocolRequest(HttpMethod.Get, new Uri($"{clients.AbsoluteUri}?limit=1"), RequestEffect.None);
        Management.JudgeList(request, await send(request, ReadScope, call).ConfigureAwait(false));
        return DcrCheck.Passed("Okta let the credential read clients.");
    }

    /// <summary>okta-management-openapi-spec, management-minimal.yaml, listScopeConsentGrants: okta.appGrants.read.</summary>
    private async Task<DcrCheck> GrantsAsync(string clientId, ProviderCall call)
    {
        var found = await LookAsync($"/api/v1/apps/{UriText.Segment(clientId)}/grants", GrantsScope, "scopeId", call).ConfigureAwait(false);
        return found switch
        {
            null => DcrCheck.Skipped(
                $"Which scopes the app was granted could not be read: that takes {GrantsScope}, which few apps have.",
                "In the Admin Console, see the app's tab Okta API Scopes."
            ),
            { Count: 0 } => DcrCheck.Warning(
                "Okta shows no scope that was granted to the app.",
                "In the Admin Console, see the app's tab Okta API Scopes."
            ),
            _ => DcrCheck.Passed($"The app was granted: {string.Join(", ", found)}."),
        };
    }

    /// <summary>okta-management-openapi-spec, management-minimal.yaml, listRolesForClient: okta.roles.read.</summary>
    private async Task<DcrCheck> RolesAsync(string clientId, ProviderCall call)
    {
        var found = await LookAsync($"/oauth2/v1/clients/{UriText.Segment(clientId)}/roles", RolesScope, "label", call)
            .ConfigureAwait(false);
        return found switch
        {
            null => DcrCheck.Skipped(
                $"The app's admin role could not be read: that takes {RolesScope}, which few apps have.",
                "In the Admin Console, see the app's tab Admin roles: it needs a role that manages applications."
            ),
            { Count: 0 } => DcrCheck.Failed(
                "The app has no admin role, and Okta forbids whatever such an app asks for.",
                "In the Admin Console, open the app's tab Admin roles and assign one that manages applications."
            ),
            _ => DcrCheck.Passed($"The app has the admin role {string.Join(", ", found)}."),
        };
    }

    private static DcrCheck OfOwner() =>
        DcrCheck.Skipped(
            "The token has the rights of the administrator who made it, and Okta does not say which they are.",
            "In the Admin Console, see Security > API > Tokens for the administrator, and Security > Administrators for the role: it has "
                + "to manage applications."
        );

    /// <summary>One member of each item of a list; null where it may not be read.</summary>
    private async Task<IReadOnlyList<string>?> LookAsync(string path, string scope, string member, ProviderCall call)
    {
        if (!_hasToken || !await IsGrantedAsync(scope, call).ConfigureAwait(false))
        {
            return null;
        }

        try
        {
            var request = new ProtocolRequest(HttpMethod.Get, new Uri(clients, path), RequestEffect.None);
            var list = Management.JudgeList(request, await send(request, scope, call).ConfigureAwait(false));
            return list.Select(item => item.Members.Text(member)).OfType<string>().ToList();
        }
        catch (DcrException refusal) when (refusal.ServerError is { Status: 403 or 404 })
        {
            return null;
        }
    }

    /// <summary>Okta refuses a scope that was not granted, or leaves it out of the token (okta-sdk-golang#145).</summary>
    /// <exception cref="DcrException">There is no token for another reason.</exception>
    private async Task<bool> IsGrantedAsync(string scope, ProviderCall call)
    {
        try
        {
            var facts = await credential.InspectAsync(scope, call.Reporter, call.Stop).ConfigureAwait(false);
            return facts.Scopes?.Contains(scope) != false;
        }
        catch (DcrException refusal) when (refusal.ServerError?.Code is "invalid_scope" or "consent_required" or "access_denied")
        {
            return false;
        }
    }

    private static string Grant(IEnumerable<string> scopes) =>
        $"In the Admin Console, open the app's tab Okta API Scopes and grant {Words(scopes)}. If you connected with -Scope, name it there "
            + "too.";

    private static string Words(IEnumerable<string> scopes) => string.Join(", ", scopes);
}
