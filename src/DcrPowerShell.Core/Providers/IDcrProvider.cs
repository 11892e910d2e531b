using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Providers;

/// <summary>Registers and manages clients at one server, in its dialect. Sends and judges; storing is its caller's.</summary>
internal interface IDcrProvider
{
    DcrProvider Kind { get; }

    DcrCapabilities Capabilities { get; }

    /// <summary>What a client is managed with.</summary>
    DcrManagement ManageBy { get; }

    /// <summary>What can be found out of the credential, its rights and the server's readiness, in this order. Each only reads.</summary>
    IReadOnlyList<ProviderCheck> Checks { get; }

    /// <summary>Whether one of the checks tells if registration is switched on.</summary>
    bool TellsWhetherItRegisters { get; }

    /// <summary>
    /// The tenant of a connection's one client, where none is named; null where a connection has many clients. Registering again changes
    /// that client, and may give it another id: then the old one is no longer good.
    /// </summary>
    string? SoleTenant { get; }

    /// <summary>Why clients have neither a secret nor a registration access token; null where they may have.</summary>
    DcrException? WhyNoCredentials(string clientId);

    /// <summary>
    /// How a client proves who it is at the token endpoint with what the connection has; null where that is the client's own.
    /// </summary>
    /// <param name="extensions">What it claims beside that.</param>
    IClientAuthentication? AuthenticationOf(string clientId, string audience, JsonBag extensions);

    /// <summary>
    /// Why a client cannot be read, changed or deleted over this connection, as far as that is known without asking; null where it can.
    /// </summary>
    DcrException? WhyUnmanaged(RegistrationRecord client);

    /// <summary>Null where nobody registers client ID metadata documents: servers that take them fetch them.</summary>
    IClientDocuments? Documents { get; }

    /// <summary>Judges metadata before it is sent.</summary>
    /// <exception cref="Errors.DcrException">InvalidRedirectUri or InvalidClientMetadata, naming the member.</exception>
    void Check(JsonBag metadata);

    /// <exception cref="Errors.DcrException">Refused, not sent, or of unknown outcome.</exception>
    /// <exception cref="UnreadAnswerException">Registered, with an answer that cannot be used.</exception>
    Task<RegistrationAnswer> RegisterAsync(JsonBag metadata, ProviderCall call);

    /// <inheritdoc cref="UpdateAsync"/>
    Task<RegistrationAnswer> ReadAsync(RegistrationRecord client, ProviderCall call);

    /// <exception cref="Errors.DcrException">Refused, not sent, or of unknown outcome.</exception>
    /// <exception cref="UnreadAnswerException">Done, with an answer that cannot be used.</exception>
    Task<RegistrationAnswer> UpdateAsync(RegistrationRecord client, MetadataUpdate update, ProviderCall call);

    /// <summary>Gets a new client secret: by a request of its own, or by an update that changes nothing.</summary>
    /// <param name="metadata">All of the client's metadata, as a replacing update wants it.</param>
    /// <inheritdoc cref="UpdateAsync"/>
    Task<RegistrationAnswer> ResetSecretAsync(RegistrationRecord client, JsonBag metadata, ProviderCall call);

    /// <summary>The secrets of a client, where it may have two at once: <see cref="DcrCapabilities.OverlapSecrets"/> says so.</summary>
    /// <exception cref="Errors.DcrException">OperationNotSupported: it may not. Nothing was sent.</exception>
    IClientSecrets SecretsOf(RegistrationRecord client);

    /// <summary>Gets one page of the clients that the server knows. Only where <see cref="DcrCapabilities.List"/> says so.</summary>
    /// <param name="namePrefix">What names begin with; null for all.</param>
    /// <param name="cursor">From the page before; null for the first.</param>
    /// <exception cref="Errors.DcrException">Refused.</exception>
    Task<ClientPage> ListAsync(string? namePrefix, string? cursor, ProviderCall call);

    /// <exception cref="Errors.DcrException">Refused, not sent, or of unknown outcome.</exception>
    Task DeleteAsync(RegistrationRecord client, ProviderCall call);
}

/// <summary>
/// An update, in both forms that servers want: one replaces, and deletes what is left out (RFC 7592, section 2.2); another patches.
/// </summary>
/// <param name="Whole">All of the client's metadata, with the changes made.</param>
/// <param name="Changes">What is to change; null removes a member.</param>
/// <param name="Read">What the server has now, as the provider gave it.</param>
internal sealed record MetadataUpdate(JsonBag Whole, JsonBag Changes, JsonBag Read);

/// <summary>One page of clients.</summary>
/// <param name="Next">Where the next one is; null after the last.</param>
internal sealed record ClientPage(IReadOnlyList<RegistrationAnswer> Clients, string? Next);

/// <summary>What goes along with each call.</summary>
/// <param name="Stop">The user's wish to stop.</param>
internal sealed record ProviderCall(IReporter Reporter, CancellationToken Stop)
{
    /// <summary>Authorises this one registration in the place of the connection's credential; null for that one.</summary>
    public StaticToken? InitialToken { get; init; }

    /// <summary>When the software statement of a registration expires: it is not sent after that. Null for no such time.</summary>
    public DateTimeOffset? SendBefore { get; init; }

    /// <summary>This machine's time.</summary>
    public DateTimeOffset Now { get; init; }

    /// <summary>Called with each try's answer before anybody judges it; with null where none came.</summary>
    public Func<ProtocolRequest, ProtocolResponse?, Task>? Arrived { get; init; }
}

/// <summary>Something that can be found out. A <see cref="Errors.DcrException"/> says what failed.</summary>
/// <param name="Name">For people.</param>
internal sealed record ProviderCheck(string Name, Func<ProviderCall, Task<DcrCheck>> RunAsync);
