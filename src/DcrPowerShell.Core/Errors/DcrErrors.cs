using System;
using System.Collections.Generic;
using System.Linq;

namespace DcrPowerShell.Errors;

/// <summary>
/// The one place where errors are worded. Each has what happened, in the user's terms, and the next step. Messages hold the
/// server's code and description, cleaned, and never a response body.
/// </summary>
internal static class DcrErrors
{
    // Found before anything is sent.

    public static DcrException InvalidRedirectUri(string uri, string why, string fix) =>
        new(DcrErrorId.InvalidRedirectUri, $"Redirect URI '{uri}' {why}. Nothing was sent.", $"{fix} -SkipValidation leaves the judging to the server.")
        {
            Member = "redirect_uris",
        };

    public static DcrException BrokenRule(string member, string why, string fix) =>
        new(DcrErrorId.InvalidClientMetadata, $"{member} {why}. Nothing was sent.", $"{fix} -SkipValidation leaves the judging to the server.")
        {
            Member = member,
        };

    public static DcrException BadInput(string member, string why, string fix) =>
        new(DcrErrorId.InvalidClientMetadata, $"{member} {why}. Nothing was sent.", fix) { Member = member };

    public static DcrException ColumnsInOne(string delimiter) => new(
        DcrErrorId.InvalidClientMetadata,
        $"The rows have one column, whose heading has several names with {(delimiter == "\t" ? "tabs" : $"'{delimiter}'")} between them. Nothing was sent.",
        $"Read the file with its delimiter: Import-Csv -Delimiter {(delimiter == "\t" ? "\"`t\"" : $"'{delimiter}'")}.");

    public static DcrException BrokenTenant(string shown, string why, string fix) =>
        new(DcrErrorId.InvalidClientMetadata, $"-Tenant: '{shown}' {why}. Nothing was sent.", fix);

    /// <param name="heading">As it stands in the file, with what nobody sees made visible.</param>
    public static DcrException ColumnUnclear(string heading, string meant) =>
        new(DcrErrorId.InvalidClientMetadata, $"Column '{heading}' is not read as {meant}: a blank, a hyphen or a character that nobody sees makes it another name. Nothing was sent.", $"Write the heading {meant}, then run the command again.") { Member = meant };

    /// <param name="columns">Of the row; none where none was piped.</param>
    public static DcrException NothingToRegister(IReadOnlyCollection<string> columns) =>
        new(DcrErrorId.InvalidClientMetadata, $"No metadata was named for the client{Columns(columns)}. Nothing was sent.", "Give -ClientName or other metadata, or pipe objects whose properties name it.");

    /// <inheritdoc cref="NothingToRegister"/>
    public static DcrException NothingToChange(IReadOnlyCollection<string> columns) =>
        new(DcrErrorId.InvalidClientMetadata, $"Nothing to change was named{Columns(columns)}. Nothing was sent.", "Name at least one member, such as -RedirectUri, or -Metadata @{ tos_uri = $null } to remove one.");

    /// <inheritdoc cref="NothingToRegister"/>
    public static DcrException NoClientNamed(IReadOnlyCollection<string> columns) =>
        new(DcrErrorId.InvalidClientMetadata, $"No client was named{Columns(columns)}. Nothing was done.", columns.Any(static name => name is "ClientId" or "client_id" or "Tenant")
            ? "Fill in the row's ClientId or Tenant."
            : "Give -ClientId or -Tenant, or pipe clients or rows with a column ClientId or Tenant.");

    public static DcrException TextPiped(string text) =>
        new(DcrErrorId.InvalidClientMetadata, $"The text '{text}' names no client. Nothing was done.", "Texts name clients by a parameter: -Tenant (Get-Content tenants.txt), or -ClientId.");

    public static DcrException PipedAndNamed() =>
        new(DcrErrorId.InvalidClientMetadata, "Clients were piped, and -ClientId or -Tenant was given. Nothing was done.", "Name clients in one of these ways.");

    public static DcrException NameUnknown(string clientName, string? issuer) => new(
        DcrErrorId.ClientNotFound,
        $"No client {(issuer is null ? "on this machine" : $"at {issuer}")} is named '{clientName}'.",
        $"Tab after -ClientName offers the names that are known here, and -ClientName '*{clientName}*' finds parts of names.");

    public static DcrException TenantUnknown(string tenant, string? issuer) =>
        new(DcrErrorId.ClientNotFound, $"Tenant '{tenant}' has no client {(issuer is null ? "on this machine" : $"at {issuer}")}. Nothing was done.", tenant.IndexOfAny(['*', '?']) >= 0
            ? "Only Get-DcrClient -Tenant takes wildcards, where they are typed: pipe what it gives."
            : "Get-DcrClient -Offline lists the clients with their tenants, Find-DcrOrphan the requests of unknown outcome.");

    public static DcrException TenantNotUnique(string tenant, IEnumerable<string> clients) =>
        new(DcrErrorId.TenantNotUnique, $"Tenant '{tenant}' has several clients: {string.Join(", ", clients)}. Nothing was done.", "Name the one that is meant with -ClientId.");

    public static DcrException OtherTenant(string clientId, string? tenant, string wanted) =>
        new(DcrErrorId.ClientNotFound, $"Client '{clientId}' belongs to {(tenant is null ? "no tenant" : $"tenant '{tenant}'")}, not to tenant '{wanted}'. Nothing was done.", "Name the client by one of the two.");

    /// <param name="ways">Parameters that answer for the user.</param>
    public static DcrException ConfirmationNotPossible(string target, string action, string ways, Exception why) =>
        new(DcrErrorId.ConfirmationNotPossible, $"{action}: {target}. This has to be confirmed, and nobody can be asked here. Nothing was done.", $"Run the command with {ways}; with -WhatIf it says what it would do.", why);

    public static DcrException VaultAndLocal() =>
        new(DcrErrorId.VaultNotFound, "-Vault and -LocalStore cannot be used together. Nothing was sent.", "Give one of them, or neither for the default (Set-DcrStore -DefaultVault).");

    public static DcrException TooManyFailures(int failures) =>
        new(DcrErrorId.TooManyFailures, $"The command ended after {failures} {(failures == 1 ? "failure" : "failures")} (-MaxFailures). What was under way was finished and kept.", "See to the first of the errors, then run the command again: with -Tenant, only what is left is registered.");

    public static DcrException NotConnected() =>
        new(DcrErrorId.NotConnected, "There is no connection to an authorization server.", "Run Connect-DcrServer <issuer> first. In ForEach-Object -Parallel, pass the connection: -Connection $using:connection.");

    /// <param name="known">Names of the connections that there are.</param>
    public static DcrException NoSuchConnection(string name, IEnumerable<string> known) =>
        new(DcrErrorId.NotConnected, $"There is no connection '{name}'. {(known.Any() ? $"There is: {string.Join(", ", known)}." : "This runspace has none.")}", "Get-DcrServer lists the connections; Connect-DcrServer makes one.");

    public static DcrException ConnectionClosed(string name) =>
        new(DcrErrorId.NotConnected, $"The connection '{name}' was closed by Disconnect-DcrServer.", "Run Connect-DcrServer again, and use the connection that it gives.");

    public static DcrException ConnectionOfOtherProcess() =>
        new(DcrErrorId.NotConnected, "A connection holds for one process: a job, another computer or a file gets a copy that cannot send. Run Connect-DcrServer there.", "Connect in the job, or use Start-ThreadJob or ForEach-Object -Parallel: there a connection can be passed.");

    public static DcrException ClosedMeanwhile(Uri uri, Exception inner) =>
        new(DcrErrorId.NotConnected, $"The connection to {uri.Authority} was closed by Disconnect-DcrServer in the meantime. Nothing was registered or changed.", "Run Connect-DcrServer again, and use the connection that it gives.", inner);

    public static DcrException OtherIssuer(string clientId, string clientIssuer, string connectionIssuer) =>
        new(DcrErrorId.NotConnected, $"Client '{clientId}' belongs to {clientIssuer}, and the connection is to {connectionIssuer}. Its token goes only to the server that issued it.", $"Run Connect-DcrServer {clientIssuer}, or name the right connection with -Connection.");

    public static DcrException UrlRefused(string parameter, Uri url) => url.IsAbsoluteUri && url.UserInfo.Length > 0
        ? new(DcrErrorId.ConnectionFailed, $"-{parameter}: the URL of {url.Authority} has a user name or password in it, where it would be shown and logged. Nothing was sent.", "Give the URL alone.")
        : new(DcrErrorId.ConnectionFailed, $"-{parameter}: '{Redaction.Address(url)}' is not an absolute https URL. Tokens are sent over https only; http is allowed to a loopback address. Nothing was sent.", "Give an absolute https:// URL.");

    /// <param name="place">"vault 'X'" or "the local store".</param>
    public static DcrException NoRegistrationHere(string clientId, string? place) =>
        new(DcrErrorId.ClientNotFound, $"There is no registration of client '{clientId}' at this issuer in {place ?? "the local store"}.", "Get-DcrClient -Offline lists the clients that are known; -ClientName finds them by name, -Tenant by tenant. Get-DcrServer shows the issuer that is connected.");

    public static DcrException NoRegistrationAnywhere(string clientId) =>
        new(DcrErrorId.ClientNotFound, $"There is no registration of client '{clientId}' on this machine.", "Get-DcrClient -Offline lists the clients that are known; -ClientName finds them by name, -Tenant by tenant.");

    /// <param name="vault">Its name; null where nobody knows.</param>
    public static DcrException KeptElsewhere(string clientId, string? vault) =>
        new(DcrErrorId.ClientNotFound, $"The registration of client '{clientId}' is kept in {(vault is null ? "another vault" : $"vault '{vault}'")}, with its token. Nothing was sent.", $"Connect with -Vault {vault ?? "and that vault's name"}, or move its registrations with Move-DcrRegistration -From {vault ?? "<vault>"}.");

    public static DcrException StateOffline() =>
        new(DcrErrorId.OperationNotSupported, "-State and -Offline exclude each other: only the server knows whether it still has a client, and -Offline asks nobody.", "Leave out -Offline to have each client read at the server, or leave out -State.");

    public static DcrException NoRegistrationToken(string clientId) =>
        new(DcrErrorId.OperationNotSupported, $"The server issued no registration access token or client configuration URI for client '{clientId}', so it cannot be read, changed or deleted by RFC 7592.", "Manage this client in the server's own administration. To replace it: register another with New-DcrClient -AllowDuplicate, move the application over, and drop this one with Remove-DcrClient -StoreOnly.");

    public static DcrException UnsafeRegistrationUri(string clientId, Uri uri) =>
        new(DcrErrorId.RegistrationUriRefused, $"The server said that client '{clientId}' is managed at {Origin(uri)}, by an address that is not https or has a user name or password in it. The registration access token was not sent there.", "Manage this client in the server's own administration, and tell the server's operator.");

    public static DcrException ForeignRegistrationUri(string clientId, Uri uri, Uri endpoint) =>
        new(DcrErrorId.RegistrationUriRefused, $"The server said that client '{clientId}' is managed at {Origin(uri)}, which is not the origin of its registration endpoint ({Origin(endpoint)}). The registration access token was not sent there.", $"If that host is right, connect again with -AllowedOrigin {Origin(uri)}.");

    public static DcrException NoSecret(string clientId, string? method) =>
        new(DcrErrorId.OperationNotSupported, $"Client '{clientId}' has no client secret to reset{(method is null ? "" : $": it authenticates with {method}")}.", "For a key pair, change -Jwks or -JwksUri with Set-DcrClient. To give it a secret, set -TokenEndpointAuthMethod client_secret_basic.");

    public static DcrException OverlapNotSupported(string clientId) =>
        new(DcrErrorId.OperationNotSupported, $"Client '{clientId}' cannot have two client secrets at once: the server gives it one. Nothing was sent.", "Reset-DcrClientSecret without -Overlap replaces the secret at once, where the server does that. Without an interruption: register a second client with New-DcrClient, move the application over, and remove this one.");

    public static DcrException OverlapAndComplete() =>
        new(DcrErrorId.OverlapRefused, "-Overlap and -CompleteOverlap exclude each other. Nothing was sent.", "Run -Overlap first, move the application to the new secret, and then run -CompleteOverlap.");

    // The connection.

    public static DcrException ConnectionFailed(Uri uri, string what, Exception inner) =>
        new(DcrErrorId.ConnectionFailed, $"{uri.Authority}: {what}. Nothing was sent.", "Check the name, the network and the proxy (-Proxy), then run the command again.", inner);

    public static DcrException ProxyRefused(Uri uri) =>
        new(DcrErrorId.ConnectionFailed, $"The proxy on the way to {uri.Authority} wants authentication (HTTP 407). Nothing was sent.", "Connect with the proxy's user name and password in its address, -Proxy http://user:password@host:port; or with another proxy, which takes this account's own sign-in.");

    /// <param name="what">What is wrong with it: "could not be reached".</param>
    public static DcrException ProxyFailed(Uri uri, Uri? proxy, string what, Exception inner) =>
        new(DcrErrorId.ConnectionFailed, $"The proxy{(proxy is null ? "" : $" {proxy.Authority}")} on the way to {uri.Authority} {what}. Nothing was sent.", "Check the proxy's address: -Proxy of Connect-DcrServer, else the system's proxy settings or HTTPS_PROXY. Then run the command again.", inner);

    public static DcrException BadProxy() =>
        new(DcrErrorId.ConnectionFailed, "-Proxy: that is not the address of a proxy. Nothing was sent.", "Give http://host:port, or http://user:password@host:port.");

    public static DcrException TlsFailed(Uri uri, Exception inner) =>
        new(DcrErrorId.TlsFailed, $"{uri.Authority}: the TLS connection could not be made, so the server cannot be trusted. Nothing was sent.", "Check that the certificate is in date, names this host and comes from an authority that this machine trusts. A private authority's certificate belongs in the machine's trust store.", inner);

    public static DcrException Interrupted(Uri uri, bool timedOut, Exception inner) => timedOut
        ? new(DcrErrorId.RequestTimedOut, $"{uri.Authority} gave no answer in time.", "Run the command again; Connect-DcrServer -TimeoutSec allows more time.", inner)
        : new(DcrErrorId.ConnectionFailed, $"The connection to {uri.Authority} broke before the answer was complete.", uri.Scheme == Uri.UriSchemeHttps ? "Run the command again. A server that wants a client certificate may break off just so: Connect-DcrServer -TlsCertificate." : "Run the command again.", inner);

    public static DcrException RegistrationOutcomeUnknown(Uri uri, string what, Exception? inner, ServerError? server = null) =>
        new(DcrErrorId.OutcomeUnknown, $"The registration was sent to {uri.Authority}, and {what}. The server may have registered the client. It was not sent again.{Said(server)}", "Find-DcrOrphan looks for the client where the server can be asked, and says what to look for elsewhere. Do that before you register again.", inner) { ServerError = server };

    public static DcrException ChangeOutcomeUnknown(Uri uri, string what, Exception? inner, ServerError? server = null) =>
        new(DcrErrorId.OutcomeUnknown, $"The change was sent to {uri.Authority}, and {what}. The server may have made it.{Said(server)}", "Run Get-DcrClient for this client: if it answers, the stored token still holds and the change can be repeated.", inner) { ServerError = server };

    public static DcrException AdditionOutcomeUnknown(string clientId, DcrException failure) =>
        new(DcrErrorId.OutcomeUnknown, $"{failure.Message} Whether client '{clientId}' has a second client secret now is not known; its present one still works.", "Run Reset-DcrClientSecret -Overlap again: if a second secret was added, it says so and changes nothing.", failure) { ServerError = failure.ServerError };

    /// <param name="failure">Why it was not deleted; its id and its words stand.</param>
    public static DcrException OldSecretNotDeleted(string clientId, DcrException failure) =>
        new(failure.ErrorId, $"The old client secret of '{clientId}' is inactive now and opens nothing, but was not deleted: {failure.Message}", "Run Reset-DcrClientSecret -CompleteOverlap again: it deletes the inactive secret.", failure) { ServerError = failure.ServerError };

    public static DcrException TokenLost(string clientId, Uri uri, Exception inner) =>
        new(DcrErrorId.TokenLost, $"A change of client '{clientId}' was sent to {uri.Authority}, its answer never came, and now the server rejects the registration access token: it has most likely replaced it in the answer that was lost.", "Give the client a new registration access token in the server's own administration, and take the client with Import-DcrClient; or register a new client with New-DcrClient and move the application over.", inner);

    /// <param name="at">When it was sent; null where that is not known any more.</param>
    public static DcrException TenantUnknown(string tenant, DateTimeOffset? at) =>
        new(DcrErrorId.OutcomeUnknown, $"A client for tenant '{tenant}' was sent to be registered{(at is { } time ? $" on {time:yyyy-MM-dd} at {time:HH:mm} UTC" : "")}, and nobody knows whether the server did it. Nothing was sent now.", "Find-DcrOrphan looks it up, and Resolve-DcrOrphan adopts, removes or dismisses it. New-DcrClient -AllowDuplicate registers another client all the same.");

    public static DcrException TenantUnderWay(string tenant, TimeSpan waited) =>
        new(DcrErrorId.OutcomeUnknown, $"Tenant '{tenant}' is being registered by another command, which did not end within {Duration.Say(waited)}. Nothing was sent now.", "Run the command again when the other one has ended: it finds the client then.");

    public static DcrException ClientUnderWay(string clientId, TimeSpan waited) =>
        new(DcrErrorId.RequestTimedOut, $"Another command is at work on client '{clientId}', and did not end within {Duration.Say(waited)}. Nothing was sent now.", "Run the command again when the other one has ended.");

    public static DcrException NewerSince(string clientId) =>
        new(DcrErrorId.SecretExists, $"Client '{clientId}' has another registration access token than the object that was piped: a command has read or changed it since. Nothing was dropped.", "Get it again with Get-DcrClient and look at its State. Named by -ClientId, it is dropped all the same.");

    public static DcrException OtherTenantsClient(string clientId, string tenant, string other) =>
        new(DcrErrorId.ResponseNotConformant, $"For tenant '{tenant}' the server answered with client '{clientId}', which is tenant '{other}''s. What it sent is kept there, and tenant '{tenant}' has no client.", "This server gives one client to several registrations: ask its operator for one client a tenant.");

    public static DcrException OrphanUnclear(string? clientName, IEnumerable<string> candidates) =>
        new(DcrErrorId.OutcomeUnknown, candidates.Any() ? $"Several clients named '{clientName}' could be meant: {string.Join(", ", candidates)}. None was touched." : $"No client named '{clientName}' was found that could be meant.", "Find-DcrOrphan says for each what to look for. When you know what became of it, run Resolve-DcrOrphan -Dismiss.");

    /// <param name="advice">What was said of the request when it was found.</param>
    public static DcrException OrphanNotAsked(string advice) =>
        new(DcrErrorId.OperationNotSupported, "This server cannot be asked for its clients, so nobody knows which one to keep or to delete. Nothing was sent.", advice);

    /// <param name="isKept">Whether the client of it is kept by now.</param>
    public static DcrException OrphanAnswered(string? client, bool isKept) =>
        new(DcrErrorId.OutcomeUnknown, $"The server's answer about client '{client}' is in the local store{(isKept ? ", and what it brought is kept now" : " and can be used, but is not used yet")}. Nothing was dropped, and nothing was sent.", isKept ? "Nothing is left to settle: Get-DcrClient has the client." : "Make room on the disk and connect with the client's vault, if it has one: Connect-DcrServer keeps what the answer brought.");

    public static DcrException NotReadableWithoutToken(string clientId) =>
        new(DcrErrorId.OperationNotSupported, $"Client '{clientId}' cannot be read from this server without its registration access token, which is not known here. Nothing was sent.", "If the token is known elsewhere, take the client with Import-DcrClient; if not, give it a new one in the server's own administration.");

    public static DcrException NoTokenToReset(string clientId) =>
        new(DcrErrorId.OperationNotSupported, $"Client '{clientId}' has no registration access token: it is managed by the connection's credential, or not at all. Nothing was sent.", "Renew the credential that you connect with, in the server's own administration.");

    public static DcrException TokenNotReplaced(string clientId) =>
        new(DcrErrorId.OperationNotSupported, $"The server took an unchanged update of client '{clientId}' and kept its registration access token. RFC 7592 leaves that to the server, and this one does not replace it.", "If the token may be known to others, register a new client with New-DcrClient, move the application over, and then remove this one with Remove-DcrClient.");

    // What the server refuses.

    /// <param name="member">Where it stands: redirect_uris, or post_logout_redirect_uris.</param>
    /// <param name="uris">Those in question; none where nobody knows which.</param>
    /// <param name="advice">What looks wrong with them; null for the rules of servers in general.</param>
    public static DcrException RedirectUriRefused(ServerError server, string member, IEnumerable<string> uris, string? advice) =>
        new(
            DcrErrorId.InvalidRedirectUri,
            $"The server does not accept {(uris.Any() ? $"redirect URI {string.Join(", ", uris.Select(uri => $"'{uri}'"))}" : "a redirect URI")} ({CodeOf(server)}).{Said(server)}",
            advice ?? "Compare it with the server's rules: exact https URLs, loopback addresses only for native applications. Where there are several, try them one by one. A client that needs no redirects may have to say so: -ResponseType @().")
        {
            ServerError = server,
            Member = member,
        };

    /// <param name="member">The one that the server names; null where it names none that was sent.</param>
    public static DcrException MetadataRefused(ServerError server, string? member) => member is null
        ? new(DcrErrorId.InvalidClientMetadata, $"The server does not accept the client metadata ({CodeOf(server)}).{Said(server)}", "Change, add or leave out the member that the server names. It may support less than was asked for.") { ServerError = server }
        : new(DcrErrorId.InvalidClientMetadata, $"The server does not accept {member} ({CodeOf(server)}).{Said(server)}", $"Change {member}, or leave it out: the server may support less than was asked for.") { ServerError = server, Member = member };

    public static DcrException SoftwareStatementRefused(ServerError server, bool unapproved) => unapproved
        ? new(DcrErrorId.UnapprovedSoftwareStatement, $"The server does not approve this software statement (unapproved_software_statement).{Said(server)}", "Ask the server's operator which issuers of software statements it trusts.") { ServerError = server, Member = "software_statement" }
        : new(DcrErrorId.InvalidSoftwareStatement, $"The server finds the software statement invalid (invalid_software_statement).{Said(server)}", "Check the statement's signature, expiry and audience; get a fresh one from its issuer.") { ServerError = server, Member = "software_statement" };

    public static DcrException TokenRefused(Uri endpoint, ServerError server, string scope) => server.Code switch
    {
        "invalid_scope" or "consent_required" => new(DcrErrorId.InsufficientScope, $"{endpoint.Authority} gives this credential no access token for '{scope}' ({server.Code}).{Said(server)}", $"At {endpoint.Authority}, grant {scope} to the client that you connect with; or name other scopes with Connect-DcrServer -Scope.") { ServerError = server },
        "invalid_dpop_proof" or "use_dpop_nonce" => new(DcrErrorId.AccessTokenRejected, $"{endpoint.Authority} gives access tokens only with a proof that it accepts ({server.Code}, DPoP).{Said(server)}", "Connect without -DPoP Never. If it was not given, check this machine's clock: Test-DcrServer compares it with the server's.") { ServerError = server },
        "unauthorized_client" => new(DcrErrorId.UnauthorizedClient, $"{endpoint.Authority} does not let this client get a token for itself (unauthorized_client).{Said(server)}", "Allow the grant type client_credentials for the client that you connect with.") { ServerError = server },
        _ when server.Status == 429 => RateLimited(server, TimeSpan.Zero),
        _ when server.Status >= 500 => Unavailable(server, endpoint),
        _ => new(DcrErrorId.AccessTokenRejected, $"{endpoint.Authority} gives this credential no access token ({CodeOf(server)}).{Said(server)}", "Check the client id, its secret or key, and the authentication method that the server expects of it.") { ServerError = server },
    };

    public static DcrException NoTokenEndpoint() =>
        new(DcrErrorId.DiscoveryFailed, "The server's metadata names no token endpoint, so a client credential cannot get a token. Nothing was registered.", "Connect by the issuer rather than by -RegistrationEndpoint, or get a token elsewhere and connect with -InitialAccessToken.");

    public static DcrException RegistrationTokenMissing(ServerError server) =>
        new(DcrErrorId.AccessTokenRejected, $"The server registers clients only with an initial access token (HTTP 401).{Said(server)}", "Get an initial access token from the server's operator. Then connect with -InitialAccessToken, or give it to New-DcrClient -InitialAccessToken for one registration.") { ServerError = server };

    public static DcrException InitialTokenRejected(ServerError server) =>
        new(DcrErrorId.AccessTokenRejected, $"The server rejected the initial access token (HTTP 401): it is wrong, expired or used up.{Said(server)}", "Get a fresh one; an initial access token may be good for one registration only. Then connect again with -InitialAccessToken, or give it to New-DcrClient -InitialAccessToken.") { ServerError = server };

    /// <summary>By RFC 7592, section 2.1, 401 is for a client that is gone, too; Authlib answers 400 to a token that it does not know, and 403 does not tell.</summary>
    public static DcrException OwnTokenRejected(ServerError server, string clientId) => server.Status == 403
        ? new(DcrErrorId.AccessTokenRejected, $"The server does not let client '{clientId}' be managed with its registration access token ({Status(server)}): it rejects the token, or allows less than was asked for.{Said(server)}", "Use the server's own administration for this. If the client is gone there, Remove-DcrClient -StoreOnly drops what is kept of it.") { ServerError = server, IsOwnTokenRefused = true }
        : new(DcrErrorId.AccessTokenRejected, $"The server rejected the registration access token of client '{clientId}' ({Status(server)}). Either the client is gone from the server, or its token was replaced by a change made elsewhere or has expired: the answer is the same.{Said(server)}", "If another machine changed this client, its store has the new token. If the client is gone, Remove-DcrClient -StoreOnly drops what is kept of it.") { ServerError = server, IsClientGone = true, IsOwnTokenRefused = true };

    /// <param name="kind">The parameter of Connect-DcrServer that the credential came by; null where that does not matter.</param>
    public static DcrException CredentialRejected(ServerError server, string? kind = null) => kind switch
    {
        "ClientCredential" or "PrivateKey" or "TlsCertificate" => new(DcrErrorId.AccessTokenRejected, $"The server rejected the access token that this connection got (HTTP 401), and a fresh one too.{Said(server)}", "The token may be meant for another API or lack a scope: name them with Connect-DcrServer -Audience and -Scope. Check that the client you connect with may register clients.") { ServerError = server },
        "ApiToken" => new(DcrErrorId.AccessTokenRejected, $"Okta rejected the API token (HTTP 401): it is wrong, expired or revoked.{Said(server)}", "Create a new one in the Admin Console (Security, API, Tokens) and connect again with -ApiToken. A token expires when it was not used for 30 days, and goes with the account of its administrator.") { ServerError = server },
        _ => new(DcrErrorId.AccessTokenRejected, $"The server rejected the credential of this connection (HTTP 401): it is wrong, expired or revoked.{Said(server)}", $"Get a fresh token and connect again{(kind is null ? "" : $" with -{kind}")}.") { ServerError = server },
    };

    public static DcrException OktaCredentialMissing(ServerError server) =>
        new(DcrErrorId.AccessTokenRejected, $"Okta registers and manages clients only with an administrator's credential (HTTP {server.Status}).{Said(server)}", "Connect with -ApiToken, or with -ClientId and -PrivateKey of an API Services app that was granted the okta.clients scopes.") { ServerError = server };

    public static DcrException OktaFeatureMissing(ServerError server) =>
        new(DcrErrorId.RegistrationForbidden, $"Okta does not offer this to the organisation (HTTP {server.Status}, {CodeOf(server)}).{Said(server)}", "Ask Okta's support to enable the feature; another token does not help.") { ServerError = server };

    public static DcrException OktaForbidden(ServerError server, string scope, Uri endpoint) =>
        new(DcrErrorId.InsufficientScope, $"Okta forbids it (HTTP 403{(server.Code is null ? "" : $", {server.Code}")}): the credential lacks {scope}, or its admin role does not cover it.{Said(server)}", $"In the Admin Console of {endpoint.Authority}: for an API Services app, grant it {scope} (tab Okta API Scopes), and assign an admin role that manages applications (tab Admin roles). For -ApiToken: its administrator needs that role.") { ServerError = server };

    public static DcrException TokenOfOtherService(string parameter, string owner, string provider) =>
        new(DcrErrorId.AccessTokenRejected, $"-{parameter} is a token of {owner}, and the server was found to speak {provider}. It was not sent there.", $"Check the issuer. If the server is {owner} all the same, say so with -Provider {owner}; for others, use -InitialAccessToken.");

    public static DcrException Auth0CredentialMissing(string scope) =>
        new(DcrErrorId.AccessTokenRejected, "Auth0 lets clients be managed only through its Management API, and this connection has no credential for that. Nothing was sent.", $"Connect with -ManagementToken, or with -ClientCredential or -ClientId and -PrivateKey of a machine-to-machine application that is authorized for the Auth0 Management API with {scope}.");

    /// <param name="kind">The parameter of Connect-DcrServer that the credential came by.</param>
    public static DcrException Auth0TokenRejected(ServerError server, string kind) => kind != "ManagementToken"
        ? new(DcrErrorId.AccessTokenRejected, $"Auth0's Management API rejected the token that this connection got (HTTP 401), and a fresh one too.{Said(server)}", "The token is for another API or tenant. Connect again with -Audience https://<tenant>.auth0.com/api/v2/: the identifier under Applications > APIs > Auth0 Management API, the same under a domain of your own.") { ServerError = server }
        : new(DcrErrorId.AccessTokenRejected, $"Auth0's Management API rejected the token (HTTP 401): it is expired, or for another API or tenant.{Said(server)}", "Connect again with a fresh -ManagementToken (they last a day, unless the tenant says otherwise), or with -ClientCredential, which gets and renews tokens by itself. Under a custom domain, name the tenant's own: -Audience https://<tenant>.auth0.com/api/v2/.") { ServerError = server };

    public static DcrException Auth0ScopeMissing(ServerError server, string scope) =>
        new(DcrErrorId.InsufficientScope, $"The token lacks a scope of Auth0's Management API: {scope} (insufficient_scope).{Said(server)}", $"In Auth0, open Applications > APIs > Auth0 Management API > Application Access, give the application that you connect with the permission {scope}, then connect again.") { ServerError = server };

    public static DcrException Auth0ApiNotFound(ServerError server, Uri root) =>
        new(DcrErrorId.ResponseNotConformant, $"{root.Authority} has no Management API (HTTP {server.Status}).{Said(server)}", "Under a domain of your own, name the tenant's: Connect-DcrServer -Audience https://<tenant>.auth0.com/api/v2/.") { ServerError = server };

    public static DcrException Auth0PathNotOffered(ServerError server, Uri uri) =>
        new(DcrErrorId.OperationNotSupported, $"The Management API of {uri.Authority} has no {uri.AbsolutePath} ({Status(server)}).{Said(server)}", "The server does not offer this part of Auth0's Management API: use its own administration for it.") { ServerError = server };

    public static DcrException Auth0AudienceUnknown(ServerError server, string audience) =>
        new(DcrErrorId.AccessTokenRejected, $"The Auth0 tenant knows no API '{audience}', so there is no access token for it ({CodeOf(server)}).{Said(server)}", "Take the identifier under Applications > APIs > Auth0 Management API, which has the tenant's own domain, and connect again with -Audience https://<tenant>.auth0.com/api/v2/.") { ServerError = server };

    public static DcrException Auth0NotAuthorized(ServerError server, string audience) =>
        new(DcrErrorId.UnauthorizedClient, $"Auth0 does not let this application get a token for {audience} ({CodeOf(server)}).{Said(server)}", "In Auth0, open Applications > APIs > Auth0 Management API > Application Access, and authorize the application that you connect with, with the permissions that it needs. Then run the command again.") { ServerError = server };

    public static DcrException Auth0ScopeNotGranted(ServerError server) =>
        new(DcrErrorId.InsufficientScope, $"Auth0 gives this application no token with the scopes that -Scope names ({CodeOf(server)}).{Said(server)}", "Run Connect-DcrServer without -Scope: a token then has all that the application was granted. Or grant it these under Applications > APIs > Auth0 Management API > Application Access.") { ServerError = server };

    public static DcrException Auth0TooMany(ServerError server) =>
        new(DcrErrorId.RegistrationForbidden, $"The Auth0 tenant has as many applications as its plan allows (too_many_entities). The client was not registered.{Said(server)}", "Remove clients that are no longer used: Get-DcrClient lists the third-party applications, Remove-DcrClient deletes them. Or have Auth0 raise the limit.") { ServerError = server };

    public static DcrException Auth0RegistrationOff(ServerError server) =>
        new(DcrErrorId.RegistrationForbidden, $"The Auth0 tenant does not let this client be registered (HTTP {server.Status}{(server.Code is null ? "" : $", {server.Code}")}). Dynamic registration may be off there, or limited to certain networks.{Said(server)}", "Connect with -ManagementToken and run Enable-Auth0Dcr -WhatIf: it shows what the tenant still needs.") { ServerError = server };

    public static DcrException NotAuth0(string connection, string provider) =>
        new(DcrErrorId.OperationNotSupported, $"Enable-Auth0Dcr sets Auth0 tenants up, and the connection '{connection}' speaks {provider}. Nothing was sent.", "Connect to the tenant, such as Connect-DcrServer https://example.us.auth0.com; under a domain of your own, add -Provider Auth0.");

    /// <param name="scopes">All that are missing.</param>
    public static DcrException Auth0ScopesMissing(IEnumerable<string> scopes) =>
        new(DcrErrorId.InsufficientScope, $"The token lacks scopes of Auth0's Management API: {string.Join(", ", scopes)}. Nothing was changed.", "In Auth0, open Applications > APIs > Auth0 Management API > Application Access, give the application that you connect with these permissions, then connect again.");

    /// <param name="why">A sentence without its end.</param>
    public static DcrException SetupInvalid(string parameter, string why, string fix) =>
        new(DcrErrorId.InvalidSetup, $"-{parameter}: {why}. Nothing was changed.", fix);

    public static DcrException SetupRefused(string step, ServerError server) =>
        new(DcrErrorId.InvalidSetup, $"{step}: Auth0 does not accept the change ({server.Code ?? $"HTTP {server.Status}"}).{Said(server)}", "See what the server found fault with. The steps after this one were not begun; those before it are done, and running the command again goes on from there.") { ServerError = server };

    public static DcrException SetupNotTaken(string step, string wanted, string found) =>
        new(DcrErrorId.ResponseNotConformant, $"{step}: Auth0 said that it made the change to '{wanted}', and its answer has '{found}'. The steps after this one were not begun.", "Look at this setting in Auth0's dashboard, then run the command again: it reads before it changes.");

    public static DcrException SetupOutcomeUnknown(string step, Exception inner, ServerError? server = null) =>
        new(DcrErrorId.OutcomeUnknown, $"{step}: the change was sent, and whether it was made is not known. The steps after this one were not begun.{Said(server)}", "Run the command again: it reads first, and changes only what is still to be done.", inner) { ServerError = server };

    public static DcrException Auth0PlanForbids(string step, ServerError server) =>
        new(DcrErrorId.RegistrationForbidden, $"{step}: the tenant's plan does not allow it ({server.Code}). For access control lists, the Enterprise plan has 1, with Attack Protection 10, and other plans none.{Said(server)}", "Without -AllowCidr, registration is switched on for callers from everywhere. Or make room for a rule under Security > Access Control, or have the plan changed, and run the command again.") { ServerError = server };

    public static DcrException Auth0RuleExists(string found, string wanted) =>
        new(DcrErrorId.NetworkRuleExists, $"The tenant has an access control rule about registrations already: {found}. It was left as it is, so the limit that was asked for ({wanted}) is not in place.", "Change or remove that rule under Security > Access Control and run the command again; or leave out -AllowCidr to keep the rule as it is.");

    public static DcrException SeveralCredentials(IEnumerable<string> parameters) =>
        new(DcrErrorId.AccessTokenRejected, $"More than one credential was given: {string.Join(", ", parameters.Select(parameter => "-" + parameter))}. Nothing was sent.", "Connect with one of them.");

    public static DcrException KeyWithoutClient() =>
        new(DcrErrorId.InvalidPrivateKey, "A private key was given, and not the client that it belongs to. Nothing was sent.", "Give -ClientId too.");

    public static DcrException ClientWithoutProof() =>
        new(DcrErrorId.InvalidPrivateKey, "-ClientId was given, and nothing that the client could prove itself with. Nothing was sent.", "Give -PrivateKey, -PrivateKeyPath, -Certificate or -TlsCertificate; for a client with a secret, -ClientCredential.");

    public static DcrException BadKey(string what, string fix, Exception inner) =>
        new(DcrErrorId.InvalidPrivateKey, $"{what} Nothing was sent.", fix, inner);

    public static DcrException UnauthorizedClient(ServerError server, Uri endpoint) =>
        new(DcrErrorId.UnauthorizedClient, $"{endpoint.Authority} does not let this credential do that (unauthorized_client).{Said(server)}", $"{Grant(server, endpoint)}, or connect with the credential of one that may.") { ServerError = server };

    public static DcrException InsufficientScope(ServerError server, Uri endpoint) =>
        new(
            DcrErrorId.InsufficientScope,
            server.RequiredScope.Count == 0
                ? $"The token lacks a scope (insufficient_scope).{Said(server)}"
                : $"The token lacks a scope (insufficient_scope): {endpoint.Authority} wants {string.Join(" ", server.RequiredScope)}.{Said(server)}",
            $"{Grant(server, endpoint)}. Then connect again, with -Scope or with a new token that has it.")
        {
            ServerError = server,
        };

    public static DcrException Forbidden(ServerError server) =>
        new(DcrErrorId.RegistrationForbidden, $"The server forbids it ({Status(server)}).{Said(server)}", "A server policy forbids it: ask its operator which clients may be registered, from where, and how many.") { ServerError = server };

    /// <param name="isSure">Whether it says so itself; else an HTML page came in the place of JSON.</param>
    public static DcrException PageInFront(ServerError server, Uri uri, bool isSure) =>
        new(DcrErrorId.RegistrationForbidden, $"{(isSure ? $"Something in front of {uri.Authority} stopped the request: a bot check or a firewall" : $"{uri.Authority} answered with a web page, not with JSON: a firewall, a bot check or a proxy in front of the server may have stopped the request")} (HTTP {server.Status}). Nothing was registered or changed.{Said(server)}", "Ask the server's operator to let this machine's address and the user agent DcrPowerShell through, or run the command from a network that may reach the server.") { ServerError = server };

    public static DcrException NetworkRefused(ServerError server, Uri uri) =>
        new(DcrErrorId.RegistrationForbidden, $"{uri.Authority} takes no such requests from this machine's network ({Status(server)}). Nothing was registered or changed.{Said(server)}", "Run the command from a network that the server allows, or have this machine's address added there. Another token does not help.") { ServerError = server };

    public static DcrException ForbiddenWithoutToken(ServerError server) =>
        new(server.RequiredScope.Count > 0 ? DcrErrorId.InsufficientScope : DcrErrorId.RegistrationForbidden, $"The server forbids it ({Status(server)}), and no token was sent{(server.RequiredScope.Count > 0 ? $": it wants one with the scope {string.Join(" ", server.RequiredScope)}" : "")}.{Said(server)}", "Ask the server's operator whether registration takes an initial access token (Connect-DcrServer -InitialAccessToken), and which clients may be registered without one.") { ServerError = server };

    public static DcrException KeycloakPolicyForbids(ServerError server, bool hasToken) =>
        new(DcrErrorId.RegistrationForbidden, $"A client registration policy of Keycloak forbids it ({Status(server)}).{Said(server)}", hasToken
            ? "In Keycloak's admin console, see Clients > Client registration > Authenticated access policies: the policy named above decides, not the token."
            : "Connect with -InitialAccessToken, which is judged by other policies. Or, in Keycloak's admin console, change the policy named above: Clients > Client registration > Anonymous access policies.") { ServerError = server };

    public static DcrException SwitchedOff(ServerError server, Uri uri) =>
        new(DcrErrorId.OperationNotSupported, $"This is switched off at {uri.Authority} ({Status(server)}).{Said(server)}", "Ask the server's operator to switch it on. Other metadata or another token does not help.") { ServerError = server };

    public static DcrException PaymentWanted(ServerError server, Uri uri) =>
        new(DcrErrorId.RegistrationForbidden, $"The account's plan at {uri.Authority} does not allow it, or is not paid for ({Status(server)}).{Said(server)}", "Look at the plan and its limits in the server's own administration. Other metadata does not help.") { ServerError = server };

    public static DcrException MediaTypeRefused(ServerError server, Uri uri) =>
        new(DcrErrorId.ResponseNotConformant, $"{uri} does not take or give JSON ({Status(server)}).{Said(server)}", "The registration endpoint may be another (see -RegistrationEndpoint), or the server wants a signed request (application/jose or application/jwt), which this version does not send.") { ServerError = server };

    public static DcrException TooLarge(ServerError server, Uri uri) =>
        new(DcrErrorId.InvalidClientMetadata, $"The request is larger than {uri.Authority}, or a proxy in front of it, takes ({Status(server)}).{Said(server)}", "Send less: -JwksUri in the place of -Jwks, a shorter software statement, fewer redirect URIs.") { ServerError = server };

    public static DcrException ListNotOffered(ServerError server, Uri uri) =>
        new(DcrErrorId.OperationNotSupported, $"{uri.GetLeftPart(UriPartial.Path)} does not list clients ({Status(server)}).{Said(server)}", "Name the client with -ClientId, or see what is kept with Get-DcrClient -Offline.") { ServerError = server };

    public static DcrException ClientGone(ServerError server, string clientId) =>
        new(DcrErrorId.ClientNotFound, $"The server knows no client '{clientId}' (HTTP {server.Status}).{Said(server)}", "It was deleted there. Remove-DcrClient -StoreOnly drops what is kept of it.") { ServerError = server, IsClientGone = true };

    public static DcrException NoRegistrationEndpoint(ServerError server, Uri uri) =>
        new(DcrErrorId.OperationNotSupported, $"{uri} does not register clients (HTTP {server.Status}).{Said(server)}", "Dynamic registration may be switched off at the server, or its endpoint may be another: see -RegistrationEndpoint.") { ServerError = server };

    public static DcrException DeletionNotOffered(string clientId) =>
        new(DcrErrorId.OperationNotSupported, $"The server answered that there is nothing to delete, and yet it knows client '{clientId}': it does not let clients be deleted by RFC 7592.", "Delete it in the server's own administration. Remove-DcrClient -StoreOnly drops what is kept of it.");

    public static DcrException UnusableRegistrationToken() =>
        new(DcrErrorId.ResponseNotConformant, "The registration access token that the server gave this client has a character that no bearer token has (RFC 6750, section 2.1). Nothing was sent.", "Manage this client in the server's own administration, and tell the server's operator.");

    public static DcrException BadToken(string parameter) =>
        new(DcrErrorId.AccessTokenRejected, $"-{parameter}: the token is empty or has a space, a line break or another character that no bearer token has (RFC 6750, section 2.1). Nothing was sent.", "Give the token alone, without quotes, 'Bearer' or a line break.");

    public static DcrException PlainSecret(string parameter) =>
        new(DcrErrorId.InvalidSetup, $"-{parameter}: plain text is not taken for a secret, for it would be shown and kept in the history. Nothing was done.", "Give (Read-Host -AsSecureString), or what Get-Secret gives; Import-DcrClient -Path reads a file with secrets in plain text.");

    public static DcrException UnusableHeader(Uri uri) =>
        new(DcrErrorId.AccessTokenRejected, $"The credential for {uri.Authority} has a line break or another character that no header can hold. Nothing was sent.", "Get a fresh token and connect again.");

    public static DcrException UnusableAccessToken(Uri uri) =>
        new(DcrErrorId.ResponseNotConformant, $"{uri.Authority}: its access_token has a space, a line break or another character that no bearer token has (RFC 6750, section 2.1). Nothing else was sent.", "Check that the token endpoint is the authorization server's own, and tell the server's operator.");

    public static DcrException NotOffered(ServerError server, string operation) =>
        new(DcrErrorId.OperationNotSupported, $"The server does not let a client be {operation} by RFC 7592 (HTTP {server.Status}).{Said(server)}", $"Use the server's own administration for this.{(operation == "deleted" ? " Remove-DcrClient -StoreOnly drops what is kept of the client." : "")}") { ServerError = server };

    public static DcrException OktaAppUnknown(ServerError server, string clientId) =>
        new(DcrErrorId.ClientNotFound, $"Okta's Apps API, which has the secrets, knows no app with the id '{clientId}' (HTTP {server.Status}). Nothing was changed.{Said(server)}", "A client that was given an id of its own has another app id: change its secrets in the Okta Admin Console. If it was deleted, Remove-DcrClient -StoreOnly drops what is kept of it.") { ServerError = server };

    /// <param name="secrets">Each with its state, not the secrets themselves.</param>
    /// <param name="canComplete">Whether -CompleteOverlap would delete one of them.</param>
    public static DcrException SecondSecretThere(string clientId, string secrets, bool canComplete) =>
        new(DcrErrorId.OverlapRefused, $"Client '{clientId}' has two client secrets already, and cannot have a third: {secrets}. Nothing was changed.", canComplete
            ? "When no application uses the other one any more, delete it with Reset-DcrClientSecret -CompleteOverlap. Then run this again."
            : "See in the server's own administration which of them is in use, deactivate the other there and delete it. Then run this again.");

    public static DcrException NoKnownSecret(string clientId, string secrets) =>
        new(DcrErrorId.OverlapRefused, $"Client '{clientId}' has no client secret at the server that is the one known here: {secrets}. Nothing was deleted.", "The secret was changed elsewhere. See in the server's own administration which one is in use, and see to it that there is one only; then Reset-DcrClientSecret -Overlap adds one that is known here.");

    public static DcrException OtherSecretMayBeInUse(string clientId, string secrets) =>
        new(DcrErrorId.OverlapRefused, $"Client '{clientId}' has an active client secret that is not an older one than the secret known here: {secrets}. Nothing was deleted, for an application may use it.", "It was made elsewhere, or by an -Overlap whose answer was lost. If it is not in use, deactivate it in the server's own administration, with the known one active; then run this again.");

    public static DcrException SecretNotReplaced(string clientId) =>
        new(DcrErrorId.OperationNotSupported, $"The server took an unchanged update of client '{clientId}' and gave it no new secret. RFC 7592 leaves that to the server, and this one does not do it.", "Reset the secret in the server's own administration; or register a new client with New-DcrClient, move the application over, and then remove this one with Remove-DcrClient.");

    public static DcrException RateLimitLasts(Uri uri, TimeSpan pause) =>
        new(DcrErrorId.RateLimited, $"{uri.Authority} wants no further request for another {Duration.Say(pause)}: its rate limit is reached. Nothing was sent.", $"Run the command again in {Duration.Say(pause)}: with -Tenant, only what is left is registered.");

    public static DcrException RateLimited(ServerError server, TimeSpan wait) =>
        new(DcrErrorId.RateLimited, $"The server's rate limit is reached (HTTP 429){(wait > TimeSpan.Zero ? $", and it asks for a wait of {Duration.Say(wait)}" : "")}. The request was not carried out.{Said(server)}", "Run the command again later.") { ServerError = server };

    public static DcrException Unavailable(ServerError server, Uri uri) =>
        new(DcrErrorId.ServerUnavailable, $"{uri.Authority} cannot answer now (HTTP {server.Status}).{Said(server)}", "Run the command again later.") { ServerError = server };

    // Answers that break the protocol.

    public static DcrException NotConformant(Uri uri, string what, ServerError? server = null, Exception? inner = null) =>
        new(DcrErrorId.ResponseNotConformant, $"{uri.Authority}: {what}.{Said(server)}", "Check that the URL is the authorization server itself and not a proxy or a login page. -Verbose shows each request.", inner) { ServerError = server };

    /// <param name="isKept">Whether the ledger has the answer.</param>
    public static DcrException UnreadRegistration(Uri uri, string why, bool broken, bool isKept, Exception inner) =>
        new(broken ? DcrErrorId.OutcomeUnknown : DcrErrorId.ResponseNotConformant, $"{uri.Authority} said that it registered the client, but {why}. {(isKept ? "The answer is kept as it came, and the" : "The")} registration is not sent again.", "Find-DcrOrphan shows the answer and what to do about it.", inner);

    /// <param name="isKept">Whether the ledger has the answer.</param>
    public static DcrException UnreadManagement(Uri uri, string clientId, string done, string why, bool isKept, Exception inner) =>
        new(DcrErrorId.ResponseNotConformant, $"{uri.Authority} said that client '{clientId}' {done}, but {why}.{(isKept ? " The answer is kept as it came: see Find-DcrOrphan." : "")}", "Run Get-DcrClient for this client: if it answers, the stored registration access token still holds.", inner);

    // Files of clients.

    public static DcrException InventoryFormatUnknown(string path) =>
        new(DcrErrorId.InventoryWriteFailed, $"-Path: the name of '{path}' does not say whether it is to be CSV or JSON. Nothing was written.", "Let it end with .csv or .json, or add -Format Csv or -Format Json.");

    public static DcrException InventoryExists(string path) =>
        new(DcrErrorId.InventoryWriteFailed, $"The file '{path}' is there already, and -NoClobber leaves it as it is. Nothing was written.", "Choose another name, or leave out -NoClobber.");

    public static DcrException BackupWriteFailed(string path, Exception why) =>
        new(DcrErrorId.InventoryWriteFailed, $"The backup '{path}' cannot be written: {why.Message.TrimEnd('.')}. What was there before is left as it was.", "Check that the folder is there, has room, and is writable for this account; then run the command again.", why);

    public static DcrException PassphraseEmpty() =>
        new(DcrErrorId.InvalidSetup, "-Passphrase is empty. Nothing was written.", "Give a passphrase: Read-Host -AsSecureString asks for one.");

    /// <param name="id">What could not be done with the file.</param>
    public static DcrException NoFilePath(DcrErrorId id, string parameter, string path) =>
        new(id, $"-{parameter}: '{path}' is no path of the file system. Nothing was done.", "Give a file's path, such as ./clients.csv.");

    public static DcrException InventoryWriteFailed(string path, Exception why) =>
        new(DcrErrorId.InventoryWriteFailed, $"'{path}' cannot be written: {why.Message.TrimEnd('.')}. What was there before is left as it was.", "Check that the folder is there, has room, and is writable for this account; then run the command again.", why);

    public static DcrException InventoryReadFailed(string path, string why, Exception? inner = null) =>
        new(DcrErrorId.InventoryReadFailed, $"'{path}' cannot be read: {why.TrimEnd('.')}. Nothing was sent.", "Give a CSV file with commas and a heading line, or a JSON file with an object or an array of objects. Each client needs ClientId or client_id; see Get-Help Import-DcrClient.", inner);

    /// <param name="source">Which client it is about: file and line, or its id.</param>
    /// <param name="why">A sentence without its end, and without the value, which may be a secret in the wrong column.</param>
    public static DcrException ImportInvalid(string source, string why, string fix) =>
        new(DcrErrorId.InvalidClientMetadata, $"{source}: {why}. Nothing was sent.", fix);

    /// <param name="refusal">Its id and the server's words stand.</param>
    public static DcrException ImportRefused(DcrException refusal) =>
        new(refusal.ErrorId, $"{refusal.Message} Nothing was stored.", "Check that it is the token which the server gave last, and of this client. A new one comes from the server's own administration; a client that is gone has to be registered anew, with New-DcrClient.", refusal) { ServerError = refusal.ServerError };

    public static DcrException ImportUriUnsafe(string clientId) =>
        new(DcrErrorId.RegistrationUriRefused, $"The registration_client_uri of client '{clientId}' is no address that its token may go to: it is no URL, not https, or has a user name or password in it. Nothing was sent.", "Take it as the server gave it, from the answer to the registration.");

    public static DcrException ImportUriForeign(string clientId, Uri uri, Uri endpoint) =>
        new(DcrErrorId.RegistrationUriRefused, $"The registration_client_uri of client '{clientId}' is at {Origin(uri)}, which is not the origin of the registration endpoint ({Origin(endpoint)}). Nothing was sent.", $"Check that the client belongs to this server. If that host is right, connect again with -AllowedOrigin {Origin(uri)}.");

    // Discovery (RFC 8414, section 3; OpenID Connect Discovery 1.0, section 4).

    public static DcrException DiscoveryFailed(string issuer, IEnumerable<string> tried) =>
        new(DcrErrorId.DiscoveryFailed, $"No usable server metadata was found for {issuer}. Tried: {string.Join("; ", tried)}.", "Check the issuer's spelling, its path too. A FHIR base URL needs -Discovery Smart. If the server has no discovery, give its endpoint: Connect-DcrServer -RegistrationEndpoint <url>.");

    public static DcrException SmartDiscoveryFailed(string fhirBase, IEnumerable<string> tried) =>
        new(DcrErrorId.DiscoveryFailed, $"No registration endpoint was found for the FHIR base {fhirBase}. Tried: {string.Join("; ", tried)}.", "Check the FHIR base URL, its path too. If the endpoint is documented elsewhere, give it: Connect-DcrServer -RegistrationEndpoint <url>. Epic names it in the CapabilityStatement (GET <fhir base>/metadata): the extension oauth-uris, 'register'.");

    public static DcrException ResourceAndDiscovery(string discovery) => new(
        DcrErrorId.InvalidSetup,
        $"-Resource and -Discovery {discovery} cannot be used together. Nothing was sent.",
        "Leave -Discovery out, or give -Discovery Resource.");

    public static DcrException ResourceDiscoveryFailed(string resource, IEnumerable<string> tried) => new(
        DcrErrorId.DiscoveryFailed,
        $"No metadata of the protected resource {resource} was found. Tried: {string.Join("; ", tried)}.",
        "Check the resource's URL, its path too. If you know its authorization server, connect to that: Connect-DcrServer <issuer>.");

    public static DcrException SeveralAuthorizationServers(string resource, IReadOnlyList<string> servers) => new(
        DcrErrorId.DiscoveryFailed,
        $"The resource {resource} names {servers.Count} authorization servers: {string.Join(", ", servers)}. The choice is yours.",
        $"Connect-DcrServer -Discovery Resource -Resource {resource} -Issuer <one of them>.");

    public static DcrException UnsafeAuthorizationServer(string resource, string issuer) => new(
        DcrErrorId.DiscoveryFailed,
        $"The authorization server '{issuer}' that the resource {resource} names is not an absolute https URL. Nothing was sent to it.",
        "Tell the resource's operator, or connect to the issuer that you know: Connect-DcrServer <issuer>.");

    public static DcrException NotAnAuthorizationServer(string resource, string picked, IReadOnlyList<string> servers) => new(
        DcrErrorId.DiscoveryFailed,
        $"The resource {resource} does not name the authorization server {picked}. It names {string.Join(", ", servers)}.",
        "Give -Issuer as the resource writes it.");

    /// <param name="known">The issuers that clients are kept of.</param>
    public static DcrException NothingKnownOffline(string issuer, IReadOnlyCollection<string> known) =>
        new(DcrErrorId.DiscoveryFailed, $"-Offline: no client of {issuer} is kept here. {(known.Count == 0 ? "Nothing is." : $"Those of {string.Join(", ", known)} are.")}", "Give the issuer as Get-DcrClient -Offline shows it, or connect without -Offline.");

    public static DcrException IsOffline() =>
        new(DcrErrorId.NotConnected, "This connection was made with -Offline, so nothing can be sent over it. Nothing was sent.", "Run Connect-DcrServer again, without -Offline.");

    /// <param name="canBeAsked">Whether the other issuer is an address that tokens may go to.</param>
    public static DcrException IssuerMismatch(string issuer, string found, bool canBeAsked, IEnumerable<string> tried) =>
        new(
            DcrErrorId.IssuerMismatch,
            $"The server metadata for {issuer} names another issuer: {found}. Tried: {string.Join("; ", tried)}.",
            found.Contains('{') ? "This metadata is a template for many tenants. Connect to your own tenant's issuer, with its id in the URL (Entra: https://login.microsoftonline.com/<tenant id>/v2.0)."
            : canBeAsked ? $"If that is the server that you mean, run Connect-DcrServer {found}."
            : "Ask the server's operator to correct the issuer in its metadata: it is no address that can be reached from here. Until then, give the endpoint: Connect-DcrServer -RegistrationEndpoint <url>.");

    // The audit log.

    public static DcrException AuditWriteFailed(string path, Exception why) =>
        new(DcrErrorId.AuditWriteFailed, $"The audit log '{path}' cannot be written: {why.Message.TrimEnd('.')}. Nothing was sent.", "Make the file and its folder writable for this account, and make room on the disk; or connect with another -AuditPath.", why);

    public static DcrException AuditNotFound(string path, Exception why) =>
        new(DcrErrorId.AuditReadFailed, $"There is no audit log '{path}'.", "Connect-DcrServer begins one: Get-DcrServer shows where, as AuditPath. Name another with -Path.", why);

    public static DcrException AuditReadFailed(string path, Exception why) =>
        new(DcrErrorId.AuditReadFailed, $"The audit log '{path}' cannot be read: {why.Message.TrimEnd('.')}.", "Make the file readable for this account, or name another with -Path.", why);

    // The vault.

    public static DcrException VaultLocked(string vault, Exception inner) =>
        new(DcrErrorId.VaultLocked, $"Vault '{vault}' is locked. Nothing was sent.", $"Unlock it, then run the command again: Unlock-SecretStore for a SecretStore vault, Unlock-SecretVault -Name '{vault}' for others. DcrPowerShell never prompts.", inner);

    public static DcrException VaultNotFound(string vault, IEnumerable<string> known) =>
        new(DcrErrorId.VaultNotFound, $"There is no vault named '{vault}'. {(known.Any() ? $"Registered: {string.Join(", ", known)}." : "None is registered.")} Nothing was sent.", "Register it with Register-SecretVault, or name another with Connect-DcrServer -Vault.");

    public static DcrException VaultNotWritable(string vault, Exception why, string? nextStep = null) =>
        new(DcrErrorId.VaultWriteFailed, $"Vault '{vault}' does not keep what is written to it: {why.Message}. Nothing was sent.", nextStep ?? "Check the vault with Test-SecretVault, and that this account may write to it.", why);

    /// <param name="place">"vault 'X'" or "the local store".</param>
    public static DcrException SecretExists(string place, string secretName) =>
        new(DcrErrorId.SecretExists, $"There is a secret named '{secretName}' in {place} already. It was left as it is.", "Choose another name; or, if nobody needs that secret any more, remove it with Remove-Secret.");

    public static DcrException NotKept(string vault, string clientId, string done, object unstored, Exception why, string? nextStep) =>
        new(DcrErrorId.VaultWriteFailed, $"Client '{clientId}' {done}, and vault '{vault}' did not keep that: {why.Message.TrimEnd('.')}. The local store has it.", $"Nothing is lost. {nextStep ?? "When the vault works again, connect, or run Restore-DcrRegistration: it gives the vault what it lacks."}", why)
        {
            Unstored = unstored,
        };

    public static DcrException NotKeptHere(string clientId, string done, object unstored, bool hasAnswer, DcrException why) =>
        new(
            why.ErrorId,
            $"Client '{clientId}' {done}, and the local store could not keep that: {(why.InnerException is { } inner ? inner.Message.TrimEnd('.') : "it is locked")}.{(hasAnswer ? " The server's answer is in it." : "")}",
            hasAnswer ? "When the store can be written again, connect: what the answer brought is restored." : "Have the store written again (room on the disk, Unlock-DcrStore) before this session ends: its next command keeps what the answer brought. The DcrClient object has the secrets too: it was written to the output, and is this error's TargetObject.",
            why)
        {
            Unstored = unstored,
        };

    /// <param name="place">"vault 'X'" or "the local store".</param>
    public static DcrException NotCopied(string place, string clientId, string secretName, object client, Exception why)
    {
        var isTaken = why is DcrException { ErrorId: DcrErrorId.SecretExists };
        return new(
            why is DcrException { ErrorId: var id } ? id : DcrErrorId.VaultWriteFailed,
            $"The secret of client '{clientId}' could not be copied to '{secretName}' in {place}: {why.Message.TrimEnd('.')}. The registration itself is kept.",
            $"{(isTaken ? "Copy it under another name" : $"When {place} works again, copy it")}: Set-Secret {(isTaken ? "<name>" : $"'{secretName}'")} -SecureStringSecret (Get-DcrClient -Offline -ClientId {clientId}).ClientSecret",
            why)
        {
            Unstored = client,
        };
    }

    public static DcrException NotForgotten(string clientId, Exception why, string? nextStep) =>
        new(DcrErrorId.VaultWriteFailed, $"Client '{clientId}' was deleted at the server, and its vault still holds its registration: {why.Message.TrimEnd('.')}.", nextStep ?? "Nothing is to be done: it is removed there when you connect to that vault next.", why);

    public static DcrException NotMoved(string vault, string clientId, Exception why, string? nextStep) =>
        new(DcrErrorId.VaultWriteFailed, $"Client '{clientId}' is being moved, and vault '{vault}' did not take it yet: {why.Message.TrimEnd('.')}. The local store has it.", $"Nothing is lost. {nextStep ?? "When the vault works again, run Move-DcrRegistration once more, or connect to the vault: it goes on from here."}", why);

    public static DcrException NothingToMove(string place) =>
        new(DcrErrorId.InvalidSetup, $"-From and -To both mean {place}. Nothing was moved.", "Name two places: a vault's name, or nothing for the local store.");

    public static DcrException VaultEmptied(string vault, int count) =>
        new(DcrErrorId.VaultReadFailed, $"Vault '{vault}' held {count} registration{(count == 1 ? "" : "s")} and is empty now. Nothing was written to it and nothing was sent.", "If its files are lost, put them back from a copy first (a SecretStore: Restore-DcrRegistration -SecretStoreCopy). If this is another vault or it was emptied on purpose, register it under another name.");

    public static DcrException VaultReadFailed(string vault, Exception why, string? nextStep = null) =>
        new(DcrErrorId.VaultReadFailed, $"Vault '{vault}' could not be read: {why.Message}.", nextStep ?? "Check the vault with Test-SecretVault.", why);

    public static DcrException StoreNotRestored(string why, string nextStep, Exception? inner = null) =>
        new(DcrErrorId.VaultWriteFailed, $"SecretStore was left as it is: {why}.", nextStep, inner);

    public static DcrException RecordUnreadable(string vault, string secretName, string why, bool isNewer) =>
        new(DcrErrorId.VaultReadFailed, $"The secret '{secretName}' in vault '{vault}' is not a registration that this version can read: {why}. It was left as it is.", isNewer
            ? "A newer DcrPowerShell wrote it: update this one."
            : $"If the local store still holds it, Restore-DcrRegistration writes it back. If not, remove it with Remove-Secret -Vault '{vault}' -Name {secretName}, and see Restore-DcrRegistration -ClientId.");

    public static DcrException SecretNameTwice(string name, string first) =>
        new(DcrErrorId.InvalidClientMetadata, $"The secret '{name}' was named for two clients: {first} has it. Nothing was sent for this one.", "Give each client a secret name of its own (ClientSecretName).");

    public static DcrException SecretManagementNotFound(Exception inner) =>
        new(DcrErrorId.SecretManagementNotFound, "The module Microsoft.PowerShell.SecretManagement could not be loaded.", "Install it: Install-Module Microsoft.PowerShell.SecretManagement. It keeps registration access tokens and client secrets.", inner);

    private static string Columns(IReadOnlyCollection<string> columns) => columns.Count == 0 ? "" : $"; the row has the column{(columns.Count == 1 ? "" : "s")} {string.Join(", ", columns)}";

    private static string Status(ServerError server) => server.Code is null ? $"HTTP {server.Status}" : $"HTTP {server.Status}, {server.Code}";

    private static string CodeOf(ServerError server) => server.Code ?? $"HTTP {server.Status}";

    private static string Grant(ServerError server, Uri endpoint) => server.RequiredScope.Count == 0
        ? $"At {endpoint.Authority}, grant the client that you connect with the scope that registering clients needs there (the server does not name it)"
        : $"At {endpoint.Authority}, grant {string.Join(" ", server.RequiredScope)} to the client that you connect with";

    private static string Said(ServerError? server)
    {
        var words = server?.Description is { } description ? $" The server said: \"{description}\"" : "";
        return server?.SupportId is { } id ? $"{words} (support id {id})" : words;
    }

    // Without a user name or password, which GetLeftPart would show.
    private static string Origin(Uri uri) => $"{uri.Scheme}://{uri.Authority}";
}
