using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

public class ServerErrorReaderTests
{
    [Theory]
    [InlineData(
        "RFC 7591",
        """{"error":"invalid_client_metadata","error_description":"scope is unknown"}""",
        "invalid_client_metadata",
        "scope is unknown"
    )]
    [InlineData("cut off", """{"error":"invalid_redirect_uri","error_description":"cut wor""", "invalid_redirect_uri", "cut wor")]
    [InlineData("single quotes", "{'error':'x4','error_description':'said so'}", "x4", "said so")]
    [InlineData("more behind", """{"error":"x3","error_description":"trails"}{"x":1}""", "x3", "trails")]
    [InlineData("a list of words", """{"error":"x5","error_description":["one","two"]}""", "x5", "one. two")]
    [InlineData("statusMessage", """{"statusMessage":"words","statusCode":400}""", null, "words")]
    [InlineData("a cause", """{"status":"fail","cause":"words"}""", null, "words")]
    [InlineData("deep", """{"response":{"status":"ERROR","result":{"messageText":"words"}}}""", "ERROR", "words")]
    [InlineData("RFC 7591, bare", """{"error":"invalid_redirect_uri"}""", "invalid_redirect_uri", null)]
    [InlineData(
        "Okta",
        """{"errorCode":"E0000001","errorSummary":"Api validation failed: client_name","errorLink":"E0000001","errorId":"oae1","errorCauses":[{"errorSummary":"client_name: too long"},{"errorSummary":"scope: unknown"}]}""",
        "E0000001",
        "Api validation failed: client_name. client_name: too long. scope: unknown"
    )]
    [InlineData(
        "Okta, no causes",
        """{"errorCode":"E0000011","errorSummary":"Invalid token provided","errorCauses":[]}""",
        "E0000011",
        "Invalid token provided"
    )]
    [InlineData("Okta, odd causes", """{"errorCode":"E1","errorSummary":"s","errorCauses":["text",null,{}]}""", "E1", "s. text")]
    [InlineData(
        "Auth0 management",
        """{"statusCode":400,"error":"Bad Request","message":"Payload validation error","errorCode":"invalid_body"}""",
        "invalid_body",
        "Payload validation error"
    )]
    [InlineData(
        "Auth0 management, no code",
        """{"statusCode":401,"error":"Unauthorized","message":"Invalid token"}""",
        null,
        "Invalid token"
    )]
    [InlineData(
        "Hydra",
        """{"error":"The request could not be authorized","error_description":"The token is inactive."}""",
        null,
        "The token is inactive."
    )]
    [InlineData("Hydra, prose alone", """{"error":"The requested action was forbidden"}""", null, "The requested action was forbidden")]
    [InlineData(
        "Keycloak",
        """{"error":"Unrecognized field \"foo\" (class x), not marked as ignorable"}""",
        null,
        "Unrecognized field \"foo\" (class x), not marked as ignorable"
    )]
    [InlineData("Keycloak admin", """{"errorMessage":"Client c1 already exists"}""", null, "Client c1 already exists")]
    [InlineData(
        "RFC 9457",
        """{"type":"about:blank","title":"Forbidden","status":403,"detail":"Registration is closed."}""",
        null,
        "Registration is closed."
    )]
    [InlineData("RFC 9457, title alone", """{"type":"about:blank","title":"Forbidden","status":403}""", null, "Forbidden")]
    [InlineData("spring", """{"timestamp":"t","status":400,"error":"Bad Request","path":"/register"}""", null, "Bad Request")]
    [InlineData("HTML", "<html><title>502 Bad Gateway</title></html>", null, "502 Bad Gateway")]
    [InlineData("HTML without a title", "<!DOCTYPE html><html><body><h1>Sign&nbsp;in</h1></body></html>", null, "Sign\u00A0in")]
    [InlineData("text", "upstream connect error", null, "upstream connect error")]
    [InlineData("text in lines", "Registration\r\n is closed.\n", null, "Registration is closed.")]
    [InlineData("form", "error=invalid_redirect_uri&error_description=no+such+host", "invalid_redirect_uri", "no such host")]
    [InlineData("JSON text", "\"Registration is closed\"", null, "Registration is closed")]
    [InlineData(
        "WSO2",
        """{"code":"DCR-10001","message":"Bad Request","description":"redirect_uris is mandatory","traceId":"t1"}""",
        "DCR-10001",
        "redirect_uris is mandatory"
    )]
    [InlineData(
        "WSO2 gateway",
        """{"fault":{"code":900901,"message":"Invalid Credentials","description":"The access token has expired"}}""",
        "900901",
        "The access token has expired"
    )]
    [InlineData(
        "FHIR",
        """{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid","diagnostics":"jwks is missing"},{"severity":"error","code":"invalid","details":{"text":"contacts is missing"}}]}""",
        "invalid",
        "jwks is missing. contacts is missing"
    )]
    [InlineData(
        "Apigee",
        """{"fault":{"faultstring":"Invalid ApiKey","detail":{"errorcode":"oauth.v2.InvalidApiKey"}}}""",
        "oauth.v2.InvalidApiKey",
        "Invalid ApiKey"
    )]
    [InlineData(
        "FastAPI",
        """{"detail":[{"loc":["body","redirect_uris",0],"msg":"invalid URL","type":"value_error.url","input":"secret"}]}""",
        "value_error.url",
        "redirect_uris.0: invalid URL"
    )]
    [InlineData("FastAPI, text", """{"detail":"Registration is closed"}""", null, "Registration is closed")]
    [InlineData(
        "ASP.NET",
        """{"type":"https://tools.ietf.org/html/rfc9110","title":"One or more validation errors occurred.","status":400,"errors":{"RedirectUris":["is required"]}}""",
        null,
        "One or more validation errors occurred. RedirectUris: is required"
    )]
    [InlineData(
        "Google",
        """{"error":{"code":400,"message":"client_name is too long","status":"INVALID_ARGUMENT"}}""",
        "INVALID_ARGUMENT",
        "client_name is too long"
    )]
    [InlineData(
        "JSON:API",
        """{"errors":[{"status":"422","title":"Invalid","detail":"must be https","source":{"pointer":"/data/redirect_uris"}}]}""",
        null,
        "data/redirect_uris: must be https"
    )]
    [InlineData("GraphQL", """{"errors":[{"message":"one"},{"message":"two"}]}""", null, "one. two")]
    [InlineData("Rails", """{"errors":["Redirect URI must be https"]}""", null, "Redirect URI must be https")]
    [InlineData(
        "Django",
        """{"redirect_uris":["This field is required."],"non_field_errors":["Closed."]}""",
        null,
        "redirect_uris: This field is required. Closed"
    )]
    [InlineData(
        "validationErrors",
        """{"message":"Validation failed","validationErrors":[{"field":"scope","message":"unknown"}]}""",
        null,
        "Validation failed. scope: unknown"
    )]
    [InlineData(
        "violations",
        """{"title":"Constraint Violation","violations":[{"field":"register.clientName","message":"must not be blank"}]}""",
        null,
        "Constraint Violation. register.clientName: must not be blank"
    )]
    [InlineData(
        "NestJS",
        """{"statusCode":400,"message":["redirect_uris must be an array"],"error":"Bad Request"}""",
        null,
        "redirect_uris must be an array"
    )]
    [InlineData(
        "Zod, in the MCP SDK",
        """{"error":"invalid_client_metadata","error_description":"[{\"code\":\"invalid_string\",\"message\":\"Invalid url\",\"path\":[\"redirect_uris\",0]}]"}""",
        "invalid_client_metadata",
        "redirect_uris.0: Invalid url"
    )]
    [InlineData("better-auth", """{"code":"INVALID_REDIRECT_URI","message":"must be https"}""", "invalid_redirect_uri", "must be https")]
    [InlineData("error_message", """{"error_code":"x1","error_message":"closed"}""", "x1", "closed")]
    [InlineData("messages", """{"messages":["one","two"]}""", null, "one. two")]
    [InlineData(
        "Janssen",
        """{"error":"invalid_client_metadata","error_description":"A field is invalid.","reason":"redirect_uri has no host"}""",
        "invalid_client_metadata",
        "A field is invalid. redirect_uri has no host"
    )]
    [InlineData(
        "Hydra's hint",
        """{"error":"invalid_client_metadata","error_description":"Malformed.","error_hint":"Use https."}""",
        "invalid_client_metadata",
        "Malformed. Use https"
    )]
    [InlineData(
        "error_uri",
        """{"error":"access_denied","error_description":"Closed.","error_uri":"https://docs.example.com/closed"}""",
        "access_denied",
        "Closed. See https://docs.example.com/closed"
    )]
    [InlineData(
        "error_uri alone",
        """{"error":"access_denied","error_uri":"https://docs.example.com/closed"}""",
        "access_denied",
        "See https://docs.example.com/closed"
    )]
    [InlineData("Salesforce", """[{"errorCode":"INVALID_FIELD","message":"no such field"}]""", "INVALID_FIELD", "no such field")]
    [InlineData(
        "a problem's type",
        """{"type":"urn:ietf:params:oauth:error:invalid_redirect_uri","detail":"no"}""",
        "invalid_redirect_uri",
        "no"
    )]
    [InlineData(
        "AWS",
        "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Not from here</Message></Error>",
        "AccessDenied",
        "Not from here"
    )]
    [InlineData(
        "OAuth in XML",
        "<oauth><error>invalid_client_metadata</error><error_description>scope is unknown</error_description></oauth>",
        "invalid_client_metadata",
        "scope is unknown"
    )]
    [InlineData(
        "SOAP",
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><s:Fault><faultstring>closed</faultstring></s:Fault></s:Body></s:Envelope>",
        null,
        "closed"
    )]
    [InlineData(
        "FHIR in XML",
        "<OperationOutcome xmlns=\"http://hl7.org/fhir\"><issue><code value=\"invalid\"/><diagnostics value=\"jwks is "
            + "missing\"/></issue></OperationOutcome>",
        "invalid",
        "jwks is missing"
    )]
    [InlineData(
        "OData, SAP",
        """{"error":{"code":"SY/530","message":{"lang":"en","value":"no such scope"}}}""",
        null,
        "no such scope"
    )]
    [InlineData(
        "OData of Azure AD Graph",
        """{"odata.error":{"code":"Request_BadRequest","message":{"lang":"en","value":"no"}}}""",
        "Request_BadRequest",
        "no"
    )]
    [InlineData("Hydra, debug", """{"error":"e1","error_description":"d","error_debug":"no such host"}""", "e1", "d. no such host")]
    [InlineData("Google's status", """{"status":{"code":3,"message":"no"}}""", null, "no")]
    [InlineData("HAL", """{"_embedded":{"errors":[{"message":"no"}]}}""", null, "no")]
    [InlineData(
        "Mongoose",
        """{"errors":{"scope":{"name":"ValidatorError","message":"is unknown","path":"scope","value":"sent"}}}""",
        null,
        "scope: is unknown"
    )]
    [InlineData("fields", """{"fields":{"redirect_uris":{"message":"no"}}}""", null, "redirect_uris: no")]
    [InlineData(
        "Graph, inner",
        """{"error":{"code":"x9","message":"y","innerError":{"message":"no such scope"}}}""",
        "x9",
        "y. no such scope"
    )]
    [InlineData("a value that was sent", """{"errors":{"scope":{"value":"sent"}}}""", null, null)]
    [InlineData("XML with a DTD", "<!DOCTYPE a [<!ENTITY x \"y\">]><a><message>&x;</message></a>", null, null)]
    [InlineData("what was sent, sent back", """{"request":{"client_name":"Clinic"},"client_name":"Clinic","status":400}""", null, null)]
    [InlineData("no text", "\u0001\u0002\u0003", null, null)]
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
    [InlineData(
        """Bearer realm="as", error="invalid_token", error_description="The token expired" """,
        "invalid_token",
        "The token expired"
    )]
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
        var response = Answers.Of(
            403,
            """{"error":"tok-123456","error_description":"\u001b[31mtok-123456\r\n"}""",
            "X-Request-Id: tok-123456",
            "WWW-Authenticate: Bearer scope=\"tok-123456\""
        ) with
        {
            Redaction = new Redaction(["tok-123456"]),
        };
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
        Assert.Equal(
            expected,
            ServerErrorReader.Read(Answers.Of(401, "", $"WWW-Authenticate: Bearer {new string('a', before)}, error=\"late\"")).Code
        );

    [Theory]
    [InlineData("<!---->")]
    [InlineData("<title")]
    [InlineData("<!-- -->\n<!--")]
    [InlineData("[{\"errors\":")]
    public void A_hostile_body_is_read_to_an_end(string part)
    {
        var error = ServerErrorReader.Read(Answers.Of(400, string.Concat(System.Linq.Enumerable.Repeat(part, (1 << 20) / part.Length))));
        Assert.Null(error.Description);
    }
}
