using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Audit;
using DcrPowerShell.Credentials;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Storage;
using DcrPowerShell.TestServer.Client;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>What a user has after Connect-DcrServer, over real HTTP: a connection and a vault, which here is in memory.</summary>
internal sealed class Session : IDisposable
{
    public const string WebClient = """{"client_name":"Clinic portal","redirect_uris":["https://app.example.com/callback"],"grant_types":["authorization_code"]}""";

    private readonly TestServerInstance? _server;

    private Session(DcrConnection connection, MemoryVault? vault, RecordingReporter reporter, FakeClock clock, TestServerInstance? server)
    {
        (Connection, Reporter, Clock, _server) = (connection, reporter, clock, server);
        Vault = vault ?? new MemoryVault();
        Context = new OperationContext(connection, vault is null ? null : new RegistrationStore(vault), reporter, clock, Stop.Token);
    }

    public DcrConnection Connection { get; }

    public MemoryVault Vault { get; }

    public RecordingReporter Reporter { get; }

    public FakeClock Clock { get; }

    public CancellationTokenSource Stop { get; } = new();

    public OperationContext Context { get; }

    public TestServerInstance Server => _server ?? throw new InvalidOperationException("This session is not with the test server.");

    /// <summary>Starts a test server and connects to it.</summary>
    /// <param name="switches">JSON, as in the server's Switches.</param>
    public static async Task<Session> StartAsync(string switches = "{}", Func<ConnectRequest, ConnectRequest>? change = null, bool hasVault = true, AuditLog? audit = null)
    {
        var server = await SharedTestServer.StartAsync(switches);
        return await ConnectAsync(server.Issuer, change, hasVault, server, audit: audit);
    }

    public static async Task<Session> ConnectAsync(string issuer, Func<ConnectRequest, ConnectRequest>? change = null, bool hasVault = true, TestServerInstance? server = null, HttpMessageHandler? handler = null, AuditLog? audit = null)
    {
        var (reporter, clock) = (new RecordingReporter(), new FakeClock());
        var vault = hasVault ? new MemoryVault() : null;
        var request = new ConnectRequest { Issuer = new Uri(issuer) };
        var connection = await ConnectOperation.RunAsync(change?.Invoke(request) ?? request, vault is null ? null : new RegistrationStore(vault), reporter, clock, CancellationToken.None, handler, audit: audit);
        return new Session(connection, vault, reporter, clock, server);
    }

    /// <summary>Runs an operation as a command does, so that it is put on record.</summary>
    public Task<T> RunAsync<T>(Func<OperationContext, Task<T>> operation) =>
        new OperationContext(Connection, Context.Store, Reporter, Clock, Stop.Token).RunAsync(operation);

    /// <param name="initialToken">For this registration alone.</param>
    public Task<DcrClient> RegisterAsync(string metadata = WebClient, string? tenant = null, string? clientSecretName = null, string? initialToken = null) =>
        RegisterOperation.RunAsync(Context, new RegisterRequest(JsonBag.Parse(metadata), tenant, clientSecretName) { InitialToken = initialToken is null ? null : StaticToken.Initial(initialToken) });

    public async Task<DcrClient> ReadAsync(string clientId) => await ReadOperation.RunAsync(Context, await FindAsync(clientId));

    /// <param name="changes">JSON; null removes a member.</param>
    public async Task<DcrClient> UpdateAsync(string clientId, string changes) => await UpdateOperation.RunAsync(Context, await FindAsync(clientId), JsonBag.Parse(changes));

    public async Task DeleteAsync(string clientId, bool force = false) => await DeleteOperation.RunAsync(Context, await FindAsync(clientId), force);

    public async Task<DcrClient> ResetSecretAsync(string clientId, string? clientSecretName = null) =>
        await ResetSecretOperation.RunAsync(Context, await FindAsync(clientId), clientSecretName);

    public async Task<DcrClient> OverlapAsync(string clientId, string? clientSecretName = null) =>
        await OverlapOperation.StartAsync(Context, await FindAsync(clientId), clientSecretName);

    public async Task<DcrClient> CompleteOverlapAsync(string clientId, string? clientSecretName = null) =>
        await OverlapOperation.CompleteAsync(Context, await FindAsync(clientId), clientSecretName);

    /// <summary>What the vault holds of a client.</summary>
    public RegistrationRecord Stored(string clientId) => RegistrationRecord.Parse(Vault.Secrets[SecretName.For(Connection.Issuer, clientId)]);

    /// <summary>What the vault holds of answers that could not be used.</summary>
    public IReadOnlyList<string> KeptAnswers() => Vault.Secrets.Where(static secret => secret.Key.StartsWith("dcr-unread-", StringComparison.Ordinal)).Select(static secret => secret.Value).ToList();

    /// <summary>The requests of one kind that the server got: register, read, update, delete.</summary>
    public async Task<IReadOnlyList<ServerRequest>> SentAsync(string operation) =>
        (await Server.RequestsAsync()).Where(request => request.Operation == operation).ToList();

    /// <summary>The one client as the server knows it.</summary>
    public async Task<ServerClient> AtServerAsync() => (await Server.ClientsAsync()).Single();

    public void Dispose()
    {
        Connection.Close();
        Stop.Dispose();
        _server?.Dispose();
    }

    private Task<RegistrationRecord> FindAsync(string clientId) => FindOperation.RunAsync(Context, clientId, piped: null);
}
