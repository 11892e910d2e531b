using System.Linq;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

/// <summary>What RFC 9700 and FAPI 2.0 have against a registration.</summary>
public class ClientPostureTests
{
    private const string Good = """
        "redirect_uris":["https://app.example.com/cb","com.example.app:/cb","http://127.0.0.1/cb","http://[::1]:8080/cb"],
        "token_endpoint_auth_method":"private_key_jwt","grant_types":["authorization_code"],"dpop_bound_access_tokens":true
        """;

    private const string Server = """
        {"issuer":"https://as.example.com","code_challenge_methods_supported":["S256"],"dpop_signing_alg_values_supported":["ES256"],
         "token_endpoint_auth_methods_supported":["client_secret_basic","private_key_jwt"]}
        """;

    [Fact]
    public void Nothing_to_find_is_one_check_that_passes()
    {
        var check = Assert.Single(Judge(Good));
        Assert.Equal((DcrCheckStatus.Passed, null), (check.Status, check.RecommendedAction));
    }

    [Theory]
    [InlineData("\"grant_types\":[\"authorization_code\",\"password\"]", DcrCheckStatus.Failed, "RFC 9700, section 2.4")]
    [InlineData("\"grant_types\":[\"authorization_code\",\"implicit\"]", DcrCheckStatus.Warning, "RFC 9700, section 2.1.2")]
    [InlineData("\"response_types\":[\"code token\"]", DcrCheckStatus.Warning, "RFC 9700, section 2.1.2")]
    [InlineData("\"redirect_uris\":[\"https://*.example.com/cb\"]", DcrCheckStatus.Failed, "RFC 9700, section 2.1)")]
    [InlineData("\"redirect_uris\":[\"http://app.example.com/cb\"]", DcrCheckStatus.Failed, "RFC 9700, section 2.6")]
    [InlineData("\"token_endpoint_auth_method\":\"client_secret_post\"", DcrCheckStatus.Warning, "RFC 9700, section 2.5")]
    [InlineData("\"token_endpoint_auth_method\":\"none\"", DcrCheckStatus.Warning, "section 5.3.2.1")]
    [InlineData("\"dpop_bound_access_tokens\":false", DcrCheckStatus.Warning, "RFC 9700, section 2.2.1")]
    public void A_finding_names_its_section_and_what_to_do(string member, DcrCheckStatus expected, string section)
    {
        var check = Assert.Single(Judge($"{Good},{member}"));
        Assert.Equal(expected, check.Status);
        Assert.Contains(section, check.Found);
        Assert.NotNull(check.RecommendedAction);
    }

    [Fact]
    public void Each_finding_is_a_check_of_its_own()
    {
        var found = Judge("""
            "redirect_uris":["http://a.example.com/*"],"grant_types":["password","implicit"]
            """);
        Assert.Equal(6, found.Length);
        Assert.Contains("http://a.example.com/*", found[2].Found);
    }

    [Fact]
    public void A_secret_is_no_finding_where_the_server_takes_nothing_else() =>
        Assert.Single(Judge($"{Good},\"token_endpoint_auth_method\":\"client_secret_basic\"", Server.Replace(",\"private_key_jwt\"", "")));

    [Fact]
    public void A_certificate_binds_tokens_as_well() =>
        Assert.Equal(
            DcrCheckStatus.Passed,
            Judge($"{Good},\"dpop_bound_access_tokens\":false,\"tls_client_certificate_bound_access_tokens\":true")[0].Status
        );

    [Theory]
    [InlineData("{\"issuer\":\"https://as.example.com\"}", "RFC 9700, section 2.1.1")]
    [InlineData("{\"issuer\":\"https://as.example.com\",\"code_challenge_methods_supported\":[\"plain\"]}", "RFC 9700, section 2.1.1")]
    public void A_server_without_PKCE_is_found_where_codes_are_used(string server, string section)
    {
        Assert.Contains(section, Assert.Single(Judge(Good, server)).Found);
        var service = $"{Good},\"grant_types\":[\"client_credentials\"]";
        Assert.Equal(DcrCheckStatus.Passed, Assert.Single(Judge(service, server)).Status);
    }

    [Fact]
    public void Of_a_server_that_nothing_is_known_of_nothing_is_said() =>
        Assert.Equal(DcrCheckStatus.Passed, Assert.Single(Judge(Good, "{}")).Status);

    private static DcrCheck[] Judge(string client, string server = Server) =>
        ClientPosture.Judge(JsonBag.Parse($"{{{client}}}"), new ServerMetadata(JsonBag.Parse(server))).ToArray();
}
