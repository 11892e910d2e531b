using System;
using System.IO;
using System.Linq;
using DcrPowerShell.Files;

namespace DcrPowerShell.Vaults;

/// <summary>
/// A lock on a vault across the processes of a user: a file that one of them has open at a time. The system lets it go when the
/// process ends, however it ends. The file stays: whoever deletes it could lock it beside another.
/// </summary>
internal static class VaultLock
{
    /// <summary>SecretStore's module, and the lock's name: its vaults are one store.</summary>
    public const string SecretStore = "Microsoft.PowerShell.SecretStore";

    /// <summary>Takes the lock, which lasts until it is disposed.</summary>
    /// <param name="name">What is locked.</param>
    /// <param name="longest">How long to wait for another process; not at all by default.</param>
    /// <returns>Null where another process has it all that time.</returns>
    /// <exception cref="IOException">The lock file cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The lock file may not be made.</exception>
    public static IDisposable? TryTake(string name, TimeSpan longest = default)
    {
        var file = new string(
            name.Select(letter => char.IsLetterOrDigit(letter) || letter is '.' or '-' ? char.ToLowerInvariant(letter) : '_').ToArray()
        );
        var path = Path.Combine(LocalData.SharedFolder("locks"), file + ".lock");
        try
        {
            return UserOnly.WhenFree(() => UserOnly.OpenAlone(path), longest);
        }
        catch (IOException failure) when (UserOnly.IsTaken(failure))
        {
            return null;
        }
    }
}
