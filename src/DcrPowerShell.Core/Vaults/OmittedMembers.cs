namespace DcrPowerShell.Vaults;

/// <summary>What a registration has and its record in a list lacks.</summary>
/// <param name="UriIsInMetadata">The address is the one that the metadata has: it is read from there when it is asked for.</param>
internal sealed record OmittedMembers(bool ClientSecret, bool RegistrationAccessToken, bool RegistrationClientUri, bool UriIsInMetadata);
