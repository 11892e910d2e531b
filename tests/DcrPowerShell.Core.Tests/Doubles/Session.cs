using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Audit;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Tests;
using DcrPowerShell.TestServer.Client;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>
/// What a user has after Connect-DcrServer, over real HTTP: a connection, a local store, and maybe a vault, both in memory.
/// </summary>
internal sealed class Session : IDisposable
{
    public const string WebClient =
        """{"client_name":"Clinic portal","redirect_uris":["https://app.example.com/callback"],"grant_types":["authorization_code"]}""";

    private readonly MemoryVault? _vault;
    private TestServerInstance? _server;
    private bool _isServersOwner;

    private Session(
        DcrConnection connection,
        StoreProcess process,
        MemoryVault? vault,
        RecordingReporter reporter,
        FakeClock clock,
        Func<ConnectRequest, ConnectRequest>? change
    )
    {
        (Connection, Process, _vault, Reporter, Clock, Change) = (connection, process, vault, reporter, clock, change);
    }

    public DcrConnection Connection { get; }

    public StoreProcess Process { get; }

    public RegistrationLedger Ledger => Process.Ledger;

    /// <summary>Of a session that keeps its registrations in the local store.</summary>
    public MemoryVault Vault => _vault ?? throw new InvalidOperationException("This session has no vault.");

    public RecordingReporter Reporter { get; }

    public FakeClock Clock { get; }

    public CancellationTokenSource Stop { get; } = new();

    /// <summary>For one run of an operation.</summary>
    public OperationContext Context => ContextOf(NewStore());

    public TestServerInstance Server => _server ?? throw new InvalidOperationException("This session is not with the test server.");

    public Func<ConnectRequest, ConnectRequest>? Change { get; }

    /// <summary>Starts a test server and connects to it.</summary>
    /// <param name="switches">JSON, as in the server's Switches.</param>
    /// <param name="hasVault">Whether registrations are kept in a vault, or in the local store.</param>
    public static async Task<Session> StartAsync(
        string switches = "{}",
        Func<ConnectRequest, ConnectRequest>? change = null,
        bool hasVault = true,
        AuditLog? audit = null
    )
    {
        var server = await SharedTestServer.StartAsync(switches);
        return await ConnectAsync(server.Issuer, change, hasVault, server, audit: audit);
    }

    /// <summary>A server that speaks as Auth0 does.</summary>
    /// <param name="change">In the place of its management token.</param>
    public static async Task<Session> StartAuth0Async(string switches, Func<ConnectRequest, ConnectRequest>? change = null)
    {
        var server = await SharedTestServer.StartAsync(switches);
        return await ConnectAsync(
            server.Issuer,
            change ?? (request => request with { Credential = new CredentialInput.Token(StaticToken.Management(server.ManagementToken!)) }),
            server: server
        );
    }

    /// <param name="server">Ends with the session; null for none.</param>
    /// <param name="process">Null for one of its own, on a machine of its own.</param>
    public static async Task<Session> ConnectAsync(
        string issuer,
        Func<ConnectRequest, ConnectRequest>? change = null,
        bool hasVault = true,
        TestServerInstance? server = null,
        HttpMessageHandler? handler = null,
        AuditLog? audit = null,
        StoreProcess? process = null,
        MemoryVault? vault = null,
        FakeClock? clock = null
    )
    {
        var reporter = new RecordingReporter();
        clock ??= new FakeClock();
        process ??= new Machine().Start();
        vault = hasVault ? vault ?? new MemoryVault() : null;
        var request = new ConnectRequest { Issuer = new Uri(issuer) };
        var connection = await ConnectOperation.RunAsync(
            change?.Invoke(request) ?? request,
            process.Ledger,
            vault,
            reporter,
            clock,
            CancellationToken.None,
            handler,
            audit
        );
        return new Session(connection, process, vault, reporter, clock, change) { _server = server, _isServersOwner = server is not null };
    }

    /// <summary>This process is killed, and another one connects to the same server, with the same folder and vault.</summary>
    public Task<Session> NextProcessAsync()
    {
        Process.Kill();
        return BesideAsync();
    }

    /// <summary>Another process with the same folder and vault connects to the same server.</summary>
    public Task<Session> BesideAsync() => AgainAsync(Process.Machine.Start());

    /// <summary>Another connection of this process.</summary>
    public Task<Session> AgainAsync() => AgainAsync(Process);

    /// <summary>A process of another machine that has the same vault connects to the same server.</summary>
    public Task<Session> ElsewhereAsync() => AgainAsync(new Machine().Start());

    /// <summary>Runs an operation as a command does: it is put on record, and in the end what the vault got is confirmed.</summary>
    public async Task<T> RunAsync<T>(Func<OperationContext, Task<T>> operation)
    {
        var store = NewStore();
        T result;
        try
        {
            result = await ContextOf(store).RunAsync(operation);
        }
        catch (DcrException)
        {
            await store.ConfirmAsync();
            throw;
        }

        await store.ConfirmAsync();
        return result;
    }

    /// <param name="initialToken">For this registration alone.</param>
    public async Task<DcrClient> RegisterAsync(
        string metadata = WebClient,
        string? tenant = null,
        string? clientSecretName = null,
        string? initialToken = null
    ) => (await TryRegisterAsync(metadata, tenant, clientSecretName, initialToken)).Client;

    /// <returns>The client, and whether it is new.</returns>
    public Task<(DcrClient Client, bool IsNew)> TryRegisterAsync(
        string metadata = WebClient,
        string? tenant = null,
        string? clientSecretName = null,
        string? initialToken = null,
        bool allowsDuplicate = false
    ) =>
        RunAsync(context =>
            RegisterOperation.RunAsync(
                context,
                new RegisterRequest(JsonBag.Parse(metadata), tenant, clientSecretName)
                {
                    InitialToken = initialToken is null ? null : StaticToken.Initial(initialToken),
                    AllowsDuplicate = allowsDuplicate,
                }
            )
        );

    public Task<DcrClient> ReadAsync(string clientId) => RunAsync(clientId, ReadOperation.RunAsync);

    /// <param name="changes">JSON; null removes a member.</param>
    public Task<DcrClient> UpdateAsync(string clientId, string changes) =>
        RunAsync(clientId, (context, record) => UpdateOperation.RunAsync(context, record, JsonBag.Parse(changes)));

    public Task DeleteAsync(string clientId) => RunAsync(clientId, async (context, record) =>
    {
        await DeleteOperation.RunAsync(context, record);
        return true;
    });

    /// <summary>Drops the record, and leaves the client at the server alone.</summary>
    public Task ForgetAsync(string clientId) => RunAsync(clientId, async (context, record) =>
    {
        await DeleteOperation.ForgetAsync(context, record);
        return true;
    });

    public Task<DcrClient> ResetSecretAsync(string clientId, string? clientSecretName = null) =>
        RunAsync(clientId, (context, record) => ResetSecretOperation.RunAsync(context, record, clientSecretName));

    public Task<DcrClient> ResetTokenAsync(string clientId) => RunAsync(clientId, ResetTokenOperation.RunAsync);

    public Task<DcrClient> OverlapAsync(string clientId, string? clientSecretName = null) =>
        RunAsync(clientId, (context, record) => OverlapOperation.StartAsync(context, record, clientSecretName));

    public Task<DcrClient> CompleteOverlapAsync(string clientId, string? clientSecretName = null) =>
        RunAsync(clientId, (context, record) => OverlapOperation.CompleteAsync(context, record, clientSecretName));

    public Task<IReadOnlyList<DcrClient>> RestoreAsync() => RunAsync(RestoreOperation.FromLedgerAsync);

    public Task<IReadOnlyList<DcrOrphan>> OrphansAsync() => RunAsync(OrphanOperation.FindAsync);

    /// <summary>Runs a command that fails because the vault refuses registrations, but not its probe. Then the vault works again.</summary>
    public async Task<DcrException> FailAsync(VaultFault fault, Func<Task> act)
    {
        (Vault.FaultsOn, Vault.Fault) = ("dcr-127-0-0-1-", fault);
        var error = await Assert.ThrowsAsync<DcrException>(act);
        (Vault.FaultsOn, Vault.Fault) = ("", VaultFault.None);
        return error;
    }

    /// <summary>Neither the ledger nor the vault knows any client any more.</summary>
    public async Task ForgetAllAsync()
    {
        foreach (var found in Listed())
        {
            await Ledger.Registrations.RemoveAsync(found.Record);
        }

        Vault.Registrations.ToList().ForEach(name => Vault.Secrets.TryRemove(name, out _));
    }

    /// <summary>What the vault, or the local store where there is none, holds of a client.</summary>
    public RegistrationRecord Stored(string clientId) => _vault is null
        ? Ledger.Registrations.Find(Connection.Issuer, clientId)!.Record
        : RegistrationRecord.Parse(_vault.Secrets[SecretName.For(Connection.Issuer, clientId)]);

    /// <summary>The clients that are kept of this server, in whatever store, without their secrets.</summary>
    public IReadOnlyList<StoredRegistration> Listed() => ListOperation.Kept(Ledger, Connection.Issuer, place: null, Reporter).ToList();

    /// <summary>The requests of one kind that the server got: register, read, update, delete.</summary>
    public async Task<IReadOnlyList<ServerRequest>> SentAsync(string operation) =>
        (await Server.RequestsAsync()).Where(request => request.Operation == operation).ToList();

    /// <summary>Waits until the server has got so many requests of one kind.</summary>
    public Task ArrivalAsync(string operation, int count = 1) =>
        HangLimit.UntilAsync($"{count} of {operation} at the server", async () => (await SentAsync(operation)).Count >= count);

    /// <summary>The one client as the server knows it.</summary>
    public async Task<ServerClient> AtServerAsync() => (await Server.ClientsAsync()).Single();

    public void Dispose()
    {
        Connection.Close();
        Stop.Dispose();
        Process.Dispose();
        if (_isServersOwner)
        {
            _server!.Dispose();
        }
    }

    private async Task<Session> AgainAsync(StoreProcess process)
    {
        var next = await ConnectAsync(
            Connection.Issuer,
            Change,
            _vault is not null,
            process: process,
            vault: _vault,
            clock: new FakeClock { UtcNow = Clock.UtcNow }
        );
        next._server = _server;
        return next;
    }

    private Registrations NewStore() => new(Ledger, _vault, Connection.VaultId, Reporter);

    private OperationContext ContextOf(Registrations store) => new(Connection, store, Reporter, Clock, Stop.Token);

    /// <summary>As a cmdlet does it: what is known is found in one run, and the operation is another.</summary>
    private async Task<T> RunAsync<T>(string clientId, Func<OperationContext, RegistrationRecord, Task<T>> operation)
    {
        var record = await Context.RunAsync(context => FindOperation.RunAsync(context, clientId, piped: null));
        return await RunAsync(context => operation(context, record));
    }
}
