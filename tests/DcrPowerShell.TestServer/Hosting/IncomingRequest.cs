using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.TestServer.Standard;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace DcrPowerShell.TestServer.Hosting;

/// <summary>A request with its body read to the end.</summary>
internal sealed class IncomingRequest
{
    private IncomingRequest(HttpContext context, Route route, string body)
    {
        Route = route;
        Method = context.Request.Method;
        Target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        Path = context.Request.Path.Value ?? "/";
        Query = context.Request.Query.ToDictionary(
            parameter => parameter.Key,
            parameter => parameter.Value.ToString(),
            StringComparer.Ordinal
        );
        Headers = context.Request.Headers.ToDictionary(
            header => header.Key,
            header => header.Value.ToString(),
            StringComparer.OrdinalIgnoreCase
        );
        Body = body;
        Connection = context.Connection.Id;
        ClientCertificate = context.Connection.ClientCertificate?.Thumbprint;
    }

    public Route Route { get; }

    public string Method { get; }

    /// <summary>The request target as it was sent: path and query, or a whole URL where the client takes this server for a proxy.</summary>
    public string Target { get; }

    /// <summary>The path, decoded and without the query.</summary>
    public string Path { get; }

    public IReadOnlyDictionary<string, string> Query { get; }

    public IReadOnlyDictionary<string, string> Headers { get; }

    public string Body { get; }

    public string Connection { get; }

    public string? ClientCertificate { get; }

    public static async Task<IncomingRequest> ReadAsync(
        HttpContext context,
        IDialect dialect,
        Switches switches,
        CancellationToken cancellation
    )
    {
        using StreamReader reader = new(context.Request.Body, Encoding.UTF8);
        string body = await reader.ReadToEndAsync(cancellation);
        return new IncomingRequest(context, dialect.RouteOf(context.Request, switches), body);
    }

    /// <summary>Whether its Content-Type is that of JSON.</summary>
    public bool SaysItIsJson =>
        (Header("Content-Type") ?? "").Split(';')[0].Trim().Equals("application/json", StringComparison.OrdinalIgnoreCase);

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>The token of an Authorization header of this scheme (RFC 6750 section 2.1, RFC 9449 section 7.1).</summary>
    public string? Token(string scheme)
    {
        string? header = Header("Authorization");
        return header is not null && header.StartsWith(scheme + " ", StringComparison.OrdinalIgnoreCase)
            ? header[(scheme.Length + 1)..].Trim()
            : null;
    }

    /// <summary>The body as client metadata (RFC 7591 section 3.1).</summary>
    /// <exception cref="Refused">The body isn't a JSON object, or isn't said to be JSON.</exception>
    public JsonObject Metadata()
    {
        if (!SaysItIsJson)
        {
            throw new Refused(400, "invalid_request", "only application/json content-type bodies are supported");
        }

        return Json() ?? throw Refused.Metadata("the request body is not a JSON object");
    }

    /// <summary>The body as a JSON object; null if it isn't one.</summary>
    public JsonObject? Json()
    {
        try
        {
            return JsonNode.Parse(Body) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
