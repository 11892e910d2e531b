using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Http;

/// <summary>Puts a credential on each try of a request: a token may have expired, and a proof is good for one use.</summary>
internal interface IAuthorizer
{
    /// <exception cref="Errors.DcrException">There is no token to be had.</exception>
    Task<Authorization> AuthorizeAsync(ProtocolRequest request, IReporter reporter, CancellationToken stop);

    /// <summary>
    /// Looks at an answer. True where it refused the request for want of something that is known now: then it is worth sending once more.
    /// </summary>
    bool Learn(Authorization used, ProtocolRequest request, ProtocolResponse response);
}

/// <summary>The credential as one request carries it.</summary>
/// <param name="Headers">Headers to send.</param>
/// <param name="Secrets">What must not come back in a server's words.</param>
internal sealed record Authorization(IReadOnlyList<KeyValuePair<string, string>> Headers, IReadOnlyList<string> Secrets)
{
    /// <summary>Fields of the form, in the place of those that the request has of the same names.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; init; } = [];

    /// <summary>Members of the JSON body, in the place of those that the request has of the same names.</summary>
    public JsonBag Members { get; init; } = JsonBag.Empty;

    public static Authorization None { get; } = new([], []);

    /// <summary>RFC 6750, section 2.1, and its kin.</summary>
    public static Authorization Of(string scheme, string token) => new([new("Authorization", $"{scheme} {token}")], [token]);
}
