using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Tokens;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>The client configuration endpoint (RFC 7592 section 2).</summary>
internal static class Management
{
    /// <summary>What an update must not contain (RFC 7592 section 2.2).</summary>
    private static readonly string[] Forbidden =
        ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];

    public static Answer Read(ServerState state, IncomingRequest request)
    {
        RegisteredClient client = Open(state, request, ManagementOperation.Read);
        return Finish(state, client, Operation.Read, isSecretFresh: false);
    }

    public static Answer Update(ServerState state, IncomingRequest request)
    {
        RegisteredClient client = Open(state, request, ManagementOperation.Update);
        JsonObject asked = request.Metadata();
        CheckIssuedMembers(client, asked, state.Switches.PutSecret);
        asked.Remove("client_id");
        asked.Remove("client_secret");
        if (
            state.Switches.RequireCompletePut && client.Metadata.FirstOrDefault(member => !asked.ContainsKey(member.Key)).Key is { } missing
        )
        {
            throw Refused.Metadata($"{missing} is missing: an update must hold all settings");
        }

        client.Metadata = MetadataRules.Grant(asked, state.Switches, state.Now);
        Overwrite(state, client);
        bool isSecretFresh = AdjustSecret(client, state.Switches);
        return Finish(state, client, Operation.Update, isSecretFresh);
    }

    public static Answer Delete(ServerState state, IncomingRequest request)
    {
        RegisteredClient client = Open(state, request, ManagementOperation.Delete);
        state.Clients.Remove(client.ClientId);
        return Answer.Empty(204).WithHeader("Cache-Control", "no-store");
    }

    private static RegisteredClient Open(ServerState state, IncomingRequest request, ManagementOperation operation) =>
        state.Switches.Operations.Contains(operation)
            ? AccessGuard.ForManagement(state, request)
            : throw new Refused(405, "invalid_request", "this server does not support the operation");

    private static void CheckIssuedMembers(RegisteredClient client, JsonObject asked, PutSecret putSecret)
    {
        if (Forbidden.FirstOrDefault(asked.ContainsKey) is { } forbidden)
        {
            // In the words of node-oidc-provider.
            throw new Refused(400, "invalid_request", $"request MUST NOT include the {forbidden} field");
        }

        if (asked["client_id"].Text() != client.ClientId)
        {
            throw new Refused(400, "invalid_request", "provided client_id does not match the authenticated client's one");
        }

        string? secret = asked["client_secret"].Text();
        switch (putSecret)
        {
            case PutSecret.Forbidden when secret is not null:
                throw new Refused(403, "request_forbidden", "client_secret cannot be set by the client");
            case PutSecret.Required when secret is null && client.Secret is not null:
                throw new Refused(400, "invalid_request", "client_secret must be presented");
            default:
                break;
        }

        if (secret is not null && secret != client.Secret)
        {
            throw new Refused(400, "invalid_request", "provided client_secret does not match the authenticated client's one");
        }
    }

    /// <summary>Another writer comes after an update, and before its answer.</summary>
    private static void Overwrite(ServerState state, RegisteredClient client)
    {
        foreach ((string name, JsonNode? value) in state.Switches.OverwriteUpdates.ElementAtOrDefault(state.Updates++) ?? [])
        {
            client.Metadata.Remove(name);
            if (value is not null)
            {
                client.Metadata[name] = value.DeepClone();
            }
        }
    }

    /// <summary>Gives or takes the secret when the authentication method has changed sides; true if there is a new one.</summary>
    private static bool AdjustSecret(RegisteredClient client, Switches switches)
    {
        string? candidate = Registration.NewSecret(client.Metadata, switches);
        bool isNew = client.Secret is null && candidate is not null;
        if (isNew || candidate is null)
        {
            client.Secret = candidate;
        }

        return isNew;
    }

    private static Answer Finish(ServerState state, RegisteredClient client, Operation operation, bool isSecretFresh)
    {
        bool rotatesToken = client.RegistrationToken is not null && Rotates(state.Switches.RotateToken, operation);
        if (rotatesToken)
        {
            state.Clients.SetToken(client, RandomText.RegistrationToken());
        }

        bool rotatesSecret = client.Secret is not null && !isSecretFresh && Rotates(state.Switches.RotateSecret, operation);
        if (rotatesSecret)
        {
            client.Secret = RandomText.ClientSecret();
        }

        return ClientAnswer.Write(state, client, operation, rotatesToken, isSecretFresh || rotatesSecret);
    }

    private static bool Rotates(Rotation rotation, Operation operation) =>
        rotation == Rotation.GetAndPut || (rotation == Rotation.Put && operation == Operation.Update);
}
