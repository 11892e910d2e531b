using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Http;

/// <summary>What others wrote begins no header and no request.</summary>
public class HeaderTests
{
    private const string Discovery =
        """{"issuer":"https://as.example.com","registration_endpoint":"https://as.example.com/register","token_endpoint":"https://as.example.com/token"}""";
    private const string Client =
        """{"client_id":"c1","registration_access_token":"rat-1","registration_client_uri":"https://as.example.com/register/c1","scope":"read"}""";

    public static TheoryData<string> NoTokens =>
        [
            "at\\r\\nX-Evil: 1",
            "at\\r\\n\\r\\nPOST /admin HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n",
            "a t",
            "at\\u0000",
            "at\\u0085",
            "at\\u2028",
            "at\\u00e9",
            "\\u010aat",
            "at\\u007f",
        ];

    [Theory]
    [MemberData(nameof(NoTokens))]
    [InlineData("at\\n")]
    [InlineData("at\\t")]
    public async Task An_access_token_that_is_none_is_refused_where_it_comes_in(string token)
    {
        using var handler = new RecordingHandler()
            .Answer(200, Discovery)
            .Answer(200, $$"""{"access_token":"{{token}}","token_type":"Bearer"}""")
            .Answer(201, Client);
        using var session = await Session.ConnectAsync(
            "https://as.example.com",
            static request => request with { Credential = new CredentialInput.Secret("ops", "not-a-real-secret") },
            hasVault: false,
            handler: handler
        );
        var failure = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        Assert.Equal(DcrErrorId.ResponseNotConformant, failure.ErrorId);
        Assert.Contains("access_token", failure.Message);
        Assert.DoesNotContain("Evil", failure.ToString());
        Assert.Equal(["GET", "POST"], handler.Requests.Select(static request => request.Method));
    }

    [Theory]
    [MemberData(nameof(NoTokens))]
    public async Task A_registration_access_token_that_is_none_is_kept_said_and_not_sent(string token)
    {
        using var handler = new RecordingHandler().Answer(200, Discovery).Answer(201, Client.Replace("rat-1", token));
        using var session = await Session.ConnectAsync("https://as.example.com", hasVault: false, handler: handler);
        var client = await session.RegisterAsync();
        Assert.Contains(
            "has a character that no bearer token has",
            Assert.Single(session.Reporter.Warnings, static warning => warning.Contains("registration access token"))
        );
        Assert.Equal(JsonBag.Parse($$"""{"t":"{{token}}"}""").Text("t"), session.Stored(client.ClientId).RegistrationAccessToken);
        await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId));
        Assert.Equal(2, handler.Requests.Count);
    }

    [Theory]
    [InlineData("Authorization", "Bearer a\r\nX-Evil: 1")]
    [InlineData("Authorization", "Bearer a\n")]
    [InlineData("Authorization", "Bearer \u010a")]
    [InlineData("DPoP", "a\0b")]
    [InlineData("X-Name\r\nX-Evil", "1")]
    [InlineData("X Name", "1")]
    [InlineData("", "1")]
    public async Task Whatever_is_no_header_is_not_sent(string name, string value)
    {
        using var handler = new RecordingHandler().Answer(200);
        using var transport = new HttpTransport(handler, System.TimeSpan.FromSeconds(10), new FakeClock());
        var request = new ProtocolRequest(
            System.Net.Http.HttpMethod.Get,
            new System.Uri("https://as.example.com/register"),
            RequestEffect.None
        );
        var failure = await Assert.ThrowsAsync<DcrException>(() =>
            transport.SendAsync(request, [new KeyValuePair<string, string>(name, value)], CancellationToken.None)
        );
        Assert.DoesNotContain("Evil", failure.ToString());
        Assert.Empty(handler.Requests);
    }

    [Theory]
    [InlineData("n0nce-1", true)]
    [InlineData("n\"1", false)]
    [InlineData("n\\1", false)]
    [InlineData("n 1", false)]
    [InlineData("n\u00e91", false)]
    public void A_nonce_is_taken_only_where_it_is_one(string nonce, bool isTaken)
    {
        using var binding = new DpopBinding(DcrDPoP.Auto);
        var request = new ProtocolRequest(
            System.Net.Http.HttpMethod.Get,
            new System.Uri("https://as.example.com/register"),
            RequestEffect.None
        );
        var response = new ProtocolResponse(
            401,
            [new("DPoP-Nonce", nonce), new("WWW-Authenticate", "DPoP error=\"use_dpop_nonce\"")],
            [],
            BodyEnd.Whole,
            default
        );
        binding.Learn(request, response);
        Assert.Equal(
            isTaken,
            !binding.Learn(request, response with { Headers = [new("DPoP-Nonce", "n0nce-1"), .. response.Headers.Skip(1)] })
        );
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("../../admin")]
    [InlineData("c1?x=1#y")]
    [InlineData("c1\r\nX-Evil: 1")]
    [InlineData("%2e%2e")]
    public void A_client_id_stays_one_segment_of_a_path(string clientId)
    {
        var uri = new System.Uri($"https://as.example.com/clients/{UriText.Segment(clientId)}");
        Assert.StartsWith("https://as.example.com/clients/", uri.AbsoluteUri);
        Assert.Equal((3, ""), (uri.Segments.Length, uri.Query + uri.Fragment));
    }
}
