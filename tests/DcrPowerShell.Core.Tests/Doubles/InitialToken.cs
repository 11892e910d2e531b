using DcrPowerShell.Credentials;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>An initial access token as a connection is given it.</summary>
internal static class InitialToken
{
    public static CredentialInput? Of(string? token) => token is null ? null : new CredentialInput.Token(StaticToken.Initial(token));
}
