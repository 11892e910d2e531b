using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Providers;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// Has the server issue a new registration access token, by an update that changes nothing (RFC 7592, section 2.2), and keeps it.
/// </summary>
internal static class ResetTokenOperation
{
    /// <exception cref="DcrException">OperationNotSupported: the client has no such token, or the server kept it.</exception>
    public static async Task<DcrClient> RunAsync(OperationContext context, RegistrationRecord record)
    {
        context.Audit.Begin(DcrAuditOperation.ResetToken, record);
        record = await context.TakeTurnAsync(record).ConfigureAwait(false);
        if (record.RegistrationAccessToken is null)
        {
            throw context.Provider.WhyNoCredentials(record.ClientId) ?? OperationErrors.NoTokenToReset(record.ClientId);
        }

        var (current, read) = await ReadOperation.ReadAsync(context, record).ConfigureAwait(false);
        if (current.Record.RegistrationAccessToken != record.RegistrationAccessToken)
        {
            return current;
        }

        var whole = Management.ForUpdate(read.Members, record.ClientId);
        var client = await UpdateOperation
            .WriteAsync(
                context,
                current.Record,
                asked: JsonBag.Empty,
                newest => context.Provider.UpdateAsync(newest, new MetadataUpdate(whole, JsonBag.Empty, read.Members), context.Call),
                (read.Members, JsonBag.Empty),
                whole
            )
            .ConfigureAwait(false);
        context.TellChanges(client);
        context.TellOfReplacedSecret(record, client);
        return client.Record.RegistrationAccessToken != record.RegistrationAccessToken
            ? client
            : throw OperationErrors.TokenNotReplaced(record.ClientId);
    }
}
