namespace DcrPowerShell.TestServer.Hosting;

/// <summary>A request's operation and what its URL names.</summary>
/// <param name="Operation">What is wanted.</param>
/// <param name="ClientId">The client, or Okta's application, which is the same.</param>
/// <param name="ResourceId">Anything else: a secret, a grant, a connection, an access control list, an authorization server.</param>
internal readonly record struct Route(Operation Operation, string? ClientId = null, string? ResourceId = null);
