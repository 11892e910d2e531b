using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;
using DcrPowerShell.TestServer.Tokens;

namespace DcrPowerShell.TestServer.Udap;

/// <summary>Judges the certifications of a registration (general.md, "Certification template").</summary>
internal static class UdapCertifications
{
    private const long MaxSeconds = 3L * 366 * 86400;

    /// <summary>Those that this server demands must be there and be good; of others it knows nothing and lets them be.</summary>
    public static void Check(ServerState state, UdapJwt statement, JsonNode? certifications)
    {
        if (certifications is not (null or JsonArray))
        {
            throw Refused.Metadata("certifications must be an array");
        }

        IReadOnlyList<string> demanded = state.Switches.Udap!.CertificationsRequired;
        List<string> brought = [];
        foreach (JsonNode? certification in certifications as JsonArray ?? [])
        {
            string text = certification.Text() ?? "";
            Jws jws = Jws.Parse(text) ?? throw Refused.Metadata("certifications holds what is not a JWT");
            IReadOnlyList<string> uris = jws.Payload["certification_uris"].Texts();
            if (uris.Intersect(demanded).Any())
            {
                CheckOne(state, statement, text);
                brought.AddRange(uris);
            }
        }

        if (demanded.Except(brought).FirstOrDefault() is { } missing)
        {
            throw Refused.Metadata($"the certification {missing} is missing");
        }
    }

    private static void CheckOne(ServerState state, UdapJwt statement, string text)
    {
        try
        {
            UdapJwt certification = UdapJwt.Read(state, text);
            JsonObject claims = certification.Claims;
            certification.CheckTimes(state.Now, MaxSeconds);
            string[] audiences = claims["aud"] is JsonArray several ? [.. several.Texts()] : [claims["aud"].Text() ?? ""];
            string? wrong =
                certification.Community != statement.Community ? "it is of another community"
                : !certification.Uris.Contains(claims["iss"].Text()) ? "iss is none of the URIs in its certificate"
                : claims["sub"].Text() != statement.Claims["iss"].Text() ? "sub is not the client's URI"
                : claims.ContainsKey("aud") && !audiences.Contains(state.BaseUrl + UdapRoutes.RegistrationPath) ? "aud is another server"
                : claims["jti"].Text() is null ? "jti is missing"
                : claims["certification_name"].Text() is null ? "certification_name is missing"
                : null;
            if (wrong is not null)
            {
                throw new UdapJwtException(wrong);
            }
        }
        catch (UdapJwtException e)
        {
            throw Refused.Metadata("certification: " + e.Message);
        }
    }
}
