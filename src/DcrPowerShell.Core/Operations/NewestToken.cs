using System;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// Asks a server with a client's own token or secret, and never takes a client for gone while a newer token or secret is known.
/// </summary>
internal static class NewestToken
{
    /// <summary>Asks; if the token or secret is rejected and a newer one is known by now, asks once more with that one.</summary>
    /// <param name="ask">Gives the client that it asked with, and what came back.</param>
    /// <exception cref="DcrException">Refused, not sent, or of unknown outcome.</exception>
    public static async Task<(RegistrationRecord Record, T Answer)> AskAsync<T>(
        this OperationContext context,
        RegistrationRecord record,
        Func<RegistrationRecord, Task<(RegistrationRecord Record, T Answer)>> ask
    )
    {
        try
        {
            return await ask(record).ConfigureAwait(false);
        }
        catch (DcrException refusal) when (refusal.IsClientGone)
        {
            // The vault is not called in the turn.
            context.Scope.EndTurn();
            if (await FindNewerAsync(context, record).ConfigureAwait(false) is not { } newer)
            {
                throw;
            }

            context.Reporter.Verbose($"{refusal.Message} A newer token or secret is known by now: asking once more, with that.");
            return await ask(await context.Scope.TakeTurnAsync(newer).ConfigureAwait(false)).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Another machine may have stored it in the vault, or an answer has it whose command was killed before it could use it.
    /// </summary>
    private static async Task<RegistrationRecord?> FindNewerAsync(OperationContext context, RegistrationRecord record)
    {
        try
        {
            await AnswerReplay.RunAsync(context.Store).ConfigureAwait(false);
            var found = await context.Store.FindAsync(record.Issuer, record.ClientId).ConfigureAwait(false);
            return found?.Record is { } newest
                && (newest.RegistrationAccessToken, newest.ClientSecret) != (record.RegistrationAccessToken, record.ClientSecret)
                && (newest.Sequence > record.Sequence || newest.UpdatedAt > record.UpdatedAt) ? newest : null;
        }
        catch (DcrException)
        {
            // The server's refusal is what the user is told.
            return null;
        }
    }
}
