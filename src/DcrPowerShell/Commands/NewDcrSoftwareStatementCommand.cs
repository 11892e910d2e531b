using System;
using System.Management.Automation;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Files;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Makes a software statement (RFC 7591, section 2.3): a JWT with client metadata, signed with a key of its issuer.</summary>
[Cmdlet(VerbsCommon.New, "DcrSoftwareStatement", HelpUri = HelpPages.Address + "New-DcrSoftwareStatement.md")]
[OutputType(typeof(string))]
public sealed class NewDcrSoftwareStatementCommand : UnsentMetadataCmdlet
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(36500);

    /// <summary>Who vouches for the statement: <c>iss</c> (RFC 7519, section 4.1.1).</summary>
    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    [NoCompletion]
    public string Issuer { get; set; } = null!;

    /// <summary>How long it is good for, from <c>iat</c> to <c>exp</c>: ten minutes by default.</summary>
    [Parameter]
    [SpanTransformation]
    [NoCompletion]
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Further claims, such as <c>aud</c> or a directory's own: a hashtable, an object, or JSON text.</summary>
    [Parameter]
    [ValidateNotNull]
    [NoCompletion]
    public PSObject? Claim { get; set; }

    /// <summary>The issuer's private key: PEM or a JWK, such as a vault's secret holds it.</summary>
    [Parameter]
    [SecureOnly]
    [ValidateNotNull]
    [NoCompletion]
    public SecureString? PrivateKey { get; set; }

    /// <summary>A file with the issuer's private key: PEM, PFX or JWK.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PrivateKeyPath { get; set; }

    /// <summary>The password of an encrypted private key.</summary>
    [Parameter]
    [SecureOnly]
    [ValidateNotNull]
    [NoCompletion]
    public SecureString? PrivateKeyPassword { get; set; }

    /// <summary>A certificate with the issuer's private key.</summary>
    [Parameter]
    [ValidateNotNull]
    [NoCompletion]
    public X509Certificate2? Certificate { get; set; }

    /// <summary>The <c>kid</c> that readers know the key by; by default the JWK's own, or its thumbprint (RFC 7638).</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoCompletion]
    public string? KeyId { get; set; }

    /// <summary>How to sign (RFC 7518, section 3.1); by default RS256, or the ES algorithm of the key's curve.</summary>
    [Parameter]
    [ValidateSet("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")]
    public string? Algorithm { get; set; }

    /// <summary>No parameter of this command: a statement holds no other.</summary>
    public override object? SoftwareStatement { get; set; }

    /// <inheritdoc/>
    protected override object? Target => ClientName;

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        if (Lifetime <= TimeSpan.Zero || Lifetime > Longest)
        {
            throw CommandErrors.NoLifetime();
        }

        var metadata = NamedMembers(static _ => true).WithoutAbsent();
        if (!SkipValidation)
        {
            StatementOperation.CheckMetadata(metadata);
        }

        var claims = Claim is null ? JsonBag.Empty : JsonInput.Object(Claim, nameof(Claim));
        var path = FilePath.OfKey(this, PrivateKeyPath, nameof(PrivateKeyPath));
        using var key =
            new PrivateKeyInput(PrivateKeyPassword, Algorithm, KeyId).From(PrivateKey, path, Certificate)
            ?? throw CommandErrors.StatementWithoutKey();
        WriteObject(StatementOperation.Create(key, Issuer, metadata, claims, DateTimeOffset.UtcNow, Lifetime));
    }
}
