using System;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// Finds out what became of a change whose answer never came, by a read with the known token. If that token holds, the change was made or
/// can be made again. If not, the server has replaced the token in the answer that was lost.
/// </summary>
internal static class LostAnswer
{
    /// <param name="asked">Members that were to have a value.</param>
    /// <param name="again">Makes the change once more, on what the server has now.</param>
    /// <param name="unknown">Why the outcome is unknown.</param>
    /// <exception cref="DcrException">TokenLost; or OutcomeUnknown still.</exception>
    public static async Task<DcrClient> ResolveAsync(
        OperationContext context,
        RegistrationRecord record,
        JsonBag asked,
        DcrException unknown,
        Func<DcrClient, RegistrationAnswer, Task<DcrClient>> again
    )
    {
        if (context.Stop.IsCancellationRequested)
        {
            throw unknown;
        }

        context.Reporter.Verbose($"{unknown.Message} Reading client '{record.ClientId}' to find out.");
        var (client, answer) = await ReadAsync(context, record, unknown).ConfigureAwait(false);
        return asked.Count > 0 && Grant.Compare(asked, answer.Members, context.Audit.Sent).Count == 0
            ? client
            : await again(client, answer).ConfigureAwait(false);
    }

    private static async Task<(DcrClient Client, RegistrationAnswer Answer)> ReadAsync(
        OperationContext context,
        RegistrationRecord record,
        DcrException unknown
    )
    {
        try
        {
            // Another session may have stored a newer token meanwhile.
            var stored = await context.Store.FindAsync(record.Issuer, record.ClientId).ConfigureAwait(false);
            return await ReadOperation.CurrentAsync(context, stored?.Record ?? record).ConfigureAwait(false);
        }
        catch (DcrException refusal)
            when (refusal is { ErrorId: DcrErrorId.AccessTokenRejected, IsClientGone: true } && record.RegistrationAccessToken is not null)
        {
            throw OperationErrors.TokenLost(record.ClientId, context.Connection.RegistrationEndpoint, unknown);
        }
        catch (DcrException failure) when (failure.Unstored is null)
        {
            throw unknown;
        }
    }
}
