using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Net.Http;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;

namespace DcrPowerShell.TestServer.Client;

/// <summary>
/// The test server in a process of its own, which ends with this one. Compiled into test projects of net8.0 and of net472, where the server
/// itself can't run.
/// </summary>
internal sealed class TestServerProcess : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Process _process;
    private readonly HttpClient _http;

    private TestServerProcess(Process process, Uri control)
    {
        _process = process;
        Control = control;
        _http = new HttpClient(new HttpClientHandler { UseProxy = false }) { BaseAddress = control };
    }

    /// <summary>Where its control API is.</summary>
    public Uri Control { get; }

    /// <summary>Starts the process; call it once a test run.</summary>
    /// <param name="serverPath">Path of <c>DcrPowerShell.TestServer.dll</c>.</param>
    public static async Task<TestServerProcess> StartAsync(string serverPath)
    {
        if (!File.Exists(serverPath))
        {
            throw new FileNotFoundException("The test server isn't built.", serverPath);
        }

        ProcessStartInfo start = new("dotnet", $"\"{serverPath}\"")
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            // The server ends when its input does, and that is when this process ends, however it does.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        Process process = Process.Start(start)!;
        string? line = await process.StandardOutput.ReadLineAsync();
        if (line is null)
        {
            process.WaitForExit();
            throw new InvalidOperationException($"The test server ended at once, with exit code {process.ExitCode}.");
        }

        using JsonDocument answer = JsonDocument.Parse(line);
        return new TestServerProcess(process, new Uri(answer.RootElement.GetProperty("control").GetString()!));
    }

    /// <summary>The authority that signs the certificates of https servers, as PEM.</summary>
    public Task<string> CertificateAuthorityAsync() => _http.GetStringAsync(new Uri("certificate", UriKind.Relative));

    /// <summary>Starts a server.</summary>
    /// <param name="switches">
    /// An object whose members are switches, such as <c>new { rotateToken = "put" }</c>; null for the defaults.
    /// </param>
    public async Task<TestServerInstance> StartServerAsync(object? switches = null)
    {
        return new TestServerInstance(this, Read<StartedServer>(await SendAsync("POST", "servers", switches ?? new { })));
    }

    /// <summary>Ends the process and all its servers.</summary>
    public void Dispose()
    {
        _http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    internal static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, Json)!;

    internal async Task<string> SendAsync(string method, string path, object? body = null)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(JsonSerializer.Serialize(body, body.GetType(), Json), Encoding.UTF8, "application/json");
        }

        using HttpResponseMessage response = await _http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? text
            : throw new InvalidOperationException(
                $"The test server's control API answered {(int)response.StatusCode} to {method} {path}: {text}"
            );
    }
}

/// <summary>What the control API says of a server that it has started.</summary>
internal sealed class StartedServer
{
    public string Id { get; set; } = "";

    public string Url { get; set; } = "";

    public string Issuer { get; set; } = "";

    public string? ManagementToken { get; set; }

    public string FhirBase { get; set; } = "";

    public List<ServerCommunity> Communities { get; set; } = [];
}

/// <summary>One virtual server of a <see cref="TestServerProcess"/>.</summary>
internal sealed class TestServerInstance : IDisposable
{
    private readonly TestServerProcess _process;
    private readonly string _path;

    internal TestServerInstance(TestServerProcess process, StartedServer started)
    {
        _process = process;
        _path = $"servers/{started.Id}";
        Url = new Uri(started.Url);
        Issuer = started.Issuer;
        ManagementToken = started.ManagementToken;
        FhirBase = started.FhirBase;
        Communities = started.Communities;
    }

    /// <summary>The server's address, without a path.</summary>
    public Uri Url { get; }

    /// <summary>The issuer that its discovery document had at the start.</summary>
    public string Issuer { get; }

    /// <summary>Auth0's dialect: the Management API token that the switch <c>auth0.managementToken</c> asked for at the start.</summary>
    public string? ManagementToken { get; }

    /// <summary>The standard's dialect: where its SMART configuration and its UDAP metadata are.</summary>
    public string FhirBase { get; }

    /// <summary>The trust communities of a server that speaks UDAP, the default one first.</summary>
    public IReadOnlyList<ServerCommunity> Communities { get; }

    /// <summary>UDAP: makes a client's certificate.</summary>
    /// <param name="order">
    /// An object with <c>uris</c>, and where wanted <c>kind</c>, <c>key</c> and <c>community</c>, as in the server's CertificateOrder.
    /// </param>
    public async Task<OrderedCertificate> CertificateAsync(object order) =>
        TestServerProcess.Read<OrderedCertificate>(await _process.SendAsync("POST", $"{_path}/certificates", order));

    /// <summary>What has arrived, in order.</summary>
    public async Task<IReadOnlyList<ServerRequest>> RequestsAsync() =>
        TestServerProcess.Read<List<ServerRequest>>(await _process.SendAsync("GET", $"{_path}/requests"));

    /// <summary>Forgets the requests.</summary>
    public Task ClearRequestsAsync() => _process.SendAsync("DELETE", $"{_path}/requests");

    /// <summary>The clients as the server knows them, in order of registration.</summary>
    public async Task<IReadOnlyList<ServerClient>> ClientsAsync() =>
        TestServerProcess.Read<List<ServerClient>>(await _process.SendAsync("GET", $"{_path}/clients"));

    /// <summary>
    /// What an Okta org (<c>secrets</c> by client) or an Auth0 tenant (<c>managementToken</c>, <c>settings</c>, <c>applications</c>,
    /// <c>credentials</c>, <c>clientGrants</c>,
    /// <c>connections</c>, <c>networkAcls</c>, <c>resourceServers</c>) holds now, in the vendor's words.
    /// </summary>
    public async Task<JsonElement> StateAsync() => TestServerProcess.Read<JsonElement>(await _process.SendAsync("GET", $"{_path}/state"));

    /// <summary>
    /// Changes switches from the next request on, each as a whole; of <c>okta</c>, <c>auth0</c> and <c>udap</c>, the members that are
    /// named.
    /// </summary>
    public Task SetAsync(object switches) => _process.SendAsync("PATCH", _path, switches);

    /// <summary>Removes a client behind its owner's back.</summary>
    public Task RemoveClientAsync(string clientId) => _process.SendAsync("DELETE", $"{_path}/clients/{Uri.EscapeDataString(clientId)}");

    /// <summary>Silently gives a client another registration access token.</summary>
    public async Task<ServerClient> RotateAsync(string clientId) =>
        TestServerProcess.Read<ServerClient>(await _process.SendAsync("POST", $"{_path}/clients/{Uri.EscapeDataString(clientId)}/rotate"));

    /// <summary>Stops the server: its port is closed from now on.</summary>
    public Task StopAsync() => _process.SendAsync("DELETE", _path);

    /// <summary>Stops the server without waiting for it; one that was stopped already, or whose process has ended, is let be.</summary>
    public void Dispose() =>
        StopAsync()
            .ContinueWith(
                static stopped => stopped.Exception,
                System.Threading.CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Default
            );
}

/// <summary>A request that a server got.</summary>
internal sealed class ServerRequest
{
    /// <summary>Its place in the order of arrival.</summary>
    public int Sequence { get; set; }

    /// <summary>When its body had been read.</summary>
    public DateTimeOffset ReceivedAt { get; set; }

    /// <summary>
    /// notFound, methodNotAllowed, or what a fault's <c>on</c> can name: discovery, token, register, read, update, delete, list, …
    /// </summary>
    public string Operation { get; set; } = "";

    /// <summary>The client that its URL names.</summary>
    public string? ClientId { get; set; }

    /// <summary>What else its URL names: a secret, a grant, a connection, an access control list, Okta's authorization server.</summary>
    public string? ResourceId { get; set; }

    /// <summary>GET, POST, …</summary>
    public string Method { get; set; } = "";

    /// <summary>Path and query as sent.</summary>
    public string Target { get; set; } = "";

    /// <summary>Its headers, as sent; <see cref="Header"/> looks one up without regard to case.</summary>
    public Dictionary<string, string> Headers { get; set; } = [];

    /// <summary>Its body, empty if it had none.</summary>
    public string Body { get; set; } = "";

    /// <summary>The connection that it came on.</summary>
    public string Connection { get; set; } = "";

    /// <summary>Thumbprint of the client's TLS certificate.</summary>
    public string? ClientCertificate { get; set; }

    /// <summary>The status of its answer, sent or not.</summary>
    public int? Status { get; set; }

    /// <summary>One header; null if it wasn't sent.</summary>
    public string? Header(string name)
    {
        foreach (KeyValuePair<string, string> header in Headers)
        {
            if (string.Equals(header.Key, name, StringComparison.OrdinalIgnoreCase))
            {
                return header.Value;
            }
        }

        return null;
    }

    /// <summary>The body as JSON.</summary>
    public JsonElement Json() => TestServerProcess.Read<JsonElement>(Body);
}

/// <summary>A client as the server knows it.</summary>
internal sealed class ServerClient
{
    /// <summary>Its identifier.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>The secret that is valid now.</summary>
    public string? ClientSecret { get; set; }

    /// <summary>When it was registered, in epoch seconds.</summary>
    public long ClientIdIssuedAt { get; set; }

    /// <summary>The registration token that is valid now.</summary>
    public string? RegistrationAccessToken { get; set; }

    /// <summary>Where the client really is managed.</summary>
    public string RegistrationClientUri { get; set; } = "";

    /// <summary>The metadata that was granted.</summary>
    public JsonElement Metadata { get; set; }
}

/// <summary>A trust community of a server that speaks UDAP.</summary>
internal sealed class ServerCommunity
{
    public string Uri { get; set; } = "";

    /// <summary>Its root, as PEM.</summary>
    public string Anchor { get; set; } = "";
}

/// <summary>A certificate that a trust community has made.</summary>
internal sealed class OrderedCertificate
{
    /// <summary>Certificate, issuers and key; no password.</summary>
    public byte[] Pfx { get; set; } = [];

    /// <summary>The certificate and its issuers up to the anchor, which is not among them, as PEM.</summary>
    public string Certificate { get; set; } = "";

    /// <summary>The key, as PEM (PKCS #8).</summary>
    public string Key { get; set; } = "";
}
