using DcrPowerShell.Metadata;
using DcrPowerShell.Providers.Auth0;
using Xunit;

namespace DcrPowerShell.Core.Tests.Providers.Auth0;

/// <summary>The two vocabularies, both ways.</summary>
public class Auth0VocabularyTests
{
    [Theory]
    [InlineData("""{"name":"App"}""", """{"client_name":"App"}""")]
    [InlineData("""{"callbacks":["https://a.example/cb"]}""", """{"redirect_uris":["https://a.example/cb"]}""")]
    [InlineData("""{"allowed_logout_urls":["https://a.example/out"]}""", """{"post_logout_redirect_uris":["https://a.example/out"]}""")]
    [InlineData("""{"require_proof_of_possession":true}""", """{"dpop_bound_access_tokens":true}""")]
    [InlineData("""{"app_type":"regular_web"}""", """{"application_type":"web"}""")]
    [InlineData("""{"app_type":"native"}""", """{"application_type":"native"}""")]
    [InlineData("""{"app_type":"spa"}""", """{"app_type":"spa"}""")]
    [InlineData(
        """{"logo_uri":"https://a.example/l.png","initiate_login_uri":"https://a.example/in","organization_usage":"allow"}""",
        """{"logo_uri":"https://a.example/l.png","initiate_login_uri":"https://a.example/in","organization_usage":"allow"}"""
    )]
    public void Names_are_translated_both_ways(string auth0, string rfc)
    {
        Assert.Equal(rfc, Auth0Vocabulary.ToRfc(JsonBag.Parse(auth0)).ToString());
        Assert.Equal(auth0, Auth0Vocabulary.ToPatch(JsonBag.Parse(rfc), JsonBag.Empty).ToString());
    }

    [Theory]
    [InlineData("""{"contacts":["ops@a.example","it@a.example"]}""", """{"client_metadata":{"contacts":"ops@a.example it@a.example"}}""")]
    [InlineData(
        """{"tos_uri":"https://a.example/tos","software_version":"2.1"}""",
        """{"client_metadata":{"tos_uri":"https://a.example/tos","software_version":"2.1"}}"""
    )]
    public void What_auth0_has_no_place_for_stands_in_client_metadata(string rfc, string auth0)
    {
        Assert.Equal(auth0, Auth0Vocabulary.ToPatch(JsonBag.Parse(rfc), JsonBag.Empty).ToString());
        var read = Auth0Vocabulary.ToRfc(JsonBag.Parse(auth0));
        Assert.Equal(rfc, read.Without("client_metadata").ToString());
        Assert.True(read.Has("client_metadata"));
    }

    [Theory]
    [InlineData("""{"redirect_uris":null}""", """{"callbacks":[]}""")]
    [InlineData("""{"logo_uri":null}""", """{"logo_uri":null}""")]
    [InlineData("""{"contacts":null,"policy_uri":null}""", """{"client_metadata":{"contacts":null,"policy_uri":null}}""")]
    [InlineData(
        """{"client_metadata":{"ours":"1"},"tos_uri":"https://a.example/tos"}""",
        """{"client_metadata":{"ours":"1","tos_uri":"https://a.example/tos"}}"""
    )]
    public void A_patch_removes_by_null_and_a_list_by_an_empty_one(string changes, string patch) =>
        Assert.Equal(patch, Auth0Vocabulary.ToPatch(JsonBag.Parse(changes), JsonBag.Empty).ToString());

    [Fact]
    public void A_logout_uri_goes_back_with_what_stands_beside_it()
    {
        var read = Auth0Vocabulary.ToRfc(
            JsonBag.Parse(
                """{"oidc_logout":{"backchannel_logout_urls":["https://a.example/old"],"backchannel_logout_initiators":{"mode":"all"}}}"""
            )
        );
        Assert.Equal("https://a.example/old", read.Text("backchannel_logout_uri"));
        Assert.Equal(
            """{"oidc_logout":{"backchannel_logout_urls":["https://a.example/new"],"backchannel_logout_initiators":{"mode":"all"}}}""",
            Auth0Vocabulary.ToPatch(JsonBag.Parse("""{"backchannel_logout_uri":"https://a.example/new"}"""), read).ToString());
    }

    [Fact]
    public void The_tenants_certificates_are_no_part_of_the_client_and_keys_are_an_authentication_method()
    {
        var read = Auth0Vocabulary.ToRfc(
            JsonBag.Parse(
                """{"client_id":"tpc_1","signing_keys":[{"cert":"..."}],"client_authentication_methods":{"private_key_jwt":{"credentials":[{"id":"cred_1"}]}}}"""
            )
        );
        Assert.False(read.Has("signing_keys"));
        Assert.Equal("private_key_jwt", read.Text("token_endpoint_auth_method"));
    }
}
