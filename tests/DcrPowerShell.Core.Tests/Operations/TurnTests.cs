using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Operations;
using DcrPowerShell.Tests;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>Several commands ask about one client, of a server that replaces its token at each answer.</summary>
public class TurnTests
{
    private const string Rotating = """{"rotateToken":"getAndPut"}""";

    public enum Ask
    {
        Look,
        Update,
        ResetSecret,
        Delete,
    }

    /// <summary>The other one asks when the server has answered the first one, and nothing of that is on the disk yet.</summary>
    [Theory]
    [InlineData(Ask.Look, false)]
    [InlineData(Ask.Look, true)]
    [InlineData(Ask.Update, false)]
    [InlineData(Ask.ResetSecret, false)]
    [InlineData(Ask.Delete, false)]
    public async Task Who_asks_beside_another_process_waits_and_asks_with_the_new_token(Ask ask, bool hasVault)
    {
        using var first = await Session.StartAsync("""{"rotateToken":"getAndPut","rotateSecret":"put"}""", hasVault: hasVault);
        var client = await first.RegisterAsync();
        using var second = await first.BesideAsync();
        using var waits = new ManualResetEventSlim();
        using var isKept = new ManualResetEventSlim();
        second.Clock.OnWait = () =>
        {
            waits.Set();
            isKept.Wait(HangLimit.OfWait);
        };
        Task<DcrClientState>? other = null;
        AtAppend(first, 1, () =>
        {
            other = Task.Run(() => AskAsync(second, ask, client.ClientId));
            WaitHandle.WaitAny([waits.WaitHandle, ((IAsyncResult)other).AsyncWaitHandle], HangLimit.OfWait);
        });
        await first.ReadAsync(client.ClientId);
        isKept.Set();

        Assert.Equal(DcrClientState.Active, await other!);
        Assert.DoesNotContain(await second.Server.RequestsAsync(), static request => request.Status == 401);
        Assert.Contains("Another command is at work on client", second.Reporter.Waits.First());
    }

    /// <summary>Where locks do not work across processes, the one process's own commands are kept apart all the same.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Readers_of_one_process_never_lose_the_token(bool locksWork)
    {
        using var session = await Session.StartAsync(Rotating, hasVault: false);
        session.Process.Machine.Disk.LocksWork = locksWork;
        var client = await session.RegisterAsync();
        session.Clock.OnWait = static () => Thread.Sleep(20);
        var states = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(() => AskAsync(session, Ask.Look, client.ClientId))));
        Assert.All(states, static state => Assert.Equal(DcrClientState.Active, state));
        Assert.DoesNotContain(session.Process.Machine.Disk.Names, static name => name.StartsWith("turn-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_changes_at_once_lose_neither()
    {
        using var first = await Session.StartAsync(Rotating, hasVault: false);
        var client = await first.RegisterAsync();
        using var second = await first.BesideAsync();
        first.Clock.OnWait = second.Clock.OnWait = static () => Thread.Sleep(20);
        await Task.WhenAll(
            Task.Run(() => first.UpdateAsync(client.ClientId, """{"client_uri":"https://a.example.com/"}""")),
            Task.Run(() => second.UpdateAsync(client.ClientId, """{"contacts":["b@example.com"]}""")));
        var metadata = (await first.ReadAsync(client.ClientId)).Record.Metadata;
        Assert.Equal(
            ("https://a.example.com/", "b@example.com"),
            (metadata.Text("client_uri"), Assert.Single(metadata.Texts("contacts")!))
        );
    }

    [Fact]
    public async Task Who_waits_in_vain_is_told_and_nothing_is_sent()
    {
        using var first = await Session.StartAsync(hasVault: false);
        var client = await first.RegisterAsync();
        using var second = await first.BesideAsync();
        using (first.Ledger.Requests.TryTurn(first.Connection.Issuer, client.ClientId))
        {
            var error = await Assert.ThrowsAsync<DcrException>(() => AskAsync(second, Ask.Look, client.ClientId));
            Assert.Equal(DcrErrorId.RequestTimedOut, error.ErrorId);
            Assert.Empty(await second.SentAsync("read"));
        }

        Assert.Equal(DcrClientState.Active, await AskAsync(second, Ask.Look, client.ClientId));
    }

    [Fact]
    public async Task The_turn_of_a_killed_process_is_free_and_its_file_goes()
    {
        using var first = await Session.StartAsync(hasVault: false);
        var client = await first.RegisterAsync();
        _ = first.Ledger.Requests.TryTurn(first.Connection.Issuer, client.ClientId);
        using var second = await first.NextProcessAsync();
        Assert.Equal(DcrClientState.Active, await AskAsync(second, Ask.Look, client.ClientId));
        Assert.DoesNotContain(second.Process.Machine.Disk.Names, static name => name.StartsWith("turn-", StringComparison.Ordinal));
    }

    /// <summary>The vault is called on the pipeline thread, and a command further down may be waiting there for the turn.</summary>
    [Fact]
    public async Task No_vault_is_waited_for_in_a_turn()
    {
        using var session = await Session.StartAsync(Rotating);
        var client = await session.RegisterAsync();
        session.Clock.UtcNow += TimeSpan.FromHours(1); // The vault is to be proved again.
        var calls = 0;
        session.Vault.OnWrite = _ =>
        {
            calls++;
            using var turn = session.Ledger.Requests.TryTurn(session.Connection.Issuer, client.ClientId);
            Assert.NotNull(turn);
        };
        await session.ReadAsync(client.ClientId);
        await session.UpdateAsync(client.ClientId, """{"client_name":"other"}""");
        Assert.Equal(4, calls); // The probe, and what each answer brought.
    }

    /// <summary>The disk has the answer to a read, and what it brought is not kept yet.</summary>
    [Fact]
    public async Task A_read_that_is_under_way_in_another_process_is_no_orphan_and_is_left_to_it()
    {
        using var first = await Session.StartAsync(Rotating, hasVault: false);
        var client = await first.RegisterAsync();
        Session? second = null;
        AtAppend(first, 2, () => second = Task.Run(first.BesideAsync).GetAwaiter().GetResult());
        await first.ReadAsync(client.ClientId);
        using (second)
        {
            Assert.Empty(second!.Reporter.Warnings);
            Assert.Empty(await second.OrphansAsync());
        }
    }

    [Fact]
    public async Task An_answer_that_a_killed_process_did_not_use_is_used_before_a_client_is_taken_for_gone()
    {
        using var first = await Session.StartAsync(Rotating, hasVault: false);
        var client = await first.RegisterAsync();
        using var second = await first.BesideAsync();
        var stale = second.Stored(client.ClientId);
        AtAppend(first, 2, first.Process.Kill);
        await Assert.ThrowsAsync<KilledException>(() => first.ReadAsync(client.ClientId));

        Assert.Equal(DcrClientState.Active, await LookAsync(second, stale));
        Assert.Equal((await second.AtServerAsync()).RegistrationAccessToken, second.Stored(client.ClientId).RegistrationAccessToken);
    }

    [Fact]
    public async Task A_token_that_another_machine_put_into_the_vault_is_used_before_a_client_is_taken_for_gone()
    {
        using var first = await Session.StartAsync(Rotating);
        var client = await first.RegisterAsync();
        var stale = first.Stored(client.ClientId) with { IsKept = true };
        using var elsewhere = await first.ElsewhereAsync();
        elsewhere.Clock.UtcNow += TimeSpan.FromMinutes(1);
        await elsewhere.ReadAsync(client.ClientId);
        first.Clock.UtcNow += TimeSpan.FromMinutes(2);

        Assert.Equal(DcrClientState.Active, await LookAsync(first, stale));
        Assert.Equal((await first.AtServerAsync()).RegistrationAccessToken, first.Stored(client.ClientId).RegistrationAccessToken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_listed_is_not_dropped_where_it_has_a_newer_token_by_now(bool fromList)
    {
        using var session = await Session.StartAsync(Rotating, hasVault: false);
        var client = await session.RegisterAsync();
        var listed = fromList ? ListOperation.ClientOf(Assert.Single(session.Listed()), whole: null) : client;
        await session.ReadAsync(client.ClientId);
        var error = await Assert.ThrowsAsync<DcrException>(() => ForgetAsync(session, listed.Record));
        Assert.Equal(DcrErrorId.SecretExists, error.ErrorId);
        Assert.Single(session.Listed());

        await ForgetAsync(
            session,
            fromList
                ? ListOperation.ClientOf(Assert.Single(session.Listed()), whole: null).Record
                : (await session.ReadAsync(client.ClientId)).Record
        );
        Assert.Empty(session.Listed());
    }

    [Fact]
    public async Task What_was_only_changed_since_it_was_made_is_dropped()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync();
        await session.UpdateAsync(client.ClientId, """{"client_name":"other"}""");
        await ForgetAsync(session, client.Record);
        Assert.Empty(session.Listed());
    }

    private static async Task<DcrClientState> AskAsync(Session session, Ask ask, string clientId)
    {
        switch (ask)
        {
            case Ask.Update:
                return (await session.UpdateAsync(clientId, """{"client_name":"other"}""")).State;
            case Ask.ResetSecret:
                return (await session.ResetSecretAsync(clientId)).State;
            case Ask.Delete:
                await session.DeleteAsync(clientId);
                Assert.Empty(await session.Server.ClientsAsync());
                return DcrClientState.Active;
            default:
                return await LookAsync(
                    session,
                    await session.Context.RunAsync(context => FindOperation.RunAsync(context, clientId, piped: null))
                );
        }
    }

    private static async Task<DcrClientState> LookAsync(Session session, RegistrationRecord record) =>
        (await session.RunAsync(context => ReadOperation.LookAsync(context, record, orUnknown: false))).Client.State;

    private static Task<bool> ForgetAsync(Session session, RegistrationRecord listed) => session.RunAsync(async context =>
    {
        await DeleteOperation.ForgetAsync(context, await FindOperation.RunAsync(context, listed.ClientId, piped: null), listed);
        return true;
    });

    /// <summary>Does something once, before a process writes to the ledger.</summary>
    /// <param name="number">Which of its writes from now on.</param>
    private static void AtAppend(Session session, int number, Action action) => session.Process.Machine.Disk.Before = call =>
    {
        if (call.By == session.Process.Folder && call.Operation == DiskOperation.Append && Interlocked.Decrement(ref number) == 0)
        {
            action();
        }
    };
}
