namespace DcrPowerShell;

/// <summary>When access tokens are bound to a key (RFC 9449).</summary>
public enum DcrDPoP
{
    /// <summary>When the server demands it.</summary>
    Auto,

    /// <summary>From the first request on.</summary>
    Always,

    /// <summary>Not even when the server demands it.</summary>
    Never,
}
