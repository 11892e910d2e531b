using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>A server's later answer names another address to manage the client at.</summary>
public class ForeignUriTests
{
    private const string Good = "https://as.example.com/register/c1";

    [Theory]
    [InlineData("https://evil.example/register/c1", Good)]
    [InlineData("http://as.example.com/register/c1", Good)]
    [InlineData("https://ops:pw@as.example.com/register/c1", Good)]
    [InlineData("//evil.example/register/c1", Good)]
    [InlineData("javascript:alert(1)", Good)]
    [InlineData("https://as.example.com/v2/register/c1", "https://as.example.com/v2/register/c1")]
    [InlineData("/v2/register/c1", "https://as.example.com/v2/register/c1")]
    [InlineData("https://manage.example.com/c1", "https://manage.example.com/c1")] // Allowed
    public async Task A_later_management_address_is_taken_only_where_the_token_may_go(string named, string expected)
    {
        using var handler = Server(Good).Answer(200, Client(Good)).Answer(200, Client(named));
        using var session = await ConnectAsync(handler);
        await session.RegisterAsync();
        await session.UpdateAsync("c1", """{"scope":"read"}""");
        Assert.Equal(expected, session.Stored("c1").RegistrationClientUri!.AbsoluteUri);
        Assert.Equal(
            expected == Good,
            session.Reporter.Warnings.Any(static warning => warning.Contains("Client 'c1': the server says that it is managed at"))
        );
        Assert.DoesNotContain(session.Reporter.Warnings, static warning => warning.Contains("pw"));
    }

    /// <summary>Nothing else is known: it is kept as it came, and refused when the token would go there.</summary>
    [Fact]
    public async Task The_first_management_address_is_kept_as_it_came()
    {
        using var handler = Server("https://evil.example/register/c1");
        using var session = await ConnectAsync(handler);
        await session.RegisterAsync();
        Assert.Equal(DcrErrorId.RegistrationUriRefused, (await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync("c1"))).ErrorId);
    }

    /// <summary>A line end in it begins no header: it is no URL, or encoded.</summary>
    [Fact]
    public async Task A_line_end_in_a_management_address_reaches_no_request_line()
    {
        using var handler = Server("https://as.example.com/register/c1\\r\\nX-Evil: 1").Answer(200, Client(Good)).Answer(200, Client(Good));
        using var session = await ConnectAsync(handler);
        await session.RegisterAsync();
        await Record.ExceptionAsync(() => session.ReadAsync("c1"));
        Assert.All(handler.Requests, static request => Assert.DoesNotContain("\n", request.Uri.PathAndQuery));
    }

    private static RecordingHandler Server(string uri) => new RecordingHandler()
        .Answer(200, """{"issuer":"https://as.example.com","registration_endpoint":"https://as.example.com/register"}""")
        .Answer(201, Client(uri));

    private static string Client(string uri) =>
        $$"""{"client_id":"c1","registration_access_token":"registration-token-0001","registration_client_uri":"{{uri}}","scope":"read"}""";

    private static Task<Session> ConnectAsync(RecordingHandler handler) =>
        Session.ConnectAsync(
            "https://as.example.com",
            static request => request with { AllowedOrigins = [new Uri("https://manage.example.com")] },
            hasVault: false,
            handler: handler
        );
}
