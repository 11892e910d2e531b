using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;
using DcrPowerShell.Credentials;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Providers.Udap;

/// <summary>A server that was found by UDAP, and who we are there.</summary>
/// <param name="Anchors">The certificates that the user trusts.</param>
internal sealed record UdapServer(UdapIdentity Identity, UdapFinding Found, IReadOnlyList<X509Certificate2> Anchors)
{
    public UdapMetadata Metadata { get; } = new(Found.Members);
}
