using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Storage;

namespace DcrPowerShell.Providers;

/// <summary>One dialect of registration and management. Sends and judges; storing is its caller's.</summary>
internal interface IDcrProvider
{
    string Name { get; }

    DcrCapabilities Capabilities { get; }

    /// <exception cref="Errors.DcrException">Refused, not sent, or of unknown outcome.</exception>
    /// <exception cref="UnreadAnswerException">Registered, with an answer that cannot be used.</exception>
    Task<RegistrationAnswer> RegisterAsync(JsonBag metadata, ProviderCall call);

    /// <inheritdoc cref="UpdateAsync"/>
    Task<RegistrationAnswer> ReadAsync(RegistrationRecord client, ProviderCall call);

    /// <param name="metadata">All of the client's metadata; what is left out is deleted (RFC 7592, section 2.2).</param>
    /// <exception cref="Errors.DcrException">Refused, not sent, or of unknown outcome.</exception>
    /// <exception cref="UnreadAnswerException">Done, with an answer that cannot be used.</exception>
    Task<RegistrationAnswer> UpdateAsync(RegistrationRecord client, JsonBag metadata, ProviderCall call);

    /// <exception cref="Errors.DcrException">Refused, not sent, or of unknown outcome.</exception>
    Task DeleteAsync(RegistrationRecord client, ProviderCall call);
}

/// <summary>What goes along with each call.</summary>
/// <param name="Stop">The user's wish to stop.</param>
internal sealed record ProviderCall(IReporter Reporter, CancellationToken Stop);
