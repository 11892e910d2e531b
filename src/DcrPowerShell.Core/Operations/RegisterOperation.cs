using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Storage;

namespace DcrPowerShell.Operations;

/// <summary>What to register.</summary>
/// <param name="Metadata">What the user named, and nothing else: servers refuse members that they do not know.</param>
/// <param name="Tenant">Kept with the registration; not sent.</param>
/// <param name="ClientSecretName">Where to put the application's own copy of the client secret; null for none.</param>
internal sealed record RegisterRequest(JsonBag Metadata, string? Tenant, string? ClientSecretName)
{
    /// <summary>Sent in the place of the connection's credential (RFC 7591, section 3), and stored nowhere; null for that one.</summary>
    public StaticToken? InitialToken { get; init; }
}

/// <summary>Registers a client (RFC 7591) and keeps what comes back.</summary>
internal static class RegisterOperation
{
    /// <exception cref="DcrException">
    /// Refused or of unknown outcome; VaultWriteFailed after a success, and then the error carries the client with its secrets.
    /// </exception>
    public static async Task<DcrClient> RunAsync(OperationContext context, RegisterRequest request)
    {
        await context.CheckStorableAsync().ConfigureAwait(false);
        context.Scope.BeginRegistration(request.Metadata, request.Tenant);
        RegistrationAnswer answer;
        try
        {
            answer = await context.Provider.RegisterAsync(request.Metadata, context.Call with { InitialToken = request.InitialToken }).ConfigureAwait(false);
        }
        catch (UnreadAnswerException unread)
        {
            var keptAs = await context.KeepUnreadAsync(unread.Response).ConfigureAwait(false);
            throw DcrErrors.UnreadRegistration(context.Connection.RegistrationEndpoint, unread.Why, unread.Response.End == BodyEnd.Broken, keptAs, unread);
        }

        const string Done = "was registered";
        var (record, wasKnown) = await context.NewRecordAsync(answer, request.Tenant, Done).ConfigureAwait(false);
        var client = await context.StoreAsync(record, Grant.Compare(request.Metadata, answer.Members), Done).ConfigureAwait(false);
        if (wasKnown)
        {
            context.Reporter.Warning($"Client '{client.ClientId}': the server answered with a client that was registered before. Its registration in the vault was brought up to date.");
        }

        context.Tell(client, hasNewSecret: answer.ClientSecret is not null);
        if (answer.Status != 201)
        {
            context.Reporter.Verbose($"The server answered HTTP {answer.Status}; RFC 7591 has 201.");
        }

        await context.CopySecretAsync(client, request.ClientSecretName).ConfigureAwait(false);
        return client;
    }
}
