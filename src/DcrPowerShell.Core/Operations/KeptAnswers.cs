using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Providers;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// Keeps what an answer brought, before anything else is done with it: any successful answer may carry a new token, secret or
/// URI, and then the old one may be dead (RFC 7592, section 2).
/// </summary>
internal static class KeptAnswers
{
    /// <summary>
    /// The record of a client that was registered. It may be known already: some servers answer a second registration with the first one's
    /// client, and do not repeat its token.
    /// </summary>
    /// <exception cref="DcrException">
    /// VaultReadFailed, StoreDamaged, StoreLocked: what is known of it cannot be read. The answer stays in the ledger, or the error carries
    /// the client.
    /// </exception>
    public static async Task<(RegistrationRecord Record, RegistrationRecord? Known)> NewRecordAsync(
        this OperationContext context,
        RegistrationAnswer answer,
        string? tenant,
        string done
    )
    {
        try
        {
            var known = context.Store.Ledger.Registrations.Find(context.Connection.Issuer, answer.ClientId!) is null
                ? null
                : (await context.Store.FindAsync(context.Connection.Issuer, answer.ClientId!).ConfigureAwait(false))?.Record;
            return (Merged(known ?? context.UnknownRecord(answer.ClientId!)), known);
        }
        catch (DcrException unread) when (!context.Scope.HasAnswer)
        {
            throw StorageErrors.NotKeptHere(
                answer.ClientId!,
                done,
                new DcrClient(Merged(context.UnknownRecord(answer.ClientId!)), [])
                {
                    State = DcrClientState.Active,
                    Storage = DcrStorage.MemoryOnly,
                },
                hasAnswer: false,
                unread
            );
        }

        RegistrationRecord Merged(RegistrationRecord former) => context.Merged(former with { Tenant = former.Tenant ?? tenant }, answer);
    }

    /// <summary>A record of a client of which nothing but its id is known.</summary>
    public static RegistrationRecord UnknownRecord(this OperationContext context, string clientId) => new()
    {
        Issuer = context.Connection.Issuer,
        ClientId = clientId,
        CreatedAt = context.Clock.UtcNow,
        UpdatedAt = context.Clock.UtcNow,
        Metadata = JsonBag.Empty,
    };

    /// <summary>Where a client that was found is kept.</summary>
    public static DcrStorage StorageOf(this OperationContext context, RegistrationRecord record) =>
        record.IsKept ? context.Store.StorageOf(record) : DcrStorage.MemoryOnly;

    /// <summary>A client as a list shows it, with what is known of it. Stores nothing.</summary>
    public static async Task<DcrClient> ListedAsync(this OperationContext context, RegistrationAnswer listed)
    {
        var known = (
            await context.Store.FindAsync(context.Connection.Issuer, listed.ClientId!, orSummary: true).ConfigureAwait(false)
        )?.Record;
        var record = context.Merged(known ?? context.UnknownRecord(listed.ClientId!), listed);
        return new DcrClient(record, [])
        {
            State = DcrClientState.Active,
            Storage = known is null ? DcrStorage.MemoryOnly : context.Store.StorageOf(record),
        };
    }

    /// <summary>
    /// Completes an answer that lacks the redirect URIs which are kept here. It is taken for a part of the client, although servers must
    /// give all that is registered (RFC 7591, section 3.2.1): an update that leaves the rest out would delete it (RFC 7592, section 2.2).
    /// </summary>
    /// <param name="named">What the command names: redirect URIs that it removed on purpose are not lacking.</param>
    public static RegistrationAnswer Completed(
        this OperationContext context,
        RegistrationRecord record,
        RegistrationAnswer answer,
        JsonBag? named = null
    )
    {
        if (answer.ClientId != record.ClientId || named?.Has(ClientMember.RedirectUris) == true
            || record.Metadata.Texts(ClientMember.RedirectUris).Count == 0 || answer.Members.Texts(ClientMember.RedirectUris).Count > 0)
        {
            return answer;
        }

        // An empty list lacks them, too.
        answer = answer with { Members = answer.Members.Without(ClientMember.RedirectUris) };
        var lacking = record.Metadata.Where(
            (name, value) => ClientMember.IsRegistered(name) && !JsonBag.IsAbsent(value) && !answer.Members.Has(name)
        );
        const string Part =
            "the server's answer lacks members that are kept here, so it is taken for a part of the client, and they are kept.";
        context.Warn(record.ClientId, $"{Part} They are {string.Join(", ", lacking.Select(static member => member.Key))}.", Part);
        return answer.Onto(record.Metadata.Without(ClientMember.ForbiddenInUpdate));
    }

    /// <summary>Stores the answer to a read or an update, if it brought anything new, and gives the client as it is now.</summary>
    /// <param name="done">What the server did, for the error where the store fails: "was changed".</param>
    /// <param name="always">Stores it even if the answer brought nothing new, because the record itself is not stored yet.</param>
    /// <param name="before">What the server had before an update, and all that the update named; null after a read.</param>
    /// <exception cref="DcrException">
    /// VaultWriteFailed: the error carries the client.
    /// </exception>
    /// <exception cref="UnreadAnswerException">It is not the client's own information response; what it brought is kept.</exception>
    public static async Task<DcrClient> KeepAsync(
        this OperationContext context,
        RegistrationRecord record,
        RegistrationAnswer answer,
        JsonBag? asked,
        string done,
        bool always = false,
        (JsonBag Read, JsonBag Named)? before = null)
    {
        if (answer.ClientId != record.ClientId)
        {
            // RFC 7592, section 3, wants a client_id in each. Without it, only a new token or secret is taken to be this client's.
            var newer = context.Merged(record, answer.SecretsAlone.Onto(record.Metadata));
            if (answer.ClientId is null && !newer.HasSameContent(record))
            {
                await context.StoreAsync(newer, [], done).ConfigureAwait(false);
            }

            throw new UnreadAnswerException(
                response: null,
                answer.ClientId is { } other ? $"its answer is about client '{other}'" : "its answer has no client_id"
            );
        }

        var updated = context.Merged(record, answer);
        updated = updated with { Drifted = DriftAfter(record, updated, before?.Named, always) };
        var known = context.Audit.Sent.And(updated.Secrets);
        var changes = asked is null ? [] : Grant.Compare(asked, answer.Granted, known);
        updated = asked is null
            ? updated
            : updated with { Asked = Grant.Remember(record.Asked, asked, changes.Select(static change => change.Name)) };
        if (before is { } former)
        {
            // All that was sent, where that is known: a provider may have added members.
            var expected = answer.Sent.Count > 0 ? answer.Sent : former.Read;
            changes = [.. changes, .. Grant.CompareUnnamed(expected, answer.Granted, former.Named, known)];
        }

        var isWorthKeeping = always || record.IsKept || updated.ClientSecret is not null || updated.RegistrationAccessToken is not null;
        var isKept = !always && (updated.HasSameContent(record) || !isWorthKeeping);
        if (isKept)
        {
            context.Scope.Kept();
        }

        var client = isKept
            ? new DcrClient(updated, changes)
            {
                State = DcrClientState.Active,
                Storage = isWorthKeeping ? context.Store.StorageOf(record) : DcrStorage.MemoryOnly,
            }
            : await context.StoreAsync(updated, changes, done).ConfigureAwait(false);
        context.Tell(
            client,
            hasNewExpiry: client.Record.ClientSecret != record.ClientSecret
                || SecretExpiry.Read(client.Record.Metadata) is { Odd: not null } expiry && expiry != SecretExpiry.Read(record.Metadata),
            hasNewMethod: client.TokenEndpointAuthMethod != record.Metadata.Text(ClientMember.TokenEndpointAuthMethod)
        );
        return client;
    }

    /// <summary>The members that somebody else changed. A read finds them; what an update names is granted again.</summary>
    /// <param name="named">What an update names; null after a read.</param>
    /// <param name="isNew">Whether what was known of the client before did not come from the server.</param>
    private static JsonBag DriftAfter(RegistrationRecord before, RegistrationRecord now, JsonBag? named, bool isNew) =>
        named is not null ? before.Drifted.Where((name, _) => !named.Has(name))
        : isNew || before.Metadata.Count == 0 ? JsonBag.Empty
        : Grant.Drift(before.Drifted, before.Metadata, now.Metadata);

    /// <summary>Stores a record.</summary>
    /// <inheritdoc cref="TryStoreAsync"/>
    public static async Task<DcrClient> StoreAsync(
        this OperationContext context,
        RegistrationRecord record,
        IReadOnlyList<DcrChange> changes,
        string done,
        DcrClientState state = DcrClientState.Active
    ) => (await context.TryStoreAsync(record, changes, done, state).ConfigureAwait(false))!;

    /// <summary>Stores a record, unless something newer is known of the client by now.</summary>
    /// <param name="state">Active where the server's answer has just brought it.</param>
    /// <param name="closes">Whether the request is done with that.</param>
    /// <param name="since">The ledger's last sequence when the client was looked up.</param>
    /// <returns>Null where something newer is known.</returns>
    /// <exception cref="DcrException">VaultWriteFailed, StoreReadOnly: the error carries the client and its secrets.</exception>
    public static async Task<DcrClient?> TryStoreAsync(
        this OperationContext context,
        RegistrationRecord record,
        IReadOnlyList<DcrChange> changes,
        string done,
        DcrClientState state = DcrClientState.Active,
        bool closes = false,
        long since = long.MaxValue
    )
    {
        context.Audit.Got(record);
        DcrStorage storage;
        VaultException? failure;
        try
        {
            if (
                await context
                    .Store.KeepAsync(record, context.Scope.Entry, closes, !context.Scope.HasAnswer, since, context.Scope.EndTurn)
                    .ConfigureAwait(false)
                is not { } kept
            )
            {
                return null;
            }

            (storage, failure) = kept;
        }
        catch (DcrException unwritten)
        {
            throw StorageErrors.NotKeptHere(
                record.ClientId,
                done,
                new DcrClient(record, changes) { State = state, Storage = DcrStorage.MemoryOnly },
                context.Scope.HasAnswer,
                unwritten
            );
        }

        context.Scope.Kept();
        if (failure is null)
        {
            if (storage == DcrStorage.Vault)
            {
                context.TrustVault();
            }

            return new DcrClient(record, changes) { State = state, Storage = storage };
        }

        context.DistrustVault();
        throw StorageErrors.NotKept(
            context.Connection.Vault!,
            record.ClientId,
            done,
            new DcrClient(record, changes) { State = state, Storage = storage },
            failure,
            context.Store.Ledger.WhyInMemory is not null
        );
    }

    /// <summary>
    /// Makes sure, before anything is sent, that the application's copy of the client secret takes the place of no other secret.
    /// </summary>
    /// <param name="clientSecretName">Null for no copy.</param>
    /// <param name="record">What is known of the client; null for a new one.</param>
    /// <exception cref="DcrException">SecretExists; the vault could not be read.</exception>
    public static Task CheckCopyAsync(this OperationContext context, string? clientSecretName, RegistrationRecord? record) =>
        clientSecretName is null
            ? Task.CompletedTask
            : context.Store.Copies.CheckAsync(clientSecretName, record?.SecretName, record?.ClientSecret);

    /// <summary>Gives the application its own copy of the client secret, under a name of the user's choice.</summary>
    /// <exception cref="DcrException">
    /// VaultWriteFailed, SecretExists, StoreReadOnly: the error carries the client and its secrets.
    /// </exception>
    public static async Task CopySecretAsync(this OperationContext context, DcrClient client, string? clientSecretName)
    {
        if (clientSecretName is null)
        {
            return;
        }

        if (client.Record.ClientSecret is not { } secret)
        {
            context.Warn(
                client.ClientId,
                $"there is no client secret: nothing was stored as '{clientSecretName}'.",
                "there is no client secret: nothing was stored under the name given."
            );
            return;
        }

        try
        {
            await context.Store.Copies.KeepAsync(clientSecretName, secret, client.Record.SecretName).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is VaultException or DcrException)
        {
            if (failure is VaultException)
            {
                context.DistrustVault();
            }

            throw StorageErrors.NotCopied(context.Store.Place, client.ClientId, clientSecretName, client, failure);
        }
    }

    public static RegistrationRecord Merged(this OperationContext context, RegistrationRecord record, RegistrationAnswer answer)
    {
        var heard = answer with { Members = Echo.Hide(answer.Members, context.Audit.Sent) };
        var merged = Merge(record, heard, context.Connection.RegistrationEndpoint, context.Connection.AllowedOrigins, context.Clock.UtcNow);
        if (
            Resolve(answer.RegistrationClientUri, context.Connection.RegistrationEndpoint) is { } named
            && named.AbsoluteUri != merged.RegistrationClientUri?.AbsoluteUri
        )
        {
            var origin = $"{named.Scheme}://{named.Authority}".Split('@').Last();
            context.Warn(
                record.ClientId,
                $"the server says that it is managed at {origin} now, where its token may not go. It is managed where it was."
            );
        }

        foreach (var member in answer.Unusable)
        {
            context.Warn(
                record.ClientId,
                $"the server sent a {member} that is masked or cannot be one. It was not taken"
                    + (Has(record, member) ? "; the stored one stays." : ".")
            );
        }

        return merged;

        static bool Has(RegistrationRecord record, string member) =>
            (member == ClientMember.ClientSecret ? record.ClientSecret : record.RegistrationAccessToken) is not null;
    }

    /// <summary>A record with what an answer brought.</summary>
    /// <param name="endpoint">The registration endpoint, against which a relative URI is resolved.</param>
    /// <param name="allowedOrigins">Further origins that the token may go to.</param>
    public static RegistrationRecord Merge(
        RegistrationRecord record,
        RegistrationAnswer answer,
        Uri endpoint,
        IReadOnlyCollection<Uri> allowedOrigins,
        DateTimeOffset now
    ) =>
        record with
        {
            // A token that no header may carry is kept only where there is no other.
            RegistrationAccessToken =
                answer.RegistrationAccessToken is { } token && (record.RegistrationAccessToken is null || HeaderText.IsToken(token))
                    ? token
                    : record.RegistrationAccessToken,
            RegistrationClientUri = UriAfter(record, Resolve(answer.RegistrationClientUri, endpoint), endpoint, allowedOrigins),
            ClientSecret = answer.ClientSecret ?? record.ClientSecret,
            ClientSecretExpiresAt = ExpiryAfter(record, answer),
            UpdatedAt = RegistrationRecord.Later(now, record.UpdatedAt),
            Metadata = answer.Sent.With(answer.Members).Without(ClientMember.ClientSecret, ClientMember.RegistrationAccessToken),
        };

    /// <summary>What the server says. Where it says nothing that can be understood: what it said before of the same secret.</summary>
    private static long? ExpiryAfter(RegistrationRecord record, RegistrationAnswer answer) =>
        SecretExpiry.Read(answer.Members).At is { } at ? at
        : answer.ClientSecret is null || answer.ClientSecret == record.ClientSecret ? record.ClientSecretExpiresAt
        : null;

    /// <summary>The URI that the server names, unless the token may not go there and another URI is known.</summary>
    private static Uri? UriAfter(RegistrationRecord record, Uri? named, Uri endpoint, IReadOnlyCollection<Uri> allowedOrigins) =>
        named is null
        || (
            record.RegistrationClientUri is { } known
            && !(SafeUrl.IsSafe(named) && ClientConfiguration.IsAllowed(named, endpoint, [.. allowedOrigins, known]))
        )
            ? record.RegistrationClientUri
            : named;

    /// <summary>Some servers give a relative URI: it is resolved against the registration endpoint.</summary>
    public static Uri? Resolve(string? registrationClientUri, Uri endpoint) =>
        registrationClientUri is null ? null : UriText.Against(endpoint, registrationClientUri);
}
