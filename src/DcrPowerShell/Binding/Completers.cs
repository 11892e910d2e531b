using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Language;
using DcrPowerShell.Errors;
using DcrPowerShell.Hosting;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Binding;

/// <summary>Offers values that fit what is typed so far; quotes them where they need it. Asks neither a server nor a vault.</summary>
public abstract class ValueCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var pattern = NamePattern.Of(wordToComplete.Trim('\'', '"') + "*");
        return Values(fakeBoundParameters)
            .Where(value => pattern.IsMatch(value.Text))
            .Select(value => new CompletionResult(Quoted(value.Text), value.Text, CompletionResultType.ParameterValue, value.Tip ?? value.Text));
    }

    /// <summary>The values, each with what to show beside it.</summary>
    protected abstract IEnumerable<(string Text, string? Tip)> Values(IDictionary bound);

    private static string Quoted(string text) =>
        text.All(character => char.IsLetterOrDigit(character) || character is '_' or '-' or '.' or ':' or '/') ? text : $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";
}

/// <summary>Names of this runspace's connections.</summary>
public sealed class ConnectionNameCompleter : ValueCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Text, string? Tip)> Values(IDictionary bound) =>
        RunspaceState.Current.Connections.Select(connection => (connection.Name, (string?)connection.Issuer));
}

/// <summary>Names of registered vaults.</summary>
public sealed class VaultNameCompleter : ValueCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Text, string? Tip)> Values(IDictionary bound)
    {
        try
        {
            return SecretManagementVault.Registered().Names.Select(name => (name, (string?)null));
        }
        catch (DcrException)
        {
            // Without SecretManagement there are no vaults.
            return [];
        }
    }
}

/// <summary>Ids of clients that this runspace has seen at the connection's issuer.</summary>
public sealed class ClientIdCompleter : ValueCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Text, string? Tip)> Values(IDictionary bound)
    {
        var state = RunspaceState.Current;
        var connection = bound["Connection"] switch
        {
            DcrConnection given => given,
            string name => state.Find(name),
            _ => state.Default,
        };
        return connection is null ? [] : state.KnownClients(connection.Issuer).OrderBy(client => client.ClientName, StringComparer.CurrentCulture).Select(client => (client.ClientId, client.ClientName));
    }
}

/// <summary>Grant types (RFC 7591, section 2, and the IANA registry of OAuth URIs). Servers may know more.</summary>
public sealed class GrantTypeCompleter : ValueCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Text, string? Tip)> Values(IDictionary bound) =>
    [
        ("authorization_code", "A user signs in, in a browser"),
        ("client_credentials", "The client acts for itself"),
        ("refresh_token", "New access tokens without the user"),
        ("implicit", "Tokens in the front channel; outdated"),
        ("urn:ietf:params:oauth:grant-type:device_code", "RFC 8628: devices without a browser"),
        ("urn:ietf:params:oauth:grant-type:jwt-bearer", "RFC 7523: a JWT as authorization grant"),
        ("urn:ietf:params:oauth:grant-type:saml2-bearer", "RFC 7522: a SAML assertion as authorization grant"),
        ("urn:ietf:params:oauth:grant-type:token-exchange", "RFC 8693: one token for another"),
        ("urn:openid:params:grant-type:ciba", "OpenID Connect CIBA: sign-in on another device"),
    ];
}

/// <summary>Response types (RFC 7591, section 2; OAuth 2.0 Multiple Response Type Encoding Practices).</summary>
public sealed class ResponseTypeCompleter : ValueCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Text, string? Tip)> Values(IDictionary bound) =>
        [("code", "For the grant type authorization_code"), ("id_token", "For the grant type implicit"), ("token", "For the grant type implicit"), ("none", null)];
}

/// <summary>Ways for a client to prove who it is (RFC 7591, section 2; RFC 8705; OpenID Connect Core 1.0, section 9).</summary>
public sealed class AuthMethodCompleter : ValueCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Text, string? Tip)> Values(IDictionary bound) =>
    [
        ("client_secret_basic", "A secret, in the Authorization header"),
        ("client_secret_post", "A secret, in the body"),
        ("client_secret_jwt", "A JWT signed with the secret"),
        ("private_key_jwt", "A JWT signed with a private key; needs -Jwks or -JwksUri"),
        ("tls_client_auth", "A certificate from an authority (RFC 8705)"),
        ("self_signed_tls_client_auth", "A certificate of its own (RFC 8705)"),
        ("none", "A public client, without any secret"),
    ];
}

/// <summary>Application types (OpenID Connect Dynamic Client Registration 1.0, section 2).</summary>
public sealed class ApplicationTypeCompleter : ValueCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Text, string? Tip)> Values(IDictionary bound) =>
        [("web", "Runs on a server or in a browser"), ("native", "Runs on the user's device")];
}
