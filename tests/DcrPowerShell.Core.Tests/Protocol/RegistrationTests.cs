using System;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

public class RegistrationTests
{
    [Theory]
    [InlineData(
        """{"clientId":"c1","clientSecret":"sec-12345678","registrationAccessToken":"tok-12345678","redirectUris":["https://a.example/"]}"""
    )]
    [InlineData(
        """{"client_id":"c1","client_secret":null,"clientSecret":"sec-12345678","registration_access_token":" Bearer tok-12345678\n"}"""
    )]
    [InlineData("""{"client_id":"c1","client_secret":{"value":"sec-12345678","expires":1},"registration_access_token":["tok-12345678"]}""")]
    [InlineData("""{"client_id":"c1","client_secret":"sec-12345678","registration_access_token":{"token":"tok-12345678"}}""")]
    public void Tokens_and_secrets_are_read_in_the_shapes_that_servers_write(string body)
    {
        var answer = new RegistrationAnswer(JsonBag.Parse(body), 201);
        Assert.Equal(("c1", "sec-12345678", "tok-12345678"), (answer.ClientId, answer.ClientSecret, answer.RegistrationAccessToken));
        Assert.Empty(answer.Unusable);
        Assert.False(answer.Members.Has("clientSecret"));
    }

    [Theory]
    [InlineData("""["sec-12345678","sec-87654321"]""")]
    [InlineData("""{"value":"sec-12345678","old":"sec-87654321"}""")]
    [InlineData("\"********\"")]
    public void Of_two_secrets_none_is_taken(string secret)
    {
        var answer = new RegistrationAnswer(JsonBag.Parse($$"""{"client_id":"c1","client_secret":{{secret}}}"""), 201);
        Assert.Null(answer.ClientSecret);
        Assert.Equal(["client_secret"], answer.Unusable);
    }

    private static readonly Uri Endpoint = new("https://as.example.com/register");

    [Fact]
    public void The_request_holds_what_was_named_and_nothing_else()
    {
        var request = Registration.Request(Endpoint, JsonBag.Parse("""{"client_name":"n","x_vendor":[1.0]}"""));
        Assert.Equal("POST", request.Method.Method);
        Assert.Equal(Endpoint, request.Uri);
        Assert.Equal(RequestEffect.Registers, request.Effect);
        Assert.Equal("""{"client_name":"n","x_vendor":[1.0]}""", request.Body!.ToString());
    }

    [Theory]
    [InlineData(201)]
    [InlineData(200)]
    [InlineData(202)]
    public void Any_success_with_a_client_id_is_taken(int status)
    {
        var answer = Judge(
            Answers.Of(
                status,
                """{"client_id":"c1","client_secret":"s1","registration_access_token":"t1","registration_client_uri":"/c1"}"""
            )
        );
        Assert.Equal(
            ("c1", "s1", "t1", "/c1", status),
            (answer.ClientId, answer.ClientSecret, answer.RegistrationAccessToken, answer.RegistrationClientUri, answer.Status)
        );
    }

    [Theory]
    [InlineData("""{"client_id":12345}""", "12345")]
    [InlineData("""{"client_id":"c1","client_secret":"","registration_access_token":null}""", "c1")]
    public void Odd_writing_is_taken_too(string body, string clientId)
    {
        var answer = Judge(Answers.Of(201, body));
        Assert.Equal(clientId, answer.ClientId);
        Assert.Null(answer.ClientSecret);
        Assert.Null(answer.RegistrationAccessToken);
    }

    [Theory]
    [InlineData("", "the body of its answer is empty")]
    [InlineData("<html>", "its answer is an HTML page, not JSON")]
    [InlineData("""{"client_id":"c1""", "its answer is not the JSON object it should be")]
    [InlineData("""{"client_name":"n"}""", "its answer has no client_id")]
    [InlineData("""{"client_id":""}""", "its answer has no client_id")]
    [InlineData("""{"client_id":null}""", "its answer has no client_id")]
    public void A_success_that_cannot_be_used_comes_with_its_answer(string body, string why)
    {
        var response = Answers.Of(201, body);
        var unread = Assert.Throws<UnreadAnswerException>(() => Judge(response));
        Assert.Equal(why, unread.Why);
        Assert.Same(response, unread.Response);
    }

    private static RegistrationAnswer Judge(ProtocolResponse response) =>
        Registration.Judge(Registration.Request(Endpoint, JsonBag.Empty), response);
}
