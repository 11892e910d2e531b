using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Tokens;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>The standard's dialect: RFC 8414 and OpenID Connect Discovery, RFC 7591, RFC 7592, and a token endpoint for initial tokens.</summary>
internal static class StandardServer
{
    /// <summary>Does what the request asks and answers; a refusal is an answer too.</summary>
    public static Answer Handle(ServerState state, IncomingRequest request)
    {
        lock (state.Gate)
        {
            try
            {
                return request.Route.Operation switch
                {
                    Operation.Discovery => Discovery.Answer(state),
                    Operation.Token => TokenEndpoint.Answer(state, request),
                    Operation.Register => Registration.Register(state, request),
                    Operation.Read => Management.Read(state, request),
                    Operation.Update => Management.Update(state, request),
                    Operation.Delete => Management.Delete(state, request),
                    Operation.MethodNotAllowed => throw Refused.ForStatus(405),
                    _ => throw Refused.ForStatus(404),
                };
            }
            catch (Refused refused)
            {
                return Refusal.Write(refused, request.Route.Operation == Operation.Token ? ErrorShape.Rfc : state.Switches.ErrorShape);
            }
        }
    }
}
