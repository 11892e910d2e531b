using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Threading.Tasks;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Session;

namespace DcrPowerShell.Commands;

/// <summary>Moves registrations between the local store and vaults. Sends nothing.</summary>
[Cmdlet(VerbsCommon.Move, "DcrRegistration", SupportsShouldProcess = true, HelpUri = HelpPages.Address + "Move-DcrRegistration.md")]
[OutputType(typeof(DcrClient))]
public sealed class MoveDcrRegistrationCommand : DcrCmdlet
{
    /// <summary>The vault that has them; by default the local store.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(VaultNameCompleter))]
    public string? From { get; set; }

    /// <summary>The vault that is to have them; by default the local store.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(VaultNameCompleter))]
    public string? To { get; set; }

    /// <summary>Ids of clients; by default all.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.ClientId)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ClientIdCompleter))]
    public string[]? ClientId { get; set; }

    private Registrations? _from;
    private Registrations? _to;

    // What an earlier run had left in between.
    private readonly HashSet<string> _late = [];

    /// <summary>Where the command cannot begin, no row can be moved.</summary>
    private protected override bool IsTerminating(DcrErrorId id) => _to is null || base.IsTerminating(id);

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        if (_from is null || _to is null)
        {
            var (from, to) = (ProcessState.Vaults.Registry.Choose(From), ProcessState.Vaults.Registry.Choose(To));
            if (string.Equals(from, to, System.StringComparison.OrdinalIgnoreCase))
            {
                throw CommandErrors.NothingToMove(from is null ? "the local store" : $"vault '{from}'");
            }

            (_from, _to) = (Open(from), Open(to));
            foreach (var late in Run((_, _) => MoveOperation.ResumeAsync(_to)))
            {
                _late.Add(late.ClientId);
                WriteObject(late);
            }
        }

        var wanted = ListOperation
            .Kept(_from.Ledger, issuer: null, _from.Ledger.Vaults.PlaceOf(_from.VaultId), Pump())
            .Where(found => ClientId?.Contains(found.Record.ClientId) != false)
            .ToList();
        foreach (var missing in (ClientId ?? []).Where(id => !_late.Contains(id) && !wanted.Any(found => found.Record.ClientId == id)))
        {
            Try(missing, () => throw StoreErrors.NoRegistrationHere(missing, _from.Place));
        }

        foreach (var found in wanted)
        {
            Try(
                found.Record.ClientId,
                () =>
                {
                    if (
                        ShouldProcess(
                            $"{found.Record.ClientName ?? "client"} ({found.Record.ClientId}) of {found.Record.Issuer}",
                            $"Move from {_from.Place} to {_to!.Place}"
                        )
                    )
                    {
                        WriteObject(Run((_, _) => MoveOperation.RunAsync(_from, _to, found)));
                    }
                }
            );
        }
    }

    /// <summary>The vaults that were left forget what they had, and the local store drops it from the disk.</summary>
    private protected override void AtEnd()
    {
        if (_from is null)
        {
            return;
        }

        if (_from.Delivery is { } delivery && Run((_, _) => delivery.ForgetMovedAsync()) is { } failure)
        {
            WriteWarning(
                $"{_from.Place} still holds registrations that were moved: {ErrorWords.Why(failure)}. They are removed there when you "
                    + "connect to it next."
            );
        }

        if (Run((_, _) => Task.FromResult(StoreOperation.Compact(_from.Ledger))) is { } why)
        {
            WriteWarning(why);
        }
    }

    private Registrations Open(string? vault)
    {
        var ledger = Ledger();
        return vault is null
            ? new Registrations(ledger, null, null)
            : Run((pump, stop) => StoreOpening.OpenWholeVaultAsync(ledger, VaultOf(vault), pump, new SystemClock(), stop));
    }
}
