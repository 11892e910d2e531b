using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Tokens;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>The client registration endpoint (RFC 7591 section 3).</summary>
internal static class Registration
{
    public static Answer Register(ServerState state, IncomingRequest request)
    {
        Switches switches = state.Switches;
        string? payingToken = AccessGuard.ForRegistration(state, request);
        JsonObject asked = request.Metadata();
        foreach (string issued in new[] { "client_id", "client_secret" })
        {
            if (asked[issued] is not null)
            {
                // Keycloak and Hydra refuse these too: identifier and secret are the server's to choose.
                throw Refused.Metadata($"{issued} must not be included");
            }
        }

        JsonObject granted = MetadataRules.Grant(asked, switches, state.Now);
        if (
            switches.OneClientPerSoftware
            && state.Clients.All.Any(known => JsonNode.DeepEquals(known.Metadata["software_id"], granted["software_id"]))
        )
        {
            throw Refused.Metadata("ERR-DCR-001: Duplicate registrations for a given software_id are not valid.");
        }

        RegisteredClient client = state.Clients.Add(switches.FixedClientId ?? RandomText.ClientId(), state.Now);
        client.Metadata = granted;
        client.Secret = NewSecret(granted, switches);
        if (switches.ManagementToken == ManagementToken.RegistrationToken && switches.Operations.Count > 0)
        {
            state.Clients.SetToken(client, RandomText.RegistrationToken());
        }

        if (payingToken is not null)
        {
            state.Tokens.CountUse(payingToken);
        }

        Answer answer = ClientAnswer.Write(state, client, Operation.Register, isNewToken: true, isNewSecret: true);
        foreach ((string name, JsonNode? value) in switches.OverwriteRegistrations ?? [])
        {
            client.Metadata[name] = value!.DeepClone();
        }

        return answer;
    }

    /// <summary>A secret for a client that is to have one.</summary>
    public static string? NewSecret(JsonObject metadata, Switches switches) => switches.IssueSecret switch
    {
        IssueSecret.Always => RandomText.ClientSecret(),
        IssueSecret.WhenNeeded when MetadataRules.NeedsSecret(metadata) => RandomText.ClientSecret(),
        _ => null,
    };
}
