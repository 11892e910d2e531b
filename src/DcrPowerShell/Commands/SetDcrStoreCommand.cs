using System.Collections.Generic;
using System.IO;
using System.Management.Automation;
using System.Security;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using DcrPowerShell.Session;

namespace DcrPowerShell.Commands;

/// <summary>Changes how the local store is protected, where its key is, and which vault connections have by default.</summary>
[Cmdlet(VerbsCommon.Set, "DcrStore", SupportsShouldProcess = true, HelpUri = HelpPages.Address + "Set-DcrStore.md")]
[OutputType(typeof(DcrStoreInfo))]
public sealed class SetDcrStoreCommand : DcrStoreCmdlet
{
    /// <summary>What protects the key. Everything is encrypted again, with a new key.</summary>
    [Parameter]
    public DcrProtection? Protection { get; set; }

    /// <summary>The passphrase, with <c>-Protection Passphrase</c>.</summary>
    [Parameter]
    [SecureOnly]
    [ValidateNotNull]
    [NoCompletion]
    public SecureString? Passphrase { get; set; }

    /// <summary>The SecretManagement vault for the key, with <c>-Protection Vault</c>.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(VaultNameCompleter))]
    public string? Vault { get; set; }

    /// <summary>The vault that connections have where none is named; null or empty for the local store.</summary>
    [Parameter]
    [AllowNull]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(VaultNameCompleter))]
    public string? DefaultVault { get; set; }

    /// <summary>The file for the key, outside of the store's folder; null or empty for the store's folder.</summary>
    [Parameter]
    [AllowNull]
    [AllowEmptyString]
    public string? KeyPath { get; set; }

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        StoreOperation.CheckProtection(Protection, Passphrase, Vault);
        if (Vault is not null && ProcessState.Vaults.Registry.Choose(Vault) is null)
        {
            throw StoreErrors.KeyInItself(Vault);
        }

        var store = ProcessState.Stores.Current;
        if (store.Folder is MemoryFolder memory)
        {
            throw StoreErrors.NoPlace(memory.Why);
        }

        // What may be refused with "Nothing was changed" comes before what changes something.
        var namesDefault = MyInvocation.BoundParameters.ContainsKey(nameof(DefaultVault));
        var defaultVault = string.IsNullOrEmpty(DefaultVault) ? null : DefaultVault;
        if (defaultVault is not null)
        {
            Run(
                async (_, _) =>
                {
                    await store.OpenAsync(VaultOf).ConfigureAwait(false);
                    await new VaultReader(VaultOf(defaultVault)).CheckOpenAsync().ConfigureAwait(false);
                    return true;
                }
            );
        }

        var (formerPath, isKeyMoved) = (store.Settings.KeyPath, false);
        if (MyInvocation.BoundParameters.ContainsKey(nameof(KeyPath)))
        {
            var path = string.IsNullOrEmpty(KeyPath) ? null : FilePath.Of(this, KeyPath!, nameof(KeyPath), DcrErrorId.InvalidSetup);
            if (Directory.Exists(path))
            {
                throw StoreErrors.KeyPathTaken(path!);
            }

            if (path is not null && path != LocalData.UsualKeyPath && LocalData.IsAmongOwn(path))
            {
                throw StoreErrors.KeyAmongOwn(path);
            }

            if (ShouldProcess($"local store {store.Folder.Path}", $"Keep its key in {path ?? "its own folder"}"))
            {
                store.MoveKey(path);
                isKeyMoved = true;
            }
        }

        if (Protection is { } protection && ShouldProcess($"local store {store.Folder.Path}", $"Protect by {protection}"))
        {
            IReadOnlyList<(string Vault, string SecretName)> left;
            try
            {
                left = Run((_, _) => StoreOperation.ProtectAsync(store, protection, Passphrase, Vault, VaultOf));
            }
            catch (DcrException) when (isKeyMoved)
            {
                // All of it, or nothing.
                store.MoveKey(formerPath);
                throw;
            }

            foreach (var (vault, secret) in left)
            {
                WriteWarning(
                    $"Vault '{vault}' still has the former key, which copies of the store's folder from before need. Where there are none, "
                        + $"remove it: Remove-Secret -Vault '{vault}' -Name {secret}."
                );
            }
        }

        if (
            namesDefault
            && ShouldProcess(
                $"local store {store.Folder.Path}",
                $"Use {(defaultVault is null ? "the local store" : $"vault {defaultVault}")} by default"
            )
        )
        {
            store.Set(settings => settings with { DefaultVault = defaultVault });
        }

        WriteObject(Info());
    }
}
