using System;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

public class ServerErrorReaderTests
{
    [Theory]
    [InlineData("RFC 7591", """{"error":"invalid_client_metadata","error_description":"scope is unknown"}""", "invalid_client_metadata", "scope is unknown")]
    [InlineData("RFC 7591, bare", """{"error":"invalid_redirect_uri"}""", "invalid_redirect_uri", null)]
    [InlineData("Okta", """{"errorCode":"E0000001","errorSummary":"Api validation failed: client_name","errorLink":"E0000001","errorId":"oae1","errorCauses":[{"errorSummary":"client_name: too long"},{"errorSummary":"scope: unknown"}]}""", "E0000001", "Api validation failed: client_name. client_name: too long. scope: unknown")]
    [InlineData("Okta, no causes", """{"errorCode":"E0000011","errorSummary":"Invalid token provided","errorCauses":[]}""", "E0000011", "Invalid token provided")]
    [InlineData("Okta, odd causes", """{"errorCode":"E1","errorSummary":"s","errorCauses":["text",null,{}]}""", "E1", "s")]
    [InlineData("Auth0 management", """{"statusCode":400,"error":"Bad Request","message":"Payload validation error","errorCode":"invalid_body"}""", "invalid_body", "Payload validation error")]
    [InlineData("Auth0 management, no code", """{"statusCode":401,"error":"Unauthorized","message":"Invalid token"}""", null, "Invalid token")]
    [InlineData("Hydra", """{"error":"The request could not be authorized","error_description":"The token is inactive."}""", null, "The token is inactive.")]
    [InlineData("Hydra, prose alone", """{"error":"The requested action was forbidden"}""", null, "The requested action was forbidden")]
    [InlineData("Keycloak", """{"error":"Unrecognized field \"foo\" (class x), not marked as ignorable"}""", null, "Unrecognized field \"foo\" (class x), not marked as ignorable")]
    [InlineData("Keycloak admin", """{"errorMessage":"Client c1 already exists"}""", null, "Client c1 already exists")]
    [InlineData("RFC 9457", """{"type":"about:blank","title":"Forbidden","status":403,"detail":"Registration is closed."}""", null, "Registration is closed.")]
    [InlineData("RFC 9457, title alone", """{"type":"about:blank","title":"Forbidden","status":403}""", null, "Forbidden")]
    [InlineData("spring", """{"timestamp":"t","status":400,"error":"Bad Request","path":"/register"}""", null, "Bad Request")]
    [InlineData("HTML", "<html><title>502 Bad Gateway</title></html>", null, null)]
    [InlineData("text", "upstream connect error", null, null)]
    [InlineData("empty", "", null, null)]
    [InlineData("half", """{"error":"invalid_cl""", null, null)]
    [InlineData("array", "[]", null, null)]
    [InlineData("nulls", """{"error":null,"error_description":""}""", null, null)]
    public void Reads_as_much_as_can_be_understood(string shape, string body, string? code, string? description)
    {
        var error = ServerErrorReader.Read(Answers.Of(400, body));
        Assert.Equal((shape, 400, code, description), (shape, error.Status, error.Code, error.Description));
    }

    [Theory]
    [InlineData("""Bearer realm="as", error="invalid_token", error_description="The token expired" """, "invalid_token", "The token expired")]
    [InlineData("""Bearer error=invalid_token""", "invalid_token", null)]
    [InlineData("""bearer  error = "invalid_token" """, "invalid_token", null)]
    [InlineData("""Bearer error="x", error_description="say \"please\", then wait" """, "x", "say \"please\", then wait")]
    [InlineData("""Bearer""", null, null)]
    [InlineData("", null, null)]
    [InlineData("""Bearer error="unclosed""", null, null)]
    public void Reads_a_challenge(string challenge, string? code, string? description)
    {
        var error = ServerErrorReader.Read(Answers.Of(401, "", "WWW-Authenticate: " + challenge));
        Assert.Equal((code, description), (error.Code, error.Description));
    }

    [Fact]
    public void The_body_comes_before_the_challenge_and_the_challenge_fills_the_gaps()
    {
        var error = ServerErrorReader.Read(Answers.Of(
            403,
            """{"error":"insufficient_scope"}""",
            "WWW-Authenticate: Basic realm=\"x\"",
            "WWW-Authenticate: Bearer error=\"other\", error_description=\"from the header\", scope=\"a  b\""));
        Assert.Equal(("insufficient_scope", "from the header"), (error.Code, error.Description));
        Assert.Equal(["a", "b"], error.RequiredScope);
    }

    [Theory]
    [InlineData("""{"errorId":"oae1"}""", "X-Request-Id: r1", "oae1")]
    [InlineData("{}", "x-okta-request-id: k1", "k1")]
    [InlineData("{}", "X-Auth0-RequestId: a1", "a1")]
    [InlineData("", "X-Request-Id: r1", "r1")]
    [InlineData("", "X-Correlation-ID: c1", "c1")]
    [InlineData("", "X-Other: o1", null)]
    public void Finds_the_id_that_support_asks_for(string body, string header, string? expected) =>
        Assert.Equal(expected, ServerErrorReader.Read(Answers.Of(400, body, header)).SupportId);

    [Fact]
    public void Cleans_all_of_it()
    {
        var response = Answers.Of(403, """{"error":"tok-123456","error_description":"\u001b[31mtok-123456\r\n"}""", "X-Request-Id: tok-123456", "WWW-Authenticate: Bearer scope=\"tok-123456\"")
            with { Redaction = new Redaction(["tok-123456"]) };
        var error = ServerErrorReader.Read(response);
        Assert.Equal(("***", " [31m***  ", "***"), (error.Code, error.Description, error.SupportId));
        Assert.Equal(["***"], error.RequiredScope);
    }

    /// <summary>What is not read costs nothing.</summary>
    [Theory]
    [InlineData(4000, "late")]
    [InlineData(5000, null)]
    [InlineData(20_000, null)]
    public void Of_a_hostile_challenge_the_beginning_is_read(int before, string? expected) =>
        Assert.Equal(expected, ServerErrorReader.Read(Answers.Of(401, "", $"WWW-Authenticate: Bearer {new string('a', before)}, error=\"late\"")).Code);
}
