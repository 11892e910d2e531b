using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;

namespace DcrPowerShell.Storage;

/// <summary>A secret that a command wrote to a vault, and that was read back.</summary>
/// <param name="ChangesByOthers">How often others had changed the vault by then.</param>
/// <param name="Writer">The command.</param>
internal sealed record WrittenSecret(string Vault, string Name, string Value, int ChangesByOthers, object? Writer);

/// <summary>
/// What the commands of a runspace that are still at work wrote. One for all of them, because one command of a pipeline
/// may remove or change what another wrote.
/// </summary>
internal sealed class WrittenSecrets
{
    private readonly ConcurrentDictionary<(string Vault, string Name), WrittenSecret> _secrets = new();

    public void Add(WrittenSecret secret) => _secrets[(secret.Vault, secret.Name)] = secret;

    public void Forget(string vault, string name) => _secrets.TryRemove((vault, name), out _);

    /// <summary>The vaults that a command wrote to.</summary>
    public IReadOnlyList<string> VaultsOf(object writer) => _secrets.Values.Where(secret => secret.Writer == writer).Select(secret => secret.Vault).Distinct().ToList();

    /// <summary>Gives what a command wrote to a vault, and forgets it.</summary>
    public IReadOnlyList<WrittenSecret> Take(string vault, object? writer)
    {
        var taken = _secrets.Values.Where(secret => secret.Vault == vault && secret.Writer == writer).ToList();
        taken.ForEach(secret => Forget(secret.Vault, secret.Name));
        return taken;
    }
}
