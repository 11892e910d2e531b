using System.Net.Http.Headers;

namespace DcrPowerShell.Credentials;

/// <summary>What a registration is authorised with.</summary>
internal interface ICredential
{
    /// <summary>For people: what it is, without any of its content.</summary>
    string Kind { get; }

    /// <summary>The header to send; null where registration is open.</summary>
    AuthenticationHeaderValue? Header { get; }
}

/// <summary>Open registration (RFC 7591, section 3).</summary>
internal sealed class NoCredential : ICredential
{
    public string Kind => "None";

    public AuthenticationHeaderValue? Header => null;
}

/// <summary>An initial access token, got from the server's operator (RFC 7591, section 1.2).</summary>
internal sealed class InitialAccessToken(string token) : ICredential
{
    public string Kind => "InitialAccessToken";

    public AuthenticationHeaderValue? Header => new("Bearer", token);
}
