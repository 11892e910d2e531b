using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Okta;

/// <summary>What an org holds beside its clients: their secrets.</summary>
internal sealed class OktaOrg(ServerState state)
{
    private readonly Dictionary<RegisteredClient, List<OktaSecret>> _secrets = [];

    /// <summary>A client's secrets, the oldest first.</summary>
    public IReadOnlyList<OktaSecret> SecretsOf(RegisteredClient client) =>
        _secrets.TryGetValue(client, out List<OktaSecret>? secrets) ? secrets : [];

    public OktaSecret AddSecret(RegisteredClient client, string? value)
    {
        OktaSecret secret = new(value ?? RandomText.ClientSecret(), state.Now);
        if (!_secrets.TryAdd(client, [secret]))
        {
            _secrets[client].Add(secret);
        }

        Settle(client);
        return secret;
    }

    public void SetActive(RegisteredClient client, OktaSecret secret, bool isActive)
    {
        secret.IsActive = isActive;
        secret.LastUpdated = state.Now;
        Settle(client);
    }

    public void RemoveSecret(RegisteredClient client, OktaSecret secret)
    {
        _secrets[client].Remove(secret);
        Settle(client);
    }

    public void RemoveSecrets(RegisteredClient client)
    {
        _secrets.Remove(client);
        Settle(client);
    }

    /// <summary>
    /// Gives a secret to a client whose authentication method has come to need one, and takes them all from one that authenticates
    /// otherwise (okta-developer-docs, guides/key-management).
    /// </summary>
    public void AlignSecrets(RegisteredClient client)
    {
        bool isNeeded = OktaMetadataRules.NeedsSecret(client.Metadata);
        if (!isNeeded)
        {
            RemoveSecrets(client);
        }
        else if (SecretsOf(client).Count == 0)
        {
            AddSecret(client, null);
        }
    }

    /// <summary>The secrets by client, for the control API.</summary>
    public JsonObject Describe() =>
        new()
        {
            ["secrets"] = new JsonObject(
                state.Clients.All.Select(client =>
                    KeyValuePair.Create(
                        client.ClientId,
                        (JsonNode?)
                            new JsonArray([
                                .. SecretsOf(client).Select(secret => secret.ToJson(OktaSecrets.CollectionUrl(state, client.ClientId))),
                            ])
                    )
                )
            ),
        };

    /// <summary>
    /// The client's secret is the newest active one: "Any request for a secret returns the newly generated client secret"
    /// (guides/client-secret-rotation-key).
    /// </summary>
    private void Settle(RegisteredClient client) => client.Secret = SecretsOf(client).LastOrDefault(secret => secret.IsActive)?.Value;
}
