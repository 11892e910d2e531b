namespace DcrPowerShell.Storage.Indexing;

/// <summary>What the vault has of a registration and the index has not.</summary>
internal sealed record LeftOut(bool ClientSecret, bool RegistrationAccessToken, bool RegistrationClientUri);
