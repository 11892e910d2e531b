using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Core.Tests.Ledger;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Inventory;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>What a server's answer delivered is in the ledger, and the next command stores it where this one did not come so far.</summary>
public class ReplayTests
{
    private const string Rotating = """{"rotateToken":"put","rotateSecret":"put"}""";
    private const string RotatingReads = """{"rotateToken":"getAndPut"}""";

    // A change writes three frames to the ledger: asked, answered, kept. A process is killed when it is to write the frame of this number.
    private const int KeptFrame = 3;

    [Theory]
    [InlineData(VaultFault.Locked)]
    [InlineData(VaultFault.RefusesWrites)]
    [InlineData(VaultFault.LosesWrites)]
    [InlineData(VaultFault.CutsWrites)]
    internal async Task A_registration_that_the_vault_did_not_keep_is_stored_by_the_next_process(VaultFault fault)
    {
        using var session = await Session.StartAsync();
        await FailAsync(session, fault, () => session.RegisterAsync(tenant: "north"));
        await AssertRestoredAsync(session, "Clinic portal");
    }

    [Fact]
    public async Task A_registration_that_the_vault_kept_and_did_not_give_back_is_confirmed_by_the_next_process()
    {
        using var session = await Session.StartAsync();
        await FailAsync(session, VaultFault.RefusesReads, () => session.RegisterAsync(tenant: "north"));
        using var next = await session.NextProcessAsync();
        Assert.Empty(next.Reporter.Warnings);
        Assert.False(Assert.Single(next.Listed()).IsPending);
        Assert.Equal(
            (await session.AtServerAsync()).RegistrationAccessToken,
            next.Stored((await session.AtServerAsync()).ClientId).RegistrationAccessToken
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_registration_whose_process_was_killed_before_it_was_kept_is_stored_by_the_next_process(bool hasVault)
    {
        using var session = await Session.StartAsync(hasVault: hasVault);
        await KillAsync(session, KeptFrame, () => session.RegisterAsync(tenant: "north"));
        await AssertRestoredAsync(session, "Clinic portal");
    }

    [Fact]
    public async Task What_an_update_rotated_is_stored_by_the_next_process()
    {
        using var session = await Session.StartAsync(Rotating);
        var client = await session.RegisterAsync(tenant: "north");
        await FailAsync(session, VaultFault.RefusesWrites, () => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        await AssertRestoredAsync(session, "m");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_an_update_rotated_whose_process_was_killed_is_stored_by_the_next_process(bool hasVault)
    {
        using var session = await Session.StartAsync(Rotating, hasVault: hasVault);
        var client = await session.RegisterAsync(tenant: "north");
        await KillAsync(session, KeptFrame, () => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        await AssertRestoredAsync(session, "m");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_read_brought_is_stored_by_the_next_process(bool hasVault)
    {
        using var session = await Session.StartAsync(RotatingReads, hasVault: hasVault);
        var client = await session.RegisterAsync(tenant: "north");
        await KillAsync(session, appends: 2, () => session.ReadAsync(client.ClientId));
        await AssertRestoredAsync(session, "Clinic portal");
    }

    [Fact]
    public async Task What_the_read_of_an_imported_client_brought_is_stored_by_the_next_process()
    {
        using var session = await Session.StartAsync(RotatingReads);
        using var elsewhere = await Session.ConnectAsync(session.Connection.Issuer, hasVault: false);
        var client = await elsewhere.RegisterAsync();
        var request = new ImportRequest
        {
            ClientId = client.ClientId,
            RegistrationAccessToken = SecureText.Reveal(client.RegistrationAccessToken!),
            RegistrationClientUri = client.RegistrationClientUri!.AbsoluteUri,
            Tenant = "north",
        };
        var record = ImportOperation.Check(session.Connection, request, session.Clock.UtcNow);
        await FailAsync(
            session,
            VaultFault.RefusesWrites,
            () => session.RunAsync(context => ImportOperation.RunAsync(context, record, clientSecretName: null, force: false))
        );

        using var next = await session.NextProcessAsync();
        var restored = next.Stored(client.ClientId);
        Assert.Equal(
            ((await session.AtServerAsync()).RegistrationAccessToken, "north"),
            (restored.RegistrationAccessToken, restored.Tenant)
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_clock_that_was_set_back_meanwhile_is_no_matter(bool hasVault)
    {
        using var session = await Session.StartAsync(Rotating, hasVault: hasVault);
        var client = await session.RegisterAsync(tenant: "north");
        session.Clock.UtcNow -= TimeSpan.FromDays(400);
        await KillAsync(session, KeptFrame, () => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        await AssertRestoredAsync(session, "m");
    }

    [Fact]
    public async Task A_read_that_brings_nothing_new_is_not_written_down()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync();
        var size = session.Ledger.File.Size;
        await session.ReadAsync(client.ClientId);
        Assert.Equal(size, session.Ledger.File.Size);
    }

    [Fact]
    public async Task A_token_that_begins_like_the_one_before_is_new()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync();
        var longer = (await session.AtServerAsync()).RegistrationAccessToken + "0";
        await session.Server.SetAsync(new { answerOverrides = new { read = new { registration_access_token = longer } } });
        await KillAsync(session, appends: 2, () => session.ReadAsync(client.ClientId));

        using var next = await session.NextProcessAsync();
        Assert.Equal(longer, next.Stored(client.ClientId).RegistrationAccessToken);
    }

    [Fact]
    public async Task A_deletion_that_the_vault_did_not_follow_is_made_up_for()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(tenant: "north");
        await session.FailAsync(VaultFault.RefusesRemovals, () => session.DeleteAsync(client.ClientId));

        using var next = await session.NextProcessAsync();
        Assert.Empty(next.Vault.Registrations);
        Assert.Empty(next.Listed());
        using var third = await next.NextProcessAsync();
        Assert.Empty(third.Reporter.Warnings);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_deletion_whose_process_was_killed_when_the_server_had_answered_is_made_up_for(bool hasVault)
    {
        using var session = await Session.StartAsync(hasVault: hasVault);
        var client = await session.RegisterAsync(tenant: "north");

        // With a vault, the ledger has no secrets of it any more.
        session.Ledger.Compact();
        await KillAsync(session, KeptFrame, () => session.DeleteAsync(client.ClientId));

        using var next = await session.NextProcessAsync();
        Assert.Empty(next.Listed());
        Assert.Empty(next.Ledger.Requests.Open());
        Assert.True(!hasVault || next.Vault.Registrations.Count == 0);
        Assert.True((await next.TryRegisterAsync(tenant: "north")).IsNew);
    }

    [Fact]
    public async Task An_older_answer_never_takes_the_place_of_a_newer_record()
    {
        using var session = await Session.StartAsync(Rotating);
        var client = await session.RegisterAsync();
        var error = await FailAsync(
            session,
            VaultFault.RefusesWrites,
            () => session.UpdateAsync(client.ClientId, """{"client_name":"first"}""")
        );

        // The object had the new token, and by it the user went on.
        var piped = Assert.IsType<DcrClient>(error.Unstored);
        await session.RunAsync(context => UpdateOperation.RunAsync(context, piped.Record, JsonBag.Parse("""{"client_name":"second"}""")));
        var newest = session.Stored(client.ClientId);

        using var next = await session.NextProcessAsync();
        Assert.Equal(newest.ToJson(), next.Stored(client.ClientId).ToJson());
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, newest.RegistrationAccessToken);
        Assert.Empty(next.Reporter.Warnings);
    }

    /// <summary>Some servers make the id of the metadata, so a client registered again has the same id.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_old_removal_leaves_a_newer_registration_of_the_same_id_alone(bool killed)
    {
        using var session = await Session.StartAsync("""{"fixedClientId":"shared"}""");
        await session.RegisterAsync(tenant: "north");
        if (killed)
        {
            await KillAsync(session, KeptFrame, () => session.DeleteAsync("shared"));
        }
        else
        {
            await session.FailAsync(VaultFault.RefusesRemovals, () => session.DeleteAsync("shared"));
        }

        // Another process, whose clock is behind, has registered it again before the removal was made up for.
        using var beside = await AtAsync(session, session.Clock.UtcNow.AddDays(-3), session.Process.Machine.Start());
        await beside.TryRegisterAsync(tenant: "north", allowsDuplicate: true);
        using var next = await beside.NextProcessAsync();
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, next.Stored("shared").RegistrationAccessToken);
        Assert.Equal("shared", (await next.ReadAsync("shared")).ClientId);
        Assert.Single(next.Listed());
    }

    /// <summary>The machine that removed it is away meanwhile.</summary>
    [Fact]
    public async Task An_old_removal_leaves_what_another_machine_registered_since_in_the_vault()
    {
        using var session = await Session.StartAsync("""{"fixedClientId":"shared"}""");
        await session.RegisterAsync(tenant: "north");
        await session.FailAsync(VaultFault.RefusesRemovals, () => session.DeleteAsync("shared"));

        using (var elsewhere = await AtAsync(session, session.Clock.UtcNow.AddDays(-3), new Machine().Start()))
        {
            await elsewhere.TryRegisterAsync(tenant: "north", allowsDuplicate: true);
        }

        using var next = await session.NextProcessAsync();
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, next.Stored("shared").RegistrationAccessToken);
        Assert.False((await next.TryRegisterAsync(tenant: "north")).IsNew);
        Assert.Equal("shared", (await next.ReadAsync("shared")).ClientId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_old_registration_never_takes_the_place_of_a_newer_one_of_the_same_id(bool hasVault)
    {
        using var session = await Session.StartAsync("""{"fixedClientId":"shared"}""", hasVault: hasVault);

        // A process that was there already registers the same id again, and does not look at what the killed one left.
        using var beside = await session.BesideAsync();
        beside.Clock.UtcNow -= TimeSpan.FromDays(3);
        await KillAsync(session, KeptFrame, () => session.RegisterAsync(tenant: "north"));
        await beside.TryRegisterAsync(tenant: "north", allowsDuplicate: true);
        using var next = await beside.NextProcessAsync();
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, next.Stored("shared").RegistrationAccessToken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_registration_of_unknown_outcome_stays_open_and_is_counted_at_each_connect(bool hasVault)
    {
        using var session = await Session.StartAsync("""{"faults":[{"on":"register","drop":"beforeAnswer"}]}""", hasVault: hasVault);
        Assert.Equal(DcrErrorId.OutcomeUnknown, (await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync())).ErrorId);
        var entry = Assert.Single(session.Ledger.Requests.Open());
        Assert.Equal(
            (LedgerOperation.Register, "Clinic portal", 0),
            (entry.Intent!.Operation, entry.Intent!.ClientName, entry.Answers.Count)
        );

        using var next = await session.NextProcessAsync();
        Assert.Equal("The outcome of 1 request is unknown: see Find-DcrOrphan.", Assert.Single(next.Reporter.Warnings));
        using var third = await next.NextProcessAsync();
        Assert.Equal("The outcome of 1 request is unknown: see Find-DcrOrphan.", Assert.Single(third.Reporter.Warnings));
    }

    [Theory]
    [InlineData("""{"faults":[{"on":"register","status":400}]}""")]
    [InlineData("""{"faults":[{"on":"register","status":401}]}""")]
    [InlineData("""{"faults":[{"on":"register","status":503,"rateLimitHeaders":"retryAfterSeconds","retryAfter":1,"times":1000}]}""")]
    public async Task A_request_that_was_refused_is_done(string switches)
    {
        using var session = await Session.StartAsync(switches);
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "north"));
        Assert.Empty(session.Ledger.Requests.Open());
    }

    [Fact]
    public async Task A_request_that_was_stopped_before_it_was_sent_is_done()
    {
        using var session = await Session.StartAsync();
        session.Stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => session.RegisterAsync(tenant: "north"));
        Assert.Empty(session.Ledger.Requests.Open());
        Assert.Empty(await session.SentAsync("register"));
    }

    [Theory]
    [InlineData("utf8Bom")]
    [InlineData("utf16")]
    [InlineData("latin1")]
    [InlineData("gzip")]
    public async Task An_answer_is_restored_however_it_was_encoded(string encoding)
    {
        using var session = await Session.StartAsync($$"""{"faults":[{"on":"register","encoding":"{{encoding}}"}]}""");
        await KillAsync(session, KeptFrame, () => session.RegisterAsync(tenant: "north"));
        await AssertRestoredAsync(session, "Clinic portal");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_names_no_client_brings_its_secrets_alone(bool hasVault)
    {
        using var session = await Session.StartAsync(Rotating, hasVault: hasVault);
        var client = await session.RegisterAsync(tenant: "north");
        await session.Server.SetAsync(new { answerOverrides = new { update = new { client_id = (string?)null } } });
        await KillAsync(session, 1 + KeptFrame, () => session.ResetSecretAsync(client.ClientId)); // What was read is kept before.

        using var next = await session.NextProcessAsync();
        var (known, record) = (await session.AtServerAsync(), next.Stored(client.ClientId));
        Assert.Equal((known.RegistrationAccessToken, known.ClientSecret), (record.RegistrationAccessToken, record.ClientSecret));
        Assert.Equal(["https://app.example.com/callback"], record.Metadata.Texts("redirect_uris"));
        Assert.Empty(next.Ledger.Requests.Open());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_can_be_used_is_no_orphan_and_is_not_dismissed(bool byDismissing)
    {
        using var session = await Session.StartAsync(hasVault: false);
        using var beside = await session.BesideAsync();
        await KillAsync(session, KeptFrame, () => session.RegisterAsync(tenant: "north"));
        var known = await session.AtServerAsync();
        var entry = Assert.Single(beside.Ledger.Requests.Open());
        var stale = new DcrOrphan(entry.Id.ToString(), session.Connection.Issuer, entry.Intent, [], "");
        var told = Assert.Single(OrphanOperation.Known(beside.Ledger, session.Connection.Issuer));
        Assert.Contains("Connect-DcrServer makes a registration of it", told.RecommendedAction);
        var disk = session.Process.Machine.Disk;

        disk.Room = 0;
        Assert.Empty(await beside.OrphansAsync());
        Assert.StartsWith("1 answer of the server is whole in the local store", Assert.Single(beside.Reporter.Warnings));
        var error = await Assert.ThrowsAsync<DcrException>(() => OrphanOperation.DismissAsync(beside.Context, stale));
        Assert.True(error.NothingSent);

        disk.Room = long.MaxValue;
        if (byDismissing)
        {
            await OrphanOperation.DismissAsync(beside.Context, stale);
        }
        else
        {
            Assert.Empty(await beside.OrphansAsync());
        }

        Assert.EndsWith("restored Clinic portal.", beside.Reporter.Warnings.Last());
        Assert.Equal(
            (known.RegistrationAccessToken, "north"),
            (beside.Stored(known.ClientId).RegistrationAccessToken, beside.Stored(known.ClientId).Tenant)
        );
        Assert.Empty(beside.Ledger.Requests.Open());
    }

    /// <summary>Unlock-DcrStore -Lock in another runspace, or another passphrase set by another process.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_store_that_is_locked_while_a_request_is_under_way_loses_no_answer(bool hasVault)
    {
        using var session = await Session.StartAsync("{\"faults\":[{\"on\":\"register\",\"delayMs\":1000}]}", hasVault: hasVault);
        var registering = session.Context.RunAsync(context =>
            RegisterOperation.RunAsync(context, new RegisterRequest(JsonBag.Parse(Session.WebClient), "north", null))
        );
        await session.ArrivalAsync("register");
        session.Process.Keys.IsLocked = true;
        var error = await Assert.ThrowsAsync<DcrException>(() => registering);
        session.Process.Keys.IsLocked = false;
        Assert.Equal(
            (await session.AtServerAsync()).RegistrationAccessToken,
            SecureText.Reveal(Assert.IsType<DcrClient>(error.Unstored).RegistrationAccessToken!)
        );
        Assert.DoesNotContain("Nothing was sent", error.Message + string.Concat(session.Reporter.Warnings));
        Assert.False((await session.TryRegisterAsync(tenant: "north")).IsNew);
        Assert.Empty(session.Ledger.Requests.Open());
    }

    [Fact]
    public async Task A_vault_that_fails_at_the_next_connect_too_loses_nothing()
    {
        using var session = await Session.StartAsync();
        await FailAsync(session, VaultFault.RefusesWrites, () => session.RegisterAsync(tenant: "north"));
        session.Process.Kill();
        var error = await session.FailAsync(VaultFault.RefusesWrites, session.BesideAsync);
        Assert.Equal(DcrErrorId.VaultWriteFailed, error.ErrorId);
        await AssertRestoredAsync(session, "Clinic portal");
    }

    /// <summary>Whatever disk call a process dies at: what it knew is not lost, and nobody is made twice.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_process_killed_at_any_disk_call_loses_no_answer_and_makes_nobody_twice(bool hasVault)
    {
        for (var calls = 0; ; calls++)
        {
            using var session = await Session.StartAsync(hasVault: hasVault);
            session.Process.Folder.KillAfter(calls, written: 0.5, atReads: hasVault);
            var failure = await Record.ExceptionAsync(() => session.RegisterAsync(tenant: "north"));
            using var next = await session.NextProcessAsync();
            var again = await Record.ExceptionAsync(() => next.RegisterAsync(tenant: "north"));
            var clients = await session.Server.ClientsAsync();
            Assert.True(clients.Count <= 1);
            if (again is null)
            {
                Assert.Equal(clients.Single().RegistrationAccessToken, next.Stored(clients.Single().ClientId).RegistrationAccessToken);
            }
            else
            {
                // It was killed between the answer and its first byte on the disk, or before the request left: nobody knows.
                Assert.Equal(DcrErrorId.OutcomeUnknown, Assert.IsType<DcrException>(again).ErrorId);
            }

            if (failure is null)
            {
                Assert.Null(again);
                Assert.True(calls > (hasVault ? 10 : 5));
                return;
            }
        }
    }

    /// <summary>The pipeline thread is gone, and with it what the operation reports to.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reporter_that_is_gone_loses_no_answer(bool hasVault)
    {
        using var session = await Session.StartAsync(Rotating, hasVault: hasVault);
        var client = await session.RegisterAsync("""{"client_name":"m","redirect_uris":["https://a.example.com/"]}""", tenant: "south");
        foreach (var act in new Func<OperationContext, Task>[]
        {
            context => RegisterOperation.RunAsync(context, new RegisterRequest(JsonBag.Parse(Session.WebClient), "north", null)),
            context => UpdateOperation.RunAsync(context, session.Stored(client.ClientId), JsonBag.Parse("""{"scope":"read"}""")),
            context => ResetSecretOperation.RunAsync(context, session.Stored(client.ClientId), null),
            context => ResetTokenOperation.RunAsync(context, session.Stored(client.ClientId)),
        })
        {
            await RunGoneAsync(session, act);
            using var next = await session.BesideAsync();
            Assert.All(
                await session.Server.ClientsAsync(),
                known =>
                    Assert.Equal(
                        (known.RegistrationAccessToken, known.ClientSecret),
                        (next.Stored(known.ClientId).RegistrationAccessToken, next.Stored(known.ClientId).ClientSecret)
                    )
            );
        }

        Assert.Equal(2, session.Listed().Count);
        Assert.Equal(2, (await session.Server.ClientsAsync()).Count);
        await RunGoneAsync(session, context => DeleteOperation.RunAsync(context, session.Stored(client.ClientId)));
        using var last = await session.NextProcessAsync();
        Assert.Equal(["north"], last.Listed().Select(static found => found.Record.Tenant));
    }

    /// <summary>Only a positive fact closes an entry.</summary>
    [Fact]
    public async Task A_reporter_that_is_gone_when_no_answer_comes_does_not_close_the_request()
    {
        using var session = await Session.StartAsync("""{"faults":[{"on":"register","drop":"beforeAnswer"}]}""");
        await RunGoneAsync(
            session,
            context => RegisterOperation.RunAsync(context, new RegisterRequest(JsonBag.Parse(Session.WebClient), "north", null))
        );
        Assert.Equal("north", Assert.Single(session.Ledger.Requests.Open()).Intent!.Tenant);
        Assert.Equal(
            DcrErrorId.OutcomeUnknown,
            (await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "north"))).ErrorId
        );
        Assert.Single(await session.SentAsync("register"));
    }

    [Fact]
    public async Task Deleting_an_old_secret_at_Okta_leaves_nothing_to_restore()
    {
        using var session = await Session.StartAsync(
            """{"dialect":"okta","okta":{"apiToken":"00x"}}""",
            static request => request with { Credential = new CredentialInput.Token(StaticToken.Ssws("00x")) }
        );
        var client = await session.RegisterAsync();
        var first = SecureText.Reveal(client.ClientSecret!);
        session.Clock.UtcNow += TimeSpan.FromSeconds(1);
        await FailAsync(session, VaultFault.RefusesWrites, () => session.OverlapAsync(client.ClientId));

        using var next = await session.NextProcessAsync();
        var second = next.Stored(client.ClientId).ClientSecret;
        Assert.NotEqual(first, second);
        Assert.Equal("Clinic portal", next.Stored(client.ClientId).ClientName);
        await next.CompleteOverlapAsync(client.ClientId);
        Assert.Equal(second, next.Stored(client.ClientId).ClientSecret);
        Assert.Empty(next.Ledger.Requests.Open());
    }

    /// <summary>A killed change of a client whose registration is damaged: the answer makes it whole, and nobody else is held up.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_about_a_damaged_client_is_used(bool deletes)
    {
        using var session = await Session.StartAsync(Rotating, hasVault: false);
        var client = await session.RegisterAsync(tenant: "north");
        var other = await session.RegisterAsync(tenant: "south");
        await KillAsync(
            session,
            KeptFrame,
            () => deletes ? session.DeleteAsync(client.ClientId) : session.UpdateAsync(client.ClientId, """{"client_name":"m"}""")
        );
        var disk = session.Process.Machine.Disk;
        var (_, offset) = disk.Frames(session.Process.Keys).Frames.First(static frame => frame.Header.Kind == FrameKind.Kept);
        var bytes = disk[disk.Newest()];
        bytes[offset + FrameHeader.Size + 20] ^= 1;
        disk.Overwrite(disk.Newest(), bytes);

        using var next = await session.NextProcessAsync();
        Assert.Equal(other.ClientId, (await next.ReadAsync(other.ClientId)).ClientId);
        Assert.Equal(deletes, (await next.TryRegisterAsync(tenant: "north")).IsNew);
        Assert.True(deletes || (await next.ReadAsync(client.ClientId)).ClientName == "m");
    }

    /// <summary>Runs a command whose vault fails when it is to keep the answer.</summary>
    private static async Task<DcrException> FailAsync(Session session, VaultFault fault, Func<Task> act)
    {
        var error = await session.FailAsync(fault, act);
        Assert.Equal(DcrErrorId.VaultWriteFailed, error.ErrorId);
        Assert.Equal(DcrStorage.Pending, Assert.IsType<DcrClient>(error.Unstored).Storage);
        return error;
    }

    /// <summary>Runs a command whose process dies when it is to write a frame.</summary>
    /// <param name="appends">Which one of those that it writes.</param>
    private static async Task KillAsync(Session session, int appends, Func<Task> act)
    {
        var disk = session.Process.Machine.Disk;
        disk.Before = call =>
        {
            if (call.By == session.Process.Folder && call.Operation == DiskOperation.Append && IsLedger(call) && --appends == 0)
            {
                session.Process.Kill();
            }
        };
        await Assert.ThrowsAsync<KilledException>(act);
        disk.Before = null;
    }

    private static bool IsLedger(DiskCall call) => call.Name.EndsWith(".dcrl", StringComparison.Ordinal);

    private static async Task RunGoneAsync(Session session, Func<OperationContext, Task> act)
    {
        var context = session.Context with { Reporter = new GoneReporter(session.Reporter, "POST", "PUT", "DELETE") };
        await Assert.ThrowsAnyAsync<Exception>(() => context.RunAsync(async _ =>
        {
            await act(context);
            return true;
        }));
    }

    private static Task<Session> AtAsync(Session session, DateTimeOffset now, StoreProcess process) =>
        Session.ConnectAsync(session.Connection.Issuer, process: process, vault: session.Vault, clock: new FakeClock { UtcNow = now });

    private static async Task AssertRestoredAsync(Session session, string name)
    {
        using var next = await session.NextProcessAsync();
        var known = await session.AtServerAsync();
        var record = next.Stored(known.ClientId);
        Assert.Equal(
            (known.RegistrationAccessToken, known.ClientSecret, "north", name),
            (record.RegistrationAccessToken, record.ClientSecret, record.Tenant, record.ClientName)
        );
        Assert.Equal(
            $"An earlier command ended before 1 answer could be stored, and the local store had kept it: restored {name}.",
            Assert.Single(next.Reporter.Warnings)
        );
        await next.ReadAsync(known.ClientId);

        using var third = await next.NextProcessAsync();
        Assert.Empty(third.Reporter.Warnings);
        Assert.Empty(third.Ledger.Requests.Open());
        Assert.False((await third.TryRegisterAsync(tenant: "north")).IsNew);
    }
}
