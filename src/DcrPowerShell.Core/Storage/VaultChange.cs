namespace DcrPowerShell.Storage;

/// <summary>A vault's stamps before and after a write, with nothing between them.</summary>
internal sealed record VaultChange(string Before, string After);
