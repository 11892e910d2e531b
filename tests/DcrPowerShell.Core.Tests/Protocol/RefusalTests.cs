using System;
using System.Net.Http;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

/// <summary>Which error each answer becomes: the table of docs/errors.md.</summary>
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
    [InlineData(400, "insufficient_scope", DcrErrorId.InsufficientScope)]
    [InlineData(401, "insufficient_scope", DcrErrorId.InsufficientScope)]
    [InlineData(400, "slow_down", DcrErrorId.RateLimited)]
    [InlineData(403, "rate_limit_exceeded", DcrErrorId.RateLimited)]
    [InlineData(400, "temporarily_unavailable", DcrErrorId.ServerUnavailable)]
    [InlineData(400, "server_error", DcrErrorId.ServerUnavailable)]
    [InlineData(400, "too_many_clients", DcrErrorId.RegistrationForbidden)]
    [InlineData(409, "quota_exceeded", DcrErrorId.RegistrationForbidden)]
    [InlineData(400, "registration_not_supported", DcrErrorId.OperationNotSupported)]
    [InlineData(400, "unsupported_operation", DcrErrorId.OperationNotSupported)]
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
    [InlineData("GET", 400, "access_denied", DcrErrorId.AccessTokenRejected)] // Authlib.
    [InlineData("PUT", 400, "invalid_token", DcrErrorId.AccessTokenRejected)]
    [InlineData("GET", 401, "unauthorized_client", DcrErrorId.AccessTokenRejected)]
    [InlineData("GET", 400, "expired_token", DcrErrorId.AccessTokenRejected)]
    [InlineData("DELETE", 400, "token_expired", DcrErrorId.AccessTokenRejected)]
    [InlineData("GET", 400, "client_not_found", DcrErrorId.ClientNotFound)]
    [InlineData("DELETE", 400, "unknown_client", DcrErrorId.ClientNotFound)]
    [InlineData("GET", 403, "insufficient_scope", DcrErrorId.AccessTokenRejected)]
    [InlineData("DELETE", 403, "access_denied", DcrErrorId.AccessTokenRejected)] // node-solid-server.
    [InlineData("GET", 400, "invalid_request", DcrErrorId.ResponseNotConformant)]
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
        var request = (
            method == "GET" ? Management.Read(Endpoint)
            : method == "PUT" ? Management.Update(Endpoint, JsonBag.Empty)
            : Management.Delete(Endpoint)
        ) with
        {
            Proof = ProtocolRequest.OwnToken,
        };
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

    /// <summary>Who says that the software has a client already, and how.</summary>
    [Theory]
    [InlineData(400, "invalid_client_metadata", "ERR-DCR-001: Duplicate registrations for a given software_id are not valid.")] // CDR.
    [InlineData(400, "invalid_software_statement", "Duplicate registrations for a given software_id are not invalid")] // CDS, before 2020.
    [InlineData(400, "invalid_client_metadata", "Application with the name App already exist in the system")] // WSO2.
    [InlineData(409, "conflict", "Application with the name App already exist in the system")]
    [InlineData(400, "invalid_client_metadata", "A client with this software_id is already registered. Each software instance should have "
        + "a unique software_id.")] // Authrim.
    [InlineData(409, "Conflict", "A client with the provided software statement already exists.")] // Problem details.
    [InlineData(400, "invalid_software_statement", "Software Statement j\u00e1 cadastrado")] // Brazil's rules, in Portuguese.
    [InlineData(400, "unapproved_software_statement", "the client has been registered already")]
    [InlineData(400, "client_already_exists", "no")]
    public void A_second_client_for_a_software_statement(int status, string code, string words)
    {
        var error = Refused(status, code, words, """{"client_name":"App","software_id":"1","software_statement":"a.b.c"}""");
        Assert.Equal((DcrErrorId.AlreadyRegistered, "software_statement"), (error.ErrorId, error.Member));
        Assert.Contains("Import-DcrClient", error.RecommendedAction);
        Assert.Contains(words, error.Message);
    }

    [Theory]
    [InlineData(400, "invalid_client_metadata", "jwks_uri is already in use", DcrErrorId.InvalidClientMetadata)]
    [InlineData(400, "invalid_redirect_uri", "already registered", DcrErrorId.InvalidRedirectUri)]
    [InlineData(400, "invalid_software_statement", "the statement has already expired", DcrErrorId.InvalidSoftwareStatement)]
    [InlineData(400, "invalid_client_metadata", "Client metadata invalid", DcrErrorId.InvalidClientMetadata)] // A bank of Brazil: no word.
    [InlineData(401, "invalid_token", "the token was already used", DcrErrorId.AccessTokenRejected)]
    [InlineData(500, "server_error", "already exists", DcrErrorId.OutcomeUnknown)]
    public void What_is_no_second_client(int status, string code, string words, DcrErrorId expected) =>
        Assert.Equal(
            expected,
            Refused(
                status,
                code,
                words,
                """{"jwks_uri":"https://a.example/k","redirect_uris":["https://a.example/"],"software_statement":"a.b.c"}"""
            ).ErrorId
        );

    [Fact]
    public void Without_a_statement_a_name_that_is_taken_is_a_matter_of_metadata() =>
        Assert.Equal(
            DcrErrorId.InvalidClientMetadata,
            Refused(
                400,
                "invalid_client_metadata",
                "Application with the name App already exist in the system",
                """{"client_name":"App"}"""
            ).ErrorId
        );

    [Fact]
    public void A_missing_initial_token_is_told_from_a_rejected_one()
    {
        Assert.Contains("connect with -InitialAccessToken", Registering(Answers.Of(401), withInitialToken: false).RecommendedAction);
        Assert.Contains("wrong, expired or used up", Registering(Answers.Of(401), withInitialToken: true).Message);
    }

    [Fact]
    public void A_missing_scope_is_named()
    {
        var error = Registering(
            Answers.Of(403, "", "WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"dcr.create dcr.read\"")
        );
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
    public void A_client_whose_own_token_is_refused_is_named_and_not_its_metadata()
    {
        foreach (var (status, isGone) in new[] { (400, true), (401, true), (403, false) })
        {
            var error = Managing(Rfc(status, "access_denied"));
            Assert.Contains("client 'c1'", error.Message);
            Assert.Contains("Remove-DcrClient -StoreOnly", error.RecommendedAction);
            Assert.Equal(isGone, error.IsClientGone);
        }
    }

    /// <summary>It was got just before, so the client is there.</summary>
    [Theory]
    [InlineData(400, "invalid_client", DcrErrorId.AccessTokenRejected)]
    [InlineData(401, "invalid_token", DcrErrorId.AccessTokenRejected)]
    [InlineData(403, "access_denied", DcrErrorId.AccessTokenRejected)]
    [InlineData(403, "insufficient_scope", DcrErrorId.InsufficientScope)]
    public void An_access_token_that_a_client_got_for_itself_makes_no_client_gone(int status, string code, DcrErrorId expected)
    {
        var error = Managing(Rfc(status, code), ProtocolRequest.ClientToken);
        Assert.Equal((expected, false), (error.ErrorId, error.IsClientGone));
        Assert.Contains("-Scope", error.RecommendedAction);
    }

    /// <summary>Who answered, or what was sent, decides what may be said.</summary>
    [Theory]
    [InlineData("a bot check", 403, "", "cf-mitigated: challenge", "bot check or a firewall", "let this machine's address")]
    [InlineData(
        "Cloudflare's text",
        403,
        "error code: 1010",
        "Server: cloudflare",
        "bot check or a firewall",
        "let this machine's address"
    )]
    [InlineData(
        "Cloudflare's text for a 401",
        401,
        "error code: 1020",
        "Server: cloudflare",
        "bot check or a firewall",
        "let this machine's address"
    )]
    [InlineData(
        "a page",
        403,
        "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head></html>",
        "Content-Type: text/html",
        "answered with a web page, not with JSON",
        "let this machine's address"
    )]
    [InlineData(
        "a page for another status",
        400,
        "<html><body><h1>400 Bad Request</h1></body></html>",
        "Server: nginx",
        "answered with a web page, not with JSON",
        "let this machine's address"
    )]
    [InlineData(
        "a network zone",
        403,
        """{"errorCode":"E0000006","errorSummary":"Access denied: your IP is not in an allowed network zone"}""",
        "A: b",
        "this machine's network",
        "Another token does not help"
    )]
    [InlineData("a plan", 402, """{"message":"Upgrade your plan"}""", "A: b", "The account's plan", "Look at the plan")]
    [InlineData(
        "a size",
        413,
        "<html><title>413 Request Entity Too Large</title></html>",
        "Server: nginx",
        "larger than as.example.com, or a proxy in front of it, takes",
        "Send less"
    )]
    [InlineData("a media type", 415, """{"title":"Unsupported Media Type"}""", "A: b", "does not take or give JSON", "application/jose")]
    [InlineData("headers", 431, "", "Server: nginx", "The headers of the request are larger", "The token is too long")]
    [InlineData("a name that is taken", 409, """{"message":"name exists"}""", "A: b", "conflicts with", "Import-DcrClient")]
    [InlineData("a network's sign-in", 511, "<html>Sign in</html>", "A: b", "Something in front of", "let this machine's address")]
    [InlineData(
        "a feature that is off",
        400,
        """{"error":"dcr_disabled","error_description":"off"}""",
        "A: b",
        "switched off at as.example.com",
        "Ask the server's operator to switch it on"
    )]
    [InlineData(
        "registration that is off",
        403,
        """{"error":{"code":"registration_disabled"}}""",
        "A: b",
        "switched off at as.example.com",
        "Ask the server's operator to switch it on"
    )]
    [InlineData(
        "a server's own page for its own challenge",
        403,
        "<html><title>Forbidden</title></html>",
        "WWW-Authenticate: Bearer error=\"insufficient_scope\"",
        "lacks a scope",
        "grant the client"
    )]
    public void The_advice_fits_who_refused(string what, int status, string body, string header, string says, string advises)
    {
        var error = Registering(Answers.Of(status, body, header));
        Assert.True(error.Message.Contains(says), $"{what}: {error.Message}");
        Assert.True(error.RecommendedAction.Contains(advises), $"{what}: {error.RecommendedAction}");
    }

    [Theory]
    [InlineData(200, "access_denied")]
    [InlineData(200, "invalid_token")]
    public void An_error_within_a_success_does_not_say_that_the_client_is_gone(int status, string code)
    {
        var error = Managing(Rfc(status, code));
        Assert.Equal((DcrErrorId.AccessTokenRejected, false), (error.ErrorId, error.IsClientGone));
    }

    [Theory]
    [InlineData("DELETE", 409, DcrErrorId.RegistrationForbidden, "as it is now", "Settle what the server names")]
    [InlineData("PUT", 409, DcrErrorId.RegistrationForbidden, "as it is now", "Settle what the server names")]
    [InlineData("DELETE", 400, DcrErrorId.ResponseNotConformant, "refused the request (HTTP 400", "Settle what the server names")]
    [InlineData("GET", 400, DcrErrorId.ResponseNotConformant, "refused the request (HTTP 400", "Settle what the server names")]
    [InlineData("GET", 451, DcrErrorId.RegistrationForbidden, "forbids it", "Ask the server's operator")]
    public void A_request_that_the_server_does_not_carry_out_is_told_in_its_words(
        string method,
        int status,
        DcrErrorId expected,
        string says,
        string advises
    )
    {
        var request = new ProtocolRequest(
            new HttpMethod(method),
            Endpoint,
            method == "GET" ? RequestEffect.None : RequestEffect.Changes,
            method == "PUT" ? JsonBag.Empty : null
        );
        var error = Assert.Throws<DcrException>(() =>
            Management.Judge(request, Answers.Of(status, """{"message":"it has sessions"}"""), "c1")
        );
        Assert.Equal(expected, error.ErrorId);
        Assert.Contains(says, error.Message);
        Assert.Contains("it has sessions", error.Message);
        Assert.Contains(advises, error.RecommendedAction);
    }

    [Theory]
    [InlineData("scope is not allowed", "scope")]
    [InlineData("bad request: redirect_uris=x client_name=y scope=z contacts=w", null)]
    public void A_server_that_repeats_the_request_blames_no_member(string words, string? member)
    {
        var sent = JsonBag.Parse("""{"redirect_uris":["x"],"client_name":"y","scope":"z","contacts":["w"]}""");
        Assert.Equal(member, RefusalSubject.Member(new ServerError { Status = 400, Description = words }, sent));
    }

    [Fact]
    public void Keycloaks_policies_are_not_told_as_a_scope()
    {
        var answer = Answers.Of(
            403,
            """{"error":"insufficient_scope","error_description":"Policy 'Trusted Hosts' rejected request to client-registration service. Details: Host not trusted."}"""
        );
        var (open, withToken) = (Registering(answer, withInitialToken: false), Registering(answer));
        Assert.Equal((DcrErrorId.RegistrationForbidden, DcrErrorId.RegistrationForbidden), (open.ErrorId, withToken.ErrorId));
        Assert.Contains("Anonymous access policies", open.RecommendedAction);
        Assert.Contains("-InitialAccessToken", open.RecommendedAction);
        Assert.Contains("Authenticated access policies", withToken.RecommendedAction);
    }

    [Theory]
    [InlineData(403, "insufficient_scope")]
    [InlineData(403, "access_denied")]
    [InlineData(400, "access_denied")]
    public void Where_no_token_was_sent_none_is_said_to_lack_something(int status, string code)
    {
        var error = Registering(Rfc(status, code), withInitialToken: false);
        Assert.Equal(DcrErrorId.RegistrationForbidden, error.ErrorId);
        Assert.Contains("no token was sent", error.Message);
    }

    [Fact]
    public void Where_no_token_was_sent_the_scope_that_is_wanted_is_named()
    {
        var error = Registering(
            Answers.Of(403, "", "WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"dcr\""),
            withInitialToken: false
        );
        Assert.Equal(DcrErrorId.InsufficientScope, error.ErrorId);
        Assert.Contains("no token was sent: it wants one with the scope dcr", error.Message);
    }

    [Theory]
    [InlineData(400, "invalid_token")]
    [InlineData(401, "invalid_token")]
    [InlineData(403, "invalid_token")]
    public void A_message_has_the_status_that_came(int status, string code)
    {
        foreach (var withInitialToken in new[] { true, false })
        {
            Assert.Contains($"(HTTP {status})", Registering(Rfc(status, code), withInitialToken).Message);
        }
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    public void Where_no_credential_was_sent_none_is_said_to_be_too_weak(int status)
    {
        var error = Registering(Rfc(status, "unauthorized_client"), withInitialToken: false);
        Assert.Equal(DcrErrorId.UnauthorizedClient, error.ErrorId);
        Assert.Contains("none was sent", error.Message);
        Assert.Contains("-InitialAccessToken", error.RecommendedAction);
    }

    [Theory]
    [InlineData("invalid_scope", "scope", DcrErrorId.InvalidClientMetadata)]
    [InlineData("unsupported_grant_type", "grant_types", DcrErrorId.InvalidClientMetadata)]
    [InlineData("unsupported_response_type", "response_types", DcrErrorId.InvalidClientMetadata)]
    [InlineData("invalid_redirect_uris", "redirect_uris", DcrErrorId.InvalidRedirectUri)]
    [InlineData("redirect_uri_mismatch", "redirect_uris", DcrErrorId.InvalidRedirectUri)]
    [InlineData("not_so", null, DcrErrorId.InvalidClientMetadata)]
    public void A_code_may_name_the_member(string code, string? member, DcrErrorId expected)
    {
        var error = Refused(
            400,
            code,
            "no",
            """{"redirect_uris":["https://a.example/"],"grant_types":["implicit"],"response_types":["token"],"scope":"a"}"""
        );
        Assert.Equal((expected, member), (error.ErrorId, error.Member));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"error":"invalid_client_metadata"}""")]
    public void Where_the_server_gives_no_reason_the_advice_does_not_say_so(string body)
    {
        var error = Registering(Answers.Of(400, body));
        Assert.DoesNotContain("that the server names", error.RecommendedAction);
        Assert.Contains("one by one", error.RecommendedAction);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(405)]
    public void A_list_that_is_not_offered_is_not_told_as_metadata(int status) => Assert.Equal(
        DcrErrorId.OperationNotSupported,
        Assert.Throws<DcrException>(() => Management.JudgeList(Management.Read(Endpoint), Answers.Of(status, "{}"))).ErrorId);

    [Theory]
    [InlineData("""{"error":"invalid_client_metadata","error_description":"no"}""", DcrErrorId.InvalidClientMetadata)]
    [InlineData("""{"errors":[{"code":"INVALID_REDIRECT_URI","message":"no"}]}""", DcrErrorId.InvalidRedirectUri)]
    [InlineData("""{"fault":{"faultstring":"no"}}""", DcrErrorId.InvalidClientMetadata)]
    [InlineData("""{"resourceType":"OperationOutcome","issue":[{"diagnostics":"no"}]}""", DcrErrorId.InvalidClientMetadata)]
    public void A_success_that_names_an_error_and_no_client_is_a_refusal(string body, DcrErrorId expected)
    {
        var error = Registering(Answers.Of(200, body));
        Assert.Equal(expected, error.ErrorId);
        Assert.Contains("The server said: \"no\"", error.Message);
    }

    [Theory]
    [InlineData("""{"error":null,"data":{"client_id":"c1"}}""")]
    [InlineData("""{"error":false,"errors":[],"data":{"client_id":"c1"}}""")]
    public void A_success_that_names_no_error_is_no_refusal(string body) =>
        Assert.Throws<UnreadAnswerException>(() =>
            Registration.Judge(Registration.Request(Endpoint, JsonBag.Empty), Answers.Of(200, body))
        );

    [Fact]
    public void No_page_gets_into_a_message_but_its_title()
    {
        const string Page = "<html><head><title>Sign in</title></head><body>Authorization: Bearer tok-123456</body></html>";
        foreach (var status in new[] { 302, 400, 401, 403, 404, 429, 500 })
        {
            var error = Registering(Answers.Of(status, Page, "Content-Type: text/html"));
            Assert.DoesNotContain("tok-123456", error.ToString());
            Assert.Equal("Sign in", error.ServerError!.Description);
        }
    }

    private static void AssertTells(DcrErrorId expected, int status, string code, DcrException error)
    {
        Assert.Equal(expected, error.ErrorId);
        Assert.NotEqual("", error.RecommendedAction);
        Assert.Equal(
            (status, code, "in the server's own words"),
            (
                error.ServerError?.Status ?? status,
                error.ServerError?.Code ?? code,
                error.ServerError?.Description ?? "in the server's own words"
            )
        );
        if (error.ServerError is not null)
        {
            Assert.Contains("\"in the server's own words\"", error.Message);
        }
    }

    private static ProtocolResponse Rfc(int status, string code) =>
        Answers.Of(status, $$"""{"error":"{{code}}","error_description":"in the server's own words"}""", "Content-Type: application/json");

    private static DcrException Refused(int status, string code, string words, string sent) =>
        Assert.Throws<DcrException>(() => Registration.Judge(
            Registration.Request(Endpoint, JsonBag.Parse(sent)),
            Answers.Of(status, $$"""{"error":"{{code}}","error_description":"{{words}}"}""", "Content-Type: application/json")
        ));

    private static DcrException Managing(ProtocolResponse response, string proof = ProtocolRequest.OwnToken) =>
        Assert.Throws<DcrException>(() => Management.Judge(Management.Read(Endpoint) with { Proof = proof }, response, "c1"));

    private static DcrException Registering(ProtocolResponse response, bool withInitialToken = true) =>
        Assert.Throws<DcrException>(() =>
            Registration.Judge(
                Registration.Request(Endpoint, JsonBag.Empty) with
                {
                    Proof = withInitialToken ? "InitialAccessToken" : ProtocolRequest.NoProof,
                },
                response
            )
        );
}
