#if NET // .NET Framework has no PEM.
using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using DcrPowerShell.TestServer.Client;

namespace DcrPowerShell.Core.Tests.Doubles.Udap;

/// <summary>A client of UDAP made by hand: requests that are good unless a test spoils them.</summary>
internal sealed class HandMadeClient : IDisposable
{
    public const string Uri = "https://app.example.com/backend";

    private static readonly HttpClient Http = new();

    private HandMadeClient(TestServerInstance server, OrderedCertificate certificate)
    {
        Server = server;
        Certificate = certificate;
    }

    public TestServerInstance Server { get; }

    public OrderedCertificate Certificate { get; }

    public string RegistrationEndpoint => new Uri(Server.Url, "/udap/register").AbsoluteUri;

    public string TokenEndpoint => new Uri(Server.Url, "/udap/token").AbsoluteUri;

    /// <param name="udap">JSON of the switch <c>udap</c>.</param>
    /// <param name="key">A curve's key is made in a hundredth of the time.</param>
    public static async Task<HandMadeClient> StartAsync(string udap = "{}", string kind = "good", string key = "p256")
    {
        var server = await SharedTestServer.StartAsync($$"""{"udap":{{udap}}}""");
        return new HandMadeClient(server, await server.CertificateAsync(new { uris = new[] { Uri }, kind, key }));
    }

    public void Dispose() => Server.Dispose();

    /// <summary>A software statement's claims for client credentials.</summary>
    public JsonObject Claims()
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        return new()
        {
            ["iss"] = Uri,
            ["sub"] = Uri,
            ["aud"] = RegistrationEndpoint,
            ["iat"] = now,
            ["exp"] = now + 300,
            ["jti"] = Guid.NewGuid().ToString(),
            ["client_name"] = "Backend",
            ["contacts"] = new JsonArray("mailto:operations@example.com"),
            ["grant_types"] = new JsonArray("client_credentials"),
            ["token_endpoint_auth_method"] = "private_key_jwt",
            ["scope"] = "system/Patient.read",
        };
    }

    /// <summary>A software statement's claims for the authorization code grant.</summary>
    public JsonObject CodeClaims()
    {
        var claims = Claims();
        claims["grant_types"] = new JsonArray("authorization_code", "refresh_token");
        claims["redirect_uris"] = new JsonArray("https://app.example.com/callback");
        claims["response_types"] = new JsonArray("code");
        claims["logo_uri"] = "https://app.example.com/logo.png";
        return claims;
    }

    /// <summary>Posts a software statement with these claims.</summary>
    public Task<HandMadeAnswer> RegisterAsync(JsonObject claims, Action<JsonObject>? editBody = null) =>
        PostStatementAsync(HandMadeJwt.Sign(Certificate, claims), editBody);

    public Task<HandMadeAnswer> PostStatementAsync(string statement, Action<JsonObject>? editBody = null)
    {
        var body = new JsonObject { ["software_statement"] = statement, ["udap"] = "1" };
        editBody?.Invoke(body);
        return SendAsync(RegistrationEndpoint, new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"));
    }

    /// <summary>Claims by which the client authenticates at the token endpoint.</summary>
    public JsonObject AssertionClaims(string clientId)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        return new()
        {
            ["iss"] = clientId,
            ["sub"] = clientId,
            ["aud"] = TokenEndpoint,
            ["iat"] = now,
            ["exp"] = now + 300,
            ["jti"] = Guid.NewGuid().ToString(),
            ["extensions"] = new JsonObject
            {
                ["hl7-b2b"] = new JsonObject
                {
                    ["version"] = "1",
                    ["organization_id"] = "https://hospital.example.org",
                    ["purpose_of_use"] = new JsonArray("urn:oid:2.16.840.1.113883.5.8#TREAT"),
                },
            },
        };
    }

    public Task<HandMadeAnswer> TokenAsync(
        JsonObject claims, Action<Dictionary<string, string>>? editForm = null, OrderedCertificate? certificate = null)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["scope"] = "system/Patient.read",
            ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ["client_assertion"] = HandMadeJwt.Sign(certificate ?? Certificate, claims),
            ["udap"] = "1",
        };
        editForm?.Invoke(form);
        return SendAsync(TokenEndpoint, new FormUrlEncodedContent(form));
    }

    private static async Task<HandMadeAnswer> SendAsync(string url, HttpContent content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = content };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return new HandMadeAnswer((int)response.StatusCode, text.Length == 0 ? [] : JsonNode.Parse(text)!.AsObject());
    }
}

/// <summary>What the server answered.</summary>
internal sealed record HandMadeAnswer(int Status, JsonObject Body)
{
    public string? ClientId => (string?)Body["client_id"];

    /// <summary>Status, error and description; for a comparison that shows all three where it fails.</summary>
    public override string ToString() => $"{Status} {Body["error"]}: {Body["error_description"]}";
}
#endif
