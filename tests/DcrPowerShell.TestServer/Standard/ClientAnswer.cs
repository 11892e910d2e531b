using System;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>Writes a client as an answer (RFC 7591 section 3.2.1, RFC 7592 section 3), with the habits that the switches ask for.</summary>
internal static class ClientAnswer
{
    /// <param name="state">The server.</param>
    /// <param name="client">The client as it now is.</param>
    /// <param name="operation">What was asked for.</param>
    /// <param name="isNewToken">Whether the registration token is one that the caller hasn't seen.</param>
    /// <param name="isNewSecret">Whether the secret is one that the caller hasn't seen.</param>
    public static Answer Write(ServerState state, RegisteredClient client, Operation operation, bool isNewToken, bool isNewSecret)
    {
        Switches switches = state.Switches;
        JsonObject body = new() { ["client_id"] = client.ClientId };
        if (client.Secret is not null && (isNewSecret || switches.RepeatSecret))
        {
            body["client_secret"] = client.Secret;
        }

        body["client_id_issued_at"] = client.IssuedAt.ToUnixTimeSeconds();
        if (client.Secret is not null)
        {
            AddExpiry(body, switches.SecretExpiresAt, state.Now);
        }

        if (switches.Operations.Count > 0 && (isNewToken || switches.RepeatToken))
        {
            AddManagement(body, state, client);
        }

        foreach ((string name, JsonNode? value) in client.Metadata)
        {
            body[name] = value?.DeepClone();
        }

        if (operation == Operation.Read && switches.ShownAtRead == Shown.InItsOwnWay)
        {
            Normalize(body, client.Metadata);
        }

        AddEmpty(body, switches.EmptyMembers);
        Reshape(body, switches);
        Override(body, switches, operation);
        int status = operation == Operation.Register ? switches.RegisterStatus : 200;
        return Answer.Json(status, body).WithHeader("Cache-Control", "no-store").WithHeader("Pragma", "no-cache");
    }

    /// <summary>Puts in and takes out what <see cref="Switches.AnswerOverrides"/> and <see cref="Switches.OmitFromAnswer"/> say.</summary>
    public static void Override(JsonObject body, Switches switches, Operation operation)
    {
        Override(body, switches.AnswerOverrides.Any);
        Override(body, operation switch
        {
            Operation.Register => switches.AnswerOverrides.Register,
            Operation.Update => switches.AnswerOverrides.Update,
            _ => switches.AnswerOverrides.Read,
        });
        foreach (string name in switches.OmitFromAnswer)
        {
            body.Remove(name);
        }
    }

    private static void AddManagement(JsonObject body, ServerState state, RegisteredClient client)
    {
        Switches switches = state.Switches;
        string path = $"{switches.IssuerPath}{StandardRoutes.RegistrationPath}";
        string id = Uri.EscapeDataString(client.ClientId);
        string? uri = switches.RegistrationClientUri switch
        {
            ClientUri.Missing => null,
            ClientUri.Relative => $"{path}/{id}",
            ClientUri.Query => $"{state.Origin}{path}?client_id={id}",
            ClientUri.Foreign => $"{switches.ForeignOrigin}{path}/{id}",
            ClientUri.PlainHttp when switches.Https == Https.Off => $"http://dcr.example.net{path}/{id}",
            ClientUri.PlainHttp => $"http{state.Origin["https".Length..]}{path}/{id}",
            _ => state.Dialect.ClientUri(state, client.ClientId),
        };
        if (uri is not null)
        {
            body["registration_client_uri"] = uri;
        }

        if (client.RegistrationToken is not null)
        {
            body["registration_access_token"] = client.RegistrationToken;
        }
    }

    private static void AddExpiry(JsonObject body, SecretExpiry expiry, DateTimeOffset now)
    {
        long future = now.AddDays(90).ToUnixTimeSeconds();
        const string Name = "client_secret_expires_at";
        body[Name] = expiry switch
        {
            SecretExpiry.Absent or SecretExpiry.Null => null,
            SecretExpiry.ZeroString => "0",
            SecretExpiry.Past => now.AddDays(-1).ToUnixTimeSeconds(),
            SecretExpiry.Future => future,
            SecretExpiry.FutureString => future.ToString(CultureInfo.InvariantCulture),
            SecretExpiry.BeyondInt32 => new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds(),
            SecretExpiry.BeyondDate => long.MaxValue,
            _ => 0,
        };
        if (expiry == SecretExpiry.Absent)
        {
            body.Remove(Name);
        }
    }

    private static void AddEmpty(JsonObject body, EmptyMembers empty)
    {
        if (empty == EmptyMembers.Absent)
        {
            return;
        }

        foreach (string name in MetadataMembers.Basic.Where(name => !body.ContainsKey(name)))
        {
            body[name] = (empty, MetadataMembers.KindOf(name)) switch
            {
                (EmptyMembers.Hydra, MemberKind.Text or MemberKind.Url) => "",
                (EmptyMembers.Hydra, MemberKind.Keys) => new JsonObject(),
                _ => null,
            };
        }
    }

    private static void Normalize(JsonObject body, JsonObject metadata)
    {
        foreach ((string name, JsonNode? value) in metadata)
        {
            switch (MetadataMembers.KindOf(name))
            {
                case null:
                    body.Remove(name);
                    break;
                case MemberKind.RedirectList when value is JsonArray uris:
                    body[name] = new JsonArray([.. uris.Select(uri => JsonValue.Create($"{((string)uri!).TrimEnd('/')}/"))]);
                    break;
                default:
                    break;
            }
        }

        if (body["scope"] is JsonValue scope)
        {
            body["scope"] = ((string)scope!).ToLowerInvariant();
        }

        if (body["grant_types"] is JsonArray grants && !grants.Any(grant => (string)grant! == "client_credentials"))
        {
            grants.Add("client_credentials");
        }
    }

    private static void Reshape(JsonObject body, Switches switches)
    {
        if (switches.RedirectUrisAsString && body["redirect_uris"] is JsonArray { Count: > 0 } uris)
        {
            body["redirect_uris"] = (string)uris[0]!;
        }

        if (switches.ScopeAsArray && body["scope"] is JsonValue scope)
        {
            body["scope"] = new JsonArray([.. ((string)scope!).Split(' ').Select(item => JsonValue.Create(item))]);
        }

        if (switches.AuthMethodAsArray && body["token_endpoint_auth_method"] is JsonValue method)
        {
            body["token_endpoint_auth_method"] = new JsonArray((string)method!);
        }

        if (switches.NumbersAsStrings)
        {
            foreach ((string name, JsonNode? value) in body.Where(member => member.Value?.GetValueKind() == JsonValueKind.Number).ToList())
            {
                body[name] = value!.ToJsonString();
            }
        }
    }

    private static void Override(JsonObject body, JsonObject? members)
    {
        foreach ((string name, JsonNode? value) in members ?? [])
        {
            body[name] = value?.DeepClone();
        }
    }
}
