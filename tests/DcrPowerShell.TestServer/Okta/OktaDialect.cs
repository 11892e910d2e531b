using System;
using System.Collections.Generic;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;
using Microsoft.AspNetCore.Http;

namespace DcrPowerShell.TestServer.Okta;

/// <summary>
/// An Okta org: its Dynamic Client Registration API, the secrets, grants and roles of its Management API, and the org's token endpoint.
/// What it
/// does is taken from okta-management-openapi-spec fdda229 (dist/current, 2026.06.3: "oauth" and "management" in the comments) and
/// okta-developer-docs 468de9c, unless a comment says otherwise.
/// </summary>
internal sealed class OktaDialect : IDialect
{
    /// <summary>
    /// Wide enough never to be met: it is for the headers. An org's real limits are its own (okta-developer-docs, reference/rl2-limits).
    /// </summary>
    private static readonly RateLimit[] OwnLimits =
    [
        new()
        {
            On = FaultTarget.Any,
            PerSecond = 100,
            Burst = 6000,
            Headers = RateLimitHeaders.Okta,
        },
    ];

    public Route RouteOf(HttpRequest request, Switches switches) => OktaRoutes.Of(request, switches);

    public Answer Handle(ServerState state, IncomingRequest request) => request.Route.Operation switch
    {
        Operation.Discovery => OktaDiscovery.Answer(state, request),
        Operation.Token => OktaTokenEndpoint.Answer(state, request),
        Operation.Register => OktaClients.Register(state, request),
        Operation.List => OktaClientList.Answer(state, request),
        Operation.Read => OktaClients.Read(state, request),
        Operation.Update => OktaClients.Replace(state, request),
        Operation.Delete => OktaClients.Delete(state, request),
        Operation.NewSecret => OktaClients.NewSecret(state, request),
        Operation.ListSecrets => OktaSecrets.List(state, request),
        Operation.CreateSecret => OktaSecrets.Create(state, request),
        Operation.ReadSecret => OktaSecrets.Read(state, request),
        Operation.ActivateSecret => OktaSecrets.Activate(state, request),
        Operation.DeactivateSecret => OktaSecrets.Deactivate(state, request),
        Operation.DeleteSecret => OktaSecrets.Delete(state, request),
        Operation.ListGrants => OktaPermissions.Grants(state, request),
        Operation.ListRoles => OktaPermissions.Roles(state, request),
        Operation.MethodNotAllowed => throw OktaErrors.ForStatus(405),
        _ => throw OktaErrors.ForStatus(404),
    };

    public Refused RefusedFor(int status) => OktaErrors.ForStatus(status);

    /// <summary>
    /// 400 is in the RFCs' form (oauth: ErrorInvalidClientMetadata400) unless the refusal brings Okta's; the rest is in Okta's.
    /// </summary>
    public ErrorShape ShapeOf(Operation operation, int status) =>
        operation == Operation.Token || status == 400 ? ErrorShape.Rfc : ErrorShape.Okta;

    public string IssuerOf(ServerState state) => state.Origin;

    public string ClientUri(ServerState state, string clientId) =>
        $"{state.Origin}{OktaRoutes.ClientsPath}/{Uri.EscapeDataString(clientId)}";

    /// <summary>Headers as in the DPoP guide's answers and in every answer of the real Okta.</summary>
    public void Dress(Answer answer)
    {
        answer.Headers.TryAdd("X-Okta-Request-Id", RandomText.Make(32));
        answer.Headers.TryAdd("Cache-Control", "no-cache, no-store");
        answer.Headers.TryAdd("Pragma", "no-cache");
    }

    public IReadOnlyList<RateLimit> Limits(Switches switches) => OwnLimits;

    public JsonObject DescribeState(ServerState state) => state.Org.Describe();
}
