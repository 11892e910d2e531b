using System.Linq;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

public class GrantTests
{
    [Theory]
    [InlineData("""{"scope":"a b"}""", """{"scope":"b a"}""")]
    [InlineData("""{"scope":"a b"}""", """{"scope":["a","b"]}""")]
    [InlineData("""{"scope":["a","b"]}""", """{"scope":"a b"}""")]
    [InlineData("""{"redirect_uris":["u","v"]}""", """{"redirect_uris":["v","u"]}""")]
    [InlineData("""{"redirect_uris":["u"]}""", """{"redirect_uris":"u"}""")]
    [InlineData("""{"token_endpoint_auth_method":"none"}""", """{"token_endpoint_auth_method":["none"]}""")]
    [InlineData("""{"default_max_age":3600}""", """{"default_max_age":"3600"}""")]
    [InlineData("""{"require_auth_time":true}""", """{"require_auth_time":"true"}""")]
    [InlineData("""{"jwks":{"keys":[{"kty":"EC","x":"x"}]}}""", """{"jwks":{"keys":[{"kty":"EC","x":"x","use":null,"kid":"1"}]}}""")]
    [InlineData("""{"x":{"a":null}}""", """{"x":{"b":1}}""")]
    [InlineData("""{"client_name":"n"}""", """{"client_name":"n","client_id":"c1","scope":"added by the server"}""")]
    [InlineData("""{"contacts":[],"logo_uri":"","tos_uri":null,"jwks":{}}""", "{}")]
    [InlineData("""{"contacts":[]}""", """{"contacts":null}""")]
    [InlineData("""{"logo_uri":null}""", """{"logo_uri":""}""")]
    [InlineData("{}", """{"client_id":"c1"}""")]
    public void The_same_in_other_writing_is_no_change(string asked, string granted) => Assert.Empty(Compare(asked, granted));

    [Theory]
    [InlineData("""{"scope":"a b"}""", """{"scope":"a"}""", "scope: asked for 'a b', granted 'a'")]
    [InlineData("""{"scope":"a"}""", """{"scope":"a b"}""", "scope: asked for 'a', granted 'a b'")]
    [InlineData("""{"scope":"a"}""", "{}", "scope: asked for 'a', granted nothing")]
    [InlineData("""{"scope":"a"}""", """{"scope":""}""", "scope: asked for 'a', granted ''")]
    [InlineData("""{"redirect_uris":["u","v"]}""", """{"redirect_uris":["u"]}""", "redirect_uris: asked for ['u', 'v'], granted ['u']")]
    [InlineData(
        """{"redirect_uris":["u","u"]}""",
        """{"redirect_uris":["u","v"]}""",
        "redirect_uris: asked for ['u', 'u'], granted ['u', 'v']"
    )]
    [InlineData("""{"redirect_uris":["u","v"]}""", """{"redirect_uris":"u"}""", "redirect_uris: asked for ['u', 'v'], granted 'u'")]
    [InlineData(
        """{"token_endpoint_auth_method":"private_key_jwt"}""",
        """{"token_endpoint_auth_method":"client_secret_basic"}""",
        "token_endpoint_auth_method: asked for 'private_key_jwt', granted 'client_secret_basic'"
    )]
    [InlineData("""{"client_name":"Name"}""", """{"client_name":"name"}""", "client_name: asked for 'Name', granted 'name'")]
    [InlineData("""{"default_max_age":3600}""", """{"default_max_age":60}""", "default_max_age: asked for 3600, granted 60")]
    [InlineData("""{"require_auth_time":true}""", """{"require_auth_time":false}""", "require_auth_time: asked for true, granted false")]
    [InlineData("""{"jwks":{"keys":[]}}""", "{}", "jwks: asked for an object, granted nothing")]
    [InlineData(
        """{"jwks":{"keys":[{"kid":"1"}]}}""",
        """{"jwks":{"keys":[{"kid":"2"}]}}""",
        "jwks: asked for an object, granted an object"
    )]
    [InlineData("""{"client_name#ja":"な"}""", """{"client_name":"な"}""", "client_name#ja: asked for 'な', granted nothing")]
    [InlineData("""{"contacts":[]}""", """{"contacts":["a"]}""", "contacts: asked for [], granted ['a']")]
    public void What_differs_is_told(string asked, string granted, string expected) =>
        Assert.Equal(expected, Compare(asked, granted).Single().ToString());

    [Fact]
    public void Changes_come_in_the_order_of_asking_as_plain_values()
    {
        var changes = Compare("""{"scope":"b","client_name":"n","redirect_uris":["u"]}""", """{"redirect_uris":["v"],"client_name":"n"}""");
        Assert.Equal(["scope", "redirect_uris"], changes.Select(static change => change.Name));
        Assert.Equal(("b", null), ((string?)changes[0].Asked, changes[0].Granted));
        Assert.Equal(["v"], (object[])changes[1].Granted!);
    }

    [Fact]
    public void A_secret_is_masked_on_both_sides() =>
        Assert.Equal(
            "client_secret: asked for '***', granted '***'",
            Compare("""{"client_secret":"mine-123"}""", """{"client_secret":"yours-123"}""").Single().ToString()
        );

    private static DcrChange[] Compare(string asked, string granted) =>
        [.. Grant.Compare(JsonBag.Parse(asked), JsonBag.Parse(granted), Redaction.Nothing)];
}
