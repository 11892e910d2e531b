using System;
using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Changes a client (RFC 7592, section 2.2): what is named is replaced, the rest stays.</summary>
[Cmdlet(VerbsCommon.Set, "DcrClient", SupportsShouldProcess = true, DefaultParameterSetName = ClientSet)]
[OutputType(typeof(DcrClient))]
public sealed class SetDcrClientCommand : ClientMetadataCmdlet
{
    private const string IdSet = "ClientId";

    /// <summary>The default one: PowerShell binds piped objects to it first, and a piped client also has a property ClientId.</summary>
    private const string ClientSet = "InputObject";

    /// <summary>The client's id at the connected server.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = IdSet)]
    [Alias(ClientMember.ClientId)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ClientIdCompleter))]
    public string ClientId { get; set; } = null!;

    /// <summary>A client, as <c>Get-DcrClient</c> gives it.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ClientSet)]
    public DcrClient InputObject { get; set; } = null!;

    /// <summary>What names the client by its properties, whole: whether it is a client itself, of a file or a job.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = IdSet, DontShow = true)]
    public PSObject? InputRow { get; set; }

    /// <summary><c>client_name</c> (RFC 7591, section 2).</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.ClientName, "Name")]
    [NullAsEmpty]
    [AllowEmptyString]
    public string? ClientName { get; set; }

    /// <inheritdoc/>
    protected override object? Target => (object?)InputObject ?? ClientId;

    private protected override string? Subject => MyInvocation.ExpectingInput ? SubjectOf(InputObject?.Record.ClientId ?? ClientId, InputObject) : null;

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        var clientId = InputObject?.Record.ClientId ?? ClientId;
        var connection = Resolve(InputObject);
        var changes = Changes();
        if (changes.Count == 0)
        {
            throw DcrErrors.NothingToChange();
        }

        if (!SkipValidation)
        {
            connection.Service.Check(changes.With(ClientMember.ClientId, clientId));
        }

        WaitForSame(clientId);
        var record = Run(connection, context => FindOperation.RunAsync(context, clientId, InputObject));
        if (ShouldProcess($"{record.ClientName ?? "client"} ({clientId}) at {connection.Issuer}", "Change client"))
        {
            Start(connection, clientId, Target, context => UpdateOperation.RunAsync(context, record, changes), client => Write(connection, client));
        }
    }

    /// <summary>
    /// What was typed counts, and an empty value there removes the member. What the pipeline brought counts where it names a
    /// value: an empty cell of a CSV file removes nothing, and a piped client brings no wishes at all, also one that Import-Clixml,
    /// Receive-Job or Select-Object gave.
    /// </summary>
    private JsonBag Changes()
    {
        var typed = NamedMembers(ClientName, IsNamedOnCommandLine);
        return InputObject is not null || IsCopyOfClient(InputRow) ? typed : NamedMembers(ClientName, parameter => !IsNamedOnCommandLine(parameter)).WithoutAbsent().With(typed);
    }

    /// <summary>By its type; or by properties that no file of rows has, where that is gone: Select-Object after Import-Clixml, or JSON.</summary>
    private static bool IsCopyOfClient(PSObject? row) => row is not null
        && (row.TypeNames.Any(static type => IsCopy(type) && type.EndsWith("." + typeof(DcrClient).FullName, StringComparison.Ordinal))
            || (row.Properties[nameof(DcrClient.Changes)] is { Value: not string } && row.Properties[nameof(DcrClient.Storage)] is not null));

    private static bool IsCopy(string type) => type.StartsWith("Deserialized.", StringComparison.Ordinal) || type.StartsWith("Selected.", StringComparison.Ordinal);
}
