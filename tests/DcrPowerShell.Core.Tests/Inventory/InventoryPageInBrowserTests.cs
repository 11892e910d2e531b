#if NET
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace DcrPowerShell.Core.Tests.Inventory;

public sealed class InventoryPageInBrowserTests : IDisposable
{
    private const string Shown =
        "[...document.querySelectorAll('#clients ~ .frame tbody tr')].filter(r => r.offsetHeight).map(r => r.cells[0].textContent)";

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"dcr-page-{Guid.NewGuid():n}.html");

    public void Dispose() => File.Delete(_path);

    [ChromiumFact]
    public async Task Searches_as_the_user_types()
    {
        await using var browser = await OpenAsync();
        Assert.Equal("Zoo,alpha,Client 10,Client 9", await browser.GetAsync(Shown));
        await browser.ClickAsync("#search");
        await browser.TypeAsync("EXAMPLE.com 2026-12");
        Assert.Equal("Client 10,Client 9", await browser.GetAsync(Shown));
        Assert.Equal("2 of 4 clients", await browser.GetAsync("document.querySelector('[role=status]').textContent"));
        await browser.TypeAsync(" nothing like it");
        Assert.Equal("", await browser.GetAsync(Shown));
        await browser.PressAsync("Escape", 27);
        Assert.Equal("Zoo,alpha,Client 10,Client 9", await browser.GetAsync(Shown));
        Assert.Empty(browser.Complaints);
    }

    [ChromiumFact]
    public async Task Sorts_by_a_click_or_by_the_keyboard_and_says_how()
    {
        await using var browser = await OpenAsync();
        const string Sorted = "[...document.querySelectorAll('#clients ~ .frame [aria-sort]')].map(h => h.textContent + ' ' + h.ariaSort)";
        await browser.ClickAsync("#clients ~ .frame th:nth-child(1) button");
        Assert.Equal("alpha,Client 9,Client 10,Zoo", await browser.GetAsync(Shown));
        Assert.Equal("Name ascending", await browser.GetAsync(Sorted));
        await browser.ClickAsync("#clients ~ .frame th:nth-child(1) button");
        Assert.Equal("Zoo,Client 10,Client 9,alpha", await browser.GetAsync(Shown));

        // From the search box by the keyboard alone: what scrolls, then the heads of the columns.
        await browser.ClickAsync("#search");
        for (var presses = 0; await browser.GetAsync("document.activeElement.textContent") != "Secret expires"; presses++)
        {
            Assert.InRange(presses, 0, 10);
            await browser.PressAsync("Tab", 9);
        }

        await browser.PressAsync("Enter", 13, "\r");
        Assert.Equal("Zoo,Client 9,Client 10,alpha", await browser.GetAsync(Shown));
        Assert.Equal("Secret expires ascending", await browser.GetAsync(Sorted));

        // Without a date comes last, whichever way.
        await browser.PressAsync(" ", 32, " ");
        Assert.Equal("Client 10,Client 9,Zoo,alpha", await browser.GetAsync(Shown));
        Assert.Empty(browser.Complaints);
    }

    [ChromiumFact]
    public async Task Lays_out_the_first_rows_of_very_many_until_all_are_asked_for()
    {
        const string Count = "[...document.querySelectorAll('#clients ~ .frame tbody tr')].filter(r => r.offsetHeight).length";
        const string Status = "document.querySelector('[role=status]').textContent";
        await using var browser = await OpenAsync(
            Enumerable.Range(1, 600).Select(static number => InventoryPageTests.Client($"c{number}", clientName: $"Client {number}"))
        );
        Assert.Equal("500", await browser.GetAsync(Count));
        Assert.Equal("600 of 600 clients, the first 500 shown", await browser.GetAsync(Status));
        await browser.ClickAsync("#clients ~ .frame th:nth-child(1) button");
        await browser.ClickAsync("#clients ~ .frame th:nth-child(1) button");
        Assert.Equal("Client 600", await browser.GetAsync($"{Shown}[0]"));
        Assert.Equal("500", await browser.GetAsync(Count));

        await browser.CallAsync("Emulation.setEmulatedMedia", new { media = "print" });
        Assert.Equal("600", await browser.GetAsync(Count));
        await browser.CallAsync("Emulation.setEmulatedMedia", new { media = "screen" });
        await browser.ClickAsync("#more");
        Assert.Equal("600", await browser.GetAsync(Count));
        Assert.Equal("600 of 600 clients", await browser.GetAsync(Status));
        Assert.Equal("none", await browser.GetAsync("getComputedStyle(document.getElementById('more')).display"));
        Assert.Empty(browser.Complaints);
    }

    [ChromiumFact]
    public async Task Links_lead_to_the_clients_that_are_counted()
    {
        await using var browser = await OpenAsync();
        await browser.ClickAsync("[data-search=expired]");
        Assert.Equal("Zoo", await browser.GetAsync(Shown));
        await browser.ClickAsync("[data-search=Gone]");
        Assert.Equal("Client 9", await browser.GetAsync(Shown));
        Assert.Equal("#clients", await browser.GetAsync("location.hash"));
    }

    /// <summary>By what the browser tells a screen reader.</summary>
    [ChromiumFact]
    public async Task Tells_a_screen_reader_what_is_there()
    {
        await using var browser = await OpenAsync();
        var nodes = (await browser.CallAsync("Accessibility.getFullAXTree")).GetProperty("nodes").EnumerateArray();
        var told = nodes
            .Where(static node => node.TryGetProperty("name", out _))
            .Select(static node => $"{Value(node, "role")} {Value(node, "name")}")
            .ToList();
        Assert.Contains("searchbox Search", told);
        Assert.Contains("navigation Sections", told);
        Assert.Contains("image Client secrets that expire, by week", told);
        Assert.Contains("region All clients", told);
        Assert.Contains("table All clients", told);
        Assert.Contains("button Tenant", told);
        Assert.Contains("rowheader Client 10", told);
        Assert.Contains("heading What needs attention", told);

        static string? Value(JsonElement node, string member) => node.GetProperty(member).GetProperty("value").GetString();
    }

    [ChromiumFact]
    public async Task Runs_nothing_that_comes_from_outside_and_asks_for_nothing()
    {
        var names = InventoryPageTests.HostileNames.Cast<object[]>().Select(static row => (string)row[0]).ToList();
        await using var browser = await OpenAsync(names.Select(static name =>
            InventoryPageTests.Client(name, clientName: name, tenant: name, method: name, asked: [name], uris: [name])));
        Assert.Equal(
            names,
            JsonSerializer.Deserialize<List<string>>(await browser.GetAsync($"JSON.stringify({Shown})"))
        );
        await browser.ClickAsync("#search");
        await browser.TypeAsync("<img");
        Assert.Equal("<img src=x onerror=\"window.hacked = 1\">", await browser.GetAsync(Shown));
        Assert.Equal("undefined", await browser.GetAsync("window.hacked"));
        Assert.Equal([new Uri(_path).AbsoluteUri], browser.Requests);
        Assert.Empty(browser.Complaints);
    }

    /// <summary>Should anything get through: what is not the page's own does not run.</summary>
    [ChromiumFact]
    public async Task The_policy_stops_another_script()
    {
        const string Foreign = "<script>window.hacked = 1</script><img src=\"http://127.0.0.1:9/\">";
        var text = InventoryPageTests.Written([]).Replace("<main>", $"<main>{Foreign}");
        await using var browser = await OpenAsync(text);
        Assert.Equal("undefined", await browser.GetAsync("window.hacked"));
        Assert.Equal("0 of 0 clients", await browser.GetAsync("document.getElementById('found').textContent"));
        Assert.Equal(2, browser.Complaints.Count(static said => said.Contains("Content Security Policy", StringComparison.Ordinal)));
    }

    [ChromiumFact]
    public async Task Fits_a_narrow_screen_and_a_printer()
    {
        const string Fits = "document.documentElement.scrollWidth === document.documentElement.clientWidth";
        await using var browser = await OpenAsync();
        await SetWidthAsync(320);
        Assert.Equal("true", await browser.GetAsync(Fits));
        await SetWidthAsync(1000);
        await browser.CallAsync("Emulation.setEmulatedMedia", new { media = "print", features = Dark });
        Assert.Equal("true", await browser.GetAsync(Fits));
        Assert.Equal("none", await browser.GetAsync("getComputedStyle(document.getElementById('tools')).display"));
        Assert.Equal("rgb(255, 255, 255)", await browser.GetAsync("getComputedStyle(document.body).backgroundColor"));
        await browser.CallAsync("Emulation.setEmulatedMedia", new { media = "screen", features = Dark });
        Assert.Equal("rgb(20, 23, 26)", await browser.GetAsync("getComputedStyle(document.body).backgroundColor"));

        Task SetWidthAsync(int width) => browser.CallAsync(
            "Emulation.setDeviceMetricsOverride",
            new { width, height = 700, deviceScaleFactor = 1, mobile = false }
        );
    }

    private static object[] Dark => [new { name = "prefers-color-scheme", value = "dark" }];

    private Task<Chromium> OpenAsync(IEnumerable<DcrClient>? clients = null) => OpenAsync(InventoryPageTests.Written(clients ??
    [
        InventoryPageTests.Client("z", clientName: "Zoo", expiresAt: InventoryPageTests.Now.AddDays(-3)),
        InventoryPageTests.Client("a", clientName: "alpha", method: "private_key_jwt"),
        InventoryPageTests.Client("ten", clientName: "Client 10", expiresAt: InventoryPageTests.Now.AddDays(20)),
        InventoryPageTests.Client("nine", DcrClientState.Gone, clientName: "Client 9", expiresAt: InventoryPageTests.Now.AddDays(9)),
    ]));

    private Task<Chromium> OpenAsync(string text)
    {
        File.WriteAllText(_path, text);
        return Chromium.OpenAsync(_path);
    }
}
#endif
