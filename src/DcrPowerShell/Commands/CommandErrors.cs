using System;
using System.Collections.Generic;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Commands;

/// <summary>What one command alone refuses, or cannot do.</summary>
internal static class CommandErrors
{
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
        $"The server answers for {gone} clients as if they were gone. They were not registered again, because -MaxRepair lets a run repair "
            + $"{most}.",
        "Find out whether it still has them: a server that was restored, or tokens that another machine replaced, look alike. If they are "
            + $"gone, run the command with -MaxRepair {gone}.");

    /// <param name="whose">Such as <c>Tenant 'north'</c>.</param>
    public static DcrException RowRepeated(string whose) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"{whose} has a second row. The first one counts.",
            "Keep one row for each client."
        );

    /// <param name="columns">Of the row; none where none was piped.</param>
    public static DcrException NothingToRegister(IReadOnlyCollection<string> columns) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"No metadata was named for the client{RowErrors.Columns(columns)}.",
            "Give -ClientName or other metadata, or pipe objects whose properties name it."
        );

    /// <inheritdoc cref="NothingToRegister"/>
    public static DcrException NothingToChange(IReadOnlyCollection<string> columns) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"Nothing to change was named{RowErrors.Columns(columns)}.",
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

    public static DcrException FileForClient(string path) => DcrException.Unsent(
        DcrErrorId.InvalidClientMetadata,
        $"-ClientId: '{path}' is the name of a file.",
        "Import-DcrClient -Path takes a file of clients. If a client has this id, pipe a row with it in the column ClientId.");

    public static DcrException ComparisonPiped() =>
        InputErrors.BadInput(
            "InputObject",
            "is what Compare-DcrClient gave, and has no metadata to register",
            "Pipe the rows to Sync-DcrClient."
        );

    public static DcrException TextForRow(string text) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"The text '{text}' is no row of a client.",
            "Pipe rows with columns, such as Import-Csv gives them; or describe one client by parameters."
        );

    /// <param name="isAsked">Whether the server was asked for its clients.</param>
    public static DcrException NameUnknown(string clientName, string? issuer, bool isAsked) =>
        new(
            DcrErrorId.ClientNotFound,
            $"No client {(issuer is null ? "on this machine" : $"at {issuer}")} is named '{clientName}'.",
            $"Tab after -ClientName offers the names that are known here, and -ClientName '*{clientName}*' finds parts of names."
        )
        {
            NothingSent = !isAsked,
        };

    public static DcrException NoRegistrationAnywhere(string clientId) =>
        DcrException.Unsent(
            DcrErrorId.ClientNotFound,
            $"There is no registration of client '{clientId}' on this machine.",
            "Get-DcrClient -Offline lists the clients that are known; -ClientName finds them by name, -Tenant by tenant."
        );

    public static DcrException StateOffline() =>
        DcrException.Unsent(
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
            $"The audit log '{path}' cannot be read: {ErrorWords.Why(why)}.",
            "Make the file readable for this account, or name another with -Path.",
            why
        );

    public static DcrException NothingToMove(string place) =>
        new(
            DcrErrorId.InvalidSetup,
            $"-From and -To both mean {place}.",
            "Name two places: a vault's name, or nothing for the local store."
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
