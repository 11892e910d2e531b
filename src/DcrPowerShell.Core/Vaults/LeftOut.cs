namespace DcrPowerShell.Vaults;

/// <summary>What the vault has of a registration and the index has not.</summary>
/// <param name="UriIsInMetadata">The address is the one that the metadata has: it is read from there when it is asked for.</param>
internal sealed record LeftOut(bool ClientSecret, bool RegistrationAccessToken, bool RegistrationClientUri, bool UriIsInMetadata);
