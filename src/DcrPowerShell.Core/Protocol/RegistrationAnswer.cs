using System.Collections.Generic;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>
/// The client information response (RFC 7591, section 3.2.1; RFC 7592, section 3). Only <c>client_id</c> is sure to be there
/// after a registration; servers leave out, null or misspell the rest (protocol notes, 5.2).
/// </summary>
/// <param name="Members">Everything the server sent, secrets too.</param>
/// <param name="Status">HTTP status code.</param>
internal sealed record RegistrationAnswer(JsonBag Members, int Status)
{
    public string? ClientId => Members.Text(ClientMember.ClientId);

    public string? ClientSecret => Members.Text(ClientMember.ClientSecret);

    public string? RegistrationAccessToken => Members.Text(ClientMember.RegistrationAccessToken);

    /// <summary>As the server wrote it; it may be relative.</summary>
    public string? RegistrationClientUri => Members.Text(ClientMember.RegistrationClientUri);

    /// <summary>Oddities that the user should hear of, each a sentence.</summary>
    public IEnumerable<string> Oddities()
    {
        if (ClientSecret is not null && Members.Integer(ClientMember.ClientSecretExpiresAt) is null)
        {
            yield return "The server did not say when the client secret expires (client_secret_expires_at).";
        }

        if (ClientSecret is null && Members.Text(ClientMember.TokenEndpointAuthMethod) is "client_secret_basic" or "client_secret_post" or "client_secret_jwt")
        {
            yield return $"The server set token_endpoint_auth_method to {Members.Text(ClientMember.TokenEndpointAuthMethod)} and gave no client secret: the client cannot authenticate.";
        }
    }
}
