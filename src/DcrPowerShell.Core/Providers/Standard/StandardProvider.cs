using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Providers.Standard;

/// <summary>RFC 7591 and RFC 7592 as written: each client is managed at its own URI.</summary>
/// <param name="clients">Disposed with this; null for none.</param>
internal sealed class StandardProvider(
    Uri endpoint,
    ClientConfiguration configuration,
    ICredential credential,
    ClientTokens? clients,
    HttpSender sender,
    bool wantsApplicationType
) : IDcrProvider, IDisposable
{
    public DcrProvider Kind => DcrProvider.Standard;

    public DcrManagement ManageBy => configuration.ManageBy;

    public DcrCapabilities Capabilities =>
        DcrCapabilities.Register | DcrCapabilities.Read | DcrCapabilities.Update | DcrCapabilities.Delete;

    /// <summary>RFC 7591 has no request that would tell more without registering a client.</summary>
    public IReadOnlyList<ProviderCheck> Checks =>
        [
            new("Credential", call => TokenCheck.RunAsync(credential, scope: null, call)),
            .. credential is NoCredential or BasicCredential ? [] : new ProviderCheck[] { new("Scope", ScopeAsync) },
        ];

    public bool TellsWhetherItRegisters => false;

    public string? SoleTenant => null;

    public DcrException? WhyNoCredentials(string clientId) => null;

    public IClientAuthentication? AuthenticationOf(string clientId, string audience, JsonBag extensions) => null;

    public DcrException? WhyUnmanaged(RegistrationRecord client) => configuration.WhyUnmanaged(client);

    public IClientDocuments? Documents => null;

    public void Check(JsonBag metadata) => MetadataRules.Check(metadata);

    public async Task<RegistrationAnswer> RegisterAsync(JsonBag metadata, ProviderCall call)
    {
        var used = call.InitialToken ?? credential;
        if (wantsApplicationType && !metadata.Has(ClientMember.ApplicationType))
        {
            metadata = metadata.With(ClientMember.ApplicationType, MetadataRules.ApplicationTypeOf(metadata));
        }

        var request = Registration.Request(endpoint, metadata) with { Proof = used.Kind, SendBefore = call.SendBefore };
        return Registration.Judge(
            request,
            await sender.SendAsync(request, used.For(scope: null), call.Reporter, call.Stop, call.Arrived).ConfigureAwait(false)
        );
    }

    public Task<RegistrationAnswer> ReadAsync(RegistrationRecord client, ProviderCall call) => configuration.ReadAsync(client, call);

    public Task<RegistrationAnswer> UpdateAsync(RegistrationRecord client, MetadataUpdate update, ProviderCall call) =>
        configuration.UpdateAsync(client, update.Whole, call);

    /// <summary>RFC 7592 has no request for this, but lets a server answer any update with a new secret.</summary>
    public Task<RegistrationAnswer> ResetSecretAsync(RegistrationRecord client, JsonBag metadata, ProviderCall call) =>
        configuration.UpdateAsync(client, metadata, call);

    /// <summary>RFC 7591 and RFC 7592 know one secret.</summary>
    public IClientSecrets SecretsOf(RegistrationRecord client) => throw ProviderErrors.OverlapNotSupported(client.ClientId);

    public void Dispose() => clients?.Dispose();

    private async Task<DcrCheck> ScopeAsync(ProviderCall call)
    {
        var facts = await credential.InspectAsync(scope: null, call.Reporter, call.Stop).ConfigureAwait(false);
        return facts.Scopes switch
        {
            null => DcrCheck.Skipped(
                "What the token may do is not known: neither it nor the server says.",
                "If a registration is refused with InsufficientScope, ask the server's operator which scope it needs."
            ),
            { Count: 0 } => DcrCheck.Warning(
                "The token was granted no scope at all.",
                "Have the server's scope for registrations granted to the client that you connect with, and name it with Connect-DcrServer "
                    + "-Scope."
            ),
            var scopes => DcrCheck.Passed(
                $"The token was granted: {string.Join(", ", scopes)}. Which scope a registration needs is the server's own rule."
            ),
        };
    }

    /// <summary>RFC 7592 knows no list.</summary>
    public Task<ClientPage> ListAsync(string? namePrefix, string? cursor, ProviderCall call) => throw new NotSupportedException();

    public Task DeleteAsync(RegistrationRecord client, ProviderCall call) => configuration.DeleteAsync(client, call);
}
