using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>
/// Manual registration of client ID metadata documents (docs, register-applications-with-cimd; api/management/v2/clients: the schemas of
/// cimd/preview and cimd/register). What it would fetch from the net is <see cref="Auth0Switches.Documents"/>. The words are ours.
/// </summary>
internal static class Auth0Documents
{
    private const int LongestUrl = 120;
    private const int LargestDocument = 5 * 1024;

    private static readonly string[] Grants = ["authorization_code", "refresh_token"];

    // docs, CIMD JSON validation rules: the properties that Auth0 supports.
    private static readonly string[] Supported =
    [
        "client_id",
        "client_name",
        "redirect_uris",
        "grant_types",
        "application_type",
        "token_endpoint_auth_method",
        "jwks_uri",
        "logo_uri",
        "description",
        "response_types",
    ];

    /// <summary>
    /// Without a fetched document there are <c>errors</c>, and no <c>validation</c> (schema PreviewCimdMetadataResponseContent).
    /// </summary>
    public static Answer Preview(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        string url = UrlOf(request);
        JsonObject body = [];
        if (Find(state, url) is { } known)
        {
            body["client_id"] = known.ClientId;
        }

        if (Fetch(state, url, out string fault) is not { } document)
        {
            body["errors"] = new JsonArray(fault);
            return Answer.Json(200, body);
        }

        string[] violations = [.. Violations(url, document)];
        body["validation"] = Validation(document, violations);
        if (violations.Length == 0)
        {
            body["mapped_fields"] = Map(document);
        }

        return Answer.Json(200, body);
    }

    /// <summary>201 for a new client, 200 for one that is registered already; each by a scope of its own.</summary>
    public static Answer Register(ServerState state, IncomingRequest request)
    {
        IReadOnlyList<string> scopes = Auth0Access.Require(state, request);
        string url = UrlOf(request);
        RegisteredClient? client = Find(state, url);
        string needed = client is null ? "create:clients" : "update:clients";
        if (!scopes.Contains(needed))
        {
            throw Auth0Errors.InsufficientScope(needed);
        }

        JsonObject document = Fetch(state, url, out string fault) ?? throw Auth0Errors.InvalidBody(fault);
        if (Violations(url, document).FirstOrDefault() is { } violation)
        {
            throw Auth0Errors.InvalidBody("invalid_client_metadata: " + violation);
        }

        int status = client is null ? 201 : 200;
        client ??= state.Clients.Add("tpc_" + RandomText.Make(32), state.Now);
        client.Metadata = Auth0Clients.ThirdParty(Map(document), isStrict: true);
        JsonObject body = new()
        {
            ["client_id"] = client.ClientId,
            ["mapped_fields"] = Map(document),
            ["validation"] = Validation(document, []),
        };
        return Answer.Json(status, body).WithHeader("Location", $"{Auth0Routes.ApiPath}clients/{client.ClientId}");
    }

    private static string UrlOf(IncomingRequest request)
    {
        JsonObject body = Auth0Payload.Read(request, ["external_client_id"]);
        Auth0Payload.RequireMembers(body, "external_client_id");
        string url = body["external_client_id"].Text() ?? throw Auth0Errors.Payload("Expected type string", "external_client_id");
        bool isGood = Uri.TryCreate(url, UriKind.Absolute, out Uri? uri)
            && uri.Scheme == "https"
            && !uri.IsLoopback
            && uri.AbsolutePath.Length > 1
            && uri.UserInfo.Length + uri.Query.Length + uri.Fragment.Length == 0
            && !url.Contains("/.", StringComparison.Ordinal)
            && Encoding.UTF8.GetByteCount(url) <= LongestUrl;
        return isGood
            ? url
            : throw Auth0Errors.Payload("Object didn't pass validation for format absolute-https-uri", "external_client_id");
    }

    private static RegisteredClient? Find(ServerState state, string url) =>
        state.Clients.All.FirstOrDefault(client => client.Metadata["external_client_id"].Text() == url);

    private static JsonObject? Fetch(ServerState state, string url, out string fault)
    {
        fault = "Failed to fetch metadata document: the host was not found";
        if (!state.Switches.Auth0.Documents.TryGetValue(url, out JsonNode? published))
        {
            return null;
        }

        fault = published.Text() ?? (JsonSerializer.SerializeToUtf8Bytes(published).Length > LargestDocument ? "Document exceeds 5KB" : "");
        return fault.Length == 0 ? published as JsonObject : null;
    }

    /// <summary>docs, CIMD JSON validation rules.</summary>
    private static IEnumerable<string> Violations(string url, JsonObject document)
    {
        string? method = document["token_endpoint_auth_method"].Text();
        string? keys = document["jwks_uri"].Text();
        if (document["client_id"].Text() != url)
        {
            yield return "client_id must exactly match the document URL";
        }

        if (string.IsNullOrEmpty(document["client_name"].Text()))
        {
            yield return "client_name must be a non-empty string";
        }

        if (!document["grant_types"].Texts().Intersect(Grants).Any())
        {
            yield return "grant_types must include authorization_code or refresh_token";
        }

        if (document["grant_types"].Texts().Contains("authorization_code") && !document["redirect_uris"].Texts().Any())
        {
            yield return "redirect_uris is required";
        }

        if (method is not (null or "none" or "private_key_jwt"))
        {
            yield return "token_endpoint_auth_method must be none or private_key_jwt";
        }

        if (document.ContainsKey("jwks"))
        {
            yield return "inline jwks is not supported";
        }

        if (method == "private_key_jwt" && keys is null)
        {
            yield return "jwks_uri is required for private_key_jwt";
        }

        if (keys is not null && new Uri(keys).GetLeftPart(UriPartial.Authority) != new Uri(url).GetLeftPart(UriPartial.Authority))
        {
            yield return "jwks_uri must have the origin of client_id";
        }
    }

    private static JsonObject Validation(JsonObject document, string[] violations)
    {
        IEnumerable<string> warnings = document["grant_types"]
            .Texts()
            .Except(Grants)
            .Select(grant => $"Grant type not supported: '{grant}'")
            .Concat(document.Select(member => member.Key).Except(Supported).Select(name => $"Property not supported: '{name}'"));
        return new JsonObject
        {
            ["valid"] = violations.Length == 0,
            ["violations"] = new JsonArray([.. violations.Select(violation => JsonValue.Create(violation))]),
            ["warnings"] = new JsonArray([.. warnings.Select(warning => JsonValue.Create(warning))]),
        };
    }

    /// <summary>docs, CIMD JSON validation rules, Auth0 Mapping.</summary>
    private static JsonObject Map(JsonObject document)
    {
        JsonObject fields = new()
        {
            ["external_client_id"] = document["client_id"]!.DeepClone(),
            ["name"] = document["client_name"]!.DeepClone(),
            ["app_type"] = document["application_type"].Text() == "native" ? "native" : "regular_web",
            ["callbacks"] = document["redirect_uris"]?.DeepClone(),
            ["grant_types"] = new JsonArray([
                .. document["grant_types"].Texts().Intersect(Grants).Select(grant => JsonValue.Create(grant)),
            ]),
        };
        foreach (string name in new[] { "logo_uri", "description", "jwks_uri" })
        {
            if (document[name] is { } value)
            {
                fields[name] = value.DeepClone();
            }
        }

        if (document["token_endpoint_auth_method"].Text() == "private_key_jwt")
        {
            JsonObject credential = new() { ["credential_type"] = "public_key", ["kid"] = "key-1", ["alg"] = "RS256" };
            fields["client_authentication_methods"] = new JsonObject
            {
                ["private_key_jwt"] = new JsonObject { ["credentials"] = new JsonArray(credential) },
            };
        }
        else
        {
            fields["token_endpoint_auth_method"] = "none";
        }

        return fields;
    }
}
