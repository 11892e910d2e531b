using System;
using System.Linq;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

/// <summary>
/// What is refused before it is signed: the rules of HL7 UDAP Security STU 2, section 3.1, as the guide's test kit verifies them
/// (udap_security_test_kit, registration_request_verification.rb).
/// </summary>
public class UdapRulesTests
{
    private const string Backend =
        """{"client_name":"B","grant_types":["client_credentials"],"contacts":["mailto:a@example.com"],"scope":"system/Patient.read"}""";
    private const string App =
        """
        {"client_name":"A","grant_types":["authorization_code","refresh_token"],"redirect_uris":["https://app.example.com/cb"],
         "contacts":["mailto:a@example.com"],"scope":"user/Patient.read","logo_uri":"https://app.example.com/logo.png"}
        """;

    [Theory]
    [InlineData(Backend, "{}")]
    [InlineData(Backend, """{"contacts":["a@example.com"]}""")]
    [InlineData(Backend, """{"contacts":["https://example.com/help","MAILTO:a@example.com"]}""")]
    [InlineData(Backend, """{"logo_uri":"https://app.example.com/logo.GIF"}""")]
    [InlineData(Backend, """{"tos_uri":"https://app.example.com/tos"}""")]
    [InlineData(App, "{}")]
    [InlineData(App, """{"grant_types":null}""")]
    [InlineData(App, """{"response_types":["code"],"token_endpoint_auth_method":"private_key_jwt"}""")]
    [InlineData(App, """{"logo_uri":"https://app.example.com/logo.jpeg?v=1"}""")]
    public void What_the_guide_wants_is_taken(string client, string change) => UdapRules.Check(With(client, change));

    [Theory]
    [InlineData(Backend, """{"client_name":null}""", "client_name")]
    [InlineData(Backend, """{"contacts":null}""", "contacts")]
    [InlineData(Backend, """{"contacts":["https://example.com"]}""", "contacts")]
    [InlineData(Backend, """{"contacts":["mailto:"]}""", "contacts")]
    [InlineData(Backend, """{"scope":null}""", "scope")]
    [InlineData(Backend, """{"grant_types":null}""", "grant_types")]
    [InlineData(Backend, """{"grant_types":["implicit"]}""", "grant_types")]
    [InlineData(Backend, """{"grant_types":["client_credentials","refresh_token"]}""", "grant_types")]
    [InlineData(Backend, """{"grant_types":["client_credentials","urn:ietf:params:oauth:grant-type:jwt-bearer"]}""", "grant_types")]
    [InlineData(Backend, """{"grant_types":["refresh_token"]}""", "grant_types")]
    [InlineData(Backend, """{"redirect_uris":["https://app.example.com/cb"]}""", "redirect_uris")]
    [InlineData(Backend, """{"token_endpoint_auth_method":"client_secret_basic"}""", "token_endpoint_auth_method")]
    [InlineData(Backend, """{"software_statement":"a.b.c"}""", "software_statement")]
    [InlineData(App, """{"grant_types":["authorization_code","client_credentials"]}""", "grant_types")]
    [InlineData(App, """{"redirect_uris":null}""", "redirect_uris")]
    [InlineData(App, """{"redirect_uris":["https://app.example.com/cb","http://127.0.0.1/cb"]}""", "redirect_uris")]
    [InlineData(App, """{"redirect_uris":["com.example.app:/cb"]}""", "redirect_uris")]
    [InlineData(App, """{"logo_uri":null}""", "logo_uri")]
    [InlineData(App, """{"logo_uri":"http://app.example.com/logo.png"}""", "logo_uri")]
    [InlineData(App, """{"logo_uri":"https://app.example.com/logo.svg"}""", "logo_uri")]
    [InlineData(App, """{"response_types":["code","token"],"grant_types":["authorization_code"]}""", "response_types")]
    public void What_it_forbids_is_refused_by_the_member(string client, string change, string member)
    {
        var refusal = Assert.Throws<DcrException>(() => UdapRules.Check(With(client, change)));
        Assert.True(refusal.NothingSent);
        Assert.Equal(member, refusal.Member);
    }

    [Theory]
    [InlineData("""{"client_name":"B"}""", true)]
    [InlineData("""{"scope":"a b"}""", true)]
    [InlineData("""{"redirect_uris":["http://127.0.0.1/cb"]}""", false)]
    [InlineData("""{"logo_uri":"https://app.example.com/logo.svg"}""", false)]
    [InlineData("""{"grant_types":["implicit"]}""", false)]
    public void Of_a_change_only_what_is_named_is_judged(string changes, bool isGood)
    {
        var failure = Record.Exception(() => UdapRules.Check(JsonBag.Parse(changes).With(ClientMember.ClientId, "c1")));
        Assert.Equal(isGood, failure is null);
    }

    [Fact]
    public void What_the_guide_leaves_no_choice_about_is_filled_in()
    {
        var named = With(App, """{"grant_types":null,"contacts":["a@example.com","https://example.com"],"client_id":"c1"}""");
        var complete = UdapRules.Complete(named);
        Assert.Equal(["authorization_code"], complete.Texts("grant_types"));
        Assert.Equal(["code"], complete.Texts("response_types"));
        Assert.Equal("private_key_jwt", complete.Text("token_endpoint_auth_method"));
        Assert.Equal(["mailto:a@example.com", "https://example.com"], complete.Texts("contacts"));
        Assert.False(complete.Has("client_id"));
    }

    [Fact]
    public void A_cancellation_has_no_grants_and_nothing_that_goes_with_them()
    {
        var cancelled = UdapRules.Cancelled(UdapRules.Complete(With(App, """{"certifications":["a.b.c"]}""")));
        Assert.True(cancelled.TryGet("grant_types", out var grants) && grants.GetArrayLength() == 0);
        Assert.Equal(
            ["client_name", "contacts", "grant_types", "logo_uri", "scope", "token_endpoint_auth_method"],
            cancelled.Select(static member => member.Key).OrderBy(static name => name, StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("not a JWT", "place 1")]
    [InlineData("a.b.c", "place 1")]
    public void A_certification_is_a_signed_JWT(string certification, string word)
    {
        var refusal = Assert.Throws<DcrException>(() => UdapRules.Certifications(
            JsonBag.Empty.With(ClientMember.Certifications, [certification]),
            new UdapMetadata(JsonBag.Empty),
            DateTimeOffset.MinValue));
        Assert.Contains(word, refusal.Message);
    }

    [Fact]
    public void Certifications_are_for_UDAP_alone()
    {
        var refusal = Assert.Throws<DcrException>(() =>
            MetadataRules.Check(JsonBag.Parse("""{"client_name":"x","certifications":["a.b.c"]}""")));
        Assert.Contains("-Discovery Udap", refusal.RecommendedAction);
    }

    private static JsonBag With(string client, string change) => JsonBag.Parse(client).With(JsonBag.Parse(change)).WithoutAbsent();
}
