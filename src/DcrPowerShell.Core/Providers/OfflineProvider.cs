using System.Collections.Generic;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Providers;

/// <summary>What a connection has that was made without asking the server: nothing can be done over it.</summary>
internal sealed class OfflineProvider : IDcrProvider
{
    public DcrProvider Kind => DcrProvider.Auto;

    public DcrCapabilities Capabilities => DcrCapabilities.None;

    public DcrManagement ManageBy => DcrManagement.Client;

    public IReadOnlyList<ProviderCheck> Checks => throw ProviderErrors.IsOffline();

    public bool TellsWhetherItRegisters => false;

    public string? SoleTenant => null;

    public DcrException? WhyNoCredentials(string clientId) => null;

    public IClientAuthentication? AuthenticationOf(string clientId, string audience, JsonBag extensions) => null;

    public DcrException? WhyUnmanaged(RegistrationRecord client) => null;

    public IClientDocuments? Documents => throw ProviderErrors.IsOffline();

    public void Check(JsonBag metadata) => throw ProviderErrors.IsOffline();

    public Task<RegistrationAnswer> RegisterAsync(JsonBag metadata, ProviderCall call) => throw ProviderErrors.IsOffline();

    public Task<RegistrationAnswer> ReadAsync(RegistrationRecord client, ProviderCall call) => throw ProviderErrors.IsOffline();

    public Task<RegistrationAnswer> UpdateAsync(RegistrationRecord client, MetadataUpdate update, ProviderCall call) =>
        throw ProviderErrors.IsOffline();

    public Task<RegistrationAnswer> ResetSecretAsync(RegistrationRecord client, JsonBag metadata, ProviderCall call) =>
        throw ProviderErrors.IsOffline();

    public IClientSecrets SecretsOf(RegistrationRecord client) => throw ProviderErrors.IsOffline();

    public Task<ClientPage> ListAsync(string? namePrefix, string? cursor, ProviderCall call) => throw ProviderErrors.IsOffline();

    public Task DeleteAsync(RegistrationRecord client, ProviderCall call) => throw ProviderErrors.IsOffline();
}
