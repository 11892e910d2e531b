using System;
using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>
/// What security profiles have against a client as it is registered: RFC 9700 (Best Current Practice for OAuth 2.0 Security) and the FAPI
/// 2.0 Security Profile. What RFC 9700 forbids is Failed; what it advises against, or FAPI 2.0 alone forbids, is a Warning.
/// </summary>
internal static class ClientPosture
{
    /// <param name="client">As the server granted it.</param>
    /// <param name="server">Empty where nothing was discovered: then nothing is said of what it could do.</param>
    /// <returns>One for each finding; one that has passed where there is none.</returns>
    public static IEnumerable<DcrCheck> Judge(JsonBag client, ServerMetadata server) =>
        OfGrants(client)
            .Concat(OfRedirects(client))
            .Concat(OfAuthentication(client, server))
            .Concat(OfCode(client, server))
            .Concat(OfTokens(client, server))
            .DefaultIfEmpty(DcrCheck.Passed("Nothing in its registration is against RFC 9700 or FAPI 2.0."));

    private static IEnumerable<DcrCheck> OfGrants(JsonBag client)
    {
        var grants = ClientFlows.Grants(client);
        if (grants.Contains("password"))
        {
            yield return DcrCheck.Failed(
                "It may use the password grant, which must not be used (RFC 9700, section 2.4; FAPI 2.0, section 5.3.2.1).",
                "Leave password out of its grant types: Set-DcrClient -GrantType. Users sign in by authorization_code."
            );
        }

        if (grants.Contains("implicit") || ClientFlows.Responses(client).SelectMany(JsonBag.SplitWords).Contains("token"))
        {
            yield return DcrCheck.Warning(
                "It may use the implicit grant, where tokens pass through the browser (RFC 9700, section 2.1.2; FAPI 2.0, section "
                    + "5.3.2.2).",
                "Use authorization_code with PKCE: Set-DcrClient -GrantType authorization_code -ResponseType code."
            );
        }
    }

    private static IEnumerable<DcrCheck> OfRedirects(JsonBag client)
    {
        var uris = client.Texts(ClientMember.RedirectUris);
        var wild = uris.Where(static uri => uri.Contains('*')).ToList();
        if (wild.Count > 0)
        {
            yield return DcrCheck.Failed(
                $"Redirect URIs with a wildcard: {string.Join(", ", wild)}. Servers must compare letter by letter (RFC 9700, section 2.1).",
                "Name each address in a redirect URI of its own: Set-DcrClient -RedirectUri."
            );
        }

        var plain = uris.Where(static uri =>
                UriText.Absolute(uri) is { } parsed && parsed.Scheme == Uri.UriSchemeHttp && !parsed.IsLoopback
            )
            .ToList();
        if (plain.Count > 0)
        {
            yield return DcrCheck.Failed(
                $"Redirect URIs with plain http: {string.Join(", ", plain)}. Only loopback addresses may have it (RFC 9700, section 2.6; "
                    + "FAPI 2.0, section 5.3.2.2).",
                "Use https: Set-DcrClient -RedirectUri."
            );
        }
    }

    private static IEnumerable<DcrCheck> OfAuthentication(JsonBag client, ServerMetadata server)
    {
        var method = ClientFlows.Method(client);
        var keyed = server
            .TokenEndpointAuthMethods.Where(static offered =>
                offered is "private_key_jwt" or "tls_client_auth" or "self_signed_tls_client_auth"
            )
            .ToList();
        if (method == "none")
        {
            yield return DcrCheck.Warning(
                "It is a public client: whoever knows its id can pose as it. FAPI 2.0 has none (section 5.3.2.1).",
                "If it runs on a server, have it prove who it is: private_key_jwt."
            );
        }
        else if (method.StartsWith("client_secret_", StringComparison.Ordinal) && keyed.Count > 0)
        {
            yield return DcrCheck.Warning(
                $"It proves itself by a shared secret ({method}), though the server takes {string.Join(", ", keyed)} (RFC 9700, section "
                    + "2.5; FAPI 2.0, section 5.3.2.1).",
                "Give it a key: New-DcrKey, then Set-DcrClient -TokenEndpointAuthMethod private_key_jwt -Jwks."
            );
        }
    }

    private static IEnumerable<DcrCheck> OfCode(JsonBag client, ServerMetadata server)
    {
        if (!server.IsEmpty && ClientFlows.UsesCode(client) && !server.CodeChallengeMethods.Contains("S256"))
        {
            yield return DcrCheck.Warning(
                "The server does not say that it has PKCE with S256, which makes a stolen code useless (RFC 9700, section 2.1.1; FAPI "
                    + "2.0, section 5.3.2.2).",
                "Have the application use PKCE all the same, and ask the server's operator."
            );
        }
    }

    private static IEnumerable<DcrCheck> OfTokens(JsonBag client, ServerMetadata server)
    {
        if (!ClientFlows.IsTrue(client, ClientFlows.DpopBound) && !ClientFlows.IsTrue(client, ClientFlows.CertificateBound))
        {
            yield return DcrCheck.Warning(
                "Its access tokens are not bound to it: whoever steals one can use it (RFC 9700, section 2.2.1; FAPI 2.0, section "
                    + "5.3.2.1).",
                server.TakesDpop ? "The server has DPoP: Set-DcrClient -Metadata @{ dpop_bound_access_tokens = $true }."
                : server.BindsToCertificates
                    ? "The server binds tokens to certificates: Set-DcrClient -Metadata @{ tls_client_certificate_bound_access_tokens = "
                        + "$true }."
                : "The server offers neither DPoP nor certificate-bound tokens: keep tokens short-lived."
            );
        }
    }
}
