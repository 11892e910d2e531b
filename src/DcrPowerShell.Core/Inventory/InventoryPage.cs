using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Inventory;

/// <summary>
/// Makes one HTML page of clients, to look at: Page/Page.html with its style and script, which are all that a browser may use there.
/// What it says of clients is what their public properties show, as in any inventory. It is gathered first, because the page begins with
/// what is counted.
/// </summary>
internal sealed class InventoryPage(DateTimeOffset now)
{
    // How many clients that differ alike are named: more are only counted.
    private const int Named = 10;

    private const int Runs = 10;

    private static readonly DcrClientState[] States = [DcrClientState.Active, DcrClientState.Gone, DcrClientState.Unknown];

    private static readonly TimeSpan Soon = TimeSpan.FromDays(30);

    private readonly SortedDictionary<string, Dictionary<DcrClientState, int>> _servers = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Issuer, string Difference), List<string>> _differing = [];
    private readonly ExpiryChart _expiry = new(now);
    private readonly List<Markup> _rows = [];
    private readonly List<Markup> _unstored = [];
    private int _expired;
    private int _expiringSoon;
    private int _differingClients;

    /// <summary>The issuers of the servers that it is about.</summary>
    public ICollection<string> Servers => _servers.Keys;

    /// <summary>A server that it is about, though it may have no client.</summary>
    public void AddServer(string issuer)
    {
        if (!_servers.ContainsKey(issuer))
        {
            _servers[issuer] = States.ToDictionary(static state => state, static _ => 0);
        }
    }

    public void Add(DcrClient client)
    {
        AddServer(client.Issuer);
        _servers[client.Issuer][client.State]++;
        _expiry.Add(client.SecretExpiry);
        var expiry = client.SecretExpiry.At;
        var isExpired = expiry <= now;
        _expired += isExpired ? 1 : 0;
        _expiringSoon += !isExpired && expiry <= now + Soon ? 1 : 0;
        _rows.Add(Row(client, expiry is { } at ? $"{Day(at)}{(isExpired ? " expired" : "")}" : client.SecretExpiry.Text, isExpired));
        if (client.Storage == DcrStorage.Pending)
        {
            var advice = "Restore-DcrRegistration stores it.";
            _unstored.Add(Unfinished("Not in its vault yet", client.ToString(), client.Tenant, client.Issuer, since: "", advice));
        }

        var differences = Differences(client);
        _differingClients += differences.Count > 0 ? 1 : 0;
        foreach (var difference in differences)
        {
            if (!_differing.TryGetValue((client.Issuer, difference), out var clients))
            {
                _differing[(client.Issuer, difference)] = clients = [];
            }

            clients.Add(client.ToString());
        }
    }

    /// <summary>Writes the page.</summary>
    /// <param name="orphans">Requests of unknown outcome.</param>
    /// <param name="runs">In any order: the newest are shown. Null where the audit log cannot be read.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(TextWriter writer, IReadOnlyList<DcrOrphan> orphans, IReadOnlyList<PageRun>? runs)
    {
        var (style, script) = (Resource("Page.css"), Resource("Page.js"));

        // Piece by piece, so that nothing is looked for in what came from outside.
        var pieces = Regex.Split(Resource("Page.html"), "{{(\\w+)}}");
        for (var index = 0; index < pieces.Length; index++)
        {
            writer.Write(index % 2 == 0 ? pieces[index] : pieces[index] switch
            {
                "policy" => "default-src 'none'; base-uri 'none'; form-action 'none'; "
                    + $"style-src '{Hash(style)}'; script-src '{Hash(script)}'",
                "style" => style,
                "script" => script,
                "day" => Day(now),
                "time" => Minute(now),
                "attention" => Attention(orphans.Count),
                "servers" => TableOrNone(
                    "Clients by server and state",
                    ["Server", .. States.Select(static state => state.ToString()), "All"],
                    _servers.Select(Row)
                ),
                "expiry" => _expiry.ToMarkup(),
                "differences" => TableOrNone(
                    "What servers granted otherwise, and what others changed",
                    ["What differs", "Server", "Clients"],
                    _differing.OrderByDescending(static same => same.Value.Count).Select(Row)
                ),
                "unfinished" => TableOrNone(
                    "Requests of unknown outcome, and registrations that a vault lacks",
                    ["What", "Client", "Tenant", "Server", "Since", "What to do"],
                    orphans.Select(Row).Concat(_unstored)
                ),
                "runs" => runs is null
                    ? Markup.Of($"<p class=\"bad\">The audit log cannot be read.</p>")
                    : TableOrNone(
                        "PowerShell processes that changed something",
                        ["From", "To", "Who", "What"],
                        runs.OrderByDescending(static run => run.To).Take(Runs).Select(Row)
                    ),
                "clients" => Table(
                    "All clients",
                    ["Name", "Tenant", "Client id", "Server", "State", "Secret expires", "Kept in", "Authentication", "Redirect URIs"],
                    _rows
                ),
                var unknown => throw new InvalidOperationException(unknown),
            });
        }
    }

    /// <summary>What needs attention, with links to the chart and the tables below.</summary>
    private Markup Attention(int orphans)
    {
        var gone = _servers.Values.Sum(static states => states[DcrClientState.Gone]);
        (int Count, string One, string Several, Markup Link)[] all =
        [
            (gone, "client is gone at its server", "clients are gone at their servers", Link("clients", "Gone")),
            (_expired, "client secret has expired", "client secrets have expired", Link("clients", "expired")),
            (_expiringSoon, "client secret expires within 30 days", "client secrets expire within 30 days", Link("expiry")),
            (_differingClients, "client differs from what was asked for", "clients differ from what was asked for", Link("differences")),
            (orphans, "request has an unknown outcome", "requests have an unknown outcome", Link("unfinished")),
            (_unstored.Count, "registration is not in its vault yet", "registrations are not in their vaults yet", Link("unfinished")),
        ];
        var found = all.Where(static each => each.Count > 0).ToList();
        return found.Count == 0
            ? Markup.Of($"<p>Nothing.</p>")
            : Markup.Of($"<ul>{Markup.Each(found, static each =>
                $"<li>{each.Link}{each.Count} {(each.Count == 1 ? each.One : each.Several)}</a></li>")}</ul>");
    }

    private static Markup Link(string section) => Markup.Of($"<a href=\"#{section}\">");

    private static Markup Link(string section, string search) => Markup.Of($"<a href=\"#{section}\" data-search=\"{search}\">");

    /// <summary>What the command that made the client was told of it; else what is kept of earlier answers.</summary>
    private static List<string> Differences(DcrClient client) =>
    [
        .. client.Changes.Select(static change => change.ToString()),
        .. client
            .Record.Asked.Select(static member => member.Key)
            .Except(client.Changes.Select(static change => change.Name))
            .Select(name => $"{name}: granted {DcrChange.Say(client.Metadata[name])}"),
        .. Drift(client.Record)
            .Where(change => client.Changes.All(told => told.Name != change.Name))
            .Select(static change => change.ToString()),
    ];

    /// <summary>What somebody else changed since the client was last granted.</summary>
    private static IReadOnlyList<DcrChange> Drift(RegistrationRecord record) =>
        Grant.CompareUnnamed(
            Grant.LastGranted(record.Metadata, record.Drifted),
            record.Metadata,
            JsonBag.Empty,
            Redaction.Nothing.And(record.Secrets)
        );

    private static Markup Row(DcrClient client, string expiry, bool isExpired) => Markup.Of($"""
        <tr><th scope="row" dir="auto">{client.ClientName}</th><td dir="auto">{client.Tenant}</td><td>{client.ClientId}</td>
        <td>{client.Issuer}</td><td class="short {(client.State == DcrClientState.Gone ? "bad" : "")}">{client.State}</td>
        <td class="short {(isExpired ? "bad" : "")}">{expiry}</td><td class="short">{client.Storage}</td>
        <td>{client.TokenEndpointAuthMethod}</td>
        <td>{Markup.Each(client.RedirectUris, static uri => $"<div>{uri}</div>")}</td></tr>

        """);

    private static Markup Row(KeyValuePair<string, Dictionary<DcrClientState, int>> server) => Markup.Of($"""
        <tr><th scope="row">{server.Key}</th>{Markup.Each(
            States.Select(state => server.Value[state]).Append(server.Value.Values.Sum()),
            static count => $"<td class=\"short\">{count}</td>"
        )}</tr>

        """);

    private static Markup Row(KeyValuePair<(string Issuer, string Difference), List<string>> same) => Markup.Of($"""
        <tr><th scope="row">{same.Key.Difference}</th><td>{same.Key.Issuer}</td>
        <td>{same.Value.Count}: {string.Join(", ", same.Value.Take(Named))}{(same.Value.Count > Named ? ", …" : "")}</td></tr>

        """);

    private static Markup Row(DcrOrphan orphan) => Unfinished(
        $"{orphan.Operation}, outcome unknown",
        orphan.ClientName ?? orphan.ClientId,
        orphan.Tenant,
        orphan.Issuer,
        orphan.At is { } at ? Minute(at) : "",
        orphan.RecommendedAction
    );

    private static Markup Row(PageRun run) => Markup.Of($"""
        <tr><th scope="row">{Minute(run.From)}</th><td>{Minute(run.To)}</td><td>{run.Who}</td>
        <td>{Markup.Each(run.What, static what => $"<div>{what}</div>")}</td></tr>

        """);

    private static Markup Unfinished(string what, string? client, string? tenant, string issuer, string since, string advice) =>
        Markup.Of($"""
        <tr><th scope="row">{what}</th><td dir="auto">{client}</td><td dir="auto">{tenant}</td><td>{issuer}</td><td>{since}</td>
        <td>{advice}</td></tr>

        """);

    private static Markup TableOrNone(string caption, string[] heads, IEnumerable<Markup> rows) =>
        rows.ToList() is { Count: > 0 } all ? Table(caption, heads, all) : Markup.Of($"<p>None.</p>");

    private static Markup Table(string caption, string[] heads, IReadOnlyList<Markup> rows) => Markup.Of($"""
        <div class="frame" role="region" tabindex="0" aria-label="{caption}"><table>
        <caption>{caption}</caption>
        <thead><tr>{Markup.Each(heads, static head => $"<th scope=\"col\">{head}</th>")}</tr></thead>
        <tbody>
        {Markup.Join(rows)}</tbody>
        </table></div>
        """);

    /// <summary>Read as browsers read it, which take each end of a line for a line feed.</summary>
    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(InventoryPage).Assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
        return reader.ReadToEnd().Replace("\r\n", "\n");
    }

    /// <summary>How a content security policy names what may run (W3C CSP 3, section 2.3.1).</summary>
    private static string Hash(string text)
    {
        using var sha = SHA256.Create();
        return $"sha256-{Convert.ToBase64String(sha.ComputeHash(Encoding.UTF8.GetBytes(text)))}";
    }

    private static string Day(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Minute(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
