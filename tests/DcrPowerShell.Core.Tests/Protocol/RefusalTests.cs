using System;
using System.Net.Http;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

/// <summary>Which error each answer becomes: the table of docs/architecture.md.</summary>
public class RefusalTests
{
    private static readonly Uri Endpoint = new("https://as.example.com/register");

    [Theory]
    [InlineData(400, "invalid_redirect_uri", DcrErrorId.InvalidRedirectUri)]
    [InlineData(400, "invalid_client_metadata", DcrErrorId.InvalidClientMetadata)]
    [InlineData(400, "invalid_software_statement", DcrErrorId.InvalidSoftwareStatement)]
    [InlineData(400, "unapproved_software_statement", DcrErrorId.UnapprovedSoftwareStatement)]
    [InlineData(403, "unapproved_software_statement", DcrErrorId.UnapprovedSoftwareStatement)]
    [InlineData(400, "some_other_code", DcrErrorId.InvalidClientMetadata)]
    [InlineData(409, "conflict", DcrErrorId.InvalidClientMetadata)] // WSO2: the name is taken.
    [InlineData(401, "invalid_token", DcrErrorId.AccessTokenRejected)]
    [InlineData(401, "unauthorized_client", DcrErrorId.UnauthorizedClient)]
    [InlineData(403, "unauthorized_client", DcrErrorId.UnauthorizedClient)]
    [InlineData(403, "insufficient_scope", DcrErrorId.InsufficientScope)]
    [InlineData(403, "access_denied", DcrErrorId.RegistrationForbidden)]
    [InlineData(404, "not_found", DcrErrorId.OperationNotSupported)]
    [InlineData(405, "invalid_request", DcrErrorId.OperationNotSupported)]
    [InlineData(410, "gone", DcrErrorId.OperationNotSupported)]
    [InlineData(501, "not_implemented", DcrErrorId.OperationNotSupported)]
    [InlineData(407, "proxy", DcrErrorId.ConnectionFailed)]
    [InlineData(429, "too_many_requests", DcrErrorId.RateLimited)]
    [InlineData(500, "server_error", DcrErrorId.OutcomeUnknown)]
    [InlineData(502, "server_error", DcrErrorId.OutcomeUnknown)]
    [InlineData(503, "temporarily_unavailable", DcrErrorId.OutcomeUnknown)]
    [InlineData(504, "server_error", DcrErrorId.OutcomeUnknown)]
    [InlineData(302, "moved", DcrErrorId.ResponseNotConformant)]
    [InlineData(307, "moved", DcrErrorId.ResponseNotConformant)]
    [InlineData(304, "moved", DcrErrorId.ResponseNotConformant)]
    public void A_refused_registration(int status, string code, DcrErrorId expected) =>
        AssertTells(expected, status, code, Registering(Rfc(status, code), withInitialToken: true));

    [Theory]
    [InlineData("GET", 401, "invalid_token", DcrErrorId.AccessTokenRejected)]
    [InlineData("PUT", 401, "invalid_token", DcrErrorId.AccessTokenRejected)]
    [InlineData("DELETE", 401, "invalid_token", DcrErrorId.AccessTokenRejected)]
    [InlineData("GET", 401, "unauthorized_client", DcrErrorId.UnauthorizedClient)]
    [InlineData("GET", 403, "insufficient_scope", DcrErrorId.InsufficientScope)]
    [InlineData("DELETE", 403, "access_denied", DcrErrorId.RegistrationForbidden)]
    [InlineData("PUT", 400, "invalid_redirect_uri", DcrErrorId.InvalidRedirectUri)]
    [InlineData("PUT", 400, "invalid_client_metadata", DcrErrorId.InvalidClientMetadata)]
    [InlineData("PUT", 400, "invalid_request", DcrErrorId.InvalidClientMetadata)]
    [InlineData("GET", 404, "not_found", DcrErrorId.ClientNotFound)]
    [InlineData("DELETE", 404, "not_found", DcrErrorId.ClientNotFound)]
    [InlineData("GET", 410, "gone", DcrErrorId.ClientNotFound)]
    [InlineData("PUT", 404, "not_found", DcrErrorId.OperationNotSupported)] // It was read just before.
    [InlineData("GET", 405, "invalid_request", DcrErrorId.OperationNotSupported)]
    [InlineData("DELETE", 501, "not_implemented", DcrErrorId.OperationNotSupported)]
    [InlineData("GET", 429, "too_many_requests", DcrErrorId.RateLimited)]
    [InlineData("GET", 500, "server_error", DcrErrorId.ServerUnavailable)]
    [InlineData("PUT", 500, "server_error", DcrErrorId.OutcomeUnknown)]
    [InlineData("DELETE", 502, "server_error", DcrErrorId.OutcomeUnknown)]
    [InlineData("PUT", 503, "temporarily_unavailable", DcrErrorId.ServerUnavailable)]
    [InlineData("PUT", 302, "moved", DcrErrorId.ResponseNotConformant)]
    public void A_refused_management_request(string method, int status, string code, DcrErrorId expected)
    {
        var request = method == "GET" ? Management.Read(Endpoint) : method == "PUT" ? Management.Update(Endpoint, JsonBag.Empty) : Management.Delete(Endpoint);
        var response = Rfc(status, code);
        AssertTells(expected, status, code, Assert.Throws<DcrException>(() =>
        {
            if (request.Method == HttpMethod.Delete)
            {
                Management.JudgeDeletion(request, response, "c1");
            }
            else
            {
                Management.Judge(request, response, "c1");
            }
        }));
    }

    [Fact]
    public void Server_errors_that_ask_to_come_back_have_done_nothing() =>
        Assert.Equal(DcrErrorId.ServerUnavailable, Registering(Answers.Of(503, "", "Retry-After: 600")).ErrorId);

    [Fact]
    public void A_missing_initial_token_is_told_from_a_rejected_one()
    {
        Assert.Contains("connect with -InitialAccessToken", Registering(Answers.Of(401), withInitialToken: false).RecommendedAction);
        Assert.Contains("wrong, expired or used up", Registering(Answers.Of(401), withInitialToken: true).Message);
    }

    [Fact]
    public void A_missing_scope_is_named()
    {
        var error = Registering(Answers.Of(403, "", "WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"dcr.create dcr.read\""));
        Assert.Equal(DcrErrorId.InsufficientScope, error.ErrorId);
        Assert.Contains("dcr.create dcr.read", error.Message);
        Assert.Equal(["dcr.create", "dcr.read"], error.ServerError!.RequiredScope);
    }

    [Fact]
    public void A_wait_that_is_too_long_is_told() =>
        Assert.Contains("2 hours", Registering(Answers.Of(429, "", "Retry-After: 7200")).Message);

    [Theory]
    [InlineData("https://login.example.net/sign-in?session=abc", "https://login.example.net")]
    [InlineData("/login?next=abc", "https://as.example.com")]
    public void A_redirect_is_named_without_its_query(string location, string target)
    {
        var message = Registering(Answers.Of(302, "", $"Location: {location}")).Message;
        Assert.Contains($"redirects to {target} (HTTP 302)", message);
        Assert.DoesNotContain("abc", message);
    }

    [Fact]
    public void No_body_gets_into_a_message()
    {
        const string Page = "<html><body>Authorization: Bearer tok-123456</body></html>";
        foreach (var status in new[] { 302, 400, 401, 403, 404, 429, 500 })
        {
            var error = Registering(Answers.Of(status, Page, "Content-Type: text/html"));
            Assert.DoesNotContain("tok-123456", error.ToString());
            Assert.Null(error.ServerError!.Description);
        }
    }

    private static void AssertTells(DcrErrorId expected, int status, string code, DcrException error)
    {
        Assert.Equal(expected, error.ErrorId);
        Assert.NotEqual("", error.RecommendedAction);
        Assert.Equal((status, code, "in the server's own words"), (error.ServerError?.Status ?? status, error.ServerError?.Code ?? code, error.ServerError?.Description ?? "in the server's own words"));
        if (error.ServerError is not null)
        {
            Assert.Contains("\"in the server's own words\"", error.Message);
        }
    }

    private static ProtocolResponse Rfc(int status, string code) =>
        Answers.Of(status, $$"""{"error":"{{code}}","error_description":"in the server's own words"}""", "Content-Type: application/json");

    private static DcrException Registering(ProtocolResponse response, bool withInitialToken = true) =>
        Assert.Throws<DcrException>(() => Registration.Judge(Registration.Request(Endpoint, JsonBag.Empty), response, withInitialToken));
}
