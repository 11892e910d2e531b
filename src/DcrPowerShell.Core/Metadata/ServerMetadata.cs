namespace DcrPowerShell.Metadata;

/// <summary>What an authorization server says of itself (RFC 8414, section 2; OpenID Connect Discovery 1.0, section 3).</summary>
internal sealed class ServerMetadata(JsonBag members)
{
    public string? Issuer => members.Text("issuer");

    public string? RegistrationEndpoint => members.Text("registration_endpoint");
}
