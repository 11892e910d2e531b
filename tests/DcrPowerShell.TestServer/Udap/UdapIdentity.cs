namespace DcrPowerShell.TestServer.Udap;

/// <summary>What a registration of UDAP is found by: one URI is one application within a community (registration.md).</summary>
/// <param name="Community">URI of the community.</param>
/// <param name="Uri">The statement's <c>iss</c>.</param>
internal sealed record UdapIdentity(string Community, string Uri);
