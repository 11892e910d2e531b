using System;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

public class ManagementTests
{
    private static readonly Uri Configuration = new("https://as.example.com/register?client_id=c1");

    [Fact]
    public void The_requests_go_to_the_address_as_the_server_gave_it()
    {
        var (read, update, delete) = (
            Management.Read(Configuration),
            Management.Update(Configuration, JsonBag.Parse("""{"client_id":"c1"}""")),
            Management.Delete(Configuration)
        );
        Assert.Equal(("GET", "PUT", "DELETE"), (read.Method.Method, update.Method.Method, delete.Method.Method));
        Assert.All([read, update, delete], static request => Assert.Equal(Configuration, request.Uri));
        Assert.Equal((RequestEffect.None, RequestEffect.Changes, RequestEffect.Changes), (read.Effect, update.Effect, delete.Effect));
        Assert.Null(read.Body);
        Assert.Null(delete.Body);
        Assert.Equal("""{"client_id":"c1"}""", update.Body!.ToString());
    }

    [Fact]
    public void An_update_drops_what_must_go_and_keeps_the_rest_as_it_was()
    {
        var read = JsonBag.Parse("""
            {"client_id":"c1","client_secret":"s1","client_id_issued_at":1,"client_secret_expires_at":0,
             "registration_access_token":"t1","registration_client_uri":"https://as.example.com/c1",
             "client_name":"n","client_name#ja":"な","x_vendor":{"n":1.0},"redirect_uris":["https://app.example.com/cb"],
             "policy_uri":"","jwks":{},"contacts":null,"request_uris":[],"require_auth_time":false}
            """);
        Assert.Equal(
            """{"client_id":"c1","client_name":"n","client_name#ja":"な","x_vendor":{"n":1.0},"redirect_uris":["https://app.example.com/cb"],"request_uris":[],"require_auth_time":false}""",
            Management.ForUpdate(read, "c1").ToString());
    }

    [Theory]
    [InlineData(
        """{"client_id":"c1","redirect_uris":"https://a.example/","contacts":"a@example.com"}""",
        """{"client_id":"c1","redirect_uris":["https://a.example/"],"contacts":["a@example.com"]}"""
    )]
    [InlineData("""{"client_id":"c1","scope":["a","b"]}""", """{"client_id":"c1","scope":"a b"}""")]
    [InlineData(
        """{"client_id":"c1","token_endpoint_auth_method":["none"],"application_type":["web"]}""",
        """{"client_id":"c1","token_endpoint_auth_method":"none","application_type":"web"}"""
    )]
    [InlineData("""{"client_id":"c1","x_vendor":"a","y_vendor":["b"]}""", """{"client_id":"c1","x_vendor":"a","y_vendor":["b"]}""")]
    public void An_update_has_the_shapes_of_the_standard_whatever_was_read(string read, string expected) =>
        Assert.Equal(expected, Management.ForUpdate(JsonBag.Parse(read), "c1").ToString());

    [Theory]
    [InlineData("""{"client_name":"n"}""")]
    [InlineData("""{"client_name":"n","client_id":""}""")]
    public void An_update_always_names_the_client(string read) => // RFC 7592, section 2.2; a read answer may leave it out.
        Assert.Equal("""{"client_name":"n","client_id":"c1"}""", Management.ForUpdate(JsonBag.Parse(read), "c1").ToString());

    [Fact]
    public void A_success_may_repeat_little() =>
        Assert.Null(Management.Judge(Management.Read(Configuration), Answers.Of(200, """{"client_name":"n"}"""), "c1").ClientId);

    [Theory]
    [InlineData("", "the body of its answer is empty")]
    [InlineData("<html>", "its answer is an HTML page, not JSON")]
    public void A_success_that_cannot_be_read_comes_with_its_answer(string body, string why) =>
        Assert.Equal(
            why,
            Assert.Throws<UnreadAnswerException>(() => Management.Judge(Management.Read(Configuration), Answers.Of(200, body), "c1")).Why
        );

    [Theory]
    [InlineData(204, "")]
    [InlineData(200, "")]
    [InlineData(200, "{}")]
    [InlineData(200, """{"success":true}""")]
    [InlineData(200, """{"client_id":"c1","error":null}""")]
    public void A_deletion_succeeds_where_the_answer_says_so(int status, string body) =>
        Management.JudgeDeletion(Management.Delete(Configuration), Answers.Of(status, body), "c1");

    [Theory]
    [InlineData(202, "", DcrErrorId.OutcomeUnknown)]
    [InlineData(200, "<html><title>Sign in</title></html>", DcrErrorId.OutcomeUnknown)]
    [InlineData(200, "OK", DcrErrorId.OutcomeUnknown)]
    [InlineData(200, """{"error":"server_error"}""", null)]
    [InlineData(200, """{"success":false,"message":"locked"}""", null)]
    [InlineData(200, """{"client_id":"c1","error":"access_denied"}""", null)]
    public void A_deletion_that_nobody_confirmed_is_none(int status, string body, DcrErrorId? id)
    {
        var failure = Assert.Throws<DcrException>(() =>
            Management.JudgeDeletion(Management.Delete(Configuration), Answers.Of(status, body), "c1")
        );
        Assert.Equal(id ?? failure.ErrorId, failure.ErrorId);
        Assert.False(failure.IsClientGone);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("""{"error":"invalid_client"}""", true)]
    [InlineData("""{"errorCode":"E0000007","errorSummary":"Not found"}""", true)]
    [InlineData("""{"message":"The client does not exist"}""", true)]
    [InlineData("<html><head><title>404 Not Found</title></head></html>", false)]
    [InlineData("404 page not found", false)]
    [InlineData("""{"message":"no Route matched with those values"}""", false)]
    [InlineData("""{"timestamp":"2026-11-28","status":404,"error":"Not Found","path":"/register"}""", false)]
    [InlineData(
        """{"fault":{"faultstring":"Unable to identify proxy","detail":{"errorcode":"messaging.adaptors.http.flow.ApplicationNotFound"}}}""",
        false
    )]
    public void Not_found_means_gone_only_where_the_endpoint_says_it(string body, bool isGone) =>
        Assert.All([404, 410], status => Assert.Equal(isGone, Assert.Throws<DcrException>(
            () => Management.Judge(Management.Read(Configuration), Answers.Of(status, body), "c1")).IsClientGone));

    [Theory]
    [InlineData("""{"client_id":"c1","error":"access_denied"}""")]
    [InlineData("""{"success":false,"message":"no"}""")]
    public void A_success_that_names_an_error_is_a_refusal(string body) =>
        Assert.Throws<DcrException>(() => Management.Judge(Management.Read(Configuration), Answers.Of(200, body), "c1"));

    [Theory]
    [InlineData("\"****\"")]
    [InlineData("\"abcd****\"")]
    [InlineData("\"[REDACTED]\"")]
    [InlineData("\"caf\uFFFD\"")]
    [InlineData("true")]
    [InlineData("7")]
    [InlineData("{}")]
    public void What_cannot_be_a_secret_is_none(string value)
    {
        var answer = new RegistrationAnswer(
            JsonBag.Parse($$"""{"client_id":"c1","client_secret":{{value}},"registration_access_token":{{value}}}"""),
            200
        );
        Assert.False(answer.HasCredential);
    }

    [Theory]
    [InlineData("\"n/a\"", false)]
    [InlineData("7", false)]
    [InlineData("false", false)]
    [InlineData("\"http://h/\\t\\r\\nX: y\"", false)]
    [InlineData("\"https://as.example.com/r/1\"", true)]
    [InlineData("\"/register/1\"", true)]
    [InlineData("\"register/c1\"", true)]
    public void Only_an_address_is_one(string value, bool isOne) =>
        Assert.Equal(
            isOne,
            new RegistrationAnswer(JsonBag.Parse($$"""{"client_id":"c1","registration_client_uri":{{value}}}"""), 200).RegistrationClientUri
                is not null
        );
}
