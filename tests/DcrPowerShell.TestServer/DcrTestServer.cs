using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.TestServer.Auth0;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;
using DcrPowerShell.TestServer.Udap;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace DcrPowerShell.TestServer;

/// <summary>One virtual authorization server on a free loopback port of its own.</summary>
public sealed class DcrTestServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ServerState _state;

    private DcrTestServer(WebApplication app, ServerState state)
    {
        _app = app;
        _state = state;
    }

    /// <summary>The server's address without a path, such as <c>http://127.0.0.1:1234</c>.</summary>
    public string Url => _state.Origin;

    /// <summary>The issuer as the discovery document has it.</summary>
    public string Issuer => _state.Issuer;

    /// <summary>
    /// Auth0: the token that <see cref="Auth0Switches.ManagementToken"/> asks for; null without it and in other dialects.
    /// </summary>
    public string? ManagementToken => _state.Switches.Dialect == Dialect.Auth0 ? Auth0Access.StaticToken(_state) : null;

    /// <summary>The FHIR base of a server of the standard's dialect.</summary>
    public string FhirBase => _state.Udap.FhirBase;

    /// <summary>The trust communities of a server that speaks UDAP, the default one first, each with its anchor as PEM.</summary>
    public IReadOnlyList<object> Communities => _state.Switches.Udap is null
        ? []
        : [.. TrustCommunity.All.Select(community => new { community.Uri, Anchor = community.Anchor.ExportCertificatePem() })];

    /// <summary>
    /// How the server behaves; what is set counts from the next request on. Setting other <see cref="Switches.Faults"/> starts their queue
    /// again.
    /// </summary>
    /// <exception cref="ArgumentException">A switch was changed that is fixed while the server runs.</exception>
    public Switches Switches
    {
        get => _state.Switches;
        set => _state.Switches = value;
    }

    /// <summary>What has arrived so far, in order.</summary>
    public IReadOnlyList<RecordedRequest> Requests => _state.Log.Snapshot();

    /// <summary>The clients as the server knows them, in order of registration.</summary>
    public IReadOnlyList<ClientSnapshot> Clients
    {
        get
        {
            lock (_state.Gate)
            {
                return [.. _state.Clients.All.Select(Snapshot)];
            }
        }
    }

    /// <summary>
    /// What the server holds now. Okta: <c>secrets</c>, the Apps API's by client. Auth0: <c>managementToken</c>, <c>settings</c>,
    /// <c>applications</c>, <c>clientGrants</c>, <c>connections</c>, <c>networkAcls</c>, <c>resourceServers</c>, as the Management API
    /// writes them.
    /// </summary>
    public JsonObject State
    {
        get
        {
            lock (_state.Gate)
            {
                return _state.Dialect.DescribeState(_state);
            }
        }
    }

    /// <summary>Starts a server.</summary>
    /// <param name="switches">Its habits; the defaults make a strict server of RFC 7591 and RFC 7592.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<DcrTestServer> StartAsync(Switches? switches = null, CancellationToken cancellationToken = default)
    {
        ServerState state = new(switches ?? new Switches());
        RequestHandler handler = new(state);
        WebApplication app = Loopback.Create(port: 0, listen =>
        {
            if (state.Switches.RoundTripMs > 0)
            {
                listen.Use(next => DistantTransport.Delay(TimeSpan.FromMilliseconds(state.Switches.RoundTripMs), next));
            }

            UseHttps(listen, state.Switches);
        });
        app.Run(handler.HandleAsync);
        await app.StartAsync(cancellationToken);
        state.Origin = app.Urls.Single();
        return new DcrTestServer(app, state);
    }

    /// <summary>Forgets the recorded requests.</summary>
    public void ClearRequests() => _state.Log.Clear();

    /// <summary>Removes a client behind its owner's back.</summary>
    /// <returns>False if there is no such client.</returns>
    public bool RemoveClient(string clientId)
    {
        lock (_state.Gate)
        {
            return _state.Clients.Remove(clientId);
        }
    }

    /// <summary>Silently gives a client another registration access token.</summary>
    /// <returns>The client as it is now; null if there is no such client.</returns>
    public ClientSnapshot? Rotate(string clientId)
    {
        lock (_state.Gate)
        {
            if (_state.Clients.Find(clientId) is not { } client)
            {
                return null;
            }

            _state.Clients.SetToken(client, RandomText.RegistrationToken());
            return Snapshot(client);
        }
    }

    /// <summary>
    /// UDAP: makes a client's certificate, with its key: <c>pfx</c> (base64, no password), <c>certificate</c> and <c>key</c> (PEM).
    /// </summary>
    public JsonObject IssueCertificate(CertificateOrder order)
    {
        TrustCommunity community = order.Community is null
            ? TrustCommunity.All[0]
            : TrustCommunity.Find(order.Community) ?? throw new ArgumentException("There is no such community.");
        return community
            .Issue(order.Uris, order.Kind, MemberCertificate.NewKey(order.Key, order.Kind), _state.Udap.RevocationLists)
            .Describe();
    }

    /// <summary>Stops the server; open connections are cut.</summary>
    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource atOnce = new();
        await atOnce.CancelAsync();
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }

    private static void UseHttps(ListenOptions listen, Switches switches)
    {
        // Dropping a connection means something else in HTTP/2.
        listen.Protocols = HttpProtocols.Http1;
        if (switches.Https == Https.Off)
        {
            return;
        }

        listen.UseHttps(
            new HttpsConnectionAdapterOptions
            {
                ServerCertificate = Certificates.Make(switches.Https),
                ClientCertificateMode = switches.RequireClientCertificate
                    ? ClientCertificateMode.RequireCertificate
                    : ClientCertificateMode.NoCertificate,
                ClientCertificateValidation = (_, _, _) => true,
            }
        );
    }

    private ClientSnapshot Snapshot(RegisteredClient client) => new()
    {
        ClientId = client.ClientId,
        ClientSecret = client.Secret,
        ClientIdIssuedAt = client.IssuedAt.ToUnixTimeSeconds(),
        RegistrationAccessToken = client.RegistrationToken,
        RegistrationClientUri = _state.Dialect.ClientUri(_state, client.ClientId),
        Metadata = client.Metadata.DeepClone().AsObject(),
    };
}
