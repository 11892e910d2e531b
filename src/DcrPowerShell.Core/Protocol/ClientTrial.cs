using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using DcrPowerShell.Metadata;
using static DcrPowerShell.Errors.ErrorWords;

namespace DcrPowerShell.Protocol;

/// <summary>
/// Requests that try a client's own authentication, and what their answers prove. They may be repeated: a token that nobody uses expires,
/// and so does a pushed request. What a server issues stands in no result.
/// </summary>
internal static class ClientTrial
{
    // About a user, who takes no part in client_credentials (OpenID Connect Core 1.0, section 5.4 and 11).
    private static readonly string[] OfUsers =
        ["openid", "profile", "email", "address", "phone", "offline_access", "online_access"];

    /// <summary>A token for the client itself (RFC 6749, section 4.4).</summary>
    public static ProtocolRequest Token(Uri endpoint, JsonBag client)
    {
        var scope = ScopeOf(client);
        return Post(endpoint, [new("grant_type", "client_credentials"), .. scope.Length > 0 ? Field("scope", scope) : []]);
    }

    /// <summary>A token for a code that no server ever issued (RFC 6749, section 4.1.3).</summary>
    /// <param name="random">Stands for the code, and for the verifier of its challenge.</param>
    public static ProtocolRequest MadeUpCode(Uri endpoint, JsonBag client, string random) =>
        Post(
            endpoint,
            [
                new("grant_type", "authorization_code"),
                new("code", random),
                .. client.Texts(ClientMember.RedirectUris).Take(1).SelectMany(static uri => Field("redirect_uri", uri)),
                new("code_verifier", random),
            ]
        );

    /// <summary>An authorization request that no browser will follow (RFC 9126, section 2.1), with PKCE.</summary>
    /// <param name="random">Stands for the challenge; 43 characters, as a SHA-256 has.</param>
    public static ProtocolRequest Push(Uri endpoint, JsonBag client, string clientId, string redirectUri, string random)
    {
        var response = ClientFlows.Responses(client).First(static type => JsonBag.SplitWords(type).Contains("code"));
        var scope = client.Text(ClientMember.Scope);
        return Post(
            endpoint,
            [
                new("client_id", clientId),
                new("response_type", response),
                new("redirect_uri", redirectUri),
                .. scope is { Length: > 0 } ? Field("scope", scope) : [],
                new("state", random),
                .. response == "code" ? [] : Field("nonce", random),
                new("code_challenge", random),
                new("code_challenge_method", "S256"),
            ]
        );
    }

    public static DcrCheck JudgeToken(ProtocolRequest request, ProtocolResponse response, string method)
    {
        if (Refusal(request, response, method) is { } refusal)
        {
            return refusal;
        }

        var server = ServerErrorReader.Read(response);
        var place = request.Uri.Authority;
        if (!response.IsSuccess || (server.Code is not null && !HasMember(response, "access_token")))
        {
            return server.Code switch
            {
                "unauthorized_client" => DcrCheck.Failed(
                    $"{place} does not let it use client_credentials, though its registration has that grant "
                        + $"(unauthorized_client).{Said(server)}",
                    "Have the server's administrator allow the grant for this client."
                ),
                "invalid_scope" => DcrCheck.Failed(
                    $"{place} accepted its authentication ({method}) and refused its scope, '{ScopeIn(request)}' "
                        + $"(invalid_scope).{Said(server)}",
                    "Have the scope granted to this client, or name another: Set-DcrClient -Scope."
                ),
                _ => DcrCheck.Warning(
                    $"{place} issued no token ({CodeOf(server)}), and not for its authentication ({method}), as far as the answer "
                        + $"says.{Said(server)}",
                    "Look the code up in the server's documentation: some servers want more in such a request, such as an audience."
                ),
            };
        }

        if (!response.TryReadJson(out var answer, out _) || answer.Text("access_token") is not { Length: > 0 })
        {
            return DcrCheck.Failed(
                $"{place} answered HTTP {response.Status} without an access token.",
                "Check that the token endpoint is the authorization server's own, and tell the server's operator."
            );
        }

        var left = answer.Has("scope") ? JsonBag.SplitWords(ScopeIn(request)).Except(answer.Words("scope")).ToList() : [];
        var accepted = $"{place} accepted its authentication ({method}) and issued an access token";
        return left.Count == 0
            ? DcrCheck.Passed($"{accepted}.")
            : DcrCheck.Warning(
                $"{accepted}, without the scope {string.Join(" ", left)}.",
                "Have the scope granted to this client, or leave it out: Set-DcrClient -Scope."
            );
    }

    /// <summary>
    /// A server authenticates the client before it looks at the code (RFC 6749, section 4.1.3), though nothing makes it say so.
    /// </summary>
    public static DcrCheck JudgeMadeUpCode(ProtocolRequest request, ProtocolResponse response, string method)
    {
        if (Refusal(request, response, method) is { } refusal)
        {
            return refusal;
        }

        var server = ServerErrorReader.Read(response);
        var place = request.Uri.Authority;
        return response.IsSuccess && HasMember(response, "access_token")
                ? DcrCheck.Failed(
                    $"{place} issued an access token for a made-up code.",
                    "Tell the server's operator at once: anybody gets tokens there."
                )
            : server.Code == "invalid_grant"
                ? DcrCheck.Passed(
                    method == "none"
                        ? $"{place} refused a made-up code for the code itself (invalid_grant): it knows the public client."
                        : $"{place} refused a made-up code for the code itself (invalid_grant): it likely accepted the authentication "
                            + $"({method})."
                )
            : DcrCheck.Warning(
                $"{place} refused a made-up code ({CodeOf(server)}), and does not say whether it accepted the authentication "
                    + $"({method}).{Said(server)}",
                "Look the code up in the server's documentation."
            );
    }

    /// <summary>Null where the server took it (RFC 9126, section 2.2).</summary>
    public static DcrCheck? JudgePush(ProtocolRequest request, ProtocolResponse response, string method)
    {
        var refusal = Refusal(request, response, method);
        if (refusal is not null || (response.IsSuccess && HasMember(response, "request_uri")))
        {
            return refusal;
        }

        var server = ServerErrorReader.Read(response);
        var place = request.Uri.Authority;
        return server.Code switch
        {
            "invalid_scope" => DcrCheck.Failed(
                $"{place} refused the scope that is registered, '{ScopeIn(request)}' (invalid_scope).{Said(server)}",
                "Have the scope granted to this client, or name another: Set-DcrClient -Scope."
            ),
            "unauthorized_client" => DcrCheck.Failed(
                $"{place} does not let it ask for authorization (unauthorized_client).{Said(server)}",
                "Have the server's administrator allow the authorization code grant for this client."
            ),
            _ => DcrCheck.Failed(
                $"{place} refused a request with the redirect URI {Field(request, "redirect_uri")} ({CodeOf(server)}).{Said(server)}",
                "If the reason is the redirect URI, correct it: Set-DcrClient -RedirectUri."
            ),
        };
    }

    /// <summary>Whether the answer shows that the client was not authenticated (RFC 6749, section 5.2).</summary>
    public static bool IsUnproven(ProtocolResponse response) =>
        ServerErrorReader.Read(response).Code is var code
        && (code == "invalid_client" || (response.Status == 401 && code is null or "invalid_token" or "access_denied"));

    /// <summary>The authentication was refused, or no answer of the token endpoint came at all; else null.</summary>
    private static DcrCheck? Refusal(ProtocolRequest request, ProtocolResponse response, string method)
    {
        var server = ServerErrorReader.Read(response);
        return
            response.Status is 407 or 429 or (>= 300 and < 400) or >= 500
                ? DcrCheck.Failed(Refusals.Judge(request, response, server))
            : Refusals.InFront(request, response) is { } page ? DcrCheck.Failed(page)
            : IsUnproven(response)
                ? DcrCheck.Failed(
                    method == "none"
                        ? $"{request.Uri.Authority} does not know it as a public client ({CodeOf(server)}).{Said(server)}"
                        : $"{request.Uri.Authority} refused its authentication ({method}; {CodeOf(server)}).{Said(server)}",
                    method switch
                    {
                        "none" => "Compare its registration with the server's: Get-DcrClient.",
                        "private_key_jwt" =>
                            "Make sure that the server has the public half of the key (the check Keys), and that the clocks agree: "
                                + "Test-DcrServer.",
                        _ => "The secret that is kept is not the server's. Make a new one (Reset-DcrClientSecret), or take the right "
                            + "one in (Import-DcrClient).",
                    }
                )
            : null;
    }

    private static ProtocolRequest Post(Uri endpoint, IReadOnlyList<KeyValuePair<string, string>> form) =>
        new(HttpMethod.Post, endpoint, RequestEffect.None) { Form = form };

    private static KeyValuePair<string, string>[] Field(string name, string value) => [new(name, value)];

    private static string Field(ProtocolRequest request, string name) => request.Form!.First(field => field.Key == name).Value;

    private static bool HasMember(ProtocolResponse response, string name) =>
        response.TryReadJson(out var answer, out _) && answer.Text(name) is { Length: > 0 };

    private static string ScopeOf(JsonBag client) => string.Join(" ", client.Words(ClientMember.Scope).Except(OfUsers));

    private static string ScopeIn(ProtocolRequest request) =>
        request.Form!.Where(static field => field.Key == "scope").Select(static field => field.Value).FirstOrDefault() ?? "";
}
