using System;
using System.Collections.Generic;
using System.Text.Json;
using DcrPowerShell.TestServer.Hosting;

namespace DcrPowerShell.TestServer;

/// <summary>A request that a server got.</summary>
public sealed class RecordedRequest
{
    internal RecordedRequest(int sequence, DateTimeOffset receivedAt, IncomingRequest request)
    {
        Sequence = sequence;
        ReceivedAt = receivedAt;
        Operation = JsonNamingPolicy.CamelCase.ConvertName(request.Route.Operation.ToString());
        ClientId = request.Route.ClientId;
        ResourceId = request.Route.ResourceId;
        Method = request.Method;
        Target = request.Target;
        Headers = request.Headers;
        Body = request.Body;
        Connection = request.Connection;
        ClientCertificate = request.ClientCertificate;
    }

    /// <summary>Its place in the order of arrival, from 1; clearing doesn't start again.</summary>
    public int Sequence { get; }

    /// <summary>When its body had been read, by the machine's clock.</summary>
    public DateTimeOffset ReceivedAt { get; }

    /// <summary>
    /// notFound, methodNotAllowed, or one of the names of <see cref="FaultTarget"/>: discovery, token, register, read, update, delete,
    /// list, …
    /// </summary>
    public string Operation { get; }

    /// <summary>The client that its URL names.</summary>
    public string? ClientId { get; }

    /// <summary>What else its URL names: a secret, a grant, a connection, an access control list, Okta's authorization server.</summary>
    public string? ResourceId { get; }

    /// <summary>GET, POST, …</summary>
    public string Method { get; }

    /// <summary>Path and query as sent; a whole URL where the client took this server for a proxy.</summary>
    public string Target { get; }

    /// <summary>Its headers; look-up in .NET is without regard to case.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>Its body, empty if it had none.</summary>
    public string Body { get; }

    /// <summary>The connection that it came on: requests with the same value shared one.</summary>
    public string Connection { get; }

    /// <summary>Thumbprint of the client's TLS certificate.</summary>
    public string? ClientCertificate { get; }

    /// <summary>
    /// The status it was answered with, or was to be answered with where the connection was dropped; null while it is being worked on and
    /// where the client gave up first.
    /// </summary>
    public int? Status { get; internal set; }
}
