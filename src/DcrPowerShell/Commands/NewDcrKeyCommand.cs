using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Operations;
using DcrPowerShell.Session;

namespace DcrPowerShell.Commands;

/// <summary>Makes a key pair: the private half is kept, the public half for the server.</summary>
[Cmdlet(VerbsCommon.New, "DcrKey", SupportsShouldProcess = true, HelpUri = HelpPages.Address + "New-DcrKey.md")]
[OutputType(typeof(DcrKey))]
public sealed class NewDcrKeyCommand : DcrCmdlet
{
    /// <summary>The name of the secret that gets the private half.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [PlainSecretName]
    [NoCompletion]
    public string Name { get; set; } = null!;

    /// <summary>How the key signs (RFC 7518, section 3.1): ES384 by default.</summary>
    [Parameter(Position = 1)]
    [ValidateSet("ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512")]
    public string Algorithm { get; set; } = "ES384";

    /// <summary>The vault; by default the one of <c>Set-DcrStore -DefaultVault</c>, else the local store.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(VaultNameCompleter))]
    public string? Vault { get; set; }

    /// <inheritdoc/>
    protected override object? Target => Name;

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        var store = StoreIn(ProcessState.Vaults.Registry.Choose(Vault ?? ProcessState.Stores.Current.Settings.DefaultVault));
        Run(async (_, _) =>
        {
            await NewKeyOperation.CheckAsync(store, Name).ConfigureAwait(false);
            return true;
        });
        if (ShouldProcess($"{Name} in {store.Place}", $"Make {Algorithm} key"))
        {
            WriteObject(Run((_, _) => NewKeyOperation.RunAsync(store, Name, Algorithm)));
        }
    }
}
