using DcrPowerShell.Keys;

namespace DcrPowerShell.Credentials;

/// <summary>What the administrator connects with, as it was given.</summary>
internal abstract record CredentialInput
{
    private CredentialInput()
    {
    }

    /// <summary>A token that was got elsewhere.</summary>
    public sealed record Token(StaticToken Value) : CredentialInput;

    /// <summary>An administrator's user name and password.</summary>
    public sealed record Basic(BasicCredential Value) : CredentialInput;

    /// <summary>A client that gets tokens for itself, with a secret.</summary>
    public sealed record Secret(string ClientId, string Value) : CredentialInput;

    /// <summary>A client that gets tokens for itself, with a private key.</summary>
    public sealed record Key(string ClientId, SigningKey Value) : CredentialInput;

    /// <summary>A client that gets tokens for itself, with the connection's TLS certificate.</summary>
    public sealed record Certificate(string ClientId) : CredentialInput;
}
