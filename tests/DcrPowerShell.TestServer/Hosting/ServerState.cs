using System;
using System.Collections.Generic;
using DcrPowerShell.TestServer.Faults;
using DcrPowerShell.TestServer.Standard;
using DcrPowerShell.TestServer.Tokens;

namespace DcrPowerShell.TestServer.Hosting;

/// <summary>All that one virtual server knows. Whoever works on clients or tokens holds <see cref="Gate"/>.</summary>
internal sealed class ServerState
{
    private Switches _switches;

    public ServerState(Switches switches)
    {
        _switches = switches;
        Faults = new FaultQueue(switches.Faults);
        Limiter = RateLimiter.For(switches.RateLimit);
    }

    public object Gate { get; } = new();

    public RequestLog Log { get; } = new();

    public ClientStore Clients { get; } = new();

    public TokenLedger Tokens { get; } = new();

    /// <summary>Identifiers of JWTs that were used: DPoP proofs and client assertions are good for once.</summary>
    public HashSet<string> SeenJwts { get; } = [];

    public FaultQueue Faults { get; private set; }

    public RateLimiter? Limiter { get; private set; }

    /// <summary>The server's origin, without a slash at its end. Known once it listens.</summary>
    public string Origin { get; set; } = "";

    public string BaseUrl => Origin + Switches.IssuerPath;

    public string Issuer => Switches.Issuer ?? BaseUrl + (Switches.IssuerTrailingSlash ? "/" : "");

    /// <summary>The time by the server's clock.</summary>
    public DateTimeOffset Now => DateTimeOffset.UtcNow.AddSeconds(Switches.ClockSkewSeconds);

    public Switches Switches
    {
        get => _switches;
        set
        {
            if (value.Https != _switches.Https || value.RequireClientCertificate != _switches.RequireClientCertificate)
            {
                throw new ArgumentException("https and requireClientCertificate can't be changed while the server runs.");
            }

            lock (Gate)
            {
                if (!ReferenceEquals(value.Faults, _switches.Faults))
                {
                    Faults = new FaultQueue(value.Faults);
                }

                if (value.RateLimit != _switches.RateLimit)
                {
                    Limiter = RateLimiter.For(value.RateLimit);
                }

                _switches = value;
            }
        }
    }
}
