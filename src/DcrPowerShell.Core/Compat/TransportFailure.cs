namespace DcrPowerShell.Compat;

internal enum TransportFailure
{
    NameResolution,
    Connect,

    /// <summary>The proxy wants authentication (HTTP 407).</summary>
    ProxyRefused,

    /// <summary>The proxy made no connection to the server.</summary>
    ProxyTunnel,
    Tls,
    TimedOut,
    Interrupted,
}
