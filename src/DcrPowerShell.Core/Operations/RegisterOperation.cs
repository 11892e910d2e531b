using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Storage;
using DcrPowerShell.Storage.Journaling;

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
    /// <summary>The client that a tenant has at the connected server; null where it has none, as far as is known.</summary>
    /// <exception cref="DcrException">OutcomeUnknown: one was sent, and nobody knows. The vault could not be read.</exception>
    public static async Task<DcrClient?> FindTenantAsync(OperationContext context, string tenant)
    {
        if (context.Store is null)
        {
            return null;
        }

        var sent = (context.Connection.Journal?.Open ?? []).Where(entry => entry.Intent.Operation == JournalIntent.Register && entry.Intent.Issuer == context.Connection.Issuer && entry.Intent.Tenant == tenant).ToList();
        if (sent.Any(static entry => entry.Answer is not null))
        {
            await RecoverOperation.ReplayAsync(context.Store, context.Connection.Journal!, context.Reporter).ConfigureAwait(false);
        }
        else if (sent.Count > 0)
        {
            throw DcrErrors.TenantUnknown(tenant, sent[0].Intent.At);
        }

        return await context.Connection.Tenants.FindAsync(context.Store, tenant, context.Clock.UtcNow, context.TellOfReading, context.Stop).ConfigureAwait(false) is { } record
            ? new DcrClient(record, [], record.SecretName)
            : null;
    }

    /// <exception cref="DcrException">
    /// Refused or of unknown outcome; VaultWriteFailed after a success, and then the error carries the client with its secrets.
    /// </exception>
    public static async Task<DcrClient> RunAsync(OperationContext context, RegisterRequest request)
    {
        context.Audit.Begin(DcrAuditOperation.Register, clientName: request.Metadata.Text(ClientMember.ClientName), tenant: request.Tenant, changes: request.Metadata.Select(static member => member.Key));
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
        context.Connection.Tenants.Add(record);
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
