using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;
using DcrPowerShell.TestServer.Tokens;
using Microsoft.AspNetCore.WebUtilities;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>
/// The public keys of applications (docs, api/management/v2/clients/post-credentials and
/// get-started/applications/configure-private-key-jwt;
/// recordings, TestAccClientCredentialsPrivateKeyJWTFullRotation). Words of refusals are those that terraform-provider-auth0 looks for
/// (internal/auth0/client/resource_credentials.go); their status isn't known.
/// </summary>
internal static class Auth0Credentials
{
    /// <summary>Of one application, in use or not. docs, rotate-credentials, says two; the provider has met four.</summary>
    private const int MaxStored = 4;

    /// <summary>types: PostClientCredentialRequestContent.</summary>
    private static readonly string[] Creatable =
    [
        "credential_type",
        "name",
        "subject_dn",
        "pem",
        "alg",
        "parse_expiry_from_cert",
        "expires_at",
        "kid",
    ];

    private static readonly Regex KeyId = new("^[0-9a-zA-Z_-]{10,64}$");

    /// <summary>A bare array, whatever the query says; the newest first.</summary>
    public static Answer List(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        RegisteredClient client = Auth0Clients.Find(state, request);
        return Answer.Json(200, new JsonArray([.. Of(state, client).Reverse().Select(Shown)]));
    }

    public static Answer Create(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        RegisteredClient client = Auth0Clients.Find(state, request);
        JsonObject body = Auth0Payload.Read(request, Creatable);
        Auth0Payload.RequireMembers(body, "credential_type", "pem");
        Auth0ClientRules.CheckOneOf(body["credential_type"], "credential_type", "public_key");
        Auth0ClientRules.CheckOneOf(body["alg"], "alg", "RS256", "RS384", "PS256");
        if (body["kid"] is { } kid && !KeyId.IsMatch(kid.Text() ?? ""))
        {
            throw Auth0Errors.Payload("String does not match pattern ^[0-9a-zA-Z-_]{10,64}$", "kid");
        }

        string thumbprint = Thumbprint(body["pem"].Text() ?? "");
        if (Of(state, client).Any(other => other["thumbprint"].Text() == thumbprint))
        {
            throw Auth0Errors.InvalidBody("credentials contains public keys that already exist in client");
        }

        if (Of(state, client).Count() >= MaxStored)
        {
            throw Auth0Errors.InvalidBody("A client can have a maximum of 4 credentials.");
        }

        string now = state.Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
        JsonObject credential = new()
        {
            ["client_id"] = client.ClientId,
            ["thumbprint"] = thumbprint,
            ["id"] = "cred_" + RandomText.Make(22),
            ["credential_type"] = "public_key",
            ["kid"] = body["kid"].Text() ?? thumbprint,
            ["alg"] = body["alg"].Text() ?? "RS256",
            ["name"] = body["name"].Text() ?? "",
            ["created_at"] = now,
            ["updated_at"] = now,
        };
        state.Tenant.Credentials.Add(credential);
        return Answer.Json(201, Shown(credential));
    }

    public static Answer Delete(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        RegisteredClient client = Auth0Clients.Find(state, request);
        JsonObject credential = Of(state, client).FirstOrDefault(credential => credential["id"].Text() == request.Route.ResourceId)
            ?? throw Auth0Errors.NotFound("The credential does not exist", null);
        if (InUse(client.Metadata).Contains(request.Route.ResourceId))
        {
            throw Auth0Errors.InvalidBody("The credential is still associated with a client.");
        }

        state.Tenant.Credentials.Remove(credential);
        return Answer.Empty(204);
    }

    /// <summary>
    /// What a PATCH may say of how a third-party application authenticates: by private_key_jwt only (docs, security-controls), with stored
    /// credentials, and then without a method for the token endpoint (docs, configure-private-key-jwt).
    /// </summary>
    public static void CheckUse(ServerState state, RegisteredClient client, JsonObject patch)
    {
        if (patch["client_authentication_methods"] is not JsonObject methods)
        {
            return;
        }

        if (
            methods.Count != 1
            || methods["private_key_jwt"] is not JsonObject { Count: 1 } used
            || used["credentials"] is not JsonArray list
        )
        {
            throw Auth0Errors.Payload("Object didn't pass validation", "client_authentication_methods");
        }

        if (list.Count > 2)
        {
            throw Auth0Errors.Payload(
                $"Array is too long ({list.Count}), maximum 2",
                "client_authentication_methods.private_key_jwt.credentials"
            );
        }

        if (InUse(patch).Except(Of(state, client).Select(credential => credential["id"].Text())).Any())
        {
            throw Auth0Errors.InvalidBody("client_authentication_methods names a credential that does not exist.");
        }

        if ((patch.ContainsKey("token_endpoint_auth_method") ? patch : client.Metadata)["token_endpoint_auth_method"] is not null)
        {
            throw Auth0Errors.InvalidBody("token_endpoint_auth_method and client_authentication_methods exclude each other.");
        }
    }

    private static IEnumerable<JsonObject> Of(ServerState state, RegisteredClient client) =>
        state.Tenant.Credentials.Where(credential => credential["client_id"].Text() == client.ClientId);

    private static IEnumerable<string?> InUse(JsonObject application) =>
        (application["client_authentication_methods"]?["private_key_jwt"]?["credentials"] as JsonArray ?? []).Select(credential =>
            credential!["id"].Text()
        );

    /// <summary>Without the key (types: ClientCredential), and what only this server notes.</summary>
    private static JsonObject Shown(JsonObject credential)
    {
        JsonObject shown = credential.DeepClone().AsObject();
        shown.Remove("client_id");
        shown.Remove("thumbprint");
        return shown;
    }

    private static string Thumbprint(string pem)
    {
        using RSA rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(pem);
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            throw Auth0Errors.Payload("Invalid public key", "pem");
        }

        if (rsa.KeySize is < 2048 or > 4096)
        {
            throw Auth0Errors.Payload("Invalid RSA key size", "pem");
        }

        RSAParameters key = rsa.ExportParameters(includePrivateParameters: false);
        return Jws.Thumbprint(
            new JsonObject
            {
                ["kty"] = "RSA",
                ["n"] = WebEncoders.Base64UrlEncode(key.Modulus!),
                ["e"] = WebEncoders.Base64UrlEncode(key.Exponent!),
            }
        );
    }
}
