using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Compat;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Inventory;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Commands;

/// <summary>Takes clients that were registered elsewhere into the store, with their tokens.</summary>
[Cmdlet(
    VerbsData.Import,
    "DcrClient",
    SupportsShouldProcess = true,
    DefaultParameterSetName = ClientSet,
    HelpUri = HelpPages.Address + "Import-DcrClient.md"
)]
[OutputType(typeof(DcrClient))]
public sealed class ImportDcrClientCommand : DcrBatchCmdlet
{
    private const string ClientSet = "ClientId";
    private const string PathSet = "Path";

    private readonly List<ImportOutcome> _outcomes = [];
    private readonly SecretCopyNames _copies = new();

    // Where the client stands in a file of -Path; null where it was typed or piped.
    private string? _place;

    /// <summary><c>client_id</c> (RFC 7591, section 3.2.1).</summary>
    /// <remarks>Needed; but where it is missing in a row, PowerShell's own error would show the row, with its tokens.</remarks>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ClientSet)]
    [Alias(ClientMember.ClientId)]
    [NullAsEmpty]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(ClientIdCompleter))]
    public string ClientId { get; set; } = "";

    /// <summary><c>registration_access_token</c> (RFC 7592, section 3).</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ClientSet)]
    [Alias(ClientMember.RegistrationAccessToken)]
    [SecureOnly]
    [AllowNull]
    [NoCompletion]
    public SecureString? RegistrationAccessToken { get; set; }

    /// <summary><c>registration_client_uri</c> (RFC 7592, section 3).</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ClientSet)]
    [Alias(ClientMember.RegistrationClientUri)]
    [AllowNull]
    [NoCompletion]
    public Uri? RegistrationClientUri { get; set; }

    /// <summary><c>client_secret</c> (RFC 7591, section 3.2.1).</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ClientSet)]
    [Alias(ClientMember.ClientSecret)]
    [SecureOnly]
    [AllowNull]
    [NoCompletion]
    public SecureString? ClientSecret { get; set; }

    /// <summary>Who the client is for. Kept with the registration.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ClientSet)]
    [NullAsEmpty]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(TenantCompleter))]
    public string? Tenant { get; set; }

    /// <summary>The name of a secret that gets a plain copy of the client secret.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ClientSet)]
    [NullAsEmpty]
    [AllowEmptyString]
    [NoCompletion]
    public string? ClientSecretName { get; set; }

    /// <summary>A CSV or JSON file with clients.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [Alias("LiteralPath", "PSPath")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>A client or a row, whose properties are the parameters.</summary>
    [Parameter(ValueFromPipeline = true)]
    [NoCompletion]
    public PSObject? InputObject { get; set; }

    /// <summary>Takes clients that are known, too: what was given replaces what is kept.</summary>
    [Parameter]
    public SwitchParameter Overwrite { get; set; }

    /// <summary>No parameter of this command.</summary>
    public override string? ReportPath { get; set; }

    /// <inheritdoc/>
    protected override object? Target => ParameterSetName == PathSet ? Path : ClientId;

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        if (ParameterSetName == PathSet)
        {
            TakeFile(FilePath.Of(this, Path, nameof(Path), DcrErrorId.InventoryReadFailed));
            return;
        }

        if (IsNamedOnCommandLine(nameof(ClientId)) && FilePath.IsName(ClientId))
        {
            throw CommandErrors.FileForClient(ClientId);
        }

        CheckColumns(InputObject, tellsUnused: true);
        if (IsBlank(InputObject))
        {
            return;
        }

        if (InputObject?.BaseObject is string text && ClientId.Length == 0)
        {
            throw CommandErrors.TextForRow(text);
        }

        var request = new ImportRequest
        {
            Source = Row ?? $"Client '{ClientId}'",
            ClientId = NullIfEmpty(ClientId),
            RegistrationAccessToken = Text(RegistrationAccessToken),
            RegistrationClientUri = RegistrationClientUri?.OriginalString,
            ClientSecret = Text(ClientSecret),
            Tenant = NullIfEmpty(Tenant),
            Issuer = InputObject is { } row && PipedRow.Is(row) ? PipedRow.Text(row, "Issuer") : null,
        };
        var connection = ConnectionFor(request.Issuer, ClientId);
        Take(connection, ImportOperation.Check(connection, request, DateTimeOffset.UtcNow), CopyName(ClientSecretName), ClientId);
    }

    private protected override string? Subject => _place ?? base.Subject;

    /// <summary>All rows are judged before the first is sent.</summary>
    private void TakeFile(string path)
    {
        // Whatever the rows say, there is a server to take them over.
        Resolve();
        var good = new List<(DcrConnection Connection, RegistrationRecord Record, string? ClientSecretName, string Source)>();
        var rows = Read(path, out var unused);
        TellUnused(unused);
        if (rows.Count == 0)
        {
            WriteWarning(Redaction.Printable($"There is no client in '{path}', only the heading line."));
        }

        foreach (var (place, row) in rows)
        {
            // Where it stands: the row itself has secrets.
            var source = $"{System.IO.Path.GetFileName(path)}, {place}";
            _place = source;
            Try(
                source,
                () =>
                {
                    var request = ImportRequest.From(row, source);
                    var connection = ConnectionFor(request.Issuer, request.ClientId ?? place);
                    var record = ImportOperation.Check(connection, request, DateTimeOffset.UtcNow);
                    if (request.ClientSecretName is { } name && SecretName.WhyRefused(name) is { } why)
                    {
                        throw InventoryErrors.ImportInvalid(
                            source,
                            $"the name of the secret for the copy (ClientSecretName) {why}",
                            "Name the secret otherwise, with letters, digits and hyphens."
                        );
                    }

                    good.Add((connection, record, request.ClientSecretName, source));
                }
            );
        }

        Expect(good.Count);
        foreach (var (connection, record, name, source) in good)
        {
            _place = source;
            Try(source, () => Take(connection, record, name, source));
        }

        _place = null;
    }

    private void Take(DcrConnection connection, RegistrationRecord record, string? clientSecretName, string target)
    {
        WaitForSame(record.ClientId);
        _copies.Claim(clientSecretName, record.ClientId);
        if (ShouldProcess($"{record.ClientName ?? "client"} ({record.ClientId}) at {connection.Issuer}", "Keep registration"))
        {
            Start(
                connection,
                record.ClientId,
                target,
                context => ImportOperation.RunAsync(context, record, clientSecretName, Overwrite),
                done =>
                {
                    _outcomes.Add(done.Outcome);
                    Write(connection, done.Client);
                }
            );
        }
    }

    private protected override void AtEnd()
    {
        base.AtEnd();
        Warn(
            ImportOutcome.AsGiven,
            "stored as given, and not read at the server: that takes a registration access token with its registration_client_uri, and a "
                + "server that lets clients be read"
        );
        Warn(
            ImportOutcome.WasKnownOtherwise,
            "known already with another token or secret, which stays. The server may have replaced what was given; if it has not, "
                + "-Overwrite takes it"
        );
    }

    private void Warn(ImportOutcome outcome, string what)
    {
        if (_outcomes.Count(each => each == outcome) is > 0 and var count)
        {
            WriteWarning($"{count} client{(count == 1 ? " was" : "s were")} {what}.");
        }
    }

    private static IReadOnlyList<(string Place, JsonBag Row)> Read(string path, out IReadOnlyList<string> unused)
    {
        try
        {
            return ImportFile.Read(File.ReadAllText(path), out unused);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            throw InventoryErrors.InventoryReadFailed(path, failure.Message, failure);
        }
    }

    private static string? Text(SecureString? secret) => secret is null ? null : NullIfEmpty(SecureText.Reveal(secret));
}
