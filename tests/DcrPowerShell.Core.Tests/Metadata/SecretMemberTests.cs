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
