using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Providers;

/// <summary>The secrets of one client that may have two at once, so that its application can move from the old to the new.</summary>
internal interface IClientSecrets
{
    /// <exception cref="Errors.DcrException">Refused.</exception>
    Task<IReadOnlyList<ListedSecret>> ListAsync(ProviderCall call);

    /// <summary>Has the server make one more; those that there are stay valid. Gives the new one.</summary>
    /// <exception cref="Errors.DcrException">Refused, not sent, or of unknown outcome.</exception>
    /// <exception cref="UnreadAnswerException">Made, with an answer that cannot be used.</exception>
    Task<string> AddAsync(ProviderCall call);

    /// <inheritdoc cref="DeleteAsync"/>
    Task DeactivateAsync(ListedSecret secret, ProviderCall call);

    /// <exception cref="Errors.DcrException">Refused, not sent, or of unknown outcome.</exception>
    Task DeleteAsync(ListedSecret secret, ProviderCall call);
}

/// <summary>One secret of a client, as the server lists it.</summary>
/// <param name="Value">The secret itself; null where the server does not show it.</param>
/// <param name="Hash">What the server makes of it.</param>
internal sealed record ListedSecret(string Id, string? Value, string? Hash, bool IsActive, DateTimeOffset? Created);
