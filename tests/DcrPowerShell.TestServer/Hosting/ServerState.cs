using System;
using System.Collections.Generic;
using DcrPowerShell.TestServer.Auth0;
using DcrPowerShell.TestServer.Faults;
using DcrPowerShell.TestServer.Okta;
using DcrPowerShell.TestServer.Standard;
using DcrPowerShell.TestServer.Tokens;
using DcrPowerShell.TestServer.Udap;

namespace DcrPowerShell.TestServer.Hosting;

/// <summary>All that one virtual server knows. Whoever works on clients or tokens holds <see cref="Gate"/>.</summary>
internal sealed class ServerState
{
    private Switches _switches;

    public ServerState(Switches switches)
    {
        _switches = switches;
        Faults = new FaultQueue(switches.Faults);
        Limiters = RateLimiters.For(switches);
        Org = new OktaOrg(this);
        Tenant = new Auth0Tenant(this);
        Udap = new UdapState(this);
    }

    public object Gate { get; } = new();

    public RequestLog Log { get; } = new();

    public ClientStore Clients { get; } = new();

    public TokenLedger Tokens { get; } = new();

    /// <summary>Identifiers of JWTs that were used: DPoP proofs and client assertions are good for once.</summary>
    public HashSet<string> SeenJwts { get; } = [];

    /// <summary>How many updates there were since <see cref="Switches.OverwriteUpdates"/> was set.</summary>
    public int Updates { get; set; }

    public FaultQueue Faults { get; private set; }

    public RateLimiters Limiters { get; private set; }

    /// <summary>What an Okta org holds beside its clients.</summary>
    public OktaOrg Org { get; }

    /// <summary>What an Auth0 tenant holds beside its clients.</summary>
    public Auth0Tenant Tenant { get; }

    /// <summary>What a server that speaks UDAP knows beside its clients.</summary>
    public UdapState Udap { get; }

    public IDialect Dialect => Dialects.Of(Switches);

    /// <summary>The server's origin, without a slash at its end. Known once it listens.</summary>
    public string Origin { get; set; } = "";

    public string BaseUrl => Origin + Switches.IssuerPath;

    public string Issuer => Switches.Issuer ?? Dialect.IssuerOf(this);

    /// <summary>The time by the server's clock.</summary>
    public DateTimeOffset Now => DateTimeOffset.UtcNow.AddSeconds(Switches.ClockSkewSeconds);

    public Switches Switches
    {
        get => _switches;
        set
        {
            if (
                value.Https != _switches.Https
                || value.RequireClientCertificate != _switches.RequireClientCertificate
                || value.Dialect != _switches.Dialect
            )
            {
                throw new ArgumentException("https, requireClientCertificate and dialect can't be changed while the server runs.");
            }

            lock (Gate)
            {
                if (!ReferenceEquals(value.Faults, _switches.Faults))
                {
                    Faults = new FaultQueue(value.Faults);
                }

                Updates = ReferenceEquals(value.OverwriteUpdates, _switches.OverwriteUpdates) ? Updates : 0;
                Limiters = Limiters.ChangedFor(value);
                bool startsAnew = !ReferenceEquals(value.Auth0.Tenant, _switches.Auth0.Tenant);
                _switches = value;
                if (startsAnew)
                {
                    Tenant.StartAnew();
                }
            }
        }
    }
}
