using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Language;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Session;

namespace DcrPowerShell.Binding;

/// <summary>Offers values that fit what is typed so far; quotes them where they need it. Asks neither a server nor a vault.</summary>
public abstract class ValueCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters
    )
    {
        var pattern = new NamePattern(WildcardPattern.Escape(wordToComplete.Trim('\'', '"')) + "*");
        return Values(fakeBoundParameters)
            .Where(value => Redaction.IsPrintable(value.Text) && IsMatch(pattern, value)) // What steers a terminal is not offered.
            .Select(value => new CompletionResult(
                Quoted(Written(value.Text)),
                Redaction.Printable(Listed(value)),
                CompletionResultType.ParameterValue,
                Redaction.Printable(value.Tip ?? value.Text)
            ));
    }

    /// <summary>The values, each with what to show beside it.</summary>
    protected abstract IEnumerable<(string Text, string? Tip)> Values(IDictionary bound);

    private protected virtual bool IsMatch(NamePattern typed, (string Text, string? Tip) value) => typed.IsMatch(value.Text);

    /// <summary>As the parameter takes it.</summary>
    private protected virtual string Written(string text) => text;

    /// <summary>As a list of completions shows it.</summary>
    private protected virtual string Listed((string Text, string? Tip) value) => value.Text;

    private static string Quoted(string text) => IsBareWord(text) ? text : $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";

    /// <summary>
    /// Whether a text needs no quotes in a list. PowerShell reads 0123 or 1kb as a number and -x as a parameter, so its parser is asked
    /// where a text does not begin with a letter.
    /// </summary>
    private static bool IsBareWord(string text) =>
        text.All(static character => char.IsLetterOrDigit(character) || character is '_' or '-' or '.' or ':' or '/')
        && (
            char.IsLetter(text.FirstOrDefault())
            || (
                Parser
                    .ParseInput($"x {text},{text}", out _, out _)
                    .Find(static ast => ast is ArrayLiteralAst, searchNestedScriptBlocks: false)
                    is ArrayLiteralAst list
                && list.Elements.All(static element => element is StringConstantExpressionAst)
            )
        );
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
            return ProcessState.Vaults.Registry.All().Select(static vault => (vault.Name, (string?)null));
        }
        catch (DcrException)
        {
            // Without SecretManagement there are no vaults.
            return [];
        }
    }
}

/// <summary>Values that the connection knows of: the one that is named, else the default.</summary>
public abstract class ConnectionCompleter : ValueCompleter
{
    /// <inheritdoc/>
    protected sealed override IEnumerable<(string Text, string? Tip)> Values(IDictionary bound)
    {
        var state = RunspaceState.Current;
        var connection = bound["Connection"] switch
        {
            DcrConnection given => given,
            string name => state.Find(name),
            _ => state.Default,
        };
        return connection is null ? [] : Values(connection);
    }

    private protected abstract IEnumerable<(string Text, string? Tip)> Values(DcrConnection connection);

    /// <summary>Clients that are kept of the connection's server, and those that a list of the server's has shown here.</summary>
    private protected static IEnumerable<(string ClientId, string? ClientName, string? Tenant)> Clients(DcrConnection connection)
    {
        var clients = new Dictionary<string, (string ClientId, string? ClientName, string? Tenant)>(StringComparer.Ordinal);
        foreach (var (clientId, name) in RunspaceState.Current.KnownClients(connection.Issuer))
        {
            clients[clientId] = (clientId, name, null);
        }

        try
        {
            foreach (var found in connection.Ledger.Registrations.List(connection.Issuer))
            {
                clients[found.Record.ClientId] = (
                    found.Record.ClientId,
                    found.Record.ClientName is { } name ? Redaction.Printable(name) : null,
                    found.Record.Tenant
                );
            }
        }
        catch (DcrException)
        {
            // A command will say what is wrong with the store.
        }

        return clients.Values.OrderBy(static client => client.ClientName, StringComparer.CurrentCultureIgnoreCase);
    }
}

/// <summary>Ids of known clients, with their names beside them. A name that is typed finds the id.</summary>
public sealed class ClientIdCompleter : ConnectionCompleter
{
    private protected override IEnumerable<(string Text, string? Tip)> Values(DcrConnection connection) =>
        Clients(connection).Select(static client => (client.ClientId, client.ClientName));

    private protected override bool IsMatch(NamePattern typed, (string Text, string? Tip) value) =>
        base.IsMatch(typed, value) || typed.IsMatch(value.Tip ?? "");

    private protected override string Listed((string Text, string? Tip) value) =>
        value.Tip is null ? value.Text : $"{value.Text} ({value.Tip})";
}

/// <summary>Names of known clients, with their ids beside them.</summary>
public sealed class ClientNameCompleter : ConnectionCompleter
{
    private protected override IEnumerable<(string Text, string? Tip)> Values(DcrConnection connection) => Clients(connection)
        .Where(static client => client.ClientName is not null)
        .GroupBy(static client => client.ClientName!)
        .Select(static same => (same.Key, (string?)string.Join(", ", same.Select(static client => client.ClientId))));

    private protected override string Written(string text) => WildcardPattern.Escape(text);
}

/// <summary>Known tenants, with the names of their clients beside them.</summary>
public sealed class TenantCompleter : ConnectionCompleter
{
    private protected override IEnumerable<(string Text, string? Tip)> Values(DcrConnection connection) =>
        Clients(connection)
            .Where(static client => client.Tenant is not null)
            .GroupBy(static client => TenantKey.Normal(client.Tenant!))
            .OrderBy(static same => same.Key, StringComparer.CurrentCulture)
            .Select(static same =>
                (same.First().Tenant!, (string?)string.Join(", ", same.Select(static client => client.ClientName ?? client.ClientId)))
            );
}

/// <summary>Scopes that the server says it supports.</summary>
public sealed class ScopeCompleter : ConnectionCompleter
{
    private protected override IEnumerable<(string Text, string? Tip)> Values(DcrConnection connection) =>
        connection.ScopesSupported.Select(static scope => (Redaction.Printable(scope), (string?)null));
}

/// <summary>Spans of time.</summary>
public sealed class SpanCompleter : ValueCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Text, string? Tip)> Values(IDictionary bound) =>
        [("7d", "a week"), ("30d", "a month"), ("90d", "three months"), ("12h", "12 hours"), ("4w", "4 weeks")];
}

/// <summary>Nothing: PowerShell would offer the names of files.</summary>
public sealed class NothingCompleter : ValueCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Text, string? Tip)> Values(IDictionary bound) => [];
}

/// <summary>Has Tab offer nothing, where PowerShell would offer the names of files.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NoCompletionAttribute() : ArgumentCompleterAttribute(typeof(NothingCompleter));

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
        [
            ("code", "For the grant type authorization_code"),
            ("id_token", "For the grant type implicit"),
            ("token", "For the grant type implicit"),
            ("none", null),
        ];
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
