using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using DcrPowerShell.Inventory;
using DcrPowerShell.Metadata;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Inventory;

public class InventoryPageTests
{
    /// <summary>Names that a page, or a program that makes one, may take for something else than a name.</summary>
    public static readonly TheoryData<string> HostileNames =
    [
        "</script><script>window.hacked = 1</script>",
        "<img src=x onerror=\"window.hacked = 1\">",
        "\"><svg onload=window.hacked=1>",
        "' onmouseover='window.hacked=1",
        "</style><style>body{display:none}</style>",
        "</table></div><h1>Nothing</h1>",
        "<!--",
        "]]>",
        "{{script}} {{policy}} {0} {1}",
        "&lt;b&gt; &amp; &quot;",
        "javascript:window.hacked=1",
        "=HYPERLINK(\"https://evil.example\")",
        "\U0001F3E5 Krankenhaus Ünïöñ مستشفى",
    ];

    internal static readonly DateTimeOffset Now = new(2026, 11, 28, 19, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Counts_clients_by_server_and_state()
    {
        var text = Written([
            Client("a", DcrClientState.Active),
            Client("b", DcrClientState.Gone),
            Client("c", DcrClientState.Gone),
            Client("d", DcrClientState.Unknown, issuer: "https://b.example.com"),
        ]);
        Assert.Equal(["https://as.example.com", "1", "2", "0", "3"], Cells(text, "servers", 0));
        Assert.Equal(["https://b.example.com", "0", "0", "1", "1"], Cells(text, "servers", 1));
        Assert.Contains("2 clients are gone at their servers", Section(text, "attention"));
    }

    [Fact]
    public void Says_what_needs_attention_and_where_it_stands()
    {
        var text = Written(
            [
                Client("a", expiresAt: Now.AddDays(-1)),
                Client("b", expiresAt: Now.AddDays(29)),
                Client("c", expiresAt: Now.AddDays(31)),
                Client("d", storage: DcrStorage.Pending),
                Client("e", asked: ["scope"]),
            ],
            [Orphan()]
        );
        var attention = Section(text, "attention");
        Assert.Equal(
            [
                "1 client secret has expired",
                "1 client secret expires within 30 days",
                "1 client differs from what was asked for",
                "1 request has an unknown outcome",
                "1 registration is not in its vault yet",
            ],
            Regex.Matches(attention, "<li>(?:<[^>]*>)?([^<]*)<").Cast<Match>().Select(static item => item.Groups[1].Value)
        );
        foreach (var link in Regex.Matches(text, "href=\"#(\\w+)\"").Cast<Match>())
        {
            Assert.Contains($"id=\"{link.Groups[1].Value}\"", text);
        }

        Assert.Contains("<p>Nothing.</p>", Section(Written([Client("a")]), "attention"));
    }

    [Fact]
    public void Counts_secrets_by_the_week_in_which_they_expire()
    {
        var text = Written([
            Client("a", expiresAt: Now),
            Client("b", expiresAt: Now.AddSeconds(1)),
            Client("c", expiresAt: Now.AddDays(7).AddSeconds(-1)),
            Client("d", expiresAt: Now.AddDays(7)),
            Client("e", expiresAt: Now.AddDays(91).AddSeconds(-1)),
            Client("f", expiresAt: Now.AddDays(91)),
            Client("g", expiresAt: DateTimeOffset.FromUnixTimeSeconds(253402300799)),
            Client("h", expiresAt: DateTimeOffset.FromUnixTimeSeconds(0)),
            Client("i"),
            Client("j", method: "private_key_jwt"),
        ]);
        var chart = Section(text, "expiry");
        Assert.Contains(
            "1 expired; 2 in the week from 28 Nov; 1 in the week from 5 Dec; 1 in the week from 20 Feb; 2 later</desc>",
            chart
        );
        Assert.Equal(15, Regex.Matches(chart, "<rect").Count);
        Assert.Contains("Never: 1. Unknown: 1. Without a secret that is used: 1.", chart);
        Assert.DoesNotContain("<svg", Section(Written([Client("a")]), "expiry"));
    }

    [Fact]
    public void Names_what_differs_once_for_all_clients_that_differ_alike()
    {
        var text = Written([
            .. Enumerable.Range(1, 12).Select(static number => Client($"c{number}", asked: ["scope", "tos_uri"])),
            Client("own", changes: [new DcrChange("scope", "openid profile", "openid")], asked: ["scope"]),
        ]);
        Assert.Equal(
            [
                "scope: granted 'openid'",
                "https://as.example.com",
                "12: Clinic (c1), Clinic (c2), Clinic (c3), Clinic (c4), Clinic (c5), Clinic (c6), Clinic (c7), Clinic (c8), Clinic (c9), "
                    + "Clinic (c10), …",
            ],
            Cells(text, "differences", 0)
        );
        Assert.Equal("tos_uri: granted nothing", Cells(text, "differences", 1)[0]);
        Assert.Equal(
            ["scope: asked for 'openid profile', granted 'openid'", "https://as.example.com", "1: Clinic (own)"],
            Cells(text, "differences", 2)
        );
    }

    [Fact]
    public void Lists_what_is_orphaned_or_pending_with_what_to_do()
    {
        var text = Written([Client("d", storage: DcrStorage.Pending)], [Orphan()]);
        Assert.Equal(["Unknown, outcome unknown", "", "", "https://as.example.com", "", "Ask somebody."], Cells(text, "unfinished", 0));
        Assert.Equal(
            ["Not in its vault yet", "Clinic (d)", "north", "https://as.example.com", "", "Restore-DcrRegistration stores it."],
            Cells(text, "unfinished", 1)
        );
    }

    [Fact]
    public void Shows_runs_of_its_servers_the_newest_first()
    {
        var runs = PageRun.Of(
            [
                Record("r1", -60, DcrAuditOperation.Connect),
                Record("r1", -59, DcrAuditOperation.Register),
                Record("r1", -58, DcrAuditOperation.Register),
                Record("r1", -30, DcrAuditOperation.Register, DcrAuditOutcome.Refused, "InvalidRedirectUri"),
                null,
                Record("looked", -20, DcrAuditOperation.Connect),
                Record("failed", -10, DcrAuditOperation.Connect, DcrAuditOutcome.Failed, "TlsFailed"),
                Record("other", -5, DcrAuditOperation.Delete) with { Server = "https://other.example.com" },
            ],
            ["https://as.example.com"]
        );
        var text = Written([], runs: runs);
        Assert.Equal(["2026-11-28 18:50", "2026-11-28 18:50", "jo at admin-1", "Connect: 1 Failed (TlsFailed)"], Cells(text, "runs", 0));
        Assert.Equal(
            ["2026-11-28 18:01", "2026-11-28 18:30", "jo at admin-1", "Register: 2 SucceededRegister: 1 Refused (InvalidRedirectUri)"],
            Cells(text, "runs", 1)
        );
        Assert.Equal(2, runs.Count);
        Assert.Contains("cannot be read", Section(Written([], runs: null, hasRuns: false), "runs"));
        Assert.Contains("None.", Section(Written([]), "runs"));
    }

    [Fact]
    public void Shows_ten_runs()
    {
        var records = Enumerable.Range(0, 25).Select(static number => Record($"r{number}", number, DcrAuditOperation.Update));
        var section = Section(Written([], runs: PageRun.Of(records, ["https://as.example.com"])), "runs");
        Assert.Equal(10, Regex.Matches(section, "Update: 1 Succeeded").Count);
        Assert.Contains("19:24", section);
        Assert.DoesNotContain("19:14", section);
    }

    [Fact]
    public void Has_no_secret_wherever_a_server_repeats_one()
    {
        const string Token = "canary-rat-0001", Secret = "canary-cs-0001";
        var record = Record($"c{Secret}", "north") with
        {
            RegistrationAccessToken = Token,
            ClientSecret = Secret,
            RegistrationClientUri = new Uri($"https://as.example.com/register?token={Token}"),
            Metadata = JsonBag.Parse($$"""
                {"client_name":"Clinic {{Secret}}","redirect_uris":["https://a.example/{{Token}}"],"token_endpoint_auth_method":"{{Secret}}",
                "scope":"openid {{Token}}","jwks":{"keys":[{"kty":"RSA","d":"canary-private"}]},"api_token":"canary-api"}
                """),
            Asked = JsonBag.Parse("""{"scope":"x","jwks":"x","api_token":"x"}"""),
        };
        var text = Written([new DcrClient(record, [])]);
        Assert.DoesNotContain("canary", text);
        Assert.Contains("Clinic ***", text);
    }

    [Fact]
    public void Shows_what_somebody_else_changed()
    {
        var record = Record("c1", "north") with
        {
            ClientSecret = "canary-cs",
            Metadata = JsonBag.Parse("""{"client_name":"Clinic","scope":"openid canary-cs","contacts":["a@example.com"]}"""),
            Drifted = JsonBag.Parse("""{"scope":"openid","contacts":null}"""),
        };
        var text = Written([new DcrClient(record, [])]);
        Assert.Equal(
            ["contacts: was nothing, is ['a@example.com']", "scope: was 'openid', is 'openid ***'"],
            new[] { 0, 1 }.Select(row => Cells(text, "differences", row).First()).OrderBy(static text => text, StringComparer.Ordinal)
        );
    }

    [Theory]
    [MemberData(nameof(HostileNames))]
    public void Encodes_what_comes_from_outside(string name)
    {
        var text = Written(
            [Client(name, clientName: name, tenant: name, method: name, asked: [name], uris: [name])],
            [new DcrOrphan("1", "https://as.example.com", null, [], name)],
            [new PageRun(Now, Now, name, [name])]
        );
        var plain = Written([Client("a", asked: ["b"], uris: ["u"])], [Orphan()], [new PageRun(Now, Now, "a", ["b"])]);
        Assert.Equal(Tags(plain), Tags(text));
        Assert.Equal([name, name, name], Cells(text, "clients", 0).Take(3));
    }

    /// <summary>No page needs them, and they make what is read another thing than what stands there.</summary>
    [Fact]
    public void Has_no_character_that_turns_the_direction_of_what_follows() =>
        Assert.DoesNotContain('\u202E', Written([], runs: [new PageRun(Now, Now, "jo\u202Enimda", [])]));

    [Fact]
    public void A_browser_may_use_nothing_but_its_own_style_and_script()
    {
        var text = Written([Client("a")]);
        var policy = Regex.Match(text, "Content-Security-Policy\" content=\"([^\"]*)\"").Groups[1].Value;
        Assert.Equal(
            $"default-src 'none'; base-uri 'none'; form-action 'none'; style-src '{Hash("style")}'; script-src '{Hash("script")}'",
            policy
        );
        Assert.DoesNotMatch("\\s(src|style|on\\w+)=", text);
        Assert.DoesNotMatch("<(link|base|iframe|object|embed|form|a\\s+href=\"[^#])", text);
        Assert.True(text.IndexOf("Content-Security-Policy", StringComparison.Ordinal) < text.IndexOf("<style", StringComparison.Ordinal));

        string Hash(string tag)
        {
            using var sha = SHA256.Create();
            var content = Encoding.UTF8.GetBytes(Regex.Match(text, $"<{tag}>(.*?)</{tag}>", RegexOptions.Singleline).Groups[1].Value);
            return $"sha256-{Convert.ToBase64String(sha.ComputeHash(content))}";
        }
    }

    [Fact]
    public void A_template_has_the_columns_of_wanted_clients_and_no_row()
    {
        var rows = Csv.Read(new StringReader(InventoryWriter.Template)).ToList();
        Assert.Equal(
            "Tenant,ClientName,RedirectUri,GrantType,ResponseType,TokenEndpointAuthMethod,ApplicationType,Scope,Contact,ClientUri,LogoUri,"
                + "TosUri,PolicyUri,JwksUri,Jwks,SoftwareId,SoftwareVersion,PostLogoutRedirectUri,ClientSecretName",
            string.Join(",", Assert.Single(rows).Cells)
        );
    }

    internal static DcrClient Client(
        string id,
        DcrClientState state = DcrClientState.Active,
        string issuer = "https://as.example.com",
        string clientName = "Clinic",
        string tenant = "north",
        DateTimeOffset? expiresAt = null,
        DcrStorage storage = DcrStorage.Local,
        string method = "client_secret_basic",
        string[]? asked = null,
        IReadOnlyList<DcrChange>? changes = null,
        string[]? uris = null
    ) =>
        new(
            Record(id, tenant, issuer) with
            {
                ClientSecret = "canary-cs",
                ClientSecretExpiresAt = expiresAt?.ToUnixTimeSeconds(),
                Metadata = JsonBag
                    .Empty.With("client_name", clientName)
                    .With("scope", "openid")
                    .With("token_endpoint_auth_method", method)
                    .With("redirect_uris", System.Text.Json.JsonSerializer.SerializeToElement(uris ?? ["https://app.example.com/cb"])),
                Asked = (asked ?? []).Aggregate(JsonBag.Empty, static (bag, name) => bag.With(name, "hash")),
            },
            changes ?? []
        )
        {
            State = state,
            Storage = storage,
        };

    internal static string Written(
        IEnumerable<DcrClient> clients,
        IReadOnlyList<DcrOrphan>? orphans = null,
        IReadOnlyList<PageRun>? runs = null,
        bool hasRuns = true
    )
    {
        var page = new InventoryPage(Now);
        foreach (var client in clients)
        {
            page.Add(client);
        }

        using var text = new StringWriter();
        page.Write(text, orphans ?? [], hasRuns ? runs ?? [] : null);
        return text.ToString();
    }

    private static RegistrationRecord Record(string id, string tenant, string issuer = "https://as.example.com") =>
        new()
        {
            Issuer = issuer,
            ClientId = id,
            Tenant = tenant,
            CreatedAt = Now,
            UpdatedAt = Now,
            Metadata = JsonBag.Empty,
        };

    private static DcrAuditRecord Record(
        string run,
        int minute,
        DcrAuditOperation operation,
        DcrAuditOutcome outcome = DcrAuditOutcome.Succeeded,
        string? errorId = null
    ) =>
        new()
        {
            Run = run,
            Time = Now.AddMinutes(minute),
            User = "jo",
            Host = "admin-1",
            Server = "https://as.example.com",
            Operation = operation,
            Outcome = outcome,
            ErrorId = errorId,
        };

    private static DcrOrphan Orphan() => new("1", "https://as.example.com", null, [], "Ask somebody.");

    private static string Section(string text, string id) =>
        Regex.Match(text, $"<h2 id=\"{id}\">(.*?)</section>", RegexOptions.Singleline).Groups[1].Value;

    private static List<string> Cells(string text, string section, int row)
    {
        var rows = Regex.Matches(Section(text, section), "<tr>(?!<th scope=\"col\")(.*?)</tr>", RegexOptions.Singleline);
        return Regex
            .Matches(rows[row].Value, "<t[hd][^>]*>(.*?)</t[hd]>")
            .Cast<Match>()
            .Select(static cell => WebUtility.HtmlDecode(Regex.Replace(cell.Groups[1].Value, "<[^>]*>", "")))
            .ToList();
    }

    /// <summary>Names of tags and attributes, in their order.</summary>
    private static List<string> Tags(string text)
    {
        var page = Regex.Replace(text, "<(script|style)>.*?</\\1>", "<$1>", RegexOptions.Singleline);
        return Regex
            .Matches(page, "<(/?[!\\w-]+)((?: [\\w-]+=\"[^\"]*\")*)>")
            .Cast<Match>()
            .Select(static tag => tag.Groups[1].Value + Regex.Replace(tag.Groups[2].Value, "=\"[^\"]*\"", ""))
            .ToList();
    }
}
