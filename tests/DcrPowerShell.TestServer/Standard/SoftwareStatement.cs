using System;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Tokens;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>Software statements (RFC 7591 section 2.3). Signatures aren't checked: nobody has told the server whom to trust.</summary>
internal static class SoftwareStatement
{
    private static readonly string[] JwtClaims = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

    /// <summary>
    /// Lets the statement's claims take precedence over the plain members; the statement itself stays among them, unchanged.
    /// </summary>
    /// <param name="now">By the server's clock.</param>
    public static void Apply(JsonObject granted, Switches switches, DateTimeOffset now)
    {
        if (granted["software_statement"] is not { } statement)
        {
            if (switches.StatementAgeSeconds is not null)
            {
                throw new Refused(400, "invalid_software_statement", "a software statement is required");
            }

            return;
        }

        Jws jws = (statement is JsonValue value && value.TryGetValue(out string? text) ? Jws.Parse(text) : null)
            ?? throw new Refused(400, "invalid_software_statement", "the software statement is not a JWT");
        if (switches.UnapprovedSoftwareStatement)
        {
            throw new Refused(400, "unapproved_software_statement", "the software statement is not approved for use by this server");
        }

        if (switches.StatementAgeSeconds is { } age && ((long?)jws.Payload["iat"] ?? 0) < now.ToUnixTimeSeconds() - age)
        {
            throw new Refused(400, "invalid_software_statement", $"the software statement was issued more than {age} seconds ago");
        }

        foreach ((string name, JsonNode? claim) in jws.Payload.Where(claim => !JwtClaims.Contains(claim.Key)))
        {
            granted[name] = claim?.DeepClone();
        }
    }
}
