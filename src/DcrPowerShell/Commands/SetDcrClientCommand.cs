using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Changes a client (RFC 7592, section 2.2): what is named is replaced, the rest stays.</summary>
[Cmdlet(VerbsCommon.Set, "DcrClient", SupportsShouldProcess = true, HelpUri = HelpPages.Address + "Set-DcrClient.md")]
[OutputType(typeof(DcrClient))]
public sealed class SetDcrClientCommand : ClientMetadataCmdlet
{
    /// <summary>Ids of clients at the connected server.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.ClientId)]
    [NullAsEmpty]
    [ArgumentCompleter(typeof(ClientIdCompleter))]
    public string[]? ClientId { get; set; }

    /// <summary>Tenants whose clients are changed, by their exact names. No client gets another tenant.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NullAsEmpty]
    [ArgumentCompleter(typeof(TenantCompleter))]
    public string[]? Tenant { get; set; }

    /// <summary>A client, as <c>Get-DcrClient</c> gives it; or a row with a column ClientId or Tenant.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary><c>client_name</c> (RFC 7591, section 2).</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.ClientName, "Name")]
    [NullAsEmpty]
    [AllowEmptyString]
    [NoCompletion]
    public override string? ClientName { get; set; }

    /// <summary>Redirect URIs to add to those that the client has.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SplitText]
    [AllowNull, AllowEmptyCollection]
    [NoCompletion]
    public string[]? AddRedirectUri { get; set; }

    /// <summary>Redirect URIs to take from those that the client has.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SplitText]
    [AllowNull, AllowEmptyCollection]
    [NoCompletion]
    public string[]? RemoveRedirectUri { get; set; }

    /// <inheritdoc/>
    protected override object? Target => InputObject;

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        CheckColumns(InputObject, tellsUnused: true);
        ForEach(Named(ClientId, Tenant, InputObject), InputObject, Change);
    }

    private void Change(DcrConnection connection, NamedClient client)
    {
        var changes = Changes();
        var fresh = FreshStatement(InputObject);
        var redirects = RedirectUris(changes);
        if (changes.Count == 0 && fresh is null && redirects is null)
        {
            throw CommandErrors.NothingToChange(PipedRow.IsFormerClient(InputObject) ? [] : PipedRow.Columns(InputObject));
        }

        Check(connection, changes.With(ClientMember.ClientId, client.ClientId), redirects is null ? null : redirects.Check);
        var record = Find(connection, client);
        if (!SkipValidation)
        {
            UpdateOperation.CheckKeysStay(record, changes);
        }

        if (ShouldProcess(connection, record, "Change client"))
        {
            Start(
                connection,
                record,
                async context =>
                {
                    var wishes = fresh is null
                        ? changes
                        : changes.With(ClientMember.SoftwareStatement, await fresh().ConfigureAwait(false));
                    return await UpdateOperation.RunAsync(context, record, wishes, redirects).ConfigureAwait(false);
                },
                changed => Write(connection, changed, "Changed")
            );
        }
    }

    /// <summary>Single redirect URIs to add and to remove; null for none.</summary>
    /// <exception cref="DcrException">InvalidClientMetadata: all of them are named, too, or one is to be added and removed.</exception>
    private RedirectUriEdit? RedirectUris(JsonBag changes)
    {
        var edit = new RedirectUriEdit(AddRedirectUri ?? [], RemoveRedirectUri ?? []);
        return edit.Add.Count + edit.Remove.Count == 0 ? null
            : changes.Has(ClientMember.RedirectUris) ? throw CommandErrors.AllAndSingleRedirectUris()
            : edit.Add.Intersect(edit.Remove).FirstOrDefault() is { } both ? throw CommandErrors.RedirectUriAddedAndRemoved(both)
            : edit;
    }

    /// <summary>
    /// What was typed counts, and an empty value there removes the member. What a row brought counts where it names a value: an empty
    /// cell of a CSV file removes nothing. A client brings no wishes at all, also one that lost its type in a file or a job.
    /// </summary>
    private JsonBag Changes()
    {
        var typed = NamedMembers(IsNamedOnCommandLine);
        return InputObject is null or { BaseObject: DcrClient or DcrComparison } || PipedRow.IsFormerClient(InputObject)
            ? typed
            : FurtherMembers(InputObject)
                .With(NamedMembers(parameter => !IsNamedOnCommandLine(parameter)).WithoutAbsent())
                .With(typed);
    }
}
