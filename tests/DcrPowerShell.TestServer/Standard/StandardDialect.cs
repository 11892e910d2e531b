using System;
using System.Collections.Generic;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Tokens;
using DcrPowerShell.TestServer.Udap;
using Microsoft.AspNetCore.Http;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>
/// The standard's dialect: RFC 8414, OpenID Connect Discovery and a SMART configuration, RFC 7591, RFC 7592, and a token endpoint for
/// initial tokens.
/// </summary>
internal sealed class StandardDialect : IDialect
{
    public Route RouteOf(HttpRequest request, Switches switches) => StandardRoutes.Of(request, switches);

    public Answer Handle(ServerState state, IncomingRequest request) => request.Route.Operation switch
    {
        Operation.Discovery when request.Route.ResourceId == WellKnown.Smart => SmartConfiguration.Answer(state),
        Operation.Discovery when request.Route.ResourceId == ClientDocument.Path =>
            ClientDocument.Give(state, state.Switches.ClientDocument!),
        Operation.Discovery when request.Route.ResourceId == ProtectedResource.Itself => ProtectedResource.Refuse(state),
        Operation.Discovery when request.Route.ResourceId == ProtectedResource.Metadata => ProtectedResource.Describe(state),
        Operation.Discovery when request.Route.ResourceId == WellKnown.Udap => UdapMetadata.Answer(state, request),
        Operation.RevocationList => state.Udap.RevocationLists.Answer(request.Route.ResourceId!),
        Operation.Discovery => Discovery.Answer(state),
        Operation.Register when request.Route.ResourceId == UdapRoutes.RegistrationPath => UdapRegistration.Answer(state, request),
        Operation.Token when request.Route.ResourceId == UdapRoutes.TokenPath => UdapTokenEndpoint.Answer(state, request),
        Operation.Token => TokenEndpoint.Answer(state, request),
        Operation.Push => PushEndpoint.Answer(state, request),
        Operation.Register => Registration.Register(state, request),
        Operation.Read => Management.Read(state, request),
        Operation.Update => Management.Update(state, request),
        Operation.Delete => Management.Delete(state, request),
        Operation.MethodNotAllowed => throw Refused.ForStatus(405),
        _ => throw Refused.ForStatus(404),
    };

    public Refused RefusedFor(int status) => Refused.ForStatus(status);

    public ErrorShape ShapeOf(Operation operation, int status) => ErrorShape.Rfc;

    public string IssuerOf(ServerState state) => state.BaseUrl + (state.Switches.IssuerTrailingSlash ? "/" : "");

    public string ClientUri(ServerState state, string clientId) =>
        $"{state.BaseUrl}{StandardRoutes.RegistrationPath}/{Uri.EscapeDataString(clientId)}";

    public void Dress(Answer answer)
    {
        // There is nothing that all of them have in common.
    }

    public IReadOnlyList<RateLimit> Limits(Switches switches) => [];

    public JsonObject DescribeState(ServerState state) => [];
}
