using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Keys;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>What to register.</summary>
/// <param name="Metadata">
/// What the user named, and nothing else: servers refuse members that they do not know. It does not have the statement that <see
/// cref="RegisterRequest.Statement"/> gets.
/// </param>
/// <param name="Tenant">Kept with the registration; not sent.</param>
/// <param name="ClientSecretName">Where to put the application's own copy of the client secret; null for none.</param>
internal sealed record RegisterRequest(JsonBag Metadata, string? Tenant, string? ClientSecretName)
{
    /// <summary>Sent in the place of the connection's credential (RFC 7591, section 3), and stored nowhere; null for that one.</summary>
    public StaticToken? InitialToken { get; init; }

    /// <summary>
    /// Gets a software statement when the request's turn comes, because one may be good for minutes only. Null where the metadata has a
    /// statement, or none is wanted.
    /// </summary>
    public Func<Task<string>>? Statement { get; init; }

    /// <summary>Whether a software statement is sent also after its end.</summary>
    public bool SkipsValidation { get; init; }

    /// <summary>Where the metadata is published, for the service to fetch; null where the metadata is sent.</summary>
    public string? DocumentUri { get; init; }

    /// <summary>Registers it although the tenant has a client.</summary>
    public bool AllowsDuplicate { get; init; }

    /// <summary>The client that the new one replaces, because the server no longer has it; null for none.</summary>
    public RegistrationRecord? Replaces { get; init; }

    /// <summary>Where a client that is found gets its secrets from.</summary>
    public FullRecordSource? Whole { get; init; }
}

/// <summary>Registers a client (RFC 7591) and keeps what comes back.</summary>
internal static class RegisterOperation
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(3);

    /// <summary>
    /// The client that a tenant has at the connected server, in whatever store; null where none is known. Its Changes are its differences
    /// from the request.
    /// </summary>
    /// <exception cref="DcrException">StoreDamaged.</exception>
    public static DcrClient? FindTenant(DcrConnection connection, RegisterRequest request) =>
        KeptOf(connection, request.Tenant!) is { } known ? Found(known, request) : null;

    /// <summary>The registration of a tenant at the connected server; where that server has one client for all tenants, that one.</summary>
    /// <exception cref="DcrException">TenantNotUnique: the one client is another tenant's. StoreDamaged.</exception>
    public static StoredRegistration? KeptOf(DcrConnection connection, string tenant)
    {
        var known = connection.Ledger.Registrations.FindTenant(connection.Issuer, tenant);
        if (known is not null)
        {
            CheckTenant(connection, known.Record, tenant);
        }

        return known;
    }

    private static void CheckTenant(DcrConnection connection, RegistrationRecord known, string tenant)
    {
        if (
            connection.Service.SoleTenant is { } usual
            && !TenantKey.AreSame(tenant, known.Tenant)
            && !TenantKey.AreSame(tenant, usual)
            && !TenantKey.AreSame(known.Tenant, usual)
        )
        {
            throw OperationErrors.SoleClientOfOther(tenant, usual, known.ClientId, known.Tenant);
        }
    }

    /// <summary>
    /// Says that the one client of all tenants was registered without one, and is not the named one's; null where there is nothing to say.
    /// </summary>
    public static string? WithoutTenant(DcrConnection connection, DcrClient found, string tenant) =>
        connection.Service.SoleTenant is not { } usual
        || TenantKey.AreSame(tenant, found.Record.Tenant)
        || TenantKey.AreSame(tenant, usual)
            ? null
            : $"Client '{found.ClientId}' was registered without a tenant, and was not given '{tenant}': it is kept under {usual}, which "
                + "has one client at this server. To keep it under the tenant, drop what is kept of it (Remove-DcrClient -StoreOnly) and "
                + "run this command again: the server gives the same client.";

    /// <summary>
    /// The client with that id; null where none is kept at the connected server. Its Changes are its differences from the request.
    /// </summary>
    /// <inheritdoc cref="FindTenant"/>
    public static DcrClient? Find(DcrConnection connection, string clientId, RegisterRequest request) =>
        connection.Ledger.Registrations.Find(connection.Issuer, clientId) is { } known ? Found(known, request) : null;

    /// <summary>Changes a tenant's client where it differs from the request.</summary>
    /// <param name="found">As <see cref="FindTenant"/> gives it.</param>
    /// <inheritdoc cref="UpdateOperation.RunAsync"/>
    public static async Task<DcrClient> UpdateAsync(OperationContext context, DcrClient found, RegisterRequest request)
    {
        var record = await FindOperation.RunAsync(context, found.Record.ClientId, found).ConfigureAwait(false);
        await context.CheckCopyAsync(request.ClientSecretName, record).ConfigureAwait(false);
        var wishes = request.Metadata.Where((name, _) => found.Changes.Any(change => change.Name == name));
        if (request.Statement is { } fresh)
        {
            wishes = wishes.With(ClientMember.SoftwareStatement, await fresh().ConfigureAwait(false));
        }

        var updated = await UpdateOperation.RunAsync(context, record, wishes).ConfigureAwait(false);
        await context.CopySecretAsync(updated, request.ClientSecretName).ConfigureAwait(false);
        return updated;
    }

    /// <summary>Gives the application its copy of the secret of a client that was found, unless it has that copy.</summary>
    /// <exception cref="DcrException">SecretExists: another secret has that name; VaultWriteFailed, which carries the client.</exception>
    public static async Task<DcrClient> CopyFoundAsync(OperationContext context, DcrClient found, string clientSecretName)
    {
        var record = await FindOperation.RunAsync(context, found.Record.ClientId, found).ConfigureAwait(false);
        if (
            record.ClientSecret is null
            || record.ClientSecret != await context.Store.ReadSecretAsync(clientSecretName).ConfigureAwait(false)
        )
        {
            await context.CheckCopyAsync(clientSecretName, record).ConfigureAwait(false);
            await context.CopySecretAsync(new DcrClient(record, []) { Storage = found.Storage }, clientSecretName).ConfigureAwait(false);
        }

        return found;
    }

    private static DcrClient Found(StoredRegistration known, RegisterRequest request) =>
        ListOperation.ClientOf(
            known,
            request.Whole,
            Grant.Compare(request.Metadata, known.Record.Metadata, known.Record.Asked, known.Record.Secrets)
        );

    /// <summary>Registers a client, unless its tenant has one.</summary>
    /// <returns>The client, and whether it is new.</returns>
    /// <exception cref="DcrException">
    /// Refused or of unknown outcome, now or by an earlier command. SecretExists: nothing was sent. VaultWriteFailed after a success: the
    /// error carries the client with its secrets.
    /// </exception>
    public static async Task<(DcrClient Client, bool IsNew)> RunAsync(OperationContext context, RegisterRequest request)
    {
        MetadataRules.CheckKeysArePublic(request.Metadata);
        await context.CheckStorableAsync().ConfigureAwait(false);

        // Before the intent, because the script block may take long.
        var metadata = request.Statement is { } fresh
            ? request.Metadata.With(ClientMember.SoftwareStatement, await fresh().ConfigureAwait(false))
            : request.Metadata;
        if (await BeginAsync(context, request).ConfigureAwait(false) is { } found)
        {
            return (found, false);
        }

        await context.CheckCopyAsync(request.ClientSecretName, record: null).ConfigureAwait(false);

        context.WarnOfUnlisted(metadata.Text(ClientMember.ClientName) ?? request.Tenant ?? "", metadata);
        context.Audit.Begin(
            DcrAuditOperation.Register,
            clientName: metadata.Text(ClientMember.ClientName),
            tenant: request.Tenant,
            changes: metadata.Select(static member => member.Key)
        );
        RegistrationAnswer answer;
        try
        {
            answer = await SendAsync(context, request, metadata).ConfigureAwait(false);
        }
        catch (UnreadAnswerException unread)
        {
            throw OperationErrors.UnreadRegistration(
                context.Connection.RegistrationEndpoint,
                unread.Why,
                unread.Response?.End == BodyEnd.Broken,
                context.Scope.Unusable(),
                unread
            );
        }

        const string Done = "was registered";
        DcrClient? stored;
        RegistrationRecord? known;
        do
        {
            // Some servers give one client to several registrations at the same moment. If somebody else has kept it since it was looked
            // up, it is looked up again.
            var readAt = context.Store.Ledger.File.Size.Sequence;
            (var record, known) = await context.NewRecordAsync(answer, request.Tenant, Done).ConfigureAwait(false);
            var changes = Grant.Compare(request.Metadata, answer.Granted, context.Audit.Sent.And(record.Secrets));
            record = record with
            {
                Asked = Grant.Remember(JsonBag.Empty, request.Metadata, changes.Select(static change => change.Name)),
            };

            // With a vault the request stays open until the vault has it: other processes leave it to this one meanwhile.
            stored = request.Replaces is { } former
                ? await ReplaceAsync(context, former, record, changes, Done).ConfigureAwait(false)
                : await context
                    .TryStoreAsync(record, changes, Done, closes: context.Store.Vault is null, since: readAt)
                    .ConfigureAwait(false);
        }
        while (stored is null);

        var client = stored;
        if (known is not null)
        {
            if (request.Tenant is not null && !TenantKey.AreSame(client.Tenant, request.Tenant))
            {
                throw OperationErrors.OtherTenantsClient(client.ClientId, request.Tenant, client.Tenant!, request.DocumentUri is not null);
            }

            context.Warn(
                client.ClientId,
                "the server answered with a client that was registered before. What is kept of it was brought up to date."
            );
        }

        context.TellChanges(client);
        context.Tell(client, hasNewExpiry: answer.ClientSecret is not null, hasNewMethod: true);
        context.TellOfNew(client, request.Metadata);
        if (RegistrationAnswer.NamesError(answer.Members))
        {
            context.Warn(
                client.ClientId,
                "the server's answer names an error beside the client. Check at the server whether it can be used."
            );
        }

        if (answer.Status != 201)
        {
            context.Reporter.Verbose($"The server answered HTTP {answer.Status}; RFC 7591 has 201.");
        }

        await context.CopySecretAsync(client, request.ClientSecretName).ConfigureAwait(false);
        return (client, true);
    }

    /// <summary>Sends it. A statement that has grown old by then is replaced, once.</summary>
    private static async Task<RegistrationAnswer> SendAsync(OperationContext context, RegisterRequest request, JsonBag metadata)
    {
        for (var renew = request.Statement; ; renew = null)
        {
            var statement = request.SkipsValidation ? null : metadata.Text(ClientMember.SoftwareStatement);
            var call = context.Call with
            {
                InitialToken = request.InitialToken,
                SendBefore = statement is null ? null
                    : renew is null ? SoftwareStatement.ExpiresAt(statement)
                    : SoftwareStatement.BestBefore(statement),
            };
            try
            {
                return await (
                    request.DocumentUri is { } uri
                        ? context.Provider.Documents!.RegisterAsync(uri, call)
                        : context.Provider.RegisterAsync(metadata, call)
                ).ConfigureAwait(false);
            }
            catch (DcrException old)
                when (renew is not null && old is { ErrorId: DcrErrorId.InvalidSoftwareStatement, ServerError: null })
            {
                context.Reporter.Verbose("The software statement grew old before its turn came; a fresh one is got.");
                metadata = metadata.With(ClientMember.SoftwareStatement, await renew().ConfigureAwait(false));
            }
            catch (DcrException old)
                when (request.Statement is not null && old is { ErrorId: DcrErrorId.InvalidSoftwareStatement, ServerError: null })
            {
                throw OperationErrors.FreshStatementExpired(old);
            }
        }
    }

    /// <summary>
    /// Keeps a client that takes the place of another one. The request stays open until all of that is done, so that the next connect can
    /// go on.
    /// </summary>
    public static async Task<DcrClient> ReplaceAsync(
        OperationContext context,
        RegistrationRecord former,
        RegistrationRecord record,
        IReadOnlyList<DcrChange> changes,
        string done
    )
    {
        DcrClient client;
        try
        {
            client = await context.StoreAsync(record, changes, done).ConfigureAwait(false);
        }
        finally
        {
            context.Scope.StayOpen();
        }

        try
        {
            await context.Store.ReplaceAsync(former.Issuer, former.ClientId, client.Record).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is VaultException or DcrException)
        {
            throw StorageErrors.NotReplaced(context.Store.Place, former.ClientId, client.ClientId, client, failure);
        }

        context.Scope.Kept();
        return client;
    }

    /// <summary>Writes the intent. If the tenant has a client by now, writes nothing and gives that client.</summary>
    private static async Task<DcrClient?> BeginAsync(OperationContext context, RegisterRequest request)
    {
        if (request.Replaces is not null)
        {
            await context.Scope.TakeTurnAsync(request.Replaces).ConfigureAwait(false);
        }

        using var wait = new Wait(context.Reporter.Waiting);
        var hasReplayed = false;
        for (var left = LongestWait; ; left -= Beat)
        {
            switch (
                await context
                    .Scope.BeginRegistrationAsync(request.Metadata, request.Tenant, request.AllowsDuplicate, request.Replaces)
                    .ConfigureAwait(false)
            )
            {
                case Begun.Living other when request.Replaces is { } former:
                    throw OperationErrors.TenantHasOther(request.Tenant!, former.ClientId, other.Registration.Record.ClientId);
                case Begun.Living living:
                    CheckTenant(context.Connection, living.Registration.Record, request.Tenant!);
                    return Found(living.Registration, request);
                case Begun.Open { Other: { IsUnderWay: false, Answers.Count: > 0 } answered } when !hasReplayed:
                    // Once: an answer that cannot be used stays.
                    hasReplayed = true;
                    context.Scope.EndTurn();
                    await AnswerReplay.RunAsync(context.Store).ConfigureAwait(false);
                    if (request.Replaces is not null && await MadeByAsync(context, answered).ConfigureAwait(false) is { } made)
                    {
                        return made;
                    }

                    break;
                case Begun.Open { Other: { IsUnderWay: false } orphan }:
                    throw OperationErrors.TenantUnknown(
                        Whose(),
                        orphan.Intent?.At,
                        isRepair: request.Replaces is not null,
                        hasSole: context.Provider.SoleTenant is not null
                    );
                case Begun.Open when left <= TimeSpan.Zero:
                    throw OperationErrors.TenantUnderWay(Whose(), LongestWait);
                case Begun.Open:
                    if (!wait.IsTold)
                    {
                        wait.Tell($"A client {Whose()} is being registered by another command; waiting for it.");
                    }

                    await context.Clock.Delay(Beat, context.Stop).ConfigureAwait(false);
                    break;
                default:
                    return null;
            }
        }

        string Whose() =>
            request.Tenant is { } tenant ? $"for tenant '{tenant}'" : $"in the place of client '{request.Replaces?.ClientId}'";
    }

    /// <summary>The client that an earlier command registered in the place of the same one, as it is kept by now; null for none.</summary>
    private static async Task<DcrClient?> MadeByAsync(OperationContext context, LedgerEntry answered) =>
        AnswerReplay.ClientIdOf(answered) is { } clientId
        && await context.Store.FindAsync(context.Connection.Issuer, clientId).ConfigureAwait(false) is { } made
            ? ListOperation.ClientOf(made, whole: null)
            : null;
}
