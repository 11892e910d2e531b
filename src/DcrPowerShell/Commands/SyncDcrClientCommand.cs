using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Threading.Tasks;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Session;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Commands;

/// <summary>Makes the clients of a server as they should be: compares all rows, then registers, changes, repairs and removes.</summary>
[Cmdlet(VerbsData.Sync, "DcrClient", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = RowSet,
    HelpUri = HelpPages.Address + "Sync-DcrClient.md")]
[OutputType(typeof(DcrComparison))]
public sealed class SyncDcrClientCommand : WantedClientCmdlet
{
    private readonly ComparisonCounts _counts = new();
    private readonly List<(DcrConnection Connection, WantedClient? Wanted, DcrComparison Comparison)> _found = [];
    private readonly HashSet<string> _tenants = new(StringComparer.Ordinal);
    private readonly SecretCopyNames _copies = new();

    /// <summary>The name of a secret in the store that gets a plain copy of a new client's secret.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = RowSet)]
    [NullAsEmpty]
    [AllowEmptyString]
    [NoCompletion]
    public string? ClientSecretName { get; set; }

    /// <summary>Removes clients that no row names: of the list's own tenants, or of those that -TenantPattern names.</summary>
    [Parameter]
    public SwitchParameter Prune { get; set; }

    /// <summary>How many clients a run may remove: 10 by default. Where more are extra, none is removed.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [NoCompletion]
    public int MaxPrune { get; set; } = 10;

    /// <summary>How many clients a run may register again: 10 by default. Where more are gone, none is.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [NoCompletion]
    public int MaxRepair { get; set; } = 10;

    /// <summary>Asks no question.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override string? CopyNameWanted => CopyName(ClientSecretName);

    private protected override string Outcome => _counts.Done(Failures);

    private protected override void Compared(DcrConnection connection, WantedClient? wanted, DcrComparison comparison)
    {
        _counts.Count(comparison);
        if (wanted?.Tenant is { } tenant)
        {
            _tenants.Add(TenantKey.Of(connection.Issuer, tenant));
        }

        if (comparison.Status != DcrComparisonStatus.Same)
        {
            _found.Add((connection, wanted, comparison));
        }
        else
        {
            Report(comparison);
        }
    }

    /// <summary>What stops no application is done first, and needs no question.</summary>
    private protected override void Apply()
    {
        if (IsWhatIf)
        {
            WriteInformation(new HostInformationMessage { Message = $"Plan: {_counts.Plan(Failures)}." }, ["DcrPlan", "PSHOST"]);
        }

        ApplyAll(static found => found.Status is not (DcrComparisonStatus.Gone or DcrComparisonStatus.Extra));
        var gone = _found.Count(static found => found.Comparison.Status == DcrComparisonStatus.Gone);
        if (gone > MaxRepair)
        {
            Refuse(CommandErrors.TooManyGone(gone, MaxRepair));
        }
        else
        {
            ApplyAll(static found => found.Status == DcrComparisonStatus.Gone);
        }

        if (Prune)
        {
            RemoveExtra();
        }
    }

    private void Refuse(DcrException failure)
    {
        Count(failure);
        WriteError(ErrorRecords.From(failure, MyInvocation.MyCommand, target: null));
    }

    private void ApplyAll(Func<DcrComparison, bool> isMeant)
    {
        foreach (var (connection, wanted, found) in _found.Where(found => isMeant(found.Comparison)))
        {
            Whose = wanted!.Subject ?? found.Tenant ?? found.ClientId;
            On(wanted.Row, () => Try(wanted.Target, () => Apply(connection, wanted, found)));
        }

        WaitForOthers();
    }

    private void RemoveExtra()
    {
        var extra = _found.Where(found => found.Comparison.Status == DcrComparisonStatus.Extra && IsToGo(found.Comparison)).ToList();
        var unclear = _found.Count(static found =>
            found.Comparison.Status is DcrComparisonStatus.Unreadable or DcrComparisonStatus.Unknown
        );
        if (extra.Count > MaxPrune)
        {
            Refuse(CommandErrors.TooManyExtra(extra.Count, MaxPrune));
        }
        else if (extra.Count > 0 && Failures + unclear > 0)
        {
            var rows = Failures + unclear == 1 ? "1 row" : $"{Failures + unclear} rows";
            WriteWarning($"No client was removed, because {rows} failed or could not be compared: it may be theirs.");
        }
        else
        {
            foreach (var (connection, _, found) in extra)
            {
                Whose = $"{found.Tenant ?? found.ClientName}, client '{found.ClientId}'";
                var row = new ReportedRow(null, found.Tenant, found.ClientName, found.ClientId, JsonBag.Empty);
                On(row, () => Try(found, () => Remove(connection, found)));
            }
        }
    }

    private bool IsToGo(DcrComparison extra) =>
        TenantPattern is not null || (extra.Tenant is { } tenant && _tenants.Contains(TenantKey.Of(extra.Issuer, tenant)));

    private void Apply(DcrConnection connection, WantedClient wanted, DcrComparison found)
    {
        var target = $"{found.ClientName ?? "client"}{(found.ClientId is { } id ? $" ({id})" : "")} at {connection.Issuer}";
        switch (found.Status)
        {
            case DcrComparisonStatus.Missing:
                _copies.Claim(wanted.ClientSecretName, wanted.Subject ?? "what was typed");
                if (ShouldProcess(target, "Register client", force: true))
                {
                    var request = new RegisterRequest(wanted.Metadata, wanted.Tenant, wanted.ClientSecretName)
                    {
                        Statement = wanted.Statement,
                        SkipsValidation = SkipValidation,
                    };
                    Do(DcrSyncResult.Registered, context => SyncOperation.RegisterAsync(context, request));
                }

                break;
            case DcrComparisonStatus.Differs:
                if (ShouldProcess(target, $"Change client ({string.Join("; ", found.Changes)})", force: true))
                {
                    DoTo(
                        DcrSyncResult.Changed,
                        (context, record) =>
                            SyncOperation.UpdateAsync(context, record, wanted.Metadata, found.Changes, wanted.ClientSecretName)
                    );
                }

                break;
            case DcrComparisonStatus.Gone:
                var why = found.IsDoubtful ? "refuses its token: it is gone, or the token was replaced elsewhere" : "no longer has it";
                if (ShouldProcess(target, $"Register again, because the server {why}", Force))
                {
                    DoTo(
                        DcrSyncResult.Repaired,
                        (context, record) =>
                            SyncOperation.RepairAsync(context, record, wanted.Metadata, wanted.Statement, wanted.ClientSecretName)
                    );
                }

                break;
            default:
                Report(found);
                WriteObject(found);
                break;
        }

        void DoTo(DcrSyncResult result, Func<OperationContext, RegistrationRecord, Task<DcrClient>> operation) =>
            Do(result, async context =>
            {
                var record = await FindOperation.RunAsync(context, found.ClientId!, piped: null).ConfigureAwait(false);
                return await operation(context, record).ConfigureAwait(false);
            });

        void Do(DcrSyncResult result, Func<OperationContext, Task<DcrClient>> operation) =>
            Start(
                connection,
                found.ClientId ?? wanted.Tenant,
                wanted.Target,
                operation,
                client =>
                {
                    RunspaceState.Current.Remember(client);
                    Done(found with { ClientId = client.ClientId, Result = result, Why = null });
                }
            );
    }

    private void Remove(DcrConnection connection, DcrComparison extra)
    {
        if (ShouldProcess($"{extra.ClientName ?? "client"} ({extra.ClientId}) at {connection.Issuer}", "Delete client", Force))
        {
            Start(
                connection,
                extra.ClientId,
                extra,
                async context =>
                {
                    var record = await FindOperation.RunAsync(context, extra.ClientId!, piped: null).ConfigureAwait(false);
                    await DeleteOperation.RunAsync(context, record).ConfigureAwait(false);
                    return record;
                },
                removed =>
                {
                    RunspaceState.Current.Forget(removed.Issuer, removed.ClientId);
                    Done(extra with { Result = DcrSyncResult.Removed });
                }
            );
        }
    }

    private void Done(DcrComparison done)
    {
        _counts.Count(done.Result);
        Report(done);
        WriteObject(done);
    }
}
