using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>Gets a new client secret, and checks that it is new: by RFC 7592 a server may give one at an update, and need not.</summary>
internal static class ResetSecretOperation
{
    /// <exception cref="DcrException">OperationNotSupported: no secret to replace, or the server kept it.</exception>
    public static async Task<DcrClient> RunAsync(OperationContext context, RegistrationRecord record, string? clientSecretName)
    {
        context.Audit.Begin(DcrAuditOperation.ResetSecret, record);
        record = await context.TakeTurnAsync(record).ConfigureAwait(false);
        if (record.ClientSecret is null && !context.Provider.Capabilities.HasFlag(DcrCapabilities.ResetSecret))
        {
            throw context.Provider.WhyNoCredentials(record.ClientId)
                ?? OperationErrors.NoSecret(record.ClientId, record.Metadata.Text(ClientMember.TokenEndpointAuthMethod), isAsked: false);
        }

        await context.CheckCopyAsync(clientSecretName, record).ConfigureAwait(false);
        var (current, read) = await ReadOperation.ReadAsync(context, record).ConfigureAwait(false);
        if (current.TokenEndpointAuthMethod is "private_key_jwt" or "tls_client_auth" or "self_signed_tls_client_auth")
        {
            throw OperationErrors.NoSecret(record.ClientId, current.TokenEndpointAuthMethod, isAsked: true);
        }

        // Some servers replace the secret at a read as they do at an update: then it is new already. A server that has a request for it
        // replaces it only by that.
        var before = context.Provider.Capabilities.HasFlag(DcrCapabilities.ResetSecret) ? current.Record.ClientSecret : record.ClientSecret;
        var client = current;
        if (current.Record.ClientSecret == before)
        {
            try
            {
                client = await ResetAsync(current, read).ConfigureAwait(false);
            }
            catch (DcrException unknown) when (unknown.ErrorId == DcrErrorId.OutcomeUnknown)
            {
                // If the lost answer had a new secret, nobody knows it: another one is made.
                client = await LostAnswer
                    .ResolveAsync(context, current.Record, asked: JsonBag.Empty, unknown, ResetAsync)
                    .ConfigureAwait(false);
            }
        }

        context.TellChanges(client);
        if (client.Record.ClientSecret == before)
        {
            throw OperationErrors.SecretNotReplaced(record.ClientId);
        }

        await context.CopySecretAsync(client, clientSecretName).ConfigureAwait(false);
        return client;

        Task<DcrClient> ResetAsync(DcrClient now, RegistrationAnswer answer) =>
            UpdateOperation.WriteAsync(
                context,
                now.Record,
                asked: JsonBag.Empty,
                newest => context.Provider.ResetSecretAsync(newest, Management.ForUpdate(answer.Members, record.ClientId), context.Call),
                (answer.Members, JsonBag.Empty)
            );
    }
}
