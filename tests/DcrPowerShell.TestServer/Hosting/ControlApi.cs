using System;
using System.Collections.Concurrent;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DcrPowerShell.TestServer.Hosting;

/// <summary>Starts, changes, watches and ends virtual servers over HTTP.</summary>
internal sealed class ControlApi : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, DcrTestServer> _servers = new();
    private int _lastId;

    private ControlApi(WebApplication app)
    {
        _app = app;
        app.MapGet("/certificate", (RequestDelegate)(context => context.Response.WriteAsync(Certificates.AuthorityPem)));
        app.MapPost("/servers", Guarded(StartServerAsync));
        app.MapPatch("/servers/{id}", Guarded(ChangeAsync));
        app.MapDelete("/servers/{id}", Guarded(StopServerAsync));
        app.MapGet("/servers/{id}/requests", Guarded(context => WriteAsync(context, Server(context).Requests)));
        app.MapDelete("/servers/{id}/requests", Guarded(ClearRequestsAsync));
        app.MapGet("/servers/{id}/clients", Guarded(context => WriteAsync(context, Server(context).Clients)));
        app.MapGet("/servers/{id}/state", Guarded(context => WriteAsync(context, Server(context).State)));
        app.MapPost("/servers/{id}/certificates", Guarded(IssueAsync));
        app.MapDelete("/servers/{id}/clients/{clientId}", Guarded(RemoveClientAsync));
        app.MapPost("/servers/{id}/clients/{clientId}/rotate", Guarded(RotateAsync));
    }

    public string Url => _app.Urls.Single();

    public static async Task<ControlApi> StartAsync(int port)
    {
        ControlApi api = new(Loopback.Create(port, static _ => { }));
        await api._app.StartAsync();
        return api;
    }

    /// <summary>Starts a server with these switches.</summary>
    public async Task<(string Id, DcrTestServer Server)> AddAsync(JsonObject switches)
    {
        DcrTestServer server = await DcrTestServer.StartAsync(Switches.Parse(switches));
        string id = Interlocked.Increment(ref _lastId).ToString(CultureInfo.InvariantCulture);
        _servers[id] = server;
        return (id, server);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        foreach (DcrTestServer server in _servers.Values)
        {
            await server.DisposeAsync();
        }
    }

    /// <summary>Turns a caller's mistake into 400 or 404 with its reason.</summary>
    private static RequestDelegate Guarded(RequestDelegate action) => async context =>
    {
        try
        {
            await action(context);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or NotFoundException)
        {
            context.Response.StatusCode = e is NotFoundException ? 404 : 400;
            await WriteAsync(context, new { error = e.Message });
        }
    };

    private static Task WriteAsync(HttpContext context, object body) =>
        context.Response.WriteAsJsonAsync(body, body.GetType(), Switches.JsonOptions);

    private static async Task<JsonObject> BodyAsync(HttpContext context) =>
        await JsonNode.ParseAsync(context.Request.Body) as JsonObject
        ?? throw new JsonException("The body must be a JSON object.");

    private static string Value(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;

    private DcrTestServer Server(HttpContext context) =>
        _servers.TryGetValue(Value(context, "id"), out DcrTestServer? server)
            ? server
            : throw new NotFoundException("There is no such server.");

    private async Task StartServerAsync(HttpContext context)
    {
        (string id, DcrTestServer server) = await AddAsync(await BodyAsync(context));
        await WriteAsync(context, new
        {
            id,
            url = server.Url,
            issuer = server.Issuer,
            managementToken = server.ManagementToken,
            fhirBase = server.FhirBase,
            communities = server.Communities,
        });
    }

    private async Task ChangeAsync(HttpContext context)
    {
        JsonObject patch = await BodyAsync(context);
        DcrTestServer server = Server(context);
        server.Switches = server.Switches.Merge(patch);
        await WriteAsync(context, server.Switches);
    }

    private async Task StopServerAsync(HttpContext context)
    {
        DcrTestServer server = Server(context);
        _servers.TryRemove(Value(context, "id"), out _);
        await server.DisposeAsync();
        context.Response.StatusCode = 204;
    }

    private async Task IssueAsync(HttpContext context)
    {
        CertificateOrder order = (await BodyAsync(context)).Deserialize<CertificateOrder>(Switches.JsonOptions)!;
        await WriteAsync(context, Server(context).IssueCertificate(order));
    }

    private Task ClearRequestsAsync(HttpContext context)
    {
        Server(context).ClearRequests();
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    private Task RemoveClientAsync(HttpContext context)
    {
        if (!Server(context).RemoveClient(Value(context, "clientId")))
        {
            throw new NotFoundException("There is no such client.");
        }

        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    private Task RotateAsync(HttpContext context) =>
        WriteAsync(context, Server(context).Rotate(Value(context, "clientId")) ?? throw new NotFoundException("There is no such client."));

    private sealed class NotFoundException(string message) : Exception(message);
}
