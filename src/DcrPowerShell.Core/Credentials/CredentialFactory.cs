using System;
using System.Linq;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Credentials;

/// <summary>What a server, and its dialect, want of those who ask it for a token.</summary>
/// <param name="Endpoint">The token endpoint; null where the server names none.</param>
/// <param name="AssertionAudience">The audience of an assertion: the issuer, or the token endpoint.</param>
/// <param name="Audience">Which API the token is for; null where the server does not want to be told.</param>
internal sealed record TokenRules(Uri? Endpoint, string AssertionAudience, string? Audience)
{
    /// <summary>Whether a client secret goes in the form, whatever the server's metadata names beside that.</summary>
    public bool SecretInForm { get; init; }

    /// <summary>What a refusal means at this server; null where it means what it does elsewhere.</summary>
    public Func<ServerError, DcrException?> Explain { get; init; } = static _ => null;
}

/// <summary>Makes the credential of a connection once the server is known.</summary>
internal static class CredentialFactory
{
    /// <param name="input">Null for open registration.</param>
    /// <param name="scope">Words that the user named; null for what each operation needs.</param>
    /// <exception cref="DcrException">The server has no token endpoint.</exception>
    public static ICredential Create(
        CredentialInput? input,
        ServerMetadata server,
        TokenRules rules,
        string? scope,
        DcrDPoP dpop,
        HttpSender sender,
        IClock clock
    ) =>
        input switch
        {
            null => new NoCredential(),
            CredentialInput.Token token => token.Value,
            CredentialInput.Basic basic => basic.Value,
            _ => new ClientCredentials(
                new TokenSource(
                    rules.Endpoint ?? throw CredentialErrors.NoTokenEndpoint(),
                    Authentication(input, server, rules),
                    scope,
                    rules.Audience,
                    rules.Explain
                ),
                new DpopBinding(dpop),
                sender,
                clock
            ),
        };

    private static IClientAuthentication Authentication(CredentialInput input, ServerMetadata server, TokenRules rules) => input switch
    {
        CredentialInput.Secret secret => new ClientSecret(secret.ClientId, secret.Value, inForm: rules.SecretInForm || WantsForm(server)),
        CredentialInput.Key key => new PrivateKeyJwt(key.ClientId, key.Value, rules.AssertionAudience),
        CredentialInput.Certificate certificate => new CertificateOnly(certificate.ClientId),
        _ => throw new ArgumentOutOfRangeException(nameof(input)),
    };

    /// <summary>The header is the default (RFC 6749, section 2.3.1), the form for servers that name only that.</summary>
    private static bool WantsForm(ServerMetadata server) =>
        server.TokenEndpointAuthMethods.Contains("client_secret_post") && !server.TokenEndpointAuthMethods.Contains("client_secret_basic");
}
