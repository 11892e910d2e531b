using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Errors;
using DcrPowerShell.Hosting;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Makes a key pair: the private half for the vault, the public half for the server.</summary>
[Cmdlet(VerbsCommon.New, "DcrKey", SupportsShouldProcess = true)]
[OutputType(typeof(DcrKey))]
public sealed class NewDcrKeyCommand : DcrCmdlet
{
    /// <summary>The name of the vault's secret that shall hold the private half.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [PlainSecretName]
    public string Name { get; set; } = null!;

    /// <summary>How the key shall sign (RFC 7518, section 3.1).</summary>
    [Parameter(Position = 1)]
    [ValidateSet("ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512")]
    public string Algorithm { get; set; } = "ES384";

    /// <summary>The vault; by default SecretManagement's default vault.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(VaultNameCompleter))]
    public string? Vault { get; set; }

    /// <inheritdoc/>
    protected override object? Target => Name;

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        var vault = Vault ?? SecretManagementVault.Registered().Default ?? throw DcrErrors.NoVault();
        Run(async (pump, _) =>
        {
            await NewKeyOperation.CheckAsync(StoreIn(vault, pump), Name).ConfigureAwait(false);
            return true;
        });
        if (ShouldProcess($"{Name} in vault {vault}", $"Make {Algorithm} key"))
        {
            WriteObject(Run((pump, _) => NewKeyOperation.RunAsync(StoreIn(vault, pump), Name, Algorithm)));
        }
    }
}
