using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Protocol;
using DcrPowerShell.Storage;

namespace DcrPowerShell.Operations;

/// <summary>Reads a client from the server (RFC 7592, section 2.1). The answer may bring a new token or secret; it is kept.</summary>
internal static class ReadOperation
{
    /// <inheritdoc cref="ReadAsync"/>
    public static async Task<DcrClient> RunAsync(OperationContext context, RegistrationRecord record)
    {
        context.Audit.Begin(DcrAuditOperation.Read, record);
        var (client, _) = await ReadAsync(context, record).ConfigureAwait(false);
        context.TellOfReplacedSecret(record, client);
        return client;
    }

    /// <summary>Reads a client, and gives the server's answer too.</summary>
    /// <exception cref="DcrException">Refused; not conformant; or VaultWriteFailed, which carries the client.</exception>
    public static async Task<(DcrClient Client, RegistrationAnswer Answer)> ReadAsync(OperationContext context, RegistrationRecord record)
    {
        await context.CheckStorableAsync().ConfigureAwait(false);
        context.Scope.BeginRead(record);
        try
        {
            var answer = await context.Provider.ReadAsync(record, context.Call).ConfigureAwait(false);
            return (await context.KeepAsync(record, answer, asked: null, "was read and has new secrets").ConfigureAwait(false), answer);
        }
        catch (UnreadAnswerException unread)
        {
            var keptAs = await context.KeepUnreadAsync(unread.Response).ConfigureAwait(false);
            throw DcrErrors.UnreadManagement(context.Connection.RegistrationEndpoint, record.ClientId, "exists", unread.Why, keptAs, unread);
        }
    }
}
