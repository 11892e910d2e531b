using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>Reads a client from the server (RFC 7592, section 2.1). The answer may bring a new token or secret; it is kept.</summary>
internal static class ReadOperation
{
    /// <summary>The warning after a server refused the tokens of clients.</summary>
    public static string RejectedWarning(int clients) =>
        $"The server refused the token{(clients == 1 ? " of 1 client" : $"s of {clients} clients")}. RFC 7592 has HTTP 401 for "
            + "a client that is gone; a token that was replaced by another machine, or revoked, is answered alike. Make sure "
            + "before you remove what is kept. After HTTP 403 the state is Unknown.";

    /// <inheritdoc cref="ReadAsync"/>
    public static async Task<DcrClient> RunAsync(OperationContext context, RegistrationRecord record)
    {
        context.Audit.Begin(DcrAuditOperation.Read, record);
        record = await context.TakeTurnAsync(record).ConfigureAwait(false);
        var (client, _) = await ReadAsync(context, record).ConfigureAwait(false);
        context.TellOfReplacedSecret(record, client);
        return client;
    }

    /// <summary>Reads a client; where the server lets nobody read it, gives it as it is kept.</summary>
    /// <returns>The client, and why it could not be read.</returns>
    /// <inheritdoc cref="ReadAsync"/>
    public static async Task<(DcrClient Client, DcrException? Why)> GetAsync(OperationContext context, RegistrationRecord record)
    {
        if (context.Provider.WhyUnmanaged(record) is { } why)
        {
            return (Unread(context, record, DcrClientState.Unknown), why);
        }

        try
        {
            return (await RunAsync(context, record).ConfigureAwait(false), null);
        }
        catch (DcrException failure) when (failure.ErrorId == DcrErrorId.OperationNotSupported)
        {
            context.Connection.Lacks(DcrCapabilities.Read);
            return (Unread(context, record, DcrClientState.Unknown), failure);
        }
    }

    /// <summary>Reads a client to see whether the server still has it.</summary>
    /// <param name="orUnknown">Whether to give the client and the reason, instead of an error, where that cannot be told.</param>
    /// <returns>Where it could not be read, the client as it was known, and why.</returns>
    /// <exception cref="DcrException">It cannot be told; the vault failed; or VaultWriteFailed, which carries the client.</exception>
    public static async Task<(DcrClient Client, DcrException? Why)> LookAsync(
        OperationContext context,
        RegistrationRecord record,
        bool orUnknown
    )
    {
        if (context.Provider.WhyUnmanaged(record) is { } why)
        {
            return (Unread(context, record, DcrClientState.Unknown), why);
        }

        try
        {
            return (await RunAsync(context, record).ConfigureAwait(false), null);
        }
        catch (DcrException failure) when (failure.IsClientGone || IsNoNews(failure) || (orUnknown && !IsOurs(failure)))
        {
            return (Unread(context, record, failure.IsClientGone ? DcrClientState.Gone : DcrClientState.Unknown), failure);
        }
    }

    /// <summary>Reads a client, and gives the server's answer too.</summary>
    /// <param name="always">Stores it also where the answer brings nothing new.</param>
    /// <exception cref="DcrException">Refused; not conformant; or VaultWriteFailed, which carries the client.</exception>
    public static async Task<(DcrClient Client, RegistrationAnswer Answer)> ReadAsync(
        OperationContext context,
        RegistrationRecord record,
        bool always = false
    )
    {
        record = await context.TakeTurnAsync(record).ConfigureAwait(false);
        try
        {
            (record, var answer) = await context.AskAsync(record, async newest =>
            {
                newest = await context.Scope.BeginReadAsync(newest).ConfigureAwait(false);
                return (newest, await context.Provider.ReadAsync(newest, context.Call).ConfigureAwait(false));
            }).ConfigureAwait(false);
            var whole = context.Completed(record, answer);
            var client = await context.KeepAsync(record, whole, asked: null, "was read and has new secrets", always).ConfigureAwait(false);
            client.Unshown = whole == answer
                ? []
                : [
                    .. whole
                        .Members.Select(static member => member.Key)
                        .Where(name => name == ClientMember.RedirectUris || !answer.Members.Has(name)),
                ];
            return (client, whole);
        }
        catch (UnreadAnswerException unread)
        {
            throw OperationErrors.UnreadManagement(
                context.Connection.RegistrationEndpoint,
                record.ClientId,
                OperationErrors.Exists,
                unread.Why,
                context.Scope.Unusable(),
                unread
            );
        }
    }

    /// <summary>The client as the server has it; at a server that lets nobody read one, as it was last registered.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public static Task<(DcrClient Client, RegistrationAnswer Answer)> CurrentAsync(OperationContext context, RegistrationRecord record) =>
        context.Provider.Capabilities.HasFlag(DcrCapabilities.Read)
            ? ReadAsync(context, record)
            : Task.FromResult((Unread(context, record, DcrClientState.Unknown), new RegistrationAnswer(record.Metadata, Status: 200)));

    private static DcrClient Unread(OperationContext context, RegistrationRecord record, DcrClientState state) =>
        new(record, []) { State = state, Storage = context.StorageOf(record) };

    /// <summary>Asking again would bring the same: the server reads no clients, or not by this token.</summary>
    private static bool IsNoNews(DcrException failure) => failure.IsOwnTokenRefused || failure.ErrorId == DcrErrorId.OperationNotSupported;

    /// <summary>It is about this side, and tells nothing of the client.</summary>
    private static bool IsOurs(DcrException failure) => failure.ErrorId is DcrErrorId.NotConnected or DcrErrorId.SecretManagementNotFound
        or DcrErrorId.StoreLocked or DcrErrorId.StoreDamaged or DcrErrorId.StoreReadOnly or DcrErrorId.StoreKeyMissing
        or DcrErrorId.VaultLocked or DcrErrorId.VaultNotFound or DcrErrorId.VaultReadFailed or DcrErrorId.VaultWriteFailed;
}
