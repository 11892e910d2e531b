using System.Collections.Generic;

namespace DcrPowerShell.TestServer;

public sealed partial record Switches
{
    /// <summary>Whether the server speaks https, and how good its certificate is. Can't be changed while it runs.</summary>
    public Https Https { get; init; }

    /// <summary>
    /// Whether the TLS handshake needs a certificate of the client; any is taken. Can't be changed while the server runs.
    /// </summary>
    /// <remarks>RFC 8705</remarks>
    public bool RequireClientCertificate { get; init; }

    /// <summary>What the server's own work takes, in milliseconds, for every request.</summary>
    public int LatencyMs { get; init; }

    /// <summary>
    /// The round trip to the server, in milliseconds: half of it each way, at the TLS handshake too. Can't be changed while it runs.
    /// </summary>
    /// <remarks>For benchmarks</remarks>
    public int RoundTripMs { get; init; }

    /// <summary>
    /// How far the server's clock, its Date header and its rate-limit resets go ahead of the true time (behind it when negative).
    /// </summary>
    /// <remarks>okta-sdk-dotnet's README reckons with a clock that is wrong.</remarks>
    public int ClockSkewSeconds { get; init; }

    /// <summary>A real limit on registrations, or on what else it is said to be for; null for none but those of the dialect.</summary>
    /// <remarks>Okta docs, reference/rl2-monitor; Auth0 docs, rate-limit-configurations</remarks>
    public RateLimit? RateLimit { get; init; }

    /// <summary>
    /// <c>user:password</c> that a request sent to this server as to a proxy (absolute-form target) must carry; without it comes 407.
    /// The server answers such requests itself, so a client may use it as proxy and as issuer at once.
    /// </summary>
    /// <remarks>RFC 9110, section 15.5.8</remarks>
    public string? ProxyCredential { get; init; }

    /// <summary>What goes wrong next. Setting it winds the queue back to its start.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];
}

/// <summary>
/// Which certificate the server shows. All are signed by one throw-away authority, at the control API under <c>/certificate</c>.
/// </summary>
public enum Https
{
    /// <summary>Plain http.</summary>
    Off,

    /// <summary>In date and for 127.0.0.1 and localhost: good for whoever trusts the authority.</summary>
    Valid,

    /// <summary>Expired yesterday.</summary>
    Expired,

    /// <summary>For wrong.example.net.</summary>
    WrongHost,
}

/// <summary>A token bucket that requests draw from.</summary>
public sealed record RateLimit
{
    /// <summary>Which requests.</summary>
    public FaultTarget On { get; init; } = FaultTarget.Register;

    /// <summary>Requests a second in the long run.</summary>
    public double PerSecond { get; init; } = 10;

    /// <summary>Requests that may come at once.</summary>
    public int Burst { get; init; } = 10;

    /// <summary>The headers that tell about the limit. Okta's and Auth0's stand on every answer, Retry-After only on a 429.</summary>
    public RateLimitHeaders Headers { get; init; } = RateLimitHeaders.Okta;
}

/// <summary>The headers that tell when to come back.</summary>
public enum RateLimitHeaders
{
    /// <summary>None.</summary>
    None,

    /// <summary><c>X-Rate-Limit-Limit</c>, <c>-Remaining</c>, <c>-Reset</c> (epoch seconds).</summary>
    Okta,

    /// <summary><c>X-RateLimit-Limit</c>, <c>-Remaining</c>, <c>-Reset</c> (epoch seconds).</summary>
    Auth0,

    /// <summary><c>Retry-After</c> in seconds.</summary>
    RetryAfterSeconds,

    /// <summary><c>Retry-After</c> as an HTTP date.</summary>
    RetryAfterDate,
}
