using System;
using System.Collections.Generic;
using System.Linq;

namespace DcrPowerShell.Errors;

/// <summary>What is wrong with what a command was given. Nothing was sent.</summary>
internal static class InputErrors
{
    public static DcrException BadInput(string member, string why, string fix) =>
        DcrException.Unsent(DcrErrorId.InvalidClientMetadata, $"{member} {why}.", fix, member: member);

    public static DcrException ColumnsInOne(string delimiter) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"The rows have one column, whose heading has several names with {(delimiter == "\t" ? "tabs" : $"'{delimiter}'")} between "
                + "them.",
            $"Read the file with its delimiter: Import-Csv -Delimiter {(delimiter == "\t" ? "\"`t\"" : $"'{delimiter}'")}."
        );

    /// <param name="why">What is there instead.</param>
    /// <param name="takesMany">Whether a list of texts would do.</param>
    public static DcrException CellUnclear(string column, string why, bool takesMany) => DcrException.Unsent(
        DcrErrorId.InvalidClientMetadata,
        $"Column '{column}' has {why}, where a text{(takesMany ? " or a list of texts" : "")} is wanted.",
        $"Write the value as {(takesMany ? "a text or a list of texts" : "one text")}, then run the command again.");

    public static DcrException ColumnsForOne(string first, string second, string parameter) => DcrException.Unsent(
        DcrErrorId.InvalidClientMetadata,
        $"Columns '{first}' and '{second}' both stand for {parameter}, and say different things.",
        "Keep one of the two columns.");

    public static DcrException RowWithoutTenant() => DcrException.Unsent(
        DcrErrorId.InvalidClientMetadata,
        "It names neither a tenant nor a client id, so nobody can tell which client is meant.",
        "Fill in the column Tenant, or give -Tenant.");

    public static DcrException TooManyExtra(int extra, int most) => new(
        DcrErrorId.TooManyExtra,
        $"{extra} clients are extra and were not removed, because -MaxPrune lets a run remove {most}.",
        $"Look at them: Compare-DcrClient gives them with the status Extra. If they are to go, run it with -MaxPrune {extra}.");

    public static DcrException RowOfFormerClient(string id, string tenant, string now) => DcrException.Unsent(
        DcrErrorId.ClientNotFound,
        $"Client '{id}' is not kept here, and tenant '{tenant}' has client '{now}'.",
        "Put that id into the row, or leave the id out: the tenant names its client.");

    /// <param name="gone">More than one.</param>
    public static DcrException TooManyGone(int gone, int most) => new(
        DcrErrorId.TooManyGone,
        $"The server answers for {gone} clients as for ones that it does not have. They were not registered again, because -MaxRepair lets "
            + $"a run register {most}.",
        "Find out whether it still has them: a server that was restored, or tokens that another machine replaced, look alike. If they are "
            + $"gone, run it with -MaxRepair {gone}.");

    /// <param name="whose">Such as <c>Tenant 'north'</c>.</param>
    public static DcrException RowRepeated(string whose) =>
        new(DcrErrorId.InvalidClientMetadata, $"{whose} has a second row. The first one counts.", "Keep one row for each client.");

    public static DcrException BrokenTenant(string shown, string why, string fix) =>
        DcrException.Unsent(DcrErrorId.InvalidClientMetadata, $"-Tenant: '{shown}' {why}.", fix);

    /// <param name="heading">As it stands in the file, with what nobody sees made visible.</param>
    public static DcrException ColumnUnclear(string heading, string meant) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"Column '{heading}' is not read as {meant}: a blank, a hyphen or a character that nobody sees makes it another name.",
            $"Write the heading {meant}, then run the command again.",
            member: meant
        );

    /// <param name="columns">Of the row; none where none was piped.</param>
    public static DcrException NothingToRegister(IReadOnlyCollection<string> columns) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"No metadata was named for the client{Columns(columns)}.",
            "Give -ClientName or other metadata, or pipe objects whose properties name it."
        );

    /// <inheritdoc cref="NothingToRegister"/>
    public static DcrException NothingToChange(IReadOnlyCollection<string> columns) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"Nothing to change was named{Columns(columns)}.",
            "Name at least one member, such as -RedirectUri, or -Metadata @{ tos_uri = $null } to remove one."
        );

    public static DcrException AllAndSingleRedirectUris() =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            "-RedirectUri gives all redirect URIs, so it cannot be used together with -AddRedirectUri or -RemoveRedirectUri.",
            "Give -RedirectUri alone, or leave it out. A column RedirectUri or redirect_uris of a row counts as well."
        );

    public static DcrException RedirectUriAddedAndRemoved(string uri) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"-AddRedirectUri and -RemoveRedirectUri both name {Redaction.Printable(uri)}.",
            "Name it in one of the two."
        );

    /// <inheritdoc cref="NothingToRegister"/>
    public static DcrException NoClientNamed(IReadOnlyCollection<string> columns) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"No client was named{Columns(columns)}.",
            columns.Any(static name => name is "ClientId" or "client_id" or "Tenant")
                ? "Fill in the row's ClientId or Tenant."
                : "Give -ClientId or -Tenant, or pipe clients or rows with a column ClientId or Tenant."
        );

    public static DcrException FileForClient(string path) => DcrException.Unsent(
        DcrErrorId.InvalidClientMetadata,
        $"'{path}' was given for -ClientId, and is a file.",
        "Import-DcrClient -Path takes a file of clients.");

    public static DcrException ComparisonPiped() =>
        BadInput("InputObject", "is what Compare-DcrClient gave, and has no metadata to register", "Pipe the rows to Sync-DcrClient.");

    public static DcrException TextPiped(string text) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"The text '{text}' names no client.",
            "Texts name clients by a parameter: -Tenant (Get-Content tenants.txt), or -ClientId."
        );

    public static DcrException TextForRow(string text) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"The text '{text}' is no row of a client.",
            "Pipe rows with columns, such as Import-Csv gives them; or describe one client by parameters."
        );

    public static DcrException FileForRow(string file, string command) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"The file '{Redaction.Printable(file)}' is no row of a client.",
            $"Pipe the rows in it: Import-Csv <path> | {command}."
        );

    public static DcrException PipedAndNamed() =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            "Clients were piped, and -ClientId or -Tenant was given.",
            "Name clients in one of these ways."
        );

    public static DcrException NameUnknown(string clientName, string? issuer) => new(
        DcrErrorId.ClientNotFound,
        $"No client {(issuer is null ? "on this machine" : $"at {issuer}")} is named '{clientName}'.",
        $"Tab after -ClientName offers the names that are known here, and -ClientName '*{clientName}*' finds parts of names.");

    /// <param name="ways">Parameters that answer for the user.</param>
    public static DcrException ConfirmationNotPossible(string target, string action, string ways, Exception why) =>
        DcrException.Unsent(
            DcrErrorId.ConfirmationNotPossible,
            $"{action}: {target} has to be confirmed, and nobody can be asked here.",
            $"Run the command with {ways}; with -WhatIf it says what it would do.",
            why
        );

    public static DcrException VaultAndLocal() =>
        DcrException.Unsent(
            DcrErrorId.VaultNotFound,
            "-Vault and -LocalStore cannot be used together.",
            "Give one of them, or neither for the default (Set-DcrStore -DefaultVault)."
        );

    /// <param name="next">What to do when the cause is mended.</param>
    public static DcrException TooManyFailures(int limit, string next) =>
        new(
            DcrErrorId.TooManyFailures,
            $"The command ended at the number of failures that -MaxFailures gives, {limit}. Requests that were sent by then were finished, "
                + "and what they brought is kept.",
            $"See to the first of the errors. {next}"
        );

    public static DcrException NotConnected() =>
        new(
            DcrErrorId.NotConnected,
            "There is no connection to an authorization server.",
            "Run Connect-DcrServer <issuer> first. In ForEach-Object -Parallel, pass the connection: -Connection $using:connection."
        );

    /// <param name="known">Names of the connections that there are.</param>
    public static DcrException NoSuchConnection(string name, IEnumerable<string> known) =>
        new(
            DcrErrorId.NotConnected,
            $"There is no connection '{name}'. {(known.Any() ? $"There is: {string.Join(", ", known)}." : "This runspace has none.")}",
            "Get-DcrServer lists the connections; Connect-DcrServer makes one."
        );

    public static DcrException ConnectionClosed(string name) =>
        new(
            DcrErrorId.NotConnected,
            $"The connection '{name}' was closed by Disconnect-DcrServer.",
            "Run Connect-DcrServer again, and use the connection that it gives."
        );

    public static DcrException ConnectionOfOtherProcess() =>
        new(
            DcrErrorId.NotConnected,
            "A connection holds for one process: a job, another computer or a file gets a copy that cannot send. Run Connect-DcrServer "
                + "there.",
            "Connect in the job, or use Start-ThreadJob or ForEach-Object -Parallel: there a connection can be passed."
        );

    public static DcrException NoRegistrationAnywhere(string clientId) =>
        new(
            DcrErrorId.ClientNotFound,
            $"There is no registration of client '{clientId}' on this machine.",
            "Get-DcrClient -Offline lists the clients that are known; -ClientName finds them by name, -Tenant by tenant."
        );

    public static DcrException StateOffline() =>
        new(
            DcrErrorId.OperationNotSupported,
            "-State and -Offline cannot be used together: only the server knows whether it still has a client, and -Offline asks nobody.",
            "Leave out -Offline to have each client read at the server, or leave out -State."
        );

    public static DcrException OverlapAndComplete() =>
        DcrException.Unsent(
            DcrErrorId.OverlapRefused,
            "-Overlap and -CompleteOverlap cannot be used together.",
            "Run -Overlap first, move the application to the new secret, and then run -CompleteOverlap."
        );

    public static DcrException SeveralCredentials(IEnumerable<string> parameters) =>
        DcrException.Unsent(
            DcrErrorId.AccessTokenRejected,
            $"More than one credential was given: {string.Join(", ", parameters.Select(parameter => "-" + parameter))}.",
            "Connect with one of them."
        );

    public static DcrException KeyWithoutClient() =>
        DcrException.Unsent(
            DcrErrorId.InvalidPrivateKey,
            "A private key was given, and not the client that it belongs to.",
            "Give -ClientId too."
        );

    public static DcrException ClientWithoutProof() =>
        DcrException.Unsent(
            DcrErrorId.InvalidPrivateKey,
            "-ClientId was given, and nothing that the client could prove itself with.",
            "Give -PrivateKey, -PrivateKeyPath, -Certificate or -TlsCertificate; for a client with a secret, -ClientCredential."
        );

    public static DcrException BadKey(string what, string fix, Exception inner) =>
        DcrException.Unsent(DcrErrorId.InvalidPrivateKey, $"{what}", fix, inner);

    public static DcrException BadCertificate(string what, string fix, Exception inner) =>
        DcrException.Unsent(DcrErrorId.InvalidCertificate, what, fix, inner);

    /// <param name="isUdap">Whether the connection is to be made by UDAP.</param>
    public static DcrException NotWithUdap(string parameter, bool isUdap) =>
        DcrException.Unsent(
            DcrErrorId.InvalidCertificate,
            isUdap
                ? $"-{parameter} does not go with -Discovery Udap, where a certificate is all that a client proves itself with."
                : $"-{parameter} goes with -Discovery Udap alone.",
            isUdap ? $"Leave out -{parameter}." : $"Add -Discovery Udap and give a FHIR base URL, or leave out -{parameter}."
        );

    public static DcrException ProviderWithoutUdap() =>
        DcrException.Unsent(
            DcrErrorId.InvalidCertificate,
            "-Provider Udap goes with -Discovery Udap, and with nothing else.",
            "Give -Discovery Udap, a FHIR base URL, -CertificatePath and -TrustAnchor."
        );

    public static DcrException NoTrustAnchor() =>
        DcrException.Unsent(
            DcrErrorId.InvalidCertificate,
            "-Discovery Udap needs to know whom to trust.",
            "Give the root certificate of the trust community: -TrustAnchor, a file or a certificate."
        );

    public static DcrException NoCertificateForUdap() =>
        DcrException.Unsent(
            DcrErrorId.InvalidCertificate,
            "-Discovery Udap needs the certificate that the trust community issued for the client.",
            "Give it with -CertificatePath (PEM or PFX, with those of its issuers), or -Certificate."
        );

    public static DcrException PlainSecret(string parameter) =>
        DcrException.Unsent(
            DcrErrorId.InvalidSetup,
            $"-{parameter}: plain text is not taken for a secret, because it would be shown and kept in the history.",
            "Give (Read-Host -AsSecureString), or what Get-Secret gives; Import-DcrClient -Path reads a file with secrets in plain text."
        );

    public static DcrException BackupWriteFailed(string path, Exception why) =>
        new(
            DcrErrorId.InventoryWriteFailed,
            $"The backup '{path}' cannot be written: {why.Message.TrimEnd('.')}. What was there before is left as it was.",
            "Check that the folder is there, has room, and is writable for this account; then run the command again.",
            why
        );

    /// <param name="id">What could not be done with the file.</param>
    public static DcrException NoFilePath(DcrErrorId id, string parameter, string path) =>
        DcrException.Unsent(id, $"-{parameter}: '{path}' is no path of the file system.", "Give a file's path, such as ./clients.csv.");

    /// <summary>The text itself is a secret, maybe: it is not repeated.</summary>
    public static DcrException TextForPath(DcrErrorId id, string parameter) =>
        DcrException.Unsent(
            id,
            $"-{parameter} takes the path of a file, and was given the text that stands in one.",
            id == DcrErrorId.InvalidPrivateKey
                ? "Give the file's path, or the text with -PrivateKey, as a SecureString."
                : "Give the file's path."
        );

    public static DcrException AuditNotFound(string path, Exception why) =>
        new(
            DcrErrorId.AuditReadFailed,
            $"There is no audit log '{path}'.",
            "Connect-DcrServer begins one: Get-DcrServer shows where, as AuditPath. Name another with -Path.",
            why
        );

    public static DcrException AuditReadFailed(string path, Exception why) =>
        new(
            DcrErrorId.AuditReadFailed,
            $"The audit log '{path}' cannot be read: {why.Message.TrimEnd('.')}.",
            "Make the file readable for this account, or name another with -Path.",
            why
        );

    public static DcrException VaultNotFound(string vault, IEnumerable<string> known) =>
        DcrException.Unsent(
            DcrErrorId.VaultNotFound,
            $"There is no vault named '{vault}'. {(known.Any() ? $"Registered: {string.Join(", ", known)}." : "None is registered.")}",
            "Register it with Register-SecretVault, or name another with Connect-DcrServer -Vault."
        );

    public static DcrException NothingToMove(string place) =>
        new(
            DcrErrorId.InvalidSetup,
            $"-From and -To both mean {place}.",
            "Name two places: a vault's name, or nothing for the local store."
        );

    public static DcrException StoreNotRestored(string why, string nextStep, Exception? inner = null) =>
        new(DcrErrorId.VaultWriteFailed, $"SecretStore was left as it is: {why}.", nextStep, inner);

    public static DcrException SecretNameRefused(string name, string why) => DcrException.Unsent(
        DcrErrorId.InvalidClientMetadata,
        $"-ClientSecretName: '{name}' {why}.",
        "Name the secret otherwise, with letters, digits and hyphens.");

    public static DcrException SecretNameTwice(string name, string first) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"The secret '{name}' was named for two clients, and {first} has it.",
            "Give each client a secret name of its own (ClientSecretName)."
        );

    public static DcrException SecretManagementNotFound(Exception inner) =>
        new(
            DcrErrorId.SecretManagementNotFound,
            "The module Microsoft.PowerShell.SecretManagement could not be loaded.",
            "Install it: Install-Module Microsoft.PowerShell.SecretManagement. It keeps registration access tokens and client secrets.",
            inner
        );

    public static string Columns(IReadOnlyCollection<string> columns) =>
        columns.Count == 0 ? "" : $"; the row has the column{(columns.Count == 1 ? "" : "s")} {string.Join(", ", columns)}";

    public static DcrException ResourceAndDiscovery(string discovery) => DcrException.Unsent(
        DcrErrorId.InvalidSetup,
        $"-Resource and -Discovery {discovery} cannot be used together.",
        "Leave -Discovery out, or give -Discovery Resource.");

    public static DcrException StatementScriptFailed(string why, Exception failure) =>
        DcrException.Unsent(
            DcrErrorId.InvalidSoftwareStatement,
            $"The script block failed: {why.TrimEnd('.')}.",
            "Run the script block by itself, with $_ set to the row.",
            failure,
            member: "software_statement"
        );

    /// <param name="what">What it gave.</param>
    public static DcrException StatementScriptUnclear(string what) =>
        DcrException.Unsent(
            DcrErrorId.InvalidSoftwareStatement,
            $"The script block gave {what}, where the software statement is wanted as one string.",
            "Have the script block write the statement and nothing else; | Out-Null silences a command in it.",
            member: "software_statement"
        );

    public static DcrException StatementUnclear() =>
        BadInput(
            "software_statement",
            "is neither a string nor a script block",
            "Give the statement as a string, or a script block that gets one."
        );

    public static DcrException NoLifetime() =>
        new(
            DcrErrorId.InvalidClientMetadata,
            "-Lifetime: a statement is good for some time, and for a hundred years at most.",
            "Give a span such as 10m."
        );

    public static DcrException StatementWithoutKey() =>
        new(
            DcrErrorId.InvalidPrivateKey,
            "A software statement is signed, and no private key was given.",
            "Give the issuer's key: -PrivateKey, -PrivateKeyPath or -Certificate."
        );
}
