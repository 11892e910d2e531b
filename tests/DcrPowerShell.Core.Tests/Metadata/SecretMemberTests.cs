using System.Linq;
using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Metadata;

public class SecretMemberTests
{
    [Theory]
    [InlineData("client_secret", "\"x\"", true)]
    [InlineData("registration_access_token", "\"x\"", true)]
    [InlineData("Client_Secret", "\"x\"", true)]
    [InlineData("x_vendor_password", "\"x\"", true)]
    [InlineData("client_secret", "[\"x\"]", true)] // An array of one is read as its item.
    [InlineData("clientSecret", "\"x\"", true)]
    [InlineData("registrationAccessToken", "\"x\"", true)]
    [InlineData("client_secrets", "[\"x\", \"y\"]", true)]
    [InlineData("secret_value", "\"x\"", true)]
    [InlineData("secret_hash", "\"x\"", true)] // Okta's
    [InlineData("x-api-key", "\"x\"", true)]
    [InlineData("apiKey", "\"x\"", true)]
    [InlineData("signing_key", "\"x\"", true)]
    [InlineData("PRIVATE_KEY", "\"x\"", true)]
    [InlineData("passphrase", "\"x\"", true)]
    [InlineData("credential", "\"x\"", true)]
    [InlineData("public_key", "\"x\"", false)]
    [InlineData("any_name", "\"-----BEGIN EC PRIVATE KEY-----\\nAAAA\"", true)]
    [InlineData("any_name", "\"-----BEGIN PUBLIC KEY-----\\nAAAA\"", false)]
    [InlineData("refresh_token", "{\"rotation_type\":\"rotating\"}", false)] // Auth0's
    [InlineData("client_secret_expires_at", "0", false)]
    [InlineData("token_endpoint_auth_method", "\"client_secret_basic\"", false)]
    [InlineData("client_secret", "null", false)]
    [InlineData("tls_client_certificate_bound_access_tokens", "true", false)]
    [InlineData("client_name", "\"Secret\"", false)]
    public void Knows_secrets_by_the_end_of_their_name(string name, string value, bool isSecret)
    {
        var member = JsonBag.Parse($"{{\"{name}\":{value}}}").Single();
        Assert.Equal(isSecret, SecretMember.Is(member.Key, member.Value));
    }
}
