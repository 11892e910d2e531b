using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Inventory;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Providers;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>What became of a client that was handed over.</summary>
internal enum ImportOutcome
{
    /// <summary>The server showed it, and it is kept.</summary>
    Taken,

    /// <summary>It is kept as it was given: the server could not be asked.</summary>
    AsGiven,

    /// <summary>It was known already.</summary>
    WasKnown,

    /// <summary>It was known already, with another token or secret.</summary>
    WasKnownOtherwise,
}

/// <summary>Takes a client that was registered elsewhere into the store, after a read by its own token has shown that it holds.</summary>
internal static class ImportOperation
{
    /// <summary>Judges what was handed over, and sends nothing.</summary>
    /// <exception cref="DcrException">
    /// InvalidClientMetadata: there is no client id, or the token is no bearer token. RegistrationUriRefused: the token may not go there.
    /// NotConnected: the client is another server's.
    /// </exception>
    public static RegistrationRecord Check(DcrConnection connection, ImportRequest request, DateTimeOffset now)
    {
        if (connection.Service.SoleTenant is { } sole)
        {
            throw OperationErrors.NothingToImport(sole);
        }

        var clientId =
            request.ClientId
            ?? throw InventoryErrors.ImportInvalid(request.Source, "there is no client id", "Fill in ClientId or client_id.");
        if (request.Issuer is { } issuer && issuer.TrimEnd('/') != connection.Issuer.TrimEnd('/'))
        {
            throw OperationErrors.OtherIssuer(clientId, issuer, connection.Issuer);
        }

        if (clientId.Any(char.IsControl))
        {
            throw InventoryErrors.ImportInvalid(
                request.Source,
                "the client id has a line break or another control character, which no client id has (RFC 6749, appendix A.1)",
                "Give the id as the server showed it."
            );
        }

        if (Given.Spoilt(clientId) is { } spoilt)
        {
            throw InventoryErrors.ImportInvalid(request.Source, $"the client id '{clientId}' {spoilt.Why}", spoilt.Fix);
        }

        TenantKey.Check(request.Tenant);
        if (request.RegistrationAccessToken is { } token && !HeaderText.IsToken(token))
        {
            throw InventoryErrors.ImportInvalid(
                request.Source,
                $"the registration access token of client '{clientId}' has a space, a line break or another character that no bearer token "
                    + "has (RFC 6750, section 2.1)",
                "Give the token alone, without quotes, 'Bearer' or a line break."
            );
        }

        Uri? uri = null;
        if (request.RegistrationClientUri is { } text)
        {
            uri = KeptAnswers.Resolve(text, connection.RegistrationEndpoint);
            if (uri is null || !SafeUrl.IsSafe(uri))
            {
                throw OperationErrors.ImportUriUnsafe(clientId);
            }

            if (!ClientConfiguration.IsAllowed(uri, connection.RegistrationEndpoint, connection.AllowedOrigins))
            {
                throw OperationErrors.ImportUriForeign(clientId, uri, connection.RegistrationEndpoint);
            }
        }

        return new RegistrationRecord
        {
            Issuer = connection.Issuer,
            ClientId = clientId,
            Tenant = request.Tenant,
            RegistrationClientUri = uri,
            RegistrationAccessToken = request.RegistrationAccessToken,
            ClientSecret = request.ClientSecret,
            ClientSecretExpiresAt = request.ClientSecretExpiresAt,
            CreatedAt = now,
            UpdatedAt = now,
            Metadata = request.Metadata,
        };
    }

    /// <param name="given">From <see cref="Check"/>.</param>
    /// <param name="force">Takes it also where the client is known; what was not given stays.</param>
    /// <exception cref="DcrException">
    /// The server refused the read, and nothing was stored; or VaultWriteFailed, which carries the client.
    /// </exception>
    public static async Task<(DcrClient Client, ImportOutcome Outcome)> RunAsync(
        OperationContext context,
        RegistrationRecord given,
        string? clientSecretName,
        bool force
    )
    {
        await context.CheckVaultAsync().ConfigureAwait(false);
        await context.Scope.TakeTurnAsync(given).ConfigureAwait(false);
        var known = (await context.Store.FindAsync(given.Issuer, given.ClientId).ConfigureAwait(false))?.Record;
        if (known is not null && !force)
        {
            context.Reporter.Verbose($"Client '{given.ClientId}' is in {context.Store.Place} already, and was left as it is.");
            return (
                new DcrClient(known, []) { Storage = context.StorageOf(known) },
                IsOther(given.RegistrationAccessToken, known.RegistrationAccessToken) || IsOther(given.ClientSecret, known.ClientSecret)
                    ? ImportOutcome.WasKnownOtherwise
                    : ImportOutcome.WasKnown
            );
        }

        var record = known is null ? given : With(known, given);
        context.Audit.Begin(DcrAuditOperation.Import, known ?? given with { RegistrationAccessToken = null, ClientSecret = null });
        await context.CheckCopyAsync(clientSecretName, known ?? record).ConfigureAwait(false);
        var client = await ReadAsync(context, record).ConfigureAwait(false);
        context.TellOfReplacedSecret(record, client);
        context.TellOfTenant(known?.Tenant, client);
        await context.CopySecretAsync(client, clientSecretName).ConfigureAwait(false);
        return (client, client.State == DcrClientState.Active ? ImportOutcome.Taken : ImportOutcome.AsGiven);
    }

    /// <summary>Reads it where that can be done, and stores it.</summary>
    private static async Task<DcrClient> ReadAsync(OperationContext context, RegistrationRecord record)
    {
        // The server says where a client is managed (RFC 7592, section 3), and that URL may not be made up. Okta and Auth0 find clients by
        // their ids.
        var why =
            context.Provider.Capabilities.HasFlag(DcrCapabilities.List)
            || (record.RegistrationAccessToken is null && context.Provider.WhyUnmanaged(record) is null)
            || record is { RegistrationAccessToken: not null, RegistrationClientUri: not null }
                ? null
                : "that takes its registration access token and its registration_client_uri";
        if (why is null)
        {
            try
            {
                var (client, _) = await ReadOperation.ReadAsync(context, record, always: true).ConfigureAwait(false);
                return client;
            }
            catch (DcrException refusal) when (refusal is { ErrorId: DcrErrorId.OperationNotSupported, Unstored: null })
            {
                why = "the server lets no client be read";
            }
            catch (DcrException refusal) when (refusal.IsClientGone)
            {
                throw OperationErrors.ImportRefused(refusal);
            }
        }

        await context.CheckStorableAsync().ConfigureAwait(false);
        var stored = await context.StoreAsync(record, [], "was given", DcrClientState.Unknown).ConfigureAwait(false);
        context.Reporter.Verbose($"Client '{stored.ClientId}' was stored as it was given, and not read at the server: {why}.");
        return stored;
    }

    private static RegistrationRecord With(RegistrationRecord known, RegistrationRecord given) => known with
    {
        Tenant = given.Tenant ?? known.Tenant,
        RegistrationClientUri = given.RegistrationClientUri ?? known.RegistrationClientUri,
        RegistrationAccessToken = given.RegistrationAccessToken ?? known.RegistrationAccessToken,
        ClientSecret = given.ClientSecret ?? known.ClientSecret,
        ClientSecretExpiresAt = given.ClientSecret is null ? known.ClientSecretExpiresAt : given.ClientSecretExpiresAt,
        UpdatedAt = RegistrationRecord.Later(given.UpdatedAt, known.UpdatedAt),
        Metadata = known.Metadata.With(given.Metadata),
    };

    private static bool IsOther(string? given, string? known) => given is not null && given != known;
}
