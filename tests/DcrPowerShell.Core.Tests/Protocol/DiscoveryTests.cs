using System;
using System.Linq;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

public class DiscoveryTests
{
    private const string Issuer = "https://as.example.com/tenant1";
    private static readonly Uri Place = new("https://as.example.com/.well-known/oauth-authorization-server/tenant1");

    [Theory]
    [InlineData("https://as.example.com/tenant1")]
    [InlineData("https://as.example.com/tenant1/")]
    public void An_issuer_with_a_path_has_four_places(string issuer) => Assert.Equal(
        [
            "https://as.example.com/.well-known/oauth-authorization-server/tenant1",
            "https://as.example.com/.well-known/openid-configuration/tenant1",
            "https://as.example.com/tenant1/.well-known/openid-configuration",
            "https://as.example.com/tenant1/.well-known/oauth-authorization-server",
        ],
        Places(issuer));

    [Theory]
    [InlineData("https://as.example.com")]
    [InlineData("https://as.example.com/")]
    public void An_issuer_without_a_path_has_two(string issuer) => Assert.Equal(
        [
            "https://as.example.com/.well-known/oauth-authorization-server",
            "https://as.example.com/.well-known/openid-configuration",
        ],
        Places(issuer));

    [Fact]
    public void Port_and_deeper_paths_are_kept() => Assert.Equal(
        "https://as.example.com:8443/.well-known/oauth-authorization-server/realms/a%20b",
        Places("https://as.example.com:8443/realms/a%20b")[0]);

    [Fact]
    public void A_query_of_the_issuer_is_left_out() =>
        Assert.All(Places("https://as.example.com/t?x=1"), static place => Assert.DoesNotContain("x=1", place));

    [Theory]
    [InlineData("https://as.example.com/.well-known/openid-configuration", "https://as.example.com", null)]
    [InlineData("https://as.example.com/realms/x/.well-known/openid-configuration", "https://as.example.com/realms/x", null)]
    [InlineData("https://as.example.com/.well-known/oauth-authorization-server/realms/x", "https://as.example.com/realms/x", null)]
    [InlineData("https://as.example.com/realms/x/.well-known/oauth-authorization-server", "https://as.example.com/realms/x", null)]
    [InlineData("https://fhir.example.com/r4/.well-known/smart-configuration", "https://fhir.example.com/r4", DcrDiscovery.Smart)]
    [InlineData("https://fhir.example.com/r4/.well-known/udap", "https://fhir.example.com/r4", DcrDiscovery.Udap)]
    [InlineData("https://fhir.example.com/r4/.well-known/udap?community=urn:x", "https://fhir.example.com/r4", DcrDiscovery.Udap)]
    [InlineData("\u00A0 https://as.example.com/t \u200B\n", "https://as.example.com/t", null)]
    [InlineData("https://as.example.com/t/", "https://as.example.com/t/", null)]
    [InlineData("https://as.example.com/.well-known/other", "https://as.example.com/.well-known/other", null)]
    [InlineData("relative", "relative", null)]
    public void An_address_that_was_pasted_means_an_issuer(string pasted, string issuer, DcrDiscovery? how) =>
        Assert.Equal((issuer, how), Discovery.Meant(pasted));

    [Theory]
    [InlineData(301, "https://as.example.com/x/", "https://as.example.com/x/")]
    [InlineData(308, "/x/", "https://as.example.com/x/")]
    [InlineData(302, "https://other.example.com/x", null)]
    [InlineData(302, "http://as.example.com/x", null)]
    [InlineData(200, "/x/", null)]
    [InlineData(304, "/x/", null)]
    public void A_redirect_is_followed_on_the_same_server(int status, string location, string? expected) =>
        Assert.Equal(expected, Discovery.Redirect(Place, Answers.Of(status, "", $"Location: {location}"))?.AbsoluteUri);

    [Fact]
    public void A_redirect_elsewhere_is_named() =>
        Assert.Equal(
            "HTTP 302, a redirect to https://other.example.com/x",
            Discovery.Judge(Issuer, Place, Answers.Of(302, "", "Location: https://other.example.com/x")).What
        );

    [Theory]
    [InlineData(Issuer, Issuer)]
    [InlineData(Issuer, Issuer + "/")] // Auth0, Google
    [InlineData(Issuer + "/", Issuer)]
    [InlineData(Issuer + "/", Issuer + "/")]
    public void The_issuer_must_be_the_one_asked_for_but_for_the_trailing_slash(string asked, string written)
    {
        var finding = Judge(asked, 200, Document(written));
        Assert.Equal(written, finding.Issuer); // As the server writes it: registrations are kept under that.
        Assert.Equal("https://as.example.com/register", finding.RegistrationEndpoint?.AbsoluteUri);
    }

    [Theory]
    [InlineData("https://as.example.com/tenant2")]
    [InlineData("https://as.example.com")]
    [InlineData("http://as.example.com/tenant1")]
    [InlineData("https://as.example.com/Tenant1")]
    [InlineData("https://as.example.com:443/tenant1")]
    public void Another_issuer_is_of_no_use_and_is_named(string written)
    {
        var finding = Judge(Issuer, 200, Document(written));
        Assert.Null(finding.Issuer);
        Assert.Equal(written, finding.OtherIssuer);
        Assert.Contains($"its metadata names the issuer {written}", finding.ToString());
    }

    [Theory]
    [InlineData(404, "", "HTTP 404")]
    [InlineData(302, "", "HTTP 302")]
    [InlineData(404, "<html><title>404 Not Found</title></html>", "HTTP 404")]
    [InlineData(
        404,
        """{"error":"realm_not_found","error_description":"Realm does not exist"}""",
        "HTTP 404, realm_not_found. The server said: \"Realm does not exist\""
    )]
    [InlineData(403, "Not from here", "HTTP 403. The server said: \"Not from here\"")]
    [InlineData(500, "{}", "HTTP 500")]
    [InlineData(200, "", "the body of its answer is empty")]
    [InlineData(200, "<html>Sign in</html>", "its answer is an HTML page, not JSON")]
    [InlineData(200, "[]", "its answer is not the JSON object it should be")]
    [InlineData(200, "{}", "its metadata names no issuer")]
    [InlineData(200, """{"issuer":null,"registration_endpoint":"https://as.example.com/r"}""", "its metadata names no issuer")]
    [InlineData(
        200,
        $$"""{"issuer":"{{Issuer}}"}""",
        "its metadata has no registration_endpoint: the server does not offer dynamic registration there"
    )]
    [InlineData(
        200,
        $$"""{"issuer":"{{Issuer}}","registration_endpoint":""}""",
        "its metadata has no registration_endpoint: the server does not offer dynamic registration there"
    )]
    public void Says_what_a_place_held(int status, string body, string expected)
    {
        var finding = Judge(Issuer, status, body);
        Assert.Null(finding.Issuer);
        Assert.Null(finding.OtherIssuer);
        Assert.Equal($"{Place} ({expected})", finding.ToString());
    }

    [Theory]
    [InlineData("http://as.example.com/register")]
    [InlineData("/register")]
    [InlineData("ftp://as.example.com/register")]
    [InlineData("https://user:pa55@as.example.com/register", "https://***@as.example.com/register")]
    [InlineData("http://as.example.com/register?key=pa55", "http://as.example.com/register")]
    [InlineData("register them by post")]
    public void An_endpoint_where_no_token_may_go_is_refused(string endpoint, string? shown = null)
    {
        var finding = Judge(Issuer, 200, Document(Issuer, endpoint));
        Assert.Null(finding.RegistrationEndpoint);
        Assert.Contains($"its registration_endpoint '{shown ?? endpoint}' is not an absolute https URL", finding.What);
    }

    [Theory]
    [InlineData("/register", "https://as.example.com/register")]
    [InlineData("//evil.example.com/register", null)]
    [InlineData("register them by post", null)]
    [InlineData("http://as.example.com/register", null)]
    public void A_relative_endpoint_may_mean_one_of_the_same_server(string endpoint, string? meant) =>
        Assert.Equal(meant, Judge(Issuer, 200, Document(Issuer, endpoint)).EndpointMeant?.AbsoluteUri);

    [Theory]
    [InlineData("https://register.example.net/r")] // Another host than the issuer's is fine.
    [InlineData("http://127.0.0.1:8080/register")]
    [InlineData("http://[::1]:8080/register")]
    [InlineData("http://localhost/register")]
    public void An_endpoint_over_https_or_on_this_machine_is_taken(string endpoint) =>
        Assert.Equal(endpoint, Judge(Issuer, 200, Document(Issuer, endpoint)).RegistrationEndpoint?.AbsoluteUri);

    private static string[] Places(string issuer) =>
        Discovery.Candidates(new Uri(issuer)).Select(static place => place.AbsoluteUri).ToArray();

    private static DiscoveryFinding Judge(string issuer, int status, string body) =>
        Discovery.Judge(issuer, Place, Answers.Of(status, body));

    private static string Document(string issuer, string endpoint = "https://as.example.com/register") =>
        $$"""{"issuer":"{{issuer}}","registration_endpoint":"{{endpoint}}"}""";
}
