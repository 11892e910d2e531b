using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Audit;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Session;

namespace DcrPowerShell.Commands;

/// <summary>Reads the audit log, or proves that it is whole. Sends nothing.</summary>
[Cmdlet(VerbsCommon.Get, "DcrAuditLog", DefaultParameterSetName = ReadSet, HelpUri = HelpPages.Address + "Get-DcrAuditLog.md")]
[OutputType(typeof(DcrAuditRecord), ParameterSetName = [ReadSet])]
[OutputType(typeof(DcrAuditCheck), ParameterSetName = [VerifySet])]
public sealed class GetDcrAuditLogCommand : DcrCmdlet
{
    private const string ReadSet = "Read";
    private const string VerifySet = "Verify";

    /// <summary>The file; by default that of the default connection, else the one in this account's local data.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("AuditPath")]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Ids of clients.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ReadSet)]
    [Alias(ClientMember.ClientId)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ClientIdCompleter))]
    public string[]? ClientId { get; set; }

    /// <summary>Tenants of clients, with wildcards.</summary>
    [Parameter(ParameterSetName = ReadSet)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TenantCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Tenant { get; set; }

    /// <summary>Issuers, with wildcards.</summary>
    [Parameter(ParameterSetName = ReadSet)]
    [SupportsWildcards]
    [NoCompletion]
    public string? Server { get; set; }

    /// <summary>Operations; by default all.</summary>
    [Parameter(ParameterSetName = ReadSet)]
    [ValidateNotNullOrEmpty]
    public DcrAuditOperation[]? Operation { get; set; }

    /// <summary>The earliest time of a record; without an offset, in local time.</summary>
    [Parameter(ParameterSetName = ReadSet)]
    [NoCompletion]
    public DateTimeOffset? Since { get; set; }

    /// <summary>The latest time of a record; without an offset, in local time.</summary>
    [Parameter(ParameterSetName = ReadSet)]
    [NoCompletion]
    public DateTimeOffset? Until { get; set; }

    /// <summary>A process, by its id in the records.</summary>
    [Parameter(ParameterSetName = ReadSet)]
    [ValidateNotNullOrEmpty]
    [NoCompletion]
    public string? Run { get; set; }

    /// <summary>Follows the chain of hashes instead.</summary>
    [Parameter(Mandatory = true, ParameterSetName = VerifySet)]
    public SwitchParameter Verify { get; set; }

    /// <inheritdoc/>
    protected override object? Target => Path;

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        var file = new AuditFile(
            Path is null
                ? RunspaceState.Current.Default?.AuditPath ?? LocalData.AuditPath
                : FilePath.Of(this, Path, nameof(Path), DcrErrorId.AuditReadFailed)
        );
        try
        {
            if (Verify)
            {
                Check(file);
                return;
            }

            Read(file);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw CommandErrors.AuditNotFound(file.Path, failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CommandErrors.AuditReadFailed(file.Path, failure);
        }
    }

    private void Check(AuditFile file)
    {
        RegistrationLedger? ledger = null;
        var why = "it is not in this account's local store, or damaged there";
        try
        {
            // Only to look at a log, none is made.
            ledger = ProcessState.Stores.Current.Protection is null ? null : Ledger();
        }
        catch (DcrException failure)
        {
            why = $"the local store cannot be opened: {failure.Message}".TrimEnd('.');
        }

        var check = AuditLog.Verify(file, id => ledger?.Secrets.FindAuditKey(id));
        if (check.NotChecked > 0)
        {
            WriteWarning(
                $"Of {check.Records} records in {file.Path}, {check.NotChecked} could not be checked: the key that they were written with "
                    + $"is needed, and {why}. Only their order was checked."
            );
        }

        WriteObject(check);
    }

    private void Read(AuditFile file)
    {
        var (tenants, server) = (
            Tenant?.Select(static text => new TenantPattern(text, mayMatchMany: true)).ToList(),
            Server is null ? null : new NamePattern(Server)
        );
        var unreadable = 0;
        foreach (var record in AuditLog.Records(file))
        {
            if (Stopping)
            {
                return;
            }

            if (record is null)
            {
                unreadable++;
            }
            else if (
                tenants?.Any(tenant => tenant.IsMatch(record.Tenant)) != false
                && server?.IsMatch(record.Server) != false
                && IsWanted(record)
            )
            {
                WriteObject(record);
            }
        }

        if (unreadable > 0)
        {
            WriteWarning(
                $"{unreadable} line{(unreadable == 1 ? "" : "s")} of {file.Path} cannot be read. Get-DcrAuditLog -Verify tells what is "
                    + "wrong."
            );
        }
    }

    private bool IsWanted(DcrAuditRecord record) =>
        (ClientId is null || ClientId.Contains(record.ClientId))
        && (Operation is null || Operation.Contains(record.Operation))
        && !(record.Time < Since)
        && !(record.Time > Until)
        && (Run is null || Run == record.Run);
}
