using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Providers.Udap;

/// <summary>
/// UDAP Dynamic Client Registration: a certificate of a trust community registers, changes and cancels its own client by the same request
/// (HL7 UDAP Security STU 2, section 3). Nothing is read, and nothing is secret.
/// </summary>
/// <param name="udap">Its identity is disposed with this.</param>
internal sealed class UdapProvider(Uri endpoint, UdapServer udap, HttpSender sender) : IDcrProvider, IDisposable
{
    private UdapIdentity Identity => udap.Identity;

    public DcrProvider Kind => DcrProvider.Udap;

    public DcrCapabilities Capabilities => DcrCapabilities.Register | DcrCapabilities.Update | DcrCapabilities.Delete;

    public DcrManagement ManageBy => DcrManagement.Connection;

    public IReadOnlyList<ProviderCheck> Checks => UdapChecks.Of(udap);

    public bool TellsWhetherItRegisters => true;

    public string? SoleTenant => Identity.Uri;

    public DcrException? WhyNoCredentials(string clientId) => UdapErrors.NoCredentials(clientId);

    public IClientAuthentication? AuthenticationOf(string clientId, string audience, JsonBag extensions) =>
        Identity.Authentication(clientId, audience, extensions);

    public IClientDocuments? Documents => null;

    public DcrException? WhyUnmanaged(RegistrationRecord client) => null;

    public void Check(JsonBag metadata) => UdapRules.Check(metadata);

    public async Task<RegistrationAnswer> RegisterAsync(JsonBag metadata, ProviderCall call)
    {
        var wanted = UdapRules.Complete(metadata);
        return await RegisterAsync(RequestEffect.Registers, wanted, call).ConfigureAwait(false);
    }

    public Task<RegistrationAnswer> ReadAsync(RegistrationRecord client, ProviderCall call) => throw UdapErrors.NoRead(client.ClientId);

    /// <summary>The same client is registered again, with all that it shall have (section 3.4).</summary>
    public async Task<RegistrationAnswer> UpdateAsync(RegistrationRecord client, MetadataUpdate update, ProviderCall call)
    {
        // Another grant has another response type, or none.
        var isSettled = update.Changes.Has(ClientMember.GrantTypes) && !update.Changes.Has(ClientMember.ResponseTypes);
        var wanted = UdapRules.Complete(isSettled ? update.Whole.Without(ClientMember.ResponseTypes) : update.Whole);
        UdapRules.Check(wanted);
        return await RegisterAsync(RequestEffect.Changes, wanted, call).ConfigureAwait(false);
    }

    public Task<RegistrationAnswer> ResetSecretAsync(RegistrationRecord client, JsonBag metadata, ProviderCall call) =>
        throw UdapErrors.NoCredentials(client.ClientId);

    public IClientSecrets SecretsOf(RegistrationRecord client) => throw UdapErrors.NoCredentials(client.ClientId);

    public Task<ClientPage> ListAsync(string? namePrefix, string? cursor, ProviderCall call) => throw new NotSupportedException();

    public async Task DeleteAsync(RegistrationRecord client, ProviderCall call)
    {
        var wanted = UdapRules.Complete(client.Metadata);
        var (request, response) = await PostAsync(RequestEffect.Changes, wanted, UdapRules.Cancelled(wanted), call).ConfigureAwait(false);
        if (!response.IsSuccess)
        {
            var refusal = Refusal(request, response, wanted);
            throw refusal.ErrorId == DcrErrorId.InvalidClientMetadata
                ? UdapErrors.CancellationRefused(client.ClientId, ServerErrorReader.Read(response))
                : refusal;
        }

        if (!response.TryReadJson(out var answer, out _) || !UdapRegistration.IsCancelled(answer))
        {
            throw UdapErrors.CancellationUnconfirmed(endpoint, client.ClientId, ServerErrorReader.Read(response));
        }
    }

    public void Dispose() => Identity.Dispose();

    private async Task<RegistrationAnswer> RegisterAsync(RequestEffect effect, JsonBag wanted, ProviderCall call)
    {
        var (request, response) = await PostAsync(effect, wanted, UdapRules.Claims(wanted), call).ConfigureAwait(false);
        if (!response.IsSuccess)
        {
            throw Refusal(request, response, wanted);
        }

        var answer = Registration.Judge(request, response);
        return answer with { Members = UdapRegistration.Metadata(answer.Members), Sent = wanted };
    }

    private async Task<(ProtocolRequest Request, ProtocolResponse Response)> PostAsync(
        RequestEffect effect,
        JsonBag wanted,
        JsonBag claims,
        ProviderCall call
    )
    {
        var request = UdapRegistration.Request(endpoint, effect, UdapRules.Certifications(wanted, udap.Metadata, call.Now));
        return (
            request,
            await sender.SendAsync(request, Identity.Statement(claims), call.Reporter, call.Stop, call.Arrived).ConfigureAwait(false)
        );
    }

    private DcrException Refusal(ProtocolRequest request, ProtocolResponse response, JsonBag wanted)
    {
        var server = ServerErrorReader.Read(response);
        if (server.Code is "invalid_software_statement" or "unapproved_software_statement" && Refusals.InFront(request, response) is null)
        {
            var certificate = Identity.Certificate.Certificate;
            return UdapErrors.StatementRefused(
                server,
                CertificateNames.Show(certificate),
                Identity.Uri,
                Identity.Community,
                certificate.NotAfter.ToUniversalTime(),
                response.ReceivedAt - HttpDate.Parse(response.Header("Date"))
            );
        }

        // What the server's words are about stands in the statement.
        return Registration.Refusal(request with { Body = UdapRules.Claims(wanted) }, response);
    }
}
