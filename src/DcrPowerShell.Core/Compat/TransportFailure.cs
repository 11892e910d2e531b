namespace DcrPowerShell.Compat;

internal enum TransportFailure
{
    NameResolution,
    Connect,
    Tls,
    TimedOut,
    Interrupted,
}
