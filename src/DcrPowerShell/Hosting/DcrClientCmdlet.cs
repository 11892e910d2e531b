using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Hosting;

/// <summary>A cmdlet that works on known clients, named by id or piped as objects.</summary>
public abstract class DcrClientCmdlet : DcrBatchCmdlet
{
    private protected const string IdSet = "ClientId";

    /// <summary>The default one: PowerShell binds piped objects to it first, and a piped client also has a property ClientId.</summary>
    private protected const string ClientSet = "InputObject";

    private string? _subject;

    /// <summary>Ids of clients at the connected server.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = IdSet)]
    [Alias(ClientMember.ClientId)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ClientIdCompleter))]
    public string[] ClientId { get; set; } = [];

    /// <summary>A client, as <c>Get-DcrClient</c> gives it.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ClientSet)]
    public DcrClient? InputObject { get; set; }

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        if (InputObject is { } client)
        {
            Process(client.Record.ClientId, client);
            return;
        }

        foreach (var clientId in ClientId)
        {
            Process(clientId, null);
        }
    }

    /// <summary>Of several clients, the one that is worked on.</summary>
    private protected override string? Subject => _subject;

    private void Process(string clientId, DcrClient? piped)
    {
        _subject = MyInvocation.ExpectingInput || ClientId.Length > 1 ? SubjectOf(clientId, piped) : null;
        Try((object?)piped ?? clientId, () =>
        {
            WaitForSame(clientId);
            ProcessClient(clientId, piped);
        });
    }

    /// <param name="piped">The object, where one was piped.</param>
    private protected abstract void ProcessClient(string clientId, DcrClient? piped);
}
