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
using DcrPowerShell.Storage.Journaling;
using DcrPowerShell.TestServer.Client;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>What a user has after Connect-DcrServer, over real HTTP: a connection and a vault, which here is in memory.</summary>
internal sealed class Session : IDisposable
{
    public const string WebClient = """{"client_name":"Clinic portal","redirect_uris":["https://app.example.com/callback"],"grant_types":["authorization_code"]}""";

    private readonly TestServerInstance? _server;

    private readonly bool _hasVault;

    private Session(DcrConnection connection, MemoryVault? vault, RecordingReporter reporter, FakeClock clock, TestServerInstance? server)
    {
        (Connection, Reporter, Clock, _server, _hasVault) = (connection, reporter, clock, server, vault is not null);
        Vault = vault ?? new MemoryVault();
    }

    public DcrConnection Connection { get; }

    public MemoryVault Vault { get; }

    public RecordingReporter Reporter { get; }

    public FakeClock Clock { get; }

    public CancellationTokenSource Stop { get; } = new();

    /// <summary>For one run of an operation.</summary>
    public OperationContext Context => new(Connection, _hasVault ? new RegistrationStore(Vault) : null, Reporter, Clock, Stop.Token);

    public TestServerInstance Server => _server ?? throw new InvalidOperationException("This session is not with the test server.");

    /// <summary>Starts a test server and connects to it.</summary>
    /// <param name="switches">JSON, as in the server's Switches.</param>
    /// <param name="journals">The folder for a journal; null for none.</param>
    public static async Task<Session> StartAsync(string switches = "{}", Func<ConnectRequest, ConnectRequest>? change = null, bool hasVault = true, AuditLog? audit = null, IJournalFolder? journals = null)
    {
        var server = await SharedTestServer.StartAsync(switches);
        return await ConnectAsync(server.Issuer, change, hasVault, server, audit: audit, journals: journals);
    }

    public static async Task<Session> ConnectAsync(string issuer, Func<ConnectRequest, ConnectRequest>? change = null, bool hasVault = true, TestServerInstance? server = null, HttpMessageHandler? handler = null, AuditLog? audit = null, IJournalFolder? journals = null, MemoryVault? knownVault = null)
    {
        var (reporter, clock) = (new RecordingReporter(), new FakeClock());
        var vault = hasVault ? knownVault ?? new MemoryVault() : null;
        var request = new ConnectRequest { Issuer = new Uri(issuer) };
        var connection = await ConnectOperation.RunAsync(change?.Invoke(request) ?? request, vault is null ? null : new RegistrationStore(vault), reporter, clock, CancellationToken.None, handler, journals is null ? null : new JournalSet(journals), audit: audit);
        return new Session(connection, vault, reporter, clock, server);
    }

    /// <summary>Runs an operation as a command does, so that it is put on record.</summary>
    public Task<T> RunAsync<T>(Func<OperationContext, Task<T>> operation) => Context.RunAsync(operation);

    /// <param name="initialToken">For this registration alone.</param>
    public Task<DcrClient> RegisterAsync(string metadata = WebClient, string? tenant = null, string? clientSecretName = null, string? initialToken = null) =>
        Context.RunAsync(context => RegisterOperation.RunAsync(context, new RegisterRequest(JsonBag.Parse(metadata), tenant, clientSecretName) { InitialToken = initialToken is null ? null : StaticToken.Initial(initialToken) }));

    public Task<DcrClient> ReadAsync(string clientId) => RunAsync(clientId, ReadOperation.RunAsync);

    /// <param name="changes">JSON; null removes a member.</param>
    public Task<DcrClient> UpdateAsync(string clientId, string changes) => RunAsync(clientId, (context, record) => UpdateOperation.RunAsync(context, record, JsonBag.Parse(changes)));

    public Task DeleteAsync(string clientId, bool force = false) => RunAsync(clientId, async (context, record) =>
    {
        await DeleteOperation.RunAsync(context, record, force);
        return true;
    });

    public Task<DcrClient> ResetSecretAsync(string clientId, string? clientSecretName = null) =>
        RunAsync(clientId, (context, record) => ResetSecretOperation.RunAsync(context, record, clientSecretName));

    public Task<DcrClient> OverlapAsync(string clientId, string? clientSecretName = null) =>
        RunAsync(clientId, (context, record) => OverlapOperation.StartAsync(context, record, clientSecretName));

    public Task<DcrClient> CompleteOverlapAsync(string clientId, string? clientSecretName = null) =>
        RunAsync(clientId, (context, record) => OverlapOperation.CompleteAsync(context, record, clientSecretName));

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

    /// <summary>As a cmdlet does it: what is known is found in one run, and the operation is another.</summary>
    private async Task<T> RunAsync<T>(string clientId, Func<OperationContext, RegistrationRecord, Task<T>> operation)
    {
        var record = await Context.RunAsync(context => FindOperation.RunAsync(context, clientId, piped: null));
        return await Context.RunAsync(context => operation(context, record));
    }
}
