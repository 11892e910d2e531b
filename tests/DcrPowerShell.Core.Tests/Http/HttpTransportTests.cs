using System;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Http;

/// <summary>The platform's own HTTP stack over real sockets.</summary>
public class HttpTransportTests
{
    private const string Body = """{"client_name":"n","redirect_uris":["https://app.example.com/"]}""";
    private const string Json = """{"client_id":"c1"}""";
    private static readonly byte[] JsonBytes = Encoding.UTF8.GetBytes(Json);

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Nobody_listens(string method)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await AssertFailsAsync(method, new Uri($"http://127.0.0.1:{port}/"), TransportFailure.Connect, mayHaveArrived: false);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public Task The_host_has_no_address(string method) =>
        AssertFailsAsync(method, new Uri("https://as.invalid/register"), TransportFailure.NameResolution, mayHaveArrived: false);

    [Theory]
    [InlineData("valid")] // Of an authority that this machine does not know.
    [InlineData("expired")]
    [InlineData("wrongHost")]
    public async Task The_certificate_is_not_trusted(string certificate)
    {
        using var server = await SharedTestServer.StartAsync($$"""{"https":"{{certificate}}"}""");
        await AssertFailsAsync("POST", new Uri(server.Url, "register"), TransportFailure.Tls, mayHaveArrived: false);
        Assert.Empty(await server.RequestsAsync());
    }

    [Fact]
    public async Task The_server_speaks_no_tls()
    {
        using var server = await SharedTestServer.StartAsync();
        await AssertFailsAsync("POST", new UriBuilder(server.Url) { Scheme = "https" }.Uri, TransportFailure.Tls, mayHaveArrived: false);
    }

    [Fact]
    public async Task A_request_says_what_it_is_and_what_it_wants()
    {
        using var server = new RawServer(RawStep.Json(201, Json));
        await SendAsync("POST", server.Url);
        var request = Assert.Single(server.Requests);
        Assert.StartsWith("POST /register HTTP/1.1\r\n", request);
        Assert.Contains("\r\nContent-Type: application/json\r\n", request);
        Assert.Contains("\r\nAccept: application/json\r\n", request);
        Assert.Contains("\r\nUser-Agent: DcrPowerShell/", request);
        Assert.EndsWith("\r\n\r\n" + Body, request);
        Assert.DoesNotContain("Expect:", request); // Servers that do not know it would cost a wait each time.
        Assert.DoesNotContain("Authorization:", request);
        Assert.DoesNotContain("Cookie:", request);
    }

    [Fact]
    public async Task A_pooled_connection_that_closes_under_a_registration_does_not_send_it_again()
    {
        using var server = new RawServer(RawStep.Json(200, Json, keepsOpen: true), RawStep.Close, RawStep.Json(201, Json));
        using var transport = Transport();
        await transport.SendAsync(Request("GET", server.Url), [], CancellationToken.None);
        var failure = await Assert.ThrowsAsync<TransportException>(() =>
            transport.SendAsync(Request("POST", server.Url), [], CancellationToken.None)
        );
        Assert.Equal((TransportFailure.Interrupted, true), (failure.Kind, failure.MayHaveArrived));
        Assert.Single(server.Requests, static request => request.StartsWith("POST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_new_connection_that_closes_under_a_registration_does_not_send_it_again()
    {
        using var server = new RawServer(RawStep.Close, RawStep.Json(201, Json));
        var failure = await Assert.ThrowsAsync<TransportException>(() => SendAsync("POST", server.Url));
        Assert.Equal((TransportFailure.Interrupted, true), (failure.Kind, failure.MayHaveArrived));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task An_answer_that_is_not_http_leaves_the_outcome_open()
    {
        using var server = new RawServer(new RawStep(Encoding.ASCII.GetBytes("220 mail.example.com ESMTP\r\n")));
        Assert.True((await Assert.ThrowsAsync<TransportException>(() => SendAsync("POST", server.Url))).MayHaveArrived);
    }

    [Fact]
    public async Task What_came_before_a_registrations_answer_broke_off_is_given()
    {
        const string Head = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n";
        using var server = new RawServer(new RawStep([.. Encoding.ASCII.GetBytes(Head), .. JsonBytes]));
        var response = await SendAsync("POST", server.Url);
        Assert.Equal((201, BodyEnd.Broken, Json), (response.Status, response.End, response.Text()));
    }

    [Theory]
    [InlineData("afterStatusLine")]
    [InlineData("midBody")]
    public async Task The_connection_drops_in_the_answer(string drop)
    {
        using var server = await SharedTestServer.StartAsync(
            $$"""{"faults":[{"on":"register","drop":"{{drop}}"},{"on":"discovery","drop":"{{drop}}"}]}"""
        );
        var response = await SendAsync("POST", new Uri(server.Url, "register"));
        Assert.Equal((201, BodyEnd.Broken), (response.Status, response.End));
        Assert.Equal(drop == "midBody", response.Body.Length > 0);

        // A read has nothing that would be lost.
        await AssertFailsAsync(
            "GET",
            new Uri(server.Url, ".well-known/openid-configuration"),
            TransportFailure.Interrupted,
            mayHaveArrived: true
        );
    }

    [Theory]
    [InlineData("huge")]
    [InlineData("endless")]
    public async Task No_more_than_a_mebibyte_is_read(string body)
    {
        using var server = await SharedTestServer.StartAsync($$"""{"faults":[{"on":"register","body":"{{body}}"}]}""");
        var response = await SendAsync("POST", new Uri(server.Url, "register"));
        Assert.Equal((201, BodyEnd.TooLong, 1 << 20), (response.Status, response.End, response.Body.Length));
    }

    [Fact]
    public async Task A_body_of_just_a_mebibyte_is_whole()
    {
        using var server = new RawServer(RawStep.Json(200, Json.PadRight(1 << 20)));
        var response = await SendAsync("GET", server.Url);
        Assert.Equal((BodyEnd.Whole, 1 << 20), (response.End, response.Body.Length));
    }

    [Fact]
    public async Task A_packed_answer_is_unpacked()
    {
        using var server = new RawServer(RawStep.Of("HTTP/1.1 201 Created\nContent-Encoding: gzip", Gzip(JsonBytes)));
        Assert.Equal(Json, (await SendAsync("POST", server.Url)).Text());
    }

    [Fact]
    public async Task What_unpacks_to_more_than_a_mebibyte_is_cut_off()
    {
        using var server = new RawServer(RawStep.Of("HTTP/1.1 201 Created\nContent-Encoding: gzip", Gzip(new byte[20 << 20])));
        var response = await SendAsync("POST", server.Url);
        Assert.Equal((BodyEnd.TooLong, 1 << 20), (response.End, response.Body.Length));
    }

    [Fact]
    public async Task What_cannot_be_unpacked_is_a_broken_answer()
    {
        using var server = new RawServer(RawStep.Of("HTTP/1.1 201 Created\nContent-Encoding: gzip", JsonBytes));
        var response = await SendAsync("POST", server.Url);
        Assert.Equal((201, BodyEnd.Broken), (response.Status, response.End));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        using var other = new RawServer(RawStep.Json(200, Json));
        using var server = new RawServer(RawStep.Of($"HTTP/1.1 307 Temporary Redirect\nLocation: {other.Url}", []));
        Assert.Equal(307, (await SendAsync("POST", server.Url)).Status);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task A_cookie_is_not_kept()
    {
        using var server = new RawServer(
            RawStep.Of("HTTP/1.1 200 OK\nSet-Cookie: a=b", JsonBytes, keepsOpen: true),
            RawStep.Json(200, Json)
        );
        using var transport = Transport();
        await transport.SendAsync(Request("GET", server.Url), [], CancellationToken.None);
        await transport.SendAsync(Request("GET", server.Url), [], CancellationToken.None);
        Assert.All(server.Requests, static request => Assert.DoesNotContain("Cookie:", request));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task No_answer_in_time(string method)
    {
        using var server = new RawServer(RawStep.Silence);
        using var transport = Transport(TimeSpan.FromSeconds(1));
        var failure = await Assert.ThrowsAsync<TransportException>(() =>
            transport.SendAsync(Request(method, server.Url), [], CancellationToken.None)
        );
        Assert.Equal((TransportFailure.TimedOut, true), (failure.Kind, failure.MayHaveArrived));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Many_requests_are_out_at_once()
    {
        using var server = new RawServer(Enumerable.Repeat(RawStep.Silence, 16).ToArray());
        using var transport = Transport(TimeSpan.FromSeconds(2));
        await Task.WhenAll(
            Enumerable
                .Range(0, 16)
                .Select(_ =>
                    Assert.ThrowsAsync<TransportException>(() =>
                        transport.SendAsync(Request("POST", server.Url), [], CancellationToken.None)
                    )
                )
        );
        Assert.Equal(16, server.Requests.Count);
    }

    [Fact]
    public async Task An_answer_that_stalls_is_ended_by_the_time_limit()
    {
        using var server = await SharedTestServer.StartAsync(
            """{"faults":[{"on":"register","drop":"stallMidBody"},{"on":"discovery","drop":"stallMidBody"}]}"""
        );
        using var transport = Transport(TimeSpan.FromSeconds(2));
        var response = await transport.SendAsync(Request("POST", new Uri(server.Url, "register")), [], CancellationToken.None);
        Assert.Equal((201, BodyEnd.Broken), (response.Status, response.End));
        Assert.NotEmpty(response.Body);

        var discovery = Request("GET", new Uri(server.Url, ".well-known/openid-configuration"));
        Assert.Equal(
            TransportFailure.TimedOut,
            (await Assert.ThrowsAsync<TransportException>(() => transport.SendAsync(discovery, [], CancellationToken.None))).Kind
        );
    }

    private static async Task AssertFailsAsync(string method, Uri url, TransportFailure kind, bool mayHaveArrived)
    {
        var failure = await Assert.ThrowsAsync<TransportException>(() => SendAsync(method, url));
        Assert.Equal((kind, mayHaveArrived), (failure.Kind, failure.MayHaveArrived));
    }

    private static async Task<ProtocolResponse> SendAsync(string method, Uri url)
    {
        using var transport = Transport();
        return await transport.SendAsync(Request(method, url), [], CancellationToken.None);
    }

    private static HttpTransport Transport(TimeSpan? timeout = null) =>
        new(HandlerFactory.Create(proxy: null, certificate: null), timeout ?? TimeSpan.FromSeconds(20), new SystemClock());

    private static ProtocolRequest Request(string method, Uri url) => method == "POST"
        ? new(HttpMethod.Post, url, RequestEffect.Registers, JsonBag.Parse(Body))
        : new(HttpMethod.Get, url, RequestEffect.None);

    private static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(content, 0, content.Length);
        }

        return packed.ToArray();
    }
}
