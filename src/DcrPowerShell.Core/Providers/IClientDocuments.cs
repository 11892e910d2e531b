using System.Collections.Generic;
using System.Threading.Tasks;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Providers;

/// <summary>Client ID metadata documents at a service where an administrator registers them.</summary>
internal interface IClientDocuments
{
    /// <summary>What the service says of a document. Changes nothing.</summary>
    /// <exception cref="Errors.DcrException">Refused.</exception>
    Task<IReadOnlyList<DcrCheck>> PreviewAsync(string uri, ProviderCall call);

    /// <summary>Registers the client of a document, or takes over what its document says now.</summary>
    /// <exception cref="Errors.DcrException">Refused, not sent, or of unknown outcome.</exception>
    /// <exception cref="UnreadAnswerException">Registered, with an answer that cannot be used.</exception>
    Task<RegistrationAnswer> RegisterAsync(string uri, ProviderCall call);
}
