using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Inventory;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Storage;
using DcrPowerShell.Storage.Journaling;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>What a server's answer delivered is in the journal when the vault has it not, and the next process puts it there.</summary>
public class JournalingTests
{
    private const string Rotating = """{"rotateToken":"put","rotateSecret":"put"}""";

    private readonly MemoryJournalFolder _folder = new();
    private Func<ConnectRequest, ConnectRequest>? _change;

    [Theory]
    [InlineData(VaultFault.Locked)]
    [InlineData(VaultFault.RefusesWrites)]
    [InlineData(VaultFault.LosesWrites)]
    [InlineData(VaultFault.RefusesReads)]
    internal async Task A_registration_that_the_vault_did_not_keep_is_restored_by_the_next_process(VaultFault fault)
    {
        using var session = await StartAsync();
        await FailAsync(session, fault, () => session.RegisterAsync(tenant: "north"));
        Assert.DoesNotContain(session.Vault.Secrets.Keys, static name => name.StartsWith("dcr-127", StringComparison.Ordinal));

        using var next = await NextProcessAsync(session);
        var (known, record) = (await session.AtServerAsync(), next.Stored((await session.AtServerAsync()).ClientId));
        Assert.Equal((known.RegistrationAccessToken, known.ClientSecret, "north"), (record.RegistrationAccessToken, record.ClientSecret, record.Tenant));
        Assert.Equal("An earlier session ended before the vault had 1 answer, and the journal had kept it: restored Clinic portal.", Assert.Single(next.Reporter.Warnings));
        await next.ReadAsync(known.ClientId);

        using var third = await NextProcessAsync(next);
        Assert.Empty(third.Reporter.Warnings);
    }

    [Fact]
    public async Task So_is_what_an_update_rotated()
    {
        using var session = await StartAsync(Rotating);
        var client = await session.RegisterAsync(tenant: "north");
        await FailAsync(session, VaultFault.RefusesWrites, () => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        await AssertRestoredAsync(session, client.ClientId, "m");
    }

    [Fact]
    public async Task So_is_what_the_read_of_an_imported_client_brought()
    {
        using var session = await StartAsync("""{"rotateToken":"getAndPut"}""");
        using var elsewhere = await Session.ConnectAsync(session.Connection.Issuer, hasVault: false);
        var client = await elsewhere.RegisterAsync();
        var request = new ImportRequest { ClientId = client.ClientId, RegistrationAccessToken = SecureText.Reveal(client.RegistrationAccessToken!), RegistrationClientUri = client.RegistrationClientUri!.AbsoluteUri, Tenant = "north" };
        var record = ImportOperation.Check(session.Connection, request, session.Clock.UtcNow);
        await FailAsync(session, VaultFault.RefusesWrites, () => session.RunAsync(context => ImportOperation.RunAsync(context, record, clientSecretName: null, force: false)));

        using var next = await NextProcessAsync(session);
        var restored = next.Stored(client.ClientId);
        Assert.Equal(((await session.AtServerAsync()).RegistrationAccessToken, "north"), (restored.RegistrationAccessToken, restored.Tenant));
    }

    [Fact]
    public async Task So_it_is_where_the_clock_was_set_back_meanwhile()
    {
        using var session = await StartAsync(Rotating);
        var client = await session.RegisterAsync(tenant: "north");
        session.Clock.UtcNow -= TimeSpan.FromHours(1);
        await FailAsync(session, VaultFault.RefusesWrites, () => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        await AssertRestoredAsync(session, client.ClientId, "m");
    }

    [Fact]
    public async Task So_is_what_a_read_brought()
    {
        using var session = await StartAsync("""{"rotateToken":"getAndPut"}""");
        var client = await session.RegisterAsync(tenant: "north");
        await FailAsync(session, VaultFault.RefusesWrites, () => session.ReadAsync(client.ClientId));
        await AssertRestoredAsync(session, client.ClientId, "Clinic portal");
    }

    [Fact]
    public async Task A_read_that_brings_nothing_new_is_not_written_down()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync();
        var size = _folder.File.Bytes.Length;
        await session.ReadAsync(client.ClientId);
        Assert.Equal(size, _folder.File.Bytes.Length);
    }

    [Fact]
    public async Task A_token_that_begins_like_the_one_before_is_new()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync();
        var longer = (await session.AtServerAsync()).RegistrationAccessToken + "0";
        await session.Server.SetAsync(new { answerOverrides = new { read = new { registration_access_token = longer } } });
        await FailAsync(session, VaultFault.RefusesWrites, () => session.ReadAsync(client.ClientId));

        using var next = await NextProcessAsync(session);
        Assert.Equal(longer, next.Stored(client.ClientId).RegistrationAccessToken);
    }

    [Fact]
    public async Task A_deletion_that_the_vault_did_not_follow_is_made_up_for()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync();
        session.Vault.Fault = VaultFault.RefusesRemovals;
        await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId));
        session.Vault.Fault = VaultFault.None;

        using var next = await NextProcessAsync(session);
        Assert.DoesNotContain(client.SecretName!, next.Vault.Secrets.Keys);
        using var third = await NextProcessAsync(next);
        Assert.Empty(third.Reporter.Warnings);
    }

    [Fact]
    public async Task An_older_answer_never_takes_the_place_of_a_newer_record()
    {
        using var session = await StartAsync(Rotating);
        var client = await session.RegisterAsync();
        var error = await FailAsync(session, VaultFault.RefusesWrites, () => session.UpdateAsync(client.ClientId, """{"client_name":"first"}"""));

        // The object had the new token, and by it the user went on.
        var piped = Assert.IsType<DcrClient>(error.Unstored);
        await session.Context.RunAsync(context => UpdateOperation.RunAsync(context, piped.Record, JsonBag.Parse("""{"client_name":"second"}""")));
        var newest = session.Stored(client.ClientId);

        using var next = await NextProcessAsync(session);
        Assert.Equal(newest.ToJson(), next.Stored(client.ClientId).ToJson());
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, newest.RegistrationAccessToken);
        Assert.Empty(next.Reporter.Warnings);
    }

    [Fact]
    public async Task Of_unknown_outcome_a_registration_stays_open_and_is_counted()
    {
        using var session = await StartAsync("""{"faults":[{"on":"register","drop":"beforeAnswer"}]}""");
        Assert.Equal(DcrErrorId.OutcomeUnknown, (await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync())).ErrorId);
        var entry = Assert.Single(session.Connection.Journal!.Open);
        Assert.Equal(("register", "Clinic portal", null), (entry.Intent.Operation, entry.Intent.ClientName, entry.Answer));

        using var next = await NextProcessAsync(session);
        Assert.StartsWith("Of 1 request nobody knows whether the server carried it out", Assert.Single(next.Reporter.Warnings));
        using var third = await NextProcessAsync(next);
        Assert.StartsWith("Of 1 request ", Assert.Single(third.Reporter.Warnings));
    }

    [Fact]
    public async Task Refused_it_is_done()
    {
        using var session = await StartAsync("""{"faults":[{"on":"register","status":400}]}""");
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        Assert.Empty(session.Connection.Journal!.Open);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_is_kept_as_it_came()
    {
        using var session = await StartAsync("""{"faults":[{"on":"register","contentType":"text/html; charset=utf-16","content":"<p>Ünread token","encoding":"utf16"}]}""");
        session.Vault.FaultsOn = "dcr-unread-";
        session.Vault.Fault = VaultFault.RefusesWrites;
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        session.Vault.Fault = VaultFault.None;
        Assert.Empty(session.KeptAnswers());

        using var next = await NextProcessAsync(session);
        Assert.Equal("<p>Ünread token", Assert.Single(next.KeptAnswers()));
    }

    [Fact]
    public async Task And_is_not_kept_twice_where_the_vault_has_it()
    {
        using var session = await StartAsync("""{"faults":[{"on":"register","body":"html"}]}""");
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        Assert.Single(session.KeptAnswers());
        Assert.Empty(session.Connection.Journal!.Open);
    }

    [Theory]
    [InlineData("utf8Bom")]
    [InlineData("gzip")]
    public async Task However_it_was_encoded(string encoding)
    {
        using var session = await StartAsync($$"""{"faults":[{"on":"register","encoding":"{{encoding}}"}]}""");
        await FailAsync(session, VaultFault.RefusesWrites, () => session.RegisterAsync(tenant: "north"));
        await AssertRestoredAsync(session, (await session.AtServerAsync()).ClientId, "Clinic portal");
    }

    [Fact]
    public async Task An_answer_that_names_no_client_brings_its_secrets_alone()
    {
        using var session = await StartAsync("""{"rotateToken":"put","rotateSecret":"put","omitFromAnswer":[]}""");
        var client = await session.RegisterAsync(tenant: "north");
        await session.Server.SetAsync(new { omitFromAnswer = new[] { "client_id", "redirect_uris" } });
        await FailAsync(session, VaultFault.RefusesWrites, () => session.ResetSecretAsync(client.ClientId));

        using var next = await NextProcessAsync(session);
        var (known, record) = (await session.AtServerAsync(), next.Stored(client.ClientId));
        Assert.Equal((known.RegistrationAccessToken, known.ClientSecret), (record.RegistrationAccessToken, record.ClientSecret));
        Assert.Equal(["https://app.example.com/callback"], record.Metadata.Texts("redirect_uris"));
        Assert.Empty(next.KeptAnswers());
    }

    [Fact]
    public async Task A_journal_that_cannot_be_written_is_found_before_anything_is_sent()
    {
        using var session = await StartAsync();
        _folder.File.Room = _folder.File.Bytes.Length + 10;
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        Assert.Equal(DcrErrorId.JournalWriteFailed, error.ErrorId);
        Assert.Contains("No space left on device. Nothing was sent.", error.Message);
        Assert.Empty(await session.SentAsync("register"));

        _folder.File.Room = int.MaxValue;
        await session.RegisterAsync();
        Assert.Empty(session.Connection.Journal!.Open);
    }

    [Fact]
    public async Task One_that_fails_after_the_answer_is_told_and_the_vault_is_written()
    {
        using var session = await StartAsync();
        await session.RegisterAsync();
        var size = _folder.File.Bytes.Length;
        await session.RegisterAsync();
        var perRegistration = _folder.File.Bytes.Length - size;
        _folder.File.Room = _folder.File.Bytes.Length + (perRegistration / 2);
        var client = await session.RegisterAsync();
        Assert.Equal(client.ClientId, session.Stored(client.ClientId).ClientId);
        Assert.Equal("The server's answer could not be written to the journal: No space left on device. The vault is written all the same.", Assert.Single(session.Reporter.Warnings));
    }

    [Fact]
    public async Task Without_a_folder_there_is_one_warning_and_it_goes_on()
    {
        _folder.Refusal = new UnauthorizedAccessException("Access to the path is denied.");
        using var session = await StartAsync();
        await session.RegisterAsync();
        Assert.StartsWith("There is no journal: Access to the path is denied. Should this process end", Assert.Single(session.Reporter.Warnings));
    }

    [Fact]
    public async Task A_vault_that_does_not_take_the_journals_key_is_found_before_anything_is_sent()
    {
        var server = await SharedTestServer.StartAsync();
        var vault = new MemoryVault { Fault = VaultFault.LosesWrites, FaultsOn = SecretName.JournalKey };
        var error = await Assert.ThrowsAsync<DcrException>(() => Session.ConnectAsync(server.Issuer, journals: _folder, knownVault: vault, server: server));
        Assert.Equal(DcrErrorId.VaultWriteFailed, error.ErrorId);
        Assert.Empty(await server.RequestsAsync());
        Assert.Empty(_folder.Files);
    }

    [Fact]
    public async Task A_journal_of_another_key_or_a_newer_version_is_left_as_it_is()
    {
        using var session = await StartAsync();
        await FailAsync(session, VaultFault.RefusesWrites, () => session.RegisterAsync());
        var newer = (MemoryJournalFile)_folder.Create(session.Vault.Name);
        newer.Bytes = [.. JournalFrames.Header.Take(4), 9, 9, 9];
        session.Vault.Secrets.TryRemove(SecretName.JournalKey, out _);

        using var next = await NextProcessAsync(session);
        Assert.Collection(
            next.Reporter.Warnings,
            static warning => Assert.Contains("was left as it is: it was written with another key than the vault has.", warning),
            static warning => Assert.Contains("was left as it is: it is of version 9", warning));
        Assert.Equal(3, _folder.Files.Count);
        Assert.Equal([9, 9, 9], newer.Bytes.Skip(4));
    }

    [Fact]
    public async Task A_vault_that_fails_at_replay_too_loses_nothing()
    {
        using var session = await StartAsync();
        await FailAsync(session, VaultFault.RefusesWrites, () => session.RegisterAsync(tenant: "north"));
        session.Vault.FaultsOn = "dcr-127";
        session.Vault.Fault = VaultFault.RefusesWrites;
        using (var next = await NextProcessAsync(session))
        {
            Assert.Contains("stays in the journal: the vault is broken.", Assert.Single(next.Reporter.Warnings));
        }

        session.Vault.Fault = VaultFault.None;
        await AssertRestoredAsync(session, (await session.AtServerAsync()).ClientId, "Clinic portal");
    }

    [Fact]
    public async Task A_process_killed_in_the_middle_of_a_replay_has_lost_nothing()
    {
        using var session = await StartAsync();
        await FailAsync(session, VaultFault.RefusesWrites, () => session.RegisterAsync(tenant: "north"));
        _folder.KillProcesses();
        var left = _folder.File.Bytes;
        using (await NextProcessAsync(session))
        {
            // Killed before the old file was deleted: it is there still.
            ((MemoryJournalFile)_folder.Create(session.Vault.Name)).Bytes = left;
        }

        using var third = await NextProcessAsync(session);
        Assert.Empty(third.Reporter.Warnings);
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, third.Stored((await session.AtServerAsync()).ClientId).RegistrationAccessToken);
    }

    [Fact]
    public async Task Deleting_an_old_secret_at_Okta_leaves_nothing_to_restore()
    {
        using var session = await StartAsync("""{"dialect":"okta","okta":{"apiToken":"00x"}}""", static request => request with { Credential = new CredentialInput.Token(StaticToken.Ssws("00x")) });
        var client = await session.RegisterAsync();
        var first = SecureText.Reveal(client.ClientSecret!);
        session.Clock.UtcNow += TimeSpan.FromSeconds(1);
        await FailAsync(session, VaultFault.RefusesWrites, () => session.OverlapAsync(client.ClientId));

        using var next = await NextProcessAsync(session);
        var second = next.Stored(client.ClientId).ClientSecret;
        Assert.NotEqual(first, second);
        Assert.Equal("Clinic portal", next.Stored(client.ClientId).ClientName);
        await next.CompleteOverlapAsync(client.ClientId);
        Assert.Equal(second, next.Stored(client.ClientId).ClientSecret);
        Assert.Empty(next.Connection.Journal!.Open);
    }

    private Task<Session> StartAsync(string switches = "{}", Func<ConnectRequest, ConnectRequest>? change = null)
    {
        _change = change;
        return Session.StartAsync(switches, change, journals: _folder);
    }

    /// <summary>The processes so far are killed, and one more connects.</summary>
    private Task<Session> NextProcessAsync(Session session)
    {
        _folder.KillProcesses();
        return Session.ConnectAsync(session.Connection.Issuer, _change, journals: _folder, knownVault: session.Vault);
    }

    /// <summary>Runs a command whose vault fails when it is to keep the answer.</summary>
    private static async Task<DcrException> FailAsync(Session session, VaultFault fault, Func<Task> act)
    {
        session.Vault.FaultsOn = "dcr-127-0-0-1-";
        session.Vault.FaultyCalls = int.MaxValue;
        if (fault is VaultFault.Locked or VaultFault.RefusesReads)
        {
            // The command reads what it knows of the client before it sends anything.
            Assert.Empty(await session.Server.ClientsAsync());
        }

        session.Vault.Fault = fault;
        var error = await Assert.ThrowsAsync<DcrException>(act);
        (session.Vault.Fault, session.Vault.FaultsOn) = (VaultFault.None, "");
        Assert.Equal(DcrErrorId.VaultWriteFailed, error.ErrorId);
        Assert.NotNull(error.Unstored);
        return error;
    }

    private async Task AssertRestoredAsync(Session session, string clientId, string name)
    {
        using var next = await NextProcessAsync(session);
        var (known, record) = (await session.AtServerAsync(), next.Stored(clientId));
        Assert.Equal((known.RegistrationAccessToken, known.ClientSecret, "north", name), (record.RegistrationAccessToken, record.ClientSecret, record.Tenant, record.ClientName));
        Assert.Equal($"An earlier session ended before the vault had 1 answer, and the journal had kept it: restored {name}.", Assert.Single(next.Reporter.Warnings));
    }
}
