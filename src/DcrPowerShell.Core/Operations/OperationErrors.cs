using System;
using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Errors;
using static DcrPowerShell.Errors.ErrorWords;

namespace DcrPowerShell.Operations;

/// <summary>How an operation on clients can end.</summary>
internal static class OperationErrors
{
    /// <summary>What an answer to a read says.</summary>
    public const string Exists = "exists";

    public static DcrException TenantUnknown(string tenant, string? issuer) =>
        DcrException.Unsent(
            DcrErrorId.ClientNotFound,
            $"Tenant '{tenant}' has no client {(issuer is null ? "on this machine" : $"at {issuer}")}.",
            tenant.IndexOfAny(['*', '?']) >= 0
                ? "Only Get-DcrClient -Tenant takes wildcards, where they are typed: pipe what it gives."
                : "Get-DcrClient -Offline lists the clients with their tenants, Find-DcrOrphan the requests of unknown outcome."
        );

    /// <param name="usual">What the one client is known by at the server.</param>
    public static DcrException SoleClientOfOther(string tenant, string usual, string clientId, string? other) =>
        DcrException.Unsent(
            DcrErrorId.TenantNotUnique,
            $"{Redaction.Printable(usual)} has one client at this server, '{clientId}', which belongs to tenant '{other}': to register it "
                + $"for tenant '{tenant}' would change that one.",
            "For another client, connect with a certificate that names another URI (-SubjectUri, where one certificate has several)."
        );

    public static DcrException NothingToImport(string usual) =>
        DcrException.Unsent(
            DcrErrorId.OperationNotSupported,
            $"There is nothing to take over at this server: whoever registers as {Redaction.Printable(usual)} gets the client of that "
                + "name, also one that was registered elsewhere.",
            "Run New-DcrClient with all that the client shall have."
        );

    public static DcrException NoDuplicateHere(string usual) =>
        DcrException.Unsent(
            DcrErrorId.OperationNotSupported,
            $"-AllowDuplicate: {Redaction.Printable(usual)} has one client at this server, and to register it again changes that one.",
            "Leave out -AllowDuplicate. For another client, connect with a certificate that names another URI."
        );

    public static DcrException TenantNotUnique(string tenant, IEnumerable<string> clients) =>
        DcrException.Unsent(
            DcrErrorId.TenantNotUnique,
            $"Tenant '{tenant}' has several clients: {string.Join(", ", clients)}.",
            "Name the one that is meant with -ClientId."
        );

    public static DcrException OtherTenant(string clientId, string? tenant, string wanted) =>
        DcrException.Unsent(
            DcrErrorId.ClientNotFound,
            $"Client '{clientId}' belongs to {(tenant is null ? "no tenant" : $"tenant '{tenant}'")}, not to tenant '{wanted}'.",
            "Name the client by one of the two."
        );

    public static DcrException OtherIssuer(string clientId, string clientIssuer, string connectionIssuer) =>
        new(
            DcrErrorId.NotConnected,
            $"Client '{clientId}' belongs to {clientIssuer}, and the connection is to {connectionIssuer}. Its token goes only to the "
                + "server that issued it.",
            $"Run Connect-DcrServer {clientIssuer}, or name the right connection with -Connection."
        )
        {
            IsOfOneClient = true,
            NothingSent = true,
        };

    /// <param name="isAsked">Whether the server said so.</param>
    public static DcrException NoSecret(string clientId, string? method, bool isAsked) =>
        new(
            DcrErrorId.OperationNotSupported,
            $"Client '{clientId}' has no client secret to reset{(method is null ? "" : $": it authenticates with {method}")}.",
            "For a key pair, change -Jwks or -JwksUri with Set-DcrClient. To give it a secret, set -TokenEndpointAuthMethod "
                + "client_secret_basic."
        )
        {
            NothingSent = !isAsked,
        };

    public static DcrException AdditionOutcomeUnknown(string clientId, DcrException failure) =>
        new(
            DcrErrorId.OutcomeUnknown,
            $"{failure.What} Whether client '{clientId}' has a second client secret now is not known; its present one still works.",
            "Run Reset-DcrClientSecret -Overlap again: if a second secret was added, it says so and changes nothing.",
            failure
        )
        {
            ServerError = failure.ServerError,
        };

    /// <param name="failure">Why it was not deleted: its id is kept, and its message repeated.</param>
    public static DcrException OldSecretNotDeleted(string clientId, DcrException failure) =>
        new(
            failure.ErrorId,
            $"The old client secret of '{clientId}' is inactive now and opens nothing, but was not deleted: {failure.What}",
            "Run Reset-DcrClientSecret -CompleteOverlap again: it deletes the inactive secret.",
            failure
        )
        {
            ServerError = failure.ServerError,
        };

    public static DcrException TokenLost(string clientId, Uri uri, Exception inner) =>
        new(
            DcrErrorId.TokenLost,
            $"A change of client '{clientId}' was sent to {uri.Authority}, its answer never came, and now the server rejects the "
                + "registration access token: it has most likely replaced it in the answer that was lost.",
            "Give the client a new registration access token in the server's own administration, and take it over with Import-DcrClient; "
                + "or register a new client with New-DcrClient -AllowDuplicate.",
            inner
        );

    /// <param name="at">When it was sent; null where that is not known any more.</param>
    /// <param name="whose">"for tenant 'X'", or "in the place of client 'X'".</param>
    /// <param name="isRepair">Whether it takes the place of another client.</param>
    /// <param name="hasSole">The server has one client for all tenants: to register it again is to get the same.</param>
    public static DcrException TenantUnknown(string whose, DateTimeOffset? at, bool isRepair, bool hasSole) =>
        DcrException.Unsent(
            DcrErrorId.OutcomeUnknown,
            $"An earlier command sent a client {whose} to be "
                + $"registered{(at is { } time ? $" on {time:yyyy-MM-dd} at {time:HH:mm} UTC" : "")}, and nobody knows whether the server "
                + "did it.",
            hasSole
                ? "Run Find-DcrOrphan | Resolve-DcrOrphan -Dismiss, then register again: this server gives the same client."
                : "Find-DcrOrphan looks it up, and Resolve-DcrOrphan adopts, removes or dismisses it. "
                + (isRepair
                    ? "If it was not adopted, run Repair-DcrClient again then."
                    : "New-DcrClient -AllowDuplicate registers another client all the same.")
        );

    /// <inheritdoc cref="TenantUnknown(string, DateTimeOffset?, bool, bool)"/>
    public static DcrException TenantUnderWay(string whose, TimeSpan waited) =>
        DcrException.Unsent(
            DcrErrorId.OutcomeUnknown,
            $"A client {whose} is being registered by another command, which did not end within {Duration.Say(waited)}.",
            "Run the command again when the other one has ended: it finds the client then."
        );

    public static DcrException ClientUnderWay(string clientId, TimeSpan waited) =>
        DcrException.Unsent(
            DcrErrorId.RequestTimedOut,
            $"Another command is at work on client '{clientId}', and did not end within {Duration.Say(waited)}.",
            "Run the command again when the other one has ended."
        );

    public static DcrException NewerSince(string clientId) =>
        DcrException.Unsent(
            DcrErrorId.SecretExists,
            $"Client '{clientId}' has another registration access token than the object that was piped, so it was not dropped: a command "
                + "has read or changed it since.",
            "Get it again with Get-DcrClient and look at its State. Named by -ClientId, it is dropped all the same."
        );

    public static DcrException ChangeNotKept(string clientId, int tries) =>
        new(
            DcrErrorId.ChangeNotKept,
            $"Client '{clientId}' was changed {tries} times, and the server still does not have it as asked: somebody else changes it at "
                + "the same time, or the server grants otherwise. What it has now is kept.",
            "Look at it with Get-DcrClient, and run the command again when nobody else is at work on the client."
        );

    public static DcrException TenantHasOther(string tenant, string clientId, string other) =>
        DcrException.Unsent(
            DcrErrorId.TenantNotUnique,
            $"Tenant '{tenant}' has another client, '{other}', so client '{clientId}' was not registered again.",
            $"If '{other}' is the one in use, drop the other: Remove-DcrClient {clientId} -StoreOnly. Else drop '{other}' first."
        );

    /// <param name="isAsked">Whether the server was asked now.</param>
    public static DcrException NotGone(string clientId, bool isAsked) =>
        new(
            DcrErrorId.ClientNotGone,
            $"The server has client '{clientId}', so it was not registered again.",
            "Get-DcrClient -State Gone gives the clients that the server no longer has."
        )
        {
            NothingSent = !isAsked,
        };

    public static DcrException OtherTenantsClient(string clientId, string tenant, string other, bool hasDocument) =>
        new(
            DcrErrorId.ResponseNotConformant,
            $"For tenant '{tenant}' the server answered with client '{clientId}', which belongs to tenant '{other}'. What it sent is kept "
                + $"there, and tenant '{tenant}' has no client.",
            hasDocument
                ? "A document is one client: publish another document, at a URL of its own, for this tenant."
                : "This server gives one client to several registrations: ask its operator for one client a tenant."
        );

    public static DcrException OrphanUnclear(string? clientName, IEnumerable<string> candidates) =>
        DcrException.Unsent(
            DcrErrorId.OutcomeUnknown,
            candidates.Any()
                ? $"Several clients named '{clientName}' could be meant: {string.Join(", ", candidates)}."
                : $"No client named '{clientName}' was found that could be meant.",
            "Find-DcrOrphan says for each what to look for. When you know what became of it, run Resolve-DcrOrphan -Dismiss."
        );

    /// <param name="advice">What was said of the request when it was found.</param>
    public static DcrException OrphanNotAsked(string advice) =>
        DcrException.Unsent(
            DcrErrorId.OperationNotSupported,
            "This server cannot be asked for its clients, so nobody knows which one to keep or to delete.",
            advice
        );

    /// <param name="isKept">Whether its client is kept by now.</param>
    public static DcrException OrphanAnswered(string? client, bool isKept) =>
        DcrException.Unsent(
            DcrErrorId.OutcomeUnknown,
            $"The server's answer about client '{client}' is in the local "
                + $"store{(isKept ? ", and what it brought is kept now" : " and can be used, but is not used yet")}.",
            isKept
                ? "Nothing is left to settle: Get-DcrClient has the client."
                : "Make room on the disk and connect with the client's vault, if it has one: Connect-DcrServer keeps what the answer "
                    + "brought."
        );

    public static DcrException OrphanSettled(string? clientName) =>
        DcrException.Unsent(
            DcrErrorId.OutcomeUnknown,
            $"The request about client '{clientName}' was settled after this object was found.",
            "Run Find-DcrOrphan again: it finds what is still unknown."
        );

    public static DcrException CandidateKept(string clientId, string? tenant) =>
        DcrException.Unsent(
            DcrErrorId.OutcomeUnknown,
            $"Client '{clientId}' is kept by now{(tenant is null ? "" : $", for tenant '{tenant}'")}: it is no longer one of unknown "
                + "origin.",
            "Run Find-DcrOrphan again: it looks for another client."
        );

    public static DcrException NotReadableWithoutToken(string clientId) =>
        DcrException.Unsent(
            DcrErrorId.OperationNotSupported,
            $"Client '{clientId}' cannot be read from this server without its registration access token, which is not known here.",
            "If the token is known elsewhere, take the client with Import-DcrClient; if not, give it a new one in the server's own "
                + "administration."
        );

    public static DcrException NoTokenToReset(string clientId) =>
        DcrException.Unsent(
            DcrErrorId.OperationNotSupported,
            $"Client '{clientId}' has no registration access token: it is managed by the connection's credential, or not at all.",
            "Renew the credential that you connect with, in the server's own administration."
        );

    public static DcrException TokenNotReplaced(string clientId) =>
        new(
            DcrErrorId.OperationNotSupported,
            $"The server took an unchanged update of client '{clientId}' and kept its registration access token. RFC 7592 leaves that to "
                + "the server, and this one does not replace it.",
            "If the token may be known to others, register another client with New-DcrClient -AllowDuplicate, move the application over, "
                + "and then remove this one with Remove-DcrClient."
        );

    public static DcrException DeletionNotOffered(string clientId) =>
        new(
            DcrErrorId.OperationNotSupported,
            $"The server answered that there is nothing to delete, and yet it knows client '{clientId}': it does not let clients be "
                + "deleted by RFC 7592.",
            "Delete it in the server's own administration. Remove-DcrClient -StoreOnly drops what is kept of it."
        );

    /// <param name="secrets">Each with its state, not the secrets themselves.</param>
    /// <param name="canComplete">Whether -CompleteOverlap would delete one of them.</param>
    public static DcrException SecondSecretThere(string clientId, string secrets, bool canComplete) =>
        new(
            DcrErrorId.OverlapRefused,
            $"Client '{clientId}' has two client secrets already, and cannot have a third: {secrets}.",
            canComplete
                ? "When no application uses the other one any more, delete it with Reset-DcrClientSecret -CompleteOverlap. Then run this "
                    + "again."
                : "See in the server's own administration which of them is in use, deactivate the other there and delete it. Then run this "
                    + "again."
        );

    public static DcrException NoKnownSecret(string clientId, string secrets) =>
        new(
            DcrErrorId.OverlapRefused,
            $"No client secret of '{clientId}' at the server is the one known here, so it is not known which one is old: {secrets}.",
            "See in the server's own administration which one is in use, and leave only that one there. Then Reset-DcrClientSecret "
                + "-Overlap adds one that is known here."
        );

    public static DcrException OtherSecretMayBeInUse(string clientId, string secrets) =>
        new(
            DcrErrorId.OverlapRefused,
            $"Client '{clientId}' has another active client secret, which was not deleted because it is not older than the one known "
                + $"here: {secrets}. An application may use it.",
            "It was made elsewhere, or by an -Overlap whose answer was lost. If it is not in use, deactivate it in the server's own "
                + "administration, leave the known one active, and run this again."
        );

    public static DcrException SecretNotReplaced(string clientId) =>
        new(
            DcrErrorId.OperationNotSupported,
            $"The server took an unchanged update of client '{clientId}', and its answer has no new client_secret that can be used. RFC "
                + "7592 leaves it to the server whether an update brings one.",
            "Reset the secret in the server's own administration; or register another client with New-DcrClient -AllowDuplicate, move the "
                + "application over, and then remove this one with Remove-DcrClient."
        );

    /// <param name="isKept">Whether the ledger has the answer.</param>
    public static DcrException UnreadRegistration(Uri uri, string why, bool broken, bool isKept, Exception inner) =>
        new(
            broken ? DcrErrorId.OutcomeUnknown : DcrErrorId.ResponseNotConformant,
            $"{uri.Authority} said that it registered the client, but {why}. {(isKept ? "The answer is kept as it came, and the" : "The")} "
                + "registration is not sent again.",
            "Find-DcrOrphan shows the answer and what to do about it.",
            inner
        );

    /// <param name="done">What the server did: <see cref="Exists"/>, "was changed".</param>
    /// <param name="isKept">Whether the ledger has the answer.</param>
    public static DcrException UnreadManagement(Uri uri, string clientId, string done, string why, bool isKept, Exception inner) =>
        new(
            DcrErrorId.ResponseNotConformant,
            $"{uri.Authority} said that client '{clientId}' {done}, but "
                + $"{why}.{(isKept ? " The answer is kept as it came: see Find-DcrOrphan." : "")}",
            done == Exists
                ? "Look at the client in the server's own administration. -Verbose shows each request."
                : "Run Get-DcrClient for this client: if it answers, the stored registration access token still holds.",
            inner
        );

    /// <param name="refusal">Its id and the server's words are kept.</param>
    public static DcrException ImportRefused(DcrException refusal) =>
        new(
            refusal.ErrorId,
            refusal.What,
            "Check that it is this client's token, and the one that the server gave last. If the client is gone, register it again with "
                + "New-DcrClient, else get a new token in the server's own administration.",
            refusal
        )
        {
            ServerError = refusal.ServerError,
        };

    public static DcrException ImportUriUnsafe(string clientId) =>
        DcrException.Unsent(
            DcrErrorId.RegistrationUriRefused,
            $"The registration_client_uri of client '{clientId}' is no address that its token may go to: it is no URL, not https, or has a "
                + "user name or password in it.",
            "Take it as the server gave it, from the answer to the registration."
        );

    public static DcrException ImportUriForeign(string clientId, Uri uri, Uri endpoint) =>
        DcrException.Unsent(
            DcrErrorId.RegistrationUriRefused,
            $"The registration_client_uri of client '{clientId}' is at {Origin(uri)}, which is not the origin of the registration endpoint "
                + $"({Origin(endpoint)}).",
            $"Check that the client belongs to this server. If that host is right, connect again with -AllowedOrigin {Origin(uri)}."
        );

    /// <param name="expired">Its words stand.</param>
    public static DcrException FreshStatementExpired(DcrException expired) =>
        new(
            expired.ErrorId,
            expired.What,
            "The script block gave a statement that had expired already, twice: see that it asks the issuer again each time, and that this "
                + "machine's clock is right.",
            expired
        )
        {
            Member = expired.Member,
            NothingSent = expired.NothingSent,
        };

    public static DcrException ClaimIsOwn(string parameter, string claim) =>
        new(
            DcrErrorId.InvalidClientMetadata,
            $"{parameter}: the command itself sets {claim}.",
            "Leave it out: -Issuer sets iss, and -Lifetime sets how long after iat exp is."
        );

    public static DcrException SecretInStatement(string member) =>
        new(
            DcrErrorId.InvalidClientMetadata,
            $"{member} is or has a secret, and anybody can read a software statement.",
            $"Leave out {member}; of a key, give the public half."
        )
        {
            Member = member,
        };
}
