using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Http;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Credentials;

/// <summary>
/// A client that proves who it is, and by DPoP where the server wants that. Each try has a new assertion and proof: both are good for one
/// use.
/// </summary>
internal sealed class ProvenClient(IClientAuthentication authentication, DpopBinding dpop, IClock clock) : IAuthorizer
{
    private IClientAuthentication _authentication = authentication;

    /// <summary>What to try once where the first proof is refused; null for nothing.</summary>
    public IClientAuthentication? Otherwise { get; set; }

    public Task<Authorization> AuthorizeAsync(ProtocolRequest request, IReporter reporter, CancellationToken stop)
    {
        var now = clock.UtcNow;
        var proof = _authentication.Prove(now);
        return Task.FromResult(dpop.IsOn ? dpop.Bind(proof, request, accessToken: null, now) : proof);
    }

    public bool Learn(Authorization used, ProtocolRequest request, ProtocolResponse response)
    {
        if (dpop.Learn(request, response))
        {
            return true;
        }

        if (Otherwise is null || !ClientTrial.IsUnproven(response))
        {
            return false;
        }

        (_authentication, Otherwise) = (Otherwise, null);
        return true;
    }
}
