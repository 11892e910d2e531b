using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>A disk that refuses while requests are under way loses no answer.</summary>
public class FullDiskTests
{
    private const string Rotating = """{"rotateToken":"put","rotateSecret":"put"}""";

    // Of the frames of a change the second: it is asked, answered, and kept.
    private const int Answering = 2;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_local_store_that_cannot_be_written_is_found_before_anything_is_sent(bool hasVault)
    {
        using var session = await Session.StartAsync(hasVault: hasVault);
        var client = await session.RegisterAsync();
        await session.Server.ClearRequestsAsync();
        session.Process.Machine.Disk.Room = 10;
        foreach (var act in new Func<Task>[] { () => session.RegisterAsync(tenant: "north"), () => session.DeleteAsync(client.ClientId) })
        {
            var error = await Assert.ThrowsAsync<DcrException>(act);
            Assert.Equal(DcrErrorId.StoreReadOnly, error.ErrorId);
            Assert.Contains("Nothing was sent.", error.Message);
        }

        Assert.Empty(await session.Server.RequestsAsync());
        session.Process.Machine.Disk.Room = long.MaxValue;
        Assert.True((await session.TryRegisterAsync(tenant: "north")).IsNew);
        Assert.Empty(session.Ledger.Requests.Open());
    }

    /// <summary>The answer is on the object, and held in memory: the next process knows nothing of it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_disk_that_refuses_when_the_answer_comes_loses_no_answer(bool hasVault)
    {
        using var session = await Session.StartAsync(hasVault: hasVault);
        RefuseFrom(session, Answering);
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "north"));
        Assert.Equal(DcrErrorId.StoreReadOnly, error.ErrorId);
        var (client, known) = (Assert.IsType<DcrClient>(error.Unstored), await session.AtServerAsync());
        Assert.Equal(
            (known.RegistrationAccessToken, DcrStorage.MemoryOnly),
            (SecureText.Reveal(client.RegistrationAccessToken!), client.Storage)
        );
        Assert.DoesNotContain("Nothing was sent", error.Message + string.Concat(session.Reporter.Warnings));
        Assert.Contains("the secrets are in the DcrClient object", error.RecommendedAction);

        // Nothing more is sent while it waits, and it is no orphan.
        Assert.Contains("Nothing was sent", (await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "south"))).Message);
        Assert.Empty(await session.OrphansAsync());
        Assert.Single(await session.SentAsync("register"));

        // Nobody else knows it, but its tenant is not registered again.
        session.Process.Machine.Disk.Refuses = static _ => false;
        using var next = await session.NextProcessAsync();
        Assert.Equal(
            DcrErrorId.OutcomeUnknown,
            (await Assert.ThrowsAsync<DcrException>(() => next.RegisterAsync(tenant: "north"))).ErrorId
        );
        Assert.Single(await session.SentAsync("register"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_disk_refused_is_written_by_the_same_process_when_there_is_room(bool hasVault)
    {
        using var session = await Session.StartAsync(hasVault: hasVault);
        RefuseFrom(session, Answering);
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "north"));
        session.Process.Machine.Disk.Refuses = static _ => false;

        Assert.Empty(await session.OrphansAsync());
        var (found, isNew) = await session.TryRegisterAsync(tenant: "north");
        Assert.Equal(((await session.AtServerAsync()).ClientId, false), (found.ClientId, isNew));
        Assert.Empty(session.Ledger.Requests.Open());
        using var next = await session.NextProcessAsync();
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, next.Stored(found.ClientId).RegistrationAccessToken);
        Assert.Empty(next.Ledger.Requests.Open());
    }

    /// <summary>A token that was rotated, and a client that was removed.</summary>
    [Fact]
    public async Task What_the_disk_refused_of_a_change_is_written_too()
    {
        using var session = await Session.StartAsync(Rotating, hasVault: false);
        var client = await session.RegisterAsync(tenant: "north");
        RefuseFrom(session, Answering + 1); // What is read before is kept.
        await Assert.ThrowsAsync<DcrException>(() => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        session.Process.Machine.Disk.Refuses = static _ => false;
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken);
        Assert.Empty(session.Ledger.Requests.Open());

        RefuseFrom(session, Answering);
        await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId));
        session.Process.Machine.Disk.Refuses = static _ => false;
        Assert.Empty(await session.OrphansAsync());
        Assert.Null(session.Ledger.Registrations.Find(session.Connection.Issuer, client.ClientId));
    }

    /// <summary>Where the process ends before another command, its end is the last chance.</summary>
    [Fact]
    public async Task What_the_disk_refused_is_written_at_the_end_of_the_process()
    {
        var session = await Session.StartAsync(hasVault: false);
        RefuseFrom(session, Answering);
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "north"));
        session.Process.Machine.Disk.Refuses = static _ => false;
        session.Process.Dispose();
        using var next = await session.BesideAsync();
        Assert.False((await next.TryRegisterAsync(tenant: "north")).IsNew);
    }

    /// <summary>The disk fills while requests are under way: there is room for all of them, and none for the next.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public async Task On_a_disk_that_fills_up_there_is_room_for_what_was_asked(int count)
    {
        using var session = await Session.StartAsync("""{"faults":[{"on":"register","delayMs":700,"times":99}]}""", hasVault: false);
        var registering = Enumerable
            .Range(0, count)
            .Select(number =>
                session.Context.RunAsync(context =>
                    RegisterOperation.RunAsync(context, new RegisterRequest(JsonBag.Parse(Session.WebClient), $"t{number}", null))
                )
            )
            .ToList();
        await session.ArrivalAsync("register", count);
        session.Process.Machine.Disk.Room = 0;
        await Task.WhenAll(registering);
        Assert.All(registering, static done => Assert.Equal(DcrStorage.Local, done.Result.Client.Storage));
        Assert.Empty(session.Reporter.Warnings);

        // What is left of the room goes to nobody else.
        session.Process.Machine.Disk.Room = 0;
        Assert.Equal(
            DcrErrorId.StoreReadOnly,
            (await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "next"))).ErrorId
        );
        Assert.Equal(count, (await session.SentAsync("register")).Count);
        using var next = await session.NextProcessAsync();
        Assert.Equal(count, next.Listed().Count);
    }

    [Fact]
    public async Task A_disk_that_is_full_for_the_answer_alone_is_told_and_the_registration_is_kept()
    {
        using var session = await Session.StartAsync(hasVault: false);
        var appends = 0;
        session.Process.Machine.Disk.Refuses = call =>
            call.Operation == DiskOperation.Append && IsLedger(call) && ++appends is Answering or Answering + 1; // It is tried twice.
        var client = await session.RegisterAsync();
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken);
        Assert.StartsWith(
            "The server's answer could not be written to the local store before it was read:",
            Assert.Single(session.Reporter.Warnings)
        );
    }

    /// <summary>The disk writes no frame from a certain one on.</summary>
    private static void RefuseFrom(Session session, int append) =>
        session.Process.Machine.Disk.Refuses = call => call.Operation == DiskOperation.Append && IsLedger(call) && --append <= 0;

    private static bool IsLedger(DiskCall call) => call.Name.EndsWith(".dcrl", StringComparison.Ordinal);
}
