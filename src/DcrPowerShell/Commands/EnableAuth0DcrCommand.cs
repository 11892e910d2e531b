using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Providers.Auth0;
using DcrPowerShell.Session;

namespace DcrPowerShell.Commands;

/// <summary>Sets an Auth0 tenant up for dynamic client registration, step by step.</summary>
[Cmdlet(VerbsLifecycle.Enable, "Auth0Dcr", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High,
    HelpUri = HelpPages.Address + "Enable-Auth0Dcr.md")]
[OutputType(typeof(DcrSetupStep))]
public sealed class EnableAuth0DcrCommand : DcrConnectedCmdlet
{
    private bool _hasWritten;

    /// <summary>
    /// What registered clients may ask users for: a hashtable of scopes by the identifier of their API (Auth0 docs,
    /// configure-third-party-applications).
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoCompletion]
    public IDictionary? DefaultPermission { get; set; }

    /// <summary>Names or ids of the connections that users of registered clients can log in with.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoCompletion]
    public string[] DomainConnection { get; set; } = [];

    /// <summary>
    /// The security mode of registration, Strict or Permissive, in tenants that have the choice (Auth0 docs, permissive-mode).
    /// </summary>
    [Parameter]
    [ValidateSet("Strict", "Permissive")]
    public string? SecurityMode { get; set; }

    /// <summary>The only addresses that registrations may come from, in CIDR notation (RFC 4632), such as 198.51.100.0/24.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoCompletion]
    public string[] AllowCidr { get; set; } = [];

    /// <summary>Asks no question.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override object? Target => Connection ?? RunspaceState.Current.Default;

    /// <summary>Once a step is done, what was reported must not be lost to whoever collects it.</summary>
    private protected override bool IsTerminating(DcrErrorId id) => !_hasWritten;

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        var connection = Resolve();
        var wishes = Wishes();
        var isHeldBack = false;
        foreach (var planned in Run(connection, context => EnableAuth0Operation.PlanAsync(context, wishes, onlyLooks: IsWhatIf)))
        {
            var step = isHeldBack && planned is { Opens: true, Change: not null } ? planned.HeldBack() : planned;
            var done = step.AsItIs();
            if (
                step.Change is { } change
                && ShouldProcess($"{done.Step} at {connection.Issuer}", $"Change from '{done.Was}' to '{change.Becomes}'", Force)
            )
            {
                done = Run(connection, context => EnableAuth0Operation.ApplyAsync(context, step));
            }

            // A limit that the user asked for and then declined.
            isHeldBack |= step is { IsLimit: true, Change: not null } && !done.Changed && !IsWhatIf;
            Write(done);
            if (step.Problem is { } problem)
            {
                Try(done, () => throw problem);
            }
        }
    }

    private Auth0Wishes Wishes() =>
        new()
        {
            Registration = true,
            DefaultPermissions = (DefaultPermission ?? new Hashtable())
                .Cast<DictionaryEntry>()
                .Select(entry => new Auth0Permission(LanguagePrimitives.ConvertTo<string>(entry.Key), Scopes(entry.Value)))
                .ToList(),
            DomainConnections = DomainConnection,
            SecurityMode = SecurityMode?.ToLowerInvariant(),
            AllowedNetworks = Auth0Network.ParseAll(AllowCidr),
        };

    private static List<string> Scopes(object? value) =>
        (LanguagePrimitives.ConvertTo<string[]>(value) ?? []).SelectMany(JsonBag.SplitWords).Distinct().ToList();

    private void Write(DcrSetupStep step)
    {
        WriteObject(step);
        _hasWritten = true;
        if (step.Note is { } note)
        {
            WriteWarning($"{step.Step}: {note}");
        }
    }
}
