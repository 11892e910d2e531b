using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;
using Microsoft.AspNetCore.Http;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>
/// An Auth0 tenant: registration at /oidc/register, tokens at /oauth/token, and as much of the Management API as registration needs. What
/// it does
/// is taken from auth0/docs-v2 092b879 ("docs" in the comments), node-auth0's types of 2026-07-22 ("types") and the answers that
/// terraform-provider-auth0 of 2026-08-18 has recorded from a real tenant ("recordings"), unless a comment says otherwise.
/// </summary>
internal sealed class Auth0Dialect : IDialect
{
    public Route RouteOf(HttpRequest request, Switches switches) => Auth0Routes.Of(request, switches);

    public Answer Handle(ServerState state, IncomingRequest request) => request.Route.Operation switch
    {
        Operation.Discovery => Auth0Discovery.Answer(state),
        Operation.Token => Auth0TokenEndpoint.Answer(state, request),
        Operation.Register => Auth0Registration.Register(state, request),
        Operation.List => Auth0Clients.List(state, request),
        Operation.Read => Auth0Clients.Read(state, request),
        Operation.Update => Auth0Clients.Update(state, request),
        Operation.Delete => Auth0Clients.Delete(state, request),
        Operation.RotateSecret => Auth0Clients.RotateSecret(state, request),
        Operation.ListCredentials => Auth0Credentials.List(state, request),
        Operation.CreateCredential => Auth0Credentials.Create(state, request),
        Operation.DeleteCredential => Auth0Credentials.Delete(state, request),
        Operation.PreviewDocument => Auth0Documents.Preview(state, request),
        Operation.RegisterDocument => Auth0Documents.Register(state, request),
        Operation.ReadSettings => Auth0Settings.Read(state, request),
        Operation.UpdateSettings => Auth0Settings.Update(state, request),
        Operation.ListClientGrants => Auth0ClientGrants.List(state, request),
        Operation.CreateClientGrant => Auth0ClientGrants.Create(state, request),
        Operation.ReadClientGrant => Auth0ClientGrants.Read(state, request),
        Operation.UpdateClientGrant => Auth0ClientGrants.Update(state, request),
        Operation.DeleteClientGrant => Auth0ClientGrants.Delete(state, request),
        Operation.ListConnections => Auth0Connections.List(state, request),
        Operation.ReadConnection => Auth0Connections.Read(state, request),
        Operation.UpdateConnection => Auth0Connections.Update(state, request),
        Operation.ListNetworkAcls => Auth0NetworkAcls.List(state, request),
        Operation.CreateNetworkAcl => Auth0NetworkAcls.Create(state, request),
        Operation.ReadNetworkAcl => Auth0NetworkAcls.Read(state, request),
        Operation.UpdateNetworkAcl => Auth0NetworkAcls.Update(state, request),
        Operation.ReplaceNetworkAcl => Auth0NetworkAcls.Replace(state, request),
        Operation.DeleteNetworkAcl => Auth0NetworkAcls.Delete(state, request),
        Operation.ListResourceServers => Auth0ResourceServers.List(state, request),
        // Auth0 routes by method and path: a method that isn't there is a path that isn't there.
        _ => throw Auth0Errors.ForStatus(404),
    };

    public Refused RefusedFor(int status) => Auth0Errors.ForStatus(status);

    public ErrorShape ShapeOf(Operation operation, int status) => operation == Operation.Token ? ErrorShape.Rfc : ErrorShape.Auth0;

    /// <summary>With a slash at its end (docs, get-started/applications/configure-applications-with-oidc-discovery).</summary>
    public string IssuerOf(ServerState state) => state.Origin + "/";

    public string ClientUri(ServerState state, string clientId) =>
        $"{state.Origin}{Auth0Routes.ApiPath}clients/{Uri.EscapeDataString(clientId)}";

    /// <summary>recordings have this Content-Type.</summary>
    public void Dress(Answer answer)
    {
        answer.Headers.TryAdd("X-Auth0-RequestId", RandomText.Make(20));
        if (answer.ContentType == "application/json")
        {
            answer.ContentType = "application/json; charset=utf-8";
        }
    }

    public IReadOnlyList<RateLimit> Limits(Switches switches) =>
        [.. new[] { switches.Auth0.RegisterLimit, switches.Auth0.ManagementLimit }.OfType<RateLimit>()];

    public JsonObject DescribeState(ServerState state) => state.Tenant.Describe();
}
