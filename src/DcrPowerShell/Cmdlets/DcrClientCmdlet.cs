using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Cmdlets;

/// <summary>A cmdlet that works on known clients, named by id or tenant, or piped as objects or rows.</summary>
public abstract class DcrClientCmdlet : DcrBatchCmdlet
{
    /// <summary>Ids of clients at the connected server.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.ClientId)]
    [NullAsEmpty]
    [ArgumentCompleter(typeof(ClientIdCompleter))]
    public string[]? ClientId { get; set; }

    /// <summary>Tenants of clients, by their exact names.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NullAsEmpty]
    [ArgumentCompleter(typeof(TenantCompleter))]
    public string[]? Tenant { get; set; }

    /// <summary>A client, as <c>Get-DcrClient</c> gives it; or a row with a column ClientId or Tenant.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <inheritdoc/>
    protected override object? Target => InputObject;

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        CheckColumns(InputObject, tellsUnused: false);
        ForEach(Named(ClientId, Tenant, InputObject), InputObject, ProcessClient);
    }

    /// <param name="client">The client, with its id.</param>
    private protected abstract void ProcessClient(DcrConnection connection, NamedClient client);
}
