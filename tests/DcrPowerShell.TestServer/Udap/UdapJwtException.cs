using System;

namespace DcrPowerShell.TestServer.Udap;

/// <summary>What is wrong with a JWT, in words that follow its name.</summary>
internal sealed class UdapJwtException(string message, bool isUntrusted = false) : Exception(message)
{
    /// <summary>Whether the certificate is at fault, rather than what it signed.</summary>
    public bool IsUntrusted { get; } = isUntrusted;
}
