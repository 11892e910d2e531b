using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Udap;

/// <summary>
/// The registration endpoint of UDAP Dynamic Client Registration, with what HL7's guide demands (UDAP Security STU 2, registration.md). It
/// registers, changes and cancels.
/// </summary>
internal static class UdapRegistration
{
    /// <summary>What is said of the statement rather than of the client (registration.md, on the response).</summary>
    private static readonly string[] JwtClaims = ["iss", "sub", "aud", "exp", "iat", "jti"];

    private static readonly string[] BodyMembers = ["software_statement", "certifications", "udap"];

    public static Answer Answer(ServerState state, IncomingRequest request)
    {
        JsonObject body = request.Metadata();
        if (body["udap"].Text() != "1")
        {
            throw Refused.Metadata("udap must be \"1\"");
        }

        if (body.FirstOrDefault(member => !BodyMembers.Contains(member.Key)).Key is { } unknown)
        {
            throw Refused.Metadata($"{unknown} has no place beside the software statement");
        }

        UdapJwt statement = ReadStatement(state, body["software_statement"].Text());
        UdapCertifications.Check(state, statement, body["certifications"]);
        UdapClientRules.Check(statement.Claims);
        return Apply(state, statement, (string)body["software_statement"]!);
    }

    private static UdapJwt ReadStatement(ServerState state, string? text)
    {
        try
        {
            UdapJwt statement = UdapJwt.Read(state, text);
            statement.Use(state, subject: null, audience: state.BaseUrl + UdapRoutes.RegistrationPath);
            return state.Switches.UnapprovedSoftwareStatement
                ? throw new Refused(400, "unapproved_software_statement", "the software statement is not approved for use by this server")
                : statement;
        }
        catch (UdapJwtException e)
        {
            string error = e.IsUntrusted ? "unapproved_software_statement" : "invalid_software_statement";
            throw new Refused(400, error, "software_statement: " + e.Message);
        }
    }

    private static Answer Apply(ServerState state, UdapJwt statement, string text)
    {
        UdapSwitches switches = state.Switches.Udap!;
        UdapIdentity identity = new(statement.Community.Uri, (string)statement.Claims["iss"]!);
        RegisteredClient? known = state.Clients.All.FirstOrDefault(client => client.Udap == identity);
        JsonObject granted = new(statement.Claims
            .Where(claim => !JwtClaims.Contains(claim.Key))
            .Select(claim => KeyValuePair.Create(claim.Key, claim.Value?.DeepClone())));
        granted["software_statement"] = text;
        MetadataRules.Drop(granted, state.Switches);
        if (granted["grant_types"] is JsonArray { Count: 0 })
        {
            return known is null && switches.Cancellation == UdapCancellation.Removed
                ? Hosting.Answer.Empty(400)
                : Cancel(state, known ?? throw Refused.Metadata("there is no registration to cancel"), granted);
        }

        bool isUpdate = known is not null && switches.Modification == UdapModification.SameClient;
        if (known is not null && !isUpdate)
        {
            state.Clients.Remove(known.ClientId);
        }

        RegisteredClient client = isUpdate
            ? known!
            : state.Clients.Add(state.Switches.FixedClientId ?? RandomText.ClientId(), state.Now);
        client.Udap = identity;
        client.Metadata = granted;
        return Write(state, client, isUpdate ? 200 : state.Switches.RegisterStatus, client.ClientId);
    }

    /// <summary>registration.md, "Modifying and Cancelling Registrations".</summary>
    private static Answer Cancel(ServerState state, RegisteredClient client, JsonObject granted)
    {
        UdapCancellation cancellation = state.Switches.Udap!.Cancellation;
        if (cancellation == UdapCancellation.Refused)
        {
            throw Refused.Metadata("grant_types must not be empty");
        }

        state.Clients.Remove(client.ClientId);
        if (cancellation == UdapCancellation.NoContent)
        {
            return Hosting.Answer.Empty(204);
        }

        client.Metadata = granted;
        if (cancellation is UdapCancellation.WithoutGrantTypes or UdapCancellation.Removed)
        {
            granted.Remove("grant_types");
        }

        return Write(state, client, 200, cancellation == UdapCancellation.Removed ? "removed" : client.ClientId);
    }

    private static Answer Write(ServerState state, RegisteredClient client, int status, string clientId)
    {
        JsonObject body = new() { ["client_id"] = clientId, ["client_id_issued_at"] = client.IssuedAt.ToUnixTimeSeconds() };
        foreach ((string name, JsonNode? value) in client.Metadata)
        {
            body[name] = value?.DeepClone();
        }

        ClientAnswer.Override(body, state.Switches, Operation.Register);
        return Hosting.Answer.Json(status, body).WithHeader("Cache-Control", "no-store").WithHeader("Pragma", "no-cache");
    }
}
