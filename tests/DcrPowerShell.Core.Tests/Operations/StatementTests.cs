using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>Software statements that are got when a registration's turn comes.</summary>
public class StatementTests
{
    private const string Slow =
        """{"faults":[{"on":"register","status":429,"headers":{"Retry-After":"120"}}]}""";

    [Fact]
    public async Task A_statement_is_got_for_each_registration_and_sent_with_it()
    {
        using var session = await Session.StartAsync();
        var directory = new Directory(session, lifetime: 300);
        await RegisterAsync(session, directory, "north");
        await RegisterAsync(session, directory, "south");
        Assert.Equal(directory.Given, await SentAsync(session));
        Assert.Equal(2, directory.Given.Distinct().Count());
    }

    [Fact]
    public async Task A_statement_that_expired_while_the_server_had_to_be_waited_for_is_got_again()
    {
        using var session = await Session.StartAsync(Slow);
        var directory = new Directory(session, lifetime: 60);
        var client = await RegisterAsync(session, directory, "north");
        Assert.Equal(directory.Given, await SentAsync(session));
        Assert.Equal(2, directory.Given.Count);
        Assert.Equal("north", client.Tenant);
        Assert.Contains(session.Reporter.VerboseLines, static line => line.Contains("grew old"));
        Assert.Empty(await session.OrphansAsync());
    }

    /// <summary>Brazil's directory: an iat and no exp, and banks take it for five minutes.</summary>
    [Fact]
    public async Task A_statement_without_an_end_is_got_again_after_five_minutes_and_never_refused()
    {
        using var session = await Session.StartAsync();
        var directory = new Directory(session, lifetime: null, age: 301);
        await RegisterAsync(session, directory, "north");
        Assert.Equal(2, directory.Given.Count);
        Assert.Equal(directory.Given.Last(), Assert.Single(await SentAsync(session)));
    }

    [Fact]
    public async Task Where_the_second_statement_has_expired_too_nothing_is_sent_and_the_tenant_is_free()
    {
        using var session = await Session.StartAsync();
        var directory = new Directory(session, lifetime: 60, age: 61);
        var error = await Assert.ThrowsAsync<DcrException>(() => RegisterAsync(session, directory, "north"));
        Assert.Equal(DcrErrorId.InvalidSoftwareStatement, error.ErrorId);
        Assert.Contains("Nothing was sent", error.Message);
        Assert.True(error.NothingSent);
        Assert.Contains("asks the issuer again", error.RecommendedAction);
        Assert.Equal(2, directory.Given.Count);
        Assert.Empty(await session.SentAsync("register"));
        Assert.Empty(await session.OrphansAsync());
        await RegisterAsync(session, new Directory(session, lifetime: 60), "north");
    }

    [Fact]
    public async Task Where_no_second_statement_is_to_be_had_the_tenant_is_free()
    {
        using var session = await Session.StartAsync();
        var directory = new Directory(session, lifetime: 60, age: 61);
        foreach (var end in new Exception[] { new OperationCanceledException(), InputErrors.BadInput("a", "is b", "Give c.") })
        {
            var isFirst = true;
            var request = Request(directory, "north") with
            {
                Statement = () =>
                {
                    var given = isFirst ? Task.FromResult(directory.Next()) : Task.FromException<string>(end);
                    isFirst = false;
                    return given;
                },
            };
            var thrown = await Record.ExceptionAsync(() => session.RunAsync(context => RegisterOperation.RunAsync(context, request)));
            Assert.IsType(end.GetType(), thrown);
            Assert.Empty(await session.OrphansAsync());
        }

        Assert.Empty(await session.SentAsync("register"));
    }

    [Fact]
    public async Task A_given_one_that_expires_while_the_server_has_to_be_waited_for_is_not_sent_again()
    {
        using var session = await Session.StartAsync(Slow);
        var statement = new Directory(session, lifetime: 60).Next();
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(
            JsonBag.Parse(Session.WebClient).With("software_statement", statement).ToString()
        ));
        Assert.Equal(DcrErrorId.InvalidSoftwareStatement, error.ErrorId);
        Assert.Single(await session.SentAsync("register"));
        Assert.Empty(await session.OrphansAsync());
    }

    [Fact]
    public async Task With_SkipValidation_the_server_judges_its_age()
    {
        using var session = await Session.StartAsync();
        var directory = new Directory(session, lifetime: 60, age: 61);
        await RegisterAsync(session, directory, "north", skipsValidation: true);
        Assert.Single(directory.Given);
    }

    [Fact]
    public async Task A_fresh_statement_makes_no_row_differ_from_what_is_registered()
    {
        using var session = await Session.StartAsync();
        var directory = new Directory(session, lifetime: 300);
        await RegisterAsync(session, directory, "north");
        var again = await RegisterAsync(session, directory, "north");
        Assert.Empty(again.Changes);
        Assert.Single(await session.SentAsync("register"));
    }

    [Fact]
    public async Task A_change_of_a_row_brings_a_fresh_statement_along()
    {
        using var session = await Session.StartAsync();
        var directory = new Directory(session, lifetime: 300);
        await RegisterAsync(session, directory, "north");
        var row = Request(directory, "north") with { Metadata = JsonBag.Parse(Session.WebClient).With("client_name", "Other") };
        var found = RegisterOperation.FindTenant(session.Connection, row)!;
        await session.RunAsync(context => RegisterOperation.UpdateAsync(context, found, row));
        var sent = JsonBag.Parse(Assert.Single(await session.SentAsync("update")).Body);
        Assert.Equal((directory.Given.Last(), "Other"), (sent.Text("software_statement"), sent.Text("client_name")));
    }

    private static RegisterRequest Request(Directory directory, string tenant) =>
        new(JsonBag.Parse(Session.WebClient), tenant, ClientSecretName: null)
        {
            Statement = () => Task.FromResult(directory.Next()),
        };

    private static async Task<DcrClient> RegisterAsync(Session session, Directory directory, string tenant, bool skipsValidation = false)
    {
        var request = Request(directory, tenant) with { SkipsValidation = skipsValidation };
        return (await session.RunAsync(context => RegisterOperation.RunAsync(context, request))).Client;
    }

    private static async Task<List<string?>> SentAsync(Session session) =>
        (await session.SentAsync("register")).Select(static request => JsonBag.Parse(request.Body).Text("software_statement")).ToList();

    /// <summary>Gives statements by the session's clock.</summary>
    /// <param name="lifetime">In seconds; null for no end.</param>
    /// <param name="age">How old they are when they come, in seconds.</param>
    private sealed class Directory(Session session, int? lifetime, int age = 0)
    {
        public List<string?> Given { get; } = [];

        public string Next()
        {
            var issued = session.Clock.UtcNow.ToUnixTimeSeconds() - age;
            var end = lifetime is null ? "" : $",\"exp\":{issued + lifetime}";
            Given.Add(Statements.Of($$"""{"jti":"{{Given.Count}}","iat":{{issued}}{{end}}}"""));
            return Given.Last()!;
        }
    }
}
