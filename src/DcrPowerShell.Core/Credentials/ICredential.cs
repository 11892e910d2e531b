using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Http;

namespace DcrPowerShell.Credentials;

/// <summary>What the administrator proves to be allowed with.</summary>
internal interface ICredential
{
    /// <summary>What it is, in a word for people, without any of its content.</summary>
    string Kind { get; }

    /// <summary>The client that gets tokens for itself; null where the token was got elsewhere.</summary>
    string? ClientId { get; }

    /// <summary>Whether what it sends has this machine's time in it, signed, and a server with another time refuses it.</summary>
    bool IsTimed { get; }

    /// <summary>The credential for requests that need a scope.</summary>
    /// <param name="scope">Words that the operation needs; null for whatever the server gives.</param>
    IAuthorizer For(string? scope);

    /// <summary>What is known of the token that requests of a scope get; fetches it where it has to be fetched.</summary>
    /// <exception cref="Errors.DcrException">There is no token to be had.</exception>
    Task<TokenFacts> InspectAsync(string? scope, IReporter reporter, CancellationToken stop);
}
