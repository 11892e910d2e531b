using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Udap;

/// <summary>Judges what a software statement says of the client (registration.md, "Software Statement JWT Claims").</summary>
internal static class UdapClientRules
{
    private static readonly string[] GrantTypes = ["authorization_code", "refresh_token", "client_credentials"];
    private static readonly string[] ImageTypes = [".png", ".jpg", ".jpeg", ".gif"];

    public static void Check(JsonObject claims)
    {
        RequireText(claims, "client_name");
        RequireText(claims, "scope");
        CheckScope((string)claims["scope"]!);
        if (!TextsOf(claims, "contacts").Any(contact => IsOf("mailto", contact) && contact.Contains('@', StringComparison.Ordinal)))
        {
            throw Refused.Metadata("contacts must hold a mailto URI");
        }

        if (claims["token_endpoint_auth_method"].Text() != "private_key_jwt")
        {
            throw Refused.Metadata("token_endpoint_auth_method must be private_key_jwt");
        }

        IReadOnlyList<string> grants = TextsOf(claims, "grant_types");
        CheckGrants(grants);
        if (grants.Contains("authorization_code"))
        {
            CheckCode(claims);
        }
        else if (new[] { "redirect_uris", "response_types" }.FirstOrDefault(claims.ContainsKey) is { } surplus)
        {
            throw Refused.Metadata($"{surplus} must be absent without authorization_code");
        }

        if (claims.ContainsKey("logo_uri"))
        {
            CheckLogo(claims["logo_uri"].Text());
        }
    }

    private static void RequireText(JsonObject claims, string name)
    {
        if (string.IsNullOrWhiteSpace(claims[name].Text()))
        {
            throw Refused.Metadata($"{name} is missing");
        }
    }

    /// <summary>general.md, "Scope negotiation": a wildcard may be asked for only where the metadata name it.</summary>
    private static void CheckScope(string scope)
    {
        if (scope.Split(' ').FirstOrDefault(one => one.Contains('*', StringComparison.Ordinal)) is { } wildcard)
        {
            throw Refused.Metadata($"the wildcard scope {wildcard} is not supported");
        }
    }

    private static void CheckGrants(IReadOnlyList<string> grants)
    {
        if (grants.Except(GrantTypes).FirstOrDefault() is { } unknown)
        {
            throw Refused.Metadata($"the grant type {unknown} is not supported");
        }

        // None at all cancels.
        bool isCode = grants.Contains("authorization_code");
        if (grants.Count > 0 && isCode == grants.Contains("client_credentials"))
        {
            throw Refused.Metadata("grant_types must hold one of authorization_code and client_credentials");
        }

        if (grants.Contains("refresh_token") && !isCode)
        {
            throw Refused.Metadata("refresh_token needs authorization_code");
        }
    }

    private static void CheckCode(JsonObject claims)
    {
        IReadOnlyList<string> redirectUris = TextsOf(claims, "redirect_uris");
        if (redirectUris.Count == 0 || !redirectUris.All(uri => IsOf("https", uri)))
        {
            throw Refused.RedirectUri("redirect_uris must hold https URIs");
        }

        if (claims["response_types"] is not JsonArray { Count: 1 } types || types[0].Text() != "code")
        {
            throw Refused.Metadata("response_types must be [\"code\"]");
        }

        RequireText(claims, "logo_uri");
    }

    private static void CheckLogo(string? logo)
    {
        if (
            logo is null
            || !IsOf("https", logo)
            || !ImageTypes.Any(type => new Uri(logo).AbsolutePath.EndsWith(type, StringComparison.OrdinalIgnoreCase))
        )
        {
            throw Refused.Metadata("logo_uri must be an https URL of a PNG, JPG or GIF");
        }
    }

    /// <summary>The texts of a member that must be an array of nothing else.</summary>
    private static IReadOnlyList<string> TextsOf(JsonObject claims, string name) =>
        claims[name] is JsonArray array && claims[name].Texts() is { } texts && texts.Count == array.Count
            ? texts
            : throw Refused.Metadata($"{name} must be an array of strings");

    private static bool IsOf(string scheme, string uri) => Uri.TryCreate(uri, UriKind.Absolute, out Uri? parsed) && parsed.Scheme == scheme;
}
