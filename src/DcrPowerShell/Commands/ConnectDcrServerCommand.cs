using System;
using System.Management.Automation;
using System.Security;
using DcrPowerShell.Binding;
using DcrPowerShell.Compat;
using DcrPowerShell.Errors;
using DcrPowerShell.Hosting;
using DcrPowerShell.Http;
using DcrPowerShell.Operations;
using DcrPowerShell.Storage;

namespace DcrPowerShell.Commands;

/// <summary>Connects to an authorization server.</summary>
[Cmdlet(VerbsCommunications.Connect, "DcrServer", DefaultParameterSetName = IssuerSet)]
[OutputType(typeof(DcrConnection))]
public sealed class ConnectDcrServerCommand : DcrCmdlet
{
    private const string IssuerSet = "Issuer";
    private const string EndpointSet = "RegistrationEndpoint";

    /// <summary>The server's issuer, from which its registration endpoint is discovered (RFC 8414, section 3).</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = IssuerSet)]
    public Uri Issuer { get; set; } = null!;

    /// <summary>The registration endpoint; nothing is discovered.</summary>
    [Parameter(Mandatory = true, ParameterSetName = EndpointSet)]
    public Uri RegistrationEndpoint { get; set; } = null!;

    /// <summary>What <c>-Connection</c> shall know the connection by; by default the URL's host and path.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>The token that the server wants for a registration (RFC 7591, section 1.2).</summary>
    [Parameter]
    [ValidateNotNull]
    public SecureString? InitialAccessToken { get; set; }

    /// <summary>The vault that keeps tokens and secrets; by default SecretManagement's default vault.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(VaultNameCompleter))]
    public string? Vault { get; set; }

    /// <summary>Keeps nothing: tokens and secrets are on the objects only.</summary>
    [Parameter]
    public SwitchParameter NoVault { get; set; }

    /// <summary>Further origins where registration access tokens may go, beside the registration endpoint's own.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public Uri[] AllowedOrigin { get; set; } = [];

    /// <summary>How long to wait for an answer, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    public int TimeoutSec { get; set; } = 60;

    /// <summary>The HTTP proxy; by default the system's.</summary>
    [Parameter]
    public Uri? Proxy { get; set; }

    private protected override bool IsTerminating(DcrErrorId id) => true;

    /// <inheritdoc/>
    protected override object? Target => Issuer ?? RegistrationEndpoint;

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        if (NoVault && Vault is not null)
        {
            throw DcrErrors.VaultAndNone();
        }

        var vault = NoVault ? null : Vault ?? SecretManagementVault.Registered().Default ?? throw DcrErrors.NoVault();
        var request = new ConnectRequest
        {
            Issuer = Issuer,
            RegistrationEndpoint = RegistrationEndpoint,
            Name = Name,
            InitialAccessToken = InitialAccessToken is null ? null : SecureText.Reveal(InitialAccessToken),
            AllowedOrigins = AllowedOrigin,
            Timeout = TimeSpan.FromSeconds(TimeoutSec),
            Proxy = Proxy,
        };
        var connection = Run((pump, stop) => ConnectOperation.RunAsync(request, vault is null ? null : new RegistrationStore(new SecretManagementVault(vault, pump)), pump, new SystemClock(), stop));
        RunspaceState.Current.Add(connection);
        WriteObject(connection);
    }
}
