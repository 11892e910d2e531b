using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Storage;
using DcrPowerShell.Storage.Indexing;
using Xunit;

namespace DcrPowerShell.Core.Tests.Storage;

public class IndexTests
{
    private const string Issuer = "https://as.example.com/tenant1";

    private readonly MemoryVault _vault = new() { HasStamps = true };
    private readonly MemoryIndexFile _file = new();
    private readonly RegistrationStore _store;
    private DateTimeOffset _now = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    public IndexTests() => _store = NewStore();

    [Fact]
    public async Task What_is_saved_is_listed_without_a_call_to_the_vault()
    {
        await _store.SaveAsync(Record("c1"));
        await _store.SaveAsync(Record("c2"));
        await _store.SaveAsync(Record("c3") with { Issuer = "https://as.example.com/tenant2" });
        Assert.Equal(["c1", "c2"], await ListAsync());
        _vault.ForgetReads();
        (_vault.Fault, var lists) = (VaultFault.Locked, _vault.Lists);
        Assert.Equal(["c1", "c2"], await ListAsync());
        Assert.Empty(_vault.Reads);
        Assert.Equal(lists, _vault.Lists);
    }

    [Fact]
    public async Task An_outline_is_the_record_without_its_secrets()
    {
        var metadata = JsonBag.Parse("""{"client_id":"c1","client_name":"Portal Ä","number":1.50,"nested":{"api_key":"nested-secret"},"jwk":{"kty":"oct","k":"jwk-secret"},"echo":"it is secret-c1!","list":["a",null,{}],"pem":"-----BEGIN PRIVATE KEY-----"}""");
        var record = Record("c1") with { Metadata = metadata, ClientSecretExpiresAt = 4102444800, Tenant = "contoso" };
        await _store.SaveAsync(record);
        await ListAsync();
        var text = Text();
        Assert.All(["secret-c1", "token-c1", "nested-secret", "jwk-secret", "BEGIN PRIVATE KEY"], secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));

        using var view = _store.Index.Open();
        var outline = Assert.Single(view.At(Issuer)).Outline!;
        var asked = new List<string>();
        var client = new DcrClient(outline, [], record.SecretName, new WholeRecords(name =>
        {
            asked.Add(name);
            return _store.LoadAsync(name).Result;
        }, static failure => failure));
        var whole = new DcrClient(record, [], record.SecretName);
        Assert.Equal(Json(whole), Json(client));
        Assert.Equal((record.CreatedAt, record.UpdatedAt, record.ClientSecretExpiresAt), (outline.CreatedAt, outline.UpdatedAt, outline.ClientSecretExpiresAt));
        Assert.Empty(asked);
        Assert.Equal("secret-c1", Compat.SecureText.Reveal(client.ClientSecret!));
        Assert.Equal("token-c1", Compat.SecureText.Reveal(client.RegistrationAccessToken!));
        Assert.Equal(record.SecretName, asked.Distinct().Single());
    }

    [Fact]
    public async Task A_management_address_that_holds_the_token_is_not_in_the_index()
    {
        await _store.SaveAsync(Record("c1") with { RegistrationClientUri = new Uri("https://as.example.com/manage?token=token-c1") });
        await ListAsync();
        Assert.DoesNotContain("token-c1", Text(), StringComparison.Ordinal);
        using var view = _store.Index.Open();
        var (name, outline) = Assert.Single(view.At(Issuer));
        Assert.Equal("https://as.example.com/manage?token=token-c1", new DcrClient(outline!, [], name, new WholeRecords(secret => _store.LoadAsync(secret).Result, static failure => failure)).RegistrationClientUri!.AbsoluteUri);
    }

    [Fact]
    public async Task A_client_whose_record_is_gone_says_so_when_its_secret_is_asked_for()
    {
        await _store.SaveAsync(Record("c1"));
        await ListAsync();
        using var view = _store.Index.Open();
        var (name, outline) = Assert.Single(view.At(Issuer));
        var client = new DcrClient(outline!, [], name, new WholeRecords(static _ => null, static failure => new InvalidOperationException("seen", failure)));
        Assert.Equal(DcrErrorId.ClientNotFound, ((DcrException)Assert.Throws<InvalidOperationException>(() => client.ClientSecret).InnerException!).ErrorId);
        Assert.Null(client.FindWhole());
    }

    [Fact]
    public async Task What_was_removed_or_changed_is_so_in_the_index()
    {
        await _store.SaveAsync(Record("c1"));
        await _store.SaveAsync(Record("c2"));
        await ListAsync();
        await _store.SaveAsync(Record("c1") with { Tenant = "later", UpdatedAt = _now.AddSeconds(1) });
        await _store.RemoveAsync(Record("c2"));
        _vault.Fault = VaultFault.Locked;
        Assert.Equal(["c1"], await ListAsync());
        using var view = _store.Index.Open();
        Assert.Equal("later", view.At(Issuer).Single().Outline!.Tenant);
    }

    [Fact]
    public async Task Names_that_others_added_are_read_and_those_they_removed_are_dropped()
    {
        await _store.SaveAsync(Record("c1"));
        await _store.SaveAsync(Record("c2"));
        await ListAsync();
        _vault.ForgetReads();
        _vault.Secrets[Record("c3").SecretName] = Record("c3").ToJson();
        _vault.Secrets.TryRemove(Record("c1").SecretName, out _);
        _vault.Stamp++;
        Assert.Equal(["c2", "c3"], await ListAsync());
        Assert.Equal([Record("c3").SecretName], _vault.Reads);
    }

    [Fact]
    public async Task The_order_in_which_the_changes_of_many_come_to_the_index_does_not_matter()
    {
        await _store.SaveAsync(Record("c1"));
        await ListAsync();
        var before = _vault.Stamp;
        foreach (var move in new[] { (2, 3), (0, 1), (1, 2) })
        {
            _store.Index.Add(IndexLine.Moved(new VaultChange($"{before + move.Item1}", $"{before + move.Item2}")));
        }

        (_vault.Stamp, _vault.Fault) = (before + 3, VaultFault.Locked);
        Assert.Equal(["c1"], await ListAsync());
    }

    [Fact]
    public async Task Of_two_changes_the_newer_counts_whatever_comes_first_to_the_index()
    {
        await ListAsync();
        _store.Index.Add(IndexLine.Saved(Record("c1") with { Tenant = "new", UpdatedAt = _now.AddSeconds(1) }, change: null));
        _store.Index.Add(IndexLine.Saved(Record("c1") with { Tenant = "old" }, change: null));
        using var view = _store.Index.Open();
        Assert.Equal("new", view.At(Issuer).Single().Outline!.Tenant);
    }

    [Fact]
    public async Task Without_stamps_names_are_compared_each_time_and_contents_count_for_a_day()
    {
        _vault.HasStamps = false;
        await _store.SaveAsync(Record("c1"));
        await ListAsync();
        _vault.Secrets[Record("c1").SecretName] = (Record("c1") with { ClientId = "c1", Tenant = "elsewhere" }).ToJson();
        _vault.ForgetReads();
        _now += TimeSpan.FromHours(23);
        await ListAsync();
        Assert.Empty(_vault.Reads);
        _now += TimeSpan.FromHours(2);
        await ListAsync();
        Assert.Equal([Record("c1").SecretName], _vault.Reads);

        // Its updated_at is the same: the vault is right all the same.
        using var view = _store.Index.Open();
        Assert.Equal("elsewhere", view.At(Issuer).Single().Outline!.Tenant);
    }

    [Theory]
    [InlineData("""{"index":"DcrPowerShell","version":2}""")]
    [InlineData("")]
    [InlineData("\0\0\0\0")]
    public async Task An_index_of_another_version_is_made_anew(string firstLine)
    {
        await _store.SaveAsync(Record("c1"));
        _file.Replace(stream => stream.Write(Encoding.UTF8.GetBytes(firstLine + "\n{}\n"), 0, firstLine.Length + 4));
        Assert.Equal(["c1"], await ListAsync());
        Assert.StartsWith("""{"index":"DcrPowerShell","version":1}""", Text(), StringComparison.Ordinal);
        _file.Replace(stream => stream.Write(Encoding.UTF8.GetBytes(firstLine + "\n{}\n"), 0, firstLine.Length + 4));
        await _store.SaveAsync(Record("c2"));
        Assert.Equal(["c1", "c2"], await ListAsync());
    }

    /// <summary>A process is killed while it adds a line, whatever it has written of it by then.</summary>
    [Fact]
    public async Task A_torn_line_is_passed_over_and_its_client_is_read_from_the_vault()
    {
        await _store.SaveAsync(Record("c1"));
        await ListAsync();
        var before = Bytes();
        await _store.SaveAsync(Record("c2"));
        var after = Bytes();
        foreach (var length in Enumerable.Range(before.Length, after.Length - before.Length))
        {
            _file.Replace(stream => stream.Write(after, 0, length));
            Assert.Equal(["c1", "c2"], await ListAsync());

            _file.Replace(stream => stream.Write(after, 0, length));
            await _store.SaveAsync(Record("c3"));
            Assert.Equal(["c1", "c2", "c3"], await ListAsync());
            await _store.RemoveAsync(Record("c3"));
        }
    }

    [Fact]
    public async Task It_stays_small_however_often_a_client_changes()
    {
        await _store.SaveAsync(Record("c1"));
        await _store.SaveAsync(Record("c2"));
        await ListAsync();
        var large = Record("c1") with { Metadata = JsonBag.Empty.With("logo_uri", new string('x', 100_000)) };
        for (var index = 0; index < 50; index++)
        {
            await _store.SaveAsync(large with { UpdatedAt = _now.AddSeconds(index) });
        }

        Assert.InRange(Bytes().Length, 100_000, 2_500_000);
        _vault.Fault = VaultFault.Locked;
        Assert.Equal(["c1", "c2"], await ListAsync());
    }

    [Fact]
    public async Task What_cannot_be_read_is_asked_of_the_vault_each_time()
    {
        await _store.SaveAsync(Record("c1"));
        _vault.Secrets[Record("c1").SecretName] = Record("c1").ToJson().Replace("\"version\":1", "\"version\":99");
        _vault.Stamp++;
        _store.Index.Drop();
        using var view = await OpenAsync();
        Assert.Equal((Record("c1").SecretName, null), Assert.Single(view.At(Issuer)));
    }

    [Fact]
    public async Task What_a_failed_write_left_is_asked_of_the_vault()
    {
        await _store.SaveAsync(Record("c1"));
        await ListAsync();
        _vault.Fault = VaultFault.CutsWrites;
        await Assert.ThrowsAsync<VaultException>(() => _store.SaveAsync(Record("c1") with { Tenant = "lost" }));
        _vault.Fault = VaultFault.None;
        using var view = await OpenAsync();
        Assert.Null(Assert.Single(view.At(Issuer)).Outline);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_fails_nothing()
    {
        var store = new RegistrationStore(_vault, index: () => new RegistrationIndex(new FullDisk(_file)));
        await _store.SaveAsync(Record("c1"));
        await ListAsync();
        await store.SaveAsync(Record("c1") with { Tenant = "later", UpdatedAt = _now.AddSeconds(1) });
        Assert.Null(_file.OpenRead());
        Assert.NotNull(store.Index.Trouble);
        using var view = await IndexCheck.OpenAsync(store, Issuer, _now, static (_, _) => { }, CancellationToken.None);
        Assert.Equal("later", view.At(Issuer).Single().Outline!.Tenant);
    }

    [Fact]
    public async Task Many_are_read_part_by_part_and_what_is_added_meanwhile_is_not_lost()
    {
        foreach (var number in Enumerable.Range(0, 250))
        {
            _vault.Secrets[Record($"c{number}").SecretName] = Record($"c{number}").ToJson();
        }

        var other = NewStore();
        var told = new List<int>();
        using var view = await IndexCheck.OpenAsync(_store, Issuer, _now, (done, _) =>
        {
            if (told.Count == 1)
            {
                other.SaveAsync(Record("meanwhile")).Wait();
            }

            told.Add(done);
        }, CancellationToken.None);
        Assert.Equal(251, view.At(Issuer).Count());
        Assert.Equal([0, 100], told.Take(2));
        Assert.True(view.IsCurrent(SecretName.PrefixFor(Issuer), $"{_vault.Stamp}"));
        Assert.InRange(_vault.Reads.Count, 250, 352);
    }

    [Fact]
    public async Task A_list_that_is_stopped_keeps_what_it_has_read()
    {
        foreach (var number in Enumerable.Range(0, 250))
        {
            _vault.Secrets[Record($"c{number}").SecretName] = Record($"c{number}").ToJson();
        }

        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAsync<OperationCanceledException>(() => IndexCheck.OpenAsync(_store, Issuer, _now, (done, _) =>
        {
            if (done == 200)
            {
                stop.Cancel();
            }
        }, stop.Token));
        _vault.ForgetReads();
        Assert.Equal(250, (await ListAsync()).Count);
        Assert.Equal(50, _vault.Reads.Count);
    }

    private static RegistrationRecord Record(string clientId) => new()
    {
        Issuer = Issuer,
        ClientId = clientId,
        RegistrationClientUri = new Uri($"https://as.example.com/register/{clientId}"),
        RegistrationAccessToken = $"token-{clientId}",
        ClientSecret = $"secret-{clientId}",
        CreatedAt = new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero),
        UpdatedAt = new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero),
        Metadata = JsonBag.Parse($$"""{"client_id":"{{clientId}}","client_name":"App {{clientId}}","redirect_uris":["https://app.example.com/"]}"""),
    };

    private static string Json(DcrClient client) => JsonSerializer.Serialize(new { client.ClientId, client.ClientName, client.Tenant, client.Issuer, client.RedirectUris, client.Scope, client.SecretExpiry, client.ClientSecretExpiresAt, client.RegistrationClientUri, client.SecretName, client.Metadata });

    private RegistrationStore NewStore() => new(_vault, index: () => new RegistrationIndex(_file));

    private Task<IndexView> OpenAsync() => IndexCheck.OpenAsync(_store, Issuer, _now, static (_, _) => { }, CancellationToken.None);

    private async Task<IReadOnlyList<string>> ListAsync()
    {
        using var view = await OpenAsync();
        return view.At(Issuer).Select(found => (found.Outline ?? _store.LoadAsync(found.SecretName).Result!).ClientId).OrderBy(static id => id, StringComparer.Ordinal).ToList();
    }

    private byte[] Bytes()
    {
        using var content = _file.OpenRead()!;
        using var copy = new MemoryStream();
        content.CopyTo(copy);
        return copy.ToArray();
    }

    private string Text() => Encoding.UTF8.GetString(Bytes());

    private sealed class FullDisk(MemoryIndexFile file) : IIndexFile
    {
        public IDisposable Lock() => file.Lock();

        public Stream? OpenRead() => file.OpenRead();

        public Stream OpenWrite() => throw new IOException("No space left on device.");

        public void Replace(Action<Stream> write) => throw new IOException("No space left on device.");

        public void Delete() => file.Delete();
    }
}
