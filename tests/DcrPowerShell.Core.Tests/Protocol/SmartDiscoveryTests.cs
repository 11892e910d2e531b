using System;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

public class SmartDiscoveryTests
{
    private const string Endpoint = "https://auth.example.com/register";
    private static readonly Uri Base = new("https://ehr.example.com/fhir/R4");

    [Theory]
    [InlineData("https://ehr.example.com/fhir/R4")]
    [InlineData("https://ehr.example.com/fhir/R4/")]
    [InlineData("https://ehr.example.com/fhir/R4/?x=1")]
    public void The_place_is_appended_to_the_FHIR_base(string fhirBase) =>
        Assert.Equal(
            "https://ehr.example.com/fhir/R4/.well-known/smart-configuration",
            SmartDiscovery.Place(new Uri(fhirBase)).AbsoluteUri
        );

    [Theory]
    [InlineData(null)]
    [InlineData("https://ehr.example.com/oauth2")] // Another origin than the endpoint's: anybody may write that.
    [InlineData("http://auth.example.com/oauth2")]
    [InlineData("https://auth.example.com:8443/oauth2")]
    [InlineData("issuer")]
    public void Registrations_are_kept_under_the_FHIR_base(string? issuer)
    {
        var finding = Judge($$"""{"issuer":{{Json(issuer)}},"registration_endpoint":"{{Endpoint}}"}""");
        Assert.Equal(
            ("https://ehr.example.com/fhir/R4", Endpoint, issuer),
            (finding.Issuer, finding.RegistrationEndpoint?.AbsoluteUri, finding.OtherIssuer)
        );
    }

    [Fact]
    public void Or_under_the_issuer_that_is_at_the_endpoint_s_origin()
    {
        var finding = Judge(
            $$"""{"issuer":"https://auth.example.com/oauth2/","registration_endpoint":"{{Endpoint}}","token_endpoint":"https://auth.example.com/token"}"""
        );
        Assert.Equal(
            ("https://auth.example.com/oauth2/", Endpoint, null),
            (finding.Issuer, finding.RegistrationEndpoint?.AbsoluteUri, finding.OtherIssuer)
        );
        Assert.Equal("https://auth.example.com/token", finding.Server?.TokenEndpoint);
    }

    [Fact]
    public void Without_an_endpoint_the_issuer_is_to_be_asked()
    {
        var finding = Judge("""{"issuer":"https://auth.example.com/oauth2","token_endpoint":"https://auth.example.com/token"}""");
        Assert.Equal((null, "https://auth.example.com/oauth2"), (finding.Issuer, finding.OtherIssuer));
    }

    [Theory]
    [InlineData(404, "", "HTTP 404")]
    [InlineData(200, "<html>Sign in</html>", "its answer is an HTML page, not JSON")]
    [InlineData(200, "{}", "it has no registration_endpoint, and names no issuer by an https URL that could be asked for one")]
    [InlineData(
        200,
        """{"issuer":"http://auth.example.com"}""",
        "it has no registration_endpoint, and names no issuer by an https URL that could be asked for one"
    )]
    [InlineData(
        200,
        """{"issuer":"https://auth.example.com","registration_endpoint":"http://auth.example.com/r"}""",
        "its registration_endpoint 'http://auth.example.com/r' is not an absolute https URL"
    )]
    public void Says_what_the_place_held(int status, string body, string expected)
    {
        var finding = Judge(body, status);
        Assert.Equal((null, null), (finding.Issuer, finding.OtherIssuer));
        Assert.Equal($"{Base}/.well-known/smart-configuration ({expected})", finding.ToString());
    }

    private static DiscoveryFinding Judge(string body, int status = 200) =>
        SmartDiscovery.Judge(new Uri(Base + "/"), SmartDiscovery.Place(Base), Answers.Of(status, body));

    private static string Json(string? text) => text is null ? "null" : $"\"{text}\"";
}
