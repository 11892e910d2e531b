using System;
using System.Text;
using DcrPowerShell.Http;

namespace DcrPowerShell.Credentials;

/// <summary>A client id and secret (RFC 6749, section 2.3.1), in the Authorization header or in the form.</summary>
internal sealed class ClientSecret(string clientId, string secret, bool inForm) : IClientAuthentication
{
    public string Kind => "ClientCredential";

    public string ClientId => clientId;

    public Authorization Prove(DateTimeOffset now) => inForm
        ? Authorization.None with { Fields = [new("client_id", clientId), new("client_secret", secret)] }
        : Basic();

    // The header's form encodes both parts first.
    private Authorization Basic()
    {
        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Encode(clientId)}:{Encode(secret)}"));
        return new([new("Authorization", $"Basic {encoded}")], [encoded, secret]);
    }

    private static string Encode(string text) => Uri.EscapeDataString(text).Replace("%20", "+");
}
