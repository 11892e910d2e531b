using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;

namespace DcrPowerShell.TestServer.Tokens;

/// <summary>
/// Access tokens that look like the JWTs of Okta and Auth0 and can be read like them. Nobody verifies them, so the signature is a mere
/// digest:
/// the same payload makes the same token.
/// </summary>
internal static class ShownJwt
{
    public static string Make(JsonObject payload)
    {
        JsonObject header = new() { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = "test-server" };
        string signed = Encode(header.ToJsonString()) + "." + Encode(payload.ToJsonString());
        return signed + "." + WebEncoders.Base64UrlEncode(SHA512.HashData(Encoding.ASCII.GetBytes(signed)));
    }

    private static string Encode(string json) => WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(json));
}
