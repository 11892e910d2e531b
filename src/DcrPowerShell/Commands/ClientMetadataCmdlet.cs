using System;
using System.Linq;
using System.Management.Automation;
using System.Threading.Tasks;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Providers;

namespace DcrPowerShell.Commands;

/// <summary>
/// The parameters that carry client metadata. Each has its wire name as an alias, so that JSON-shaped input binds. Lists take several
/// values, or in a row one text with semicolons. A bad value is the error InvalidRedirectUri or InvalidClientMetadata, unless
/// -SkipValidation leaves the judging to the server.
/// </summary>
public abstract class ClientMetadataCmdlet : DcrBatchCmdlet
{
    /// <summary><c>client_name</c> (RFC 7591, section 2).</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.ClientName, "Name")]
    [NullAsEmpty]
    [AllowEmptyString]
    [NoCompletion]
    public virtual string? ClientName { get; set; }

    /// <summary><c>redirect_uris</c> (RFC 7591, section 2): absolute URIs without a fragment (RFC 6749, section 3.1.2).</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.RedirectUris, "RedirectUris")]
    [SplitText]
    [AllowNull, AllowEmptyCollection]
    [NoCompletion]
    public string[]? RedirectUri { get; set; }

    /// <summary><c>grant_types</c> (RFC 7591, section 2), such as <c>authorization_code</c>.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.GrantTypes, "GrantTypes")]
    [SplitText]
    [ArgumentCompleter(typeof(GrantTypeCompleter))]
    [AllowNull, AllowEmptyCollection]
    public string[]? GrantType { get; set; }

    /// <summary><c>response_types</c> (RFC 7591, section 2), such as <c>code</c>.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.ResponseTypes, "ResponseTypes")]
    [SplitText(AtSpaces = false)]
    [ArgumentCompleter(typeof(ResponseTypeCompleter))]
    [AllowNull, AllowEmptyCollection]
    public string[]? ResponseType { get; set; }

    /// <summary><c>token_endpoint_auth_method</c> (RFC 7591, section 2), such as <c>private_key_jwt</c>.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.TokenEndpointAuthMethod)]
    [ArgumentCompleter(typeof(AuthMethodCompleter))]
    [NullAsEmpty]
    [AllowEmptyString]
    public string? TokenEndpointAuthMethod { get; set; }

    /// <summary><c>application_type</c> (OpenID Connect Dynamic Client Registration 1.0, section 2): <c>web</c> or <c>native</c>.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.ApplicationType)]
    [ArgumentCompleter(typeof(ApplicationTypeCompleter))]
    [NullAsEmpty]
    [AllowEmptyString]
    public string? ApplicationType { get; set; }

    /// <summary>The words of <c>scope</c> (RFC 7591, section 2), one value each or separated by spaces.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SplitText]
    [AllowNull, AllowEmptyCollection]
    [ArgumentCompleter(typeof(ScopeCompleter))]
    public string[]? Scope { get; set; }

    /// <summary><c>contacts</c> (RFC 7591, section 2): mostly email addresses.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.Contacts)]
    [SplitText(AtSpaces = false, AtSpacesOfAddresses = true)]
    [AllowNull, AllowEmptyCollection]
    [NoCompletion]
    public string[]? Contact { get; set; }

    /// <summary><c>client_uri</c> (RFC 7591, section 2): the URL of the client's home page.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.ClientUri)]
    [NullAsEmpty]
    [AllowEmptyString]
    [NoCompletion]
    public string? ClientUri { get; set; }

    /// <summary><c>logo_uri</c> (RFC 7591, section 2): the URL of a picture.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.LogoUri)]
    [NullAsEmpty]
    [AllowEmptyString]
    [NoCompletion]
    public string? LogoUri { get; set; }

    /// <summary><c>tos_uri</c> (RFC 7591, section 2): the URL of the terms of service.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.TosUri)]
    [NullAsEmpty]
    [AllowEmptyString]
    [NoCompletion]
    public string? TosUri { get; set; }

    /// <summary><c>policy_uri</c> (RFC 7591, section 2): the URL of the privacy policy.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.PolicyUri)]
    [NullAsEmpty]
    [AllowEmptyString]
    [NoCompletion]
    public string? PolicyUri { get; set; }

    /// <summary><c>jwks_uri</c> (RFC 7591, section 2): the https URL of the client's public keys. Not together with <c>jwks</c>.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.JwksUri)]
    [NullAsEmpty]
    [AllowEmptyString]
    [NoCompletion]
    public string? JwksUri { get; set; }

    /// <summary><c>jwks</c> (RFC 7591, section 2): a hashtable, an object, or JSON text. Public keys only.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [NoCompletion]
    public PSObject? Jwks { get; set; }

    /// <summary><c>software_id</c> (RFC 7591, section 2).</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.SoftwareId)]
    [NullAsEmpty]
    [AllowEmptyString]
    [NoCompletion]
    public string? SoftwareId { get; set; }

    /// <summary><c>software_version</c> (RFC 7591, section 2).</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.SoftwareVersion)]
    [NullAsEmpty]
    [AllowEmptyString]
    [NoCompletion]
    public string? SoftwareVersion { get; set; }

    /// <summary>
    /// <c>software_statement</c> (RFC 7591, section 2.3): a string, or a script block that gets one for each client when its turn comes.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.SoftwareStatement)]
    [NullAsEmpty]
    [AllowEmptyString]
    [NoCompletion]
    public virtual object? SoftwareStatement { get; set; }

    /// <summary>
    /// <c>certifications</c> (HL7 UDAP Security, section 3.3): signed JWTs that go beside the software statement, over a UDAP connection.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.Certifications)]
    [SplitText]
    [AllowNull, AllowEmptyCollection]
    [NoCompletion]
    public virtual string[]? Certification { get; set; }

    /// <summary><c>post_logout_redirect_uris</c> (OpenID Connect RP-Initiated Logout 1.0, section 3.1).</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.PostLogoutRedirectUris, "PostLogoutRedirectUris")]
    [SplitText]
    [AllowNull, AllowEmptyCollection]
    [NoCompletion]
    public string[]? PostLogoutRedirectUri { get; set; }

    /// <summary>Any other member: a hashtable, an object, or JSON text.</summary>
    [Parameter]
    [NoCompletion]
    public PSObject? Metadata { get; set; }

    /// <summary>Sends the metadata without judging it first: the server judges it.</summary>
    [Parameter]
    public SwitchParameter SkipValidation { get; set; }

    /// <summary>Whether a script block gets the software statement.</summary>
    private protected bool HasStatementScript => Statement is ScriptBlock;

    private object? Statement => StatementScript.Of(SoftwareStatement);

    /// <summary>The members that the user named; null and empty text as JSON null.</summary>
    /// <param name="counts">Which bound parameters count.</param>
    private protected JsonBag NamedMembers(Func<string, bool> counts)
    {
        (string Parameter, string Member, object? Value)[] members =
        [
            (nameof(ClientName), ClientMember.ClientName, ClientName),
            (nameof(RedirectUri), ClientMember.RedirectUris, RedirectUri),
            (nameof(GrantType), ClientMember.GrantTypes, GrantType),
            (nameof(ResponseType), ClientMember.ResponseTypes, ResponseType),
            (nameof(TokenEndpointAuthMethod), ClientMember.TokenEndpointAuthMethod, TokenEndpointAuthMethod),
            (nameof(ApplicationType), ClientMember.ApplicationType, ApplicationType),
            (nameof(Scope), ClientMember.Scope, Scope is null ? null : string.Join(" ", Scope)),
            (nameof(Contact), ClientMember.Contacts, Contact),
            (nameof(ClientUri), ClientMember.ClientUri, ClientUri),
            (nameof(LogoUri), ClientMember.LogoUri, LogoUri),
            (nameof(TosUri), ClientMember.TosUri, TosUri),
            (nameof(PolicyUri), ClientMember.PolicyUri, PolicyUri),
            (nameof(JwksUri), ClientMember.JwksUri, JwksUri),
            (
                nameof(Jwks),
                ClientMember.Jwks,
                Jwks is null or { BaseObject: "" } ? null : JsonInput.Object(Jwks, ClientMember.Jwks).ToElement()
            ),
            (nameof(SoftwareId), ClientMember.SoftwareId, SoftwareId),
            (nameof(SoftwareVersion), ClientMember.SoftwareVersion, SoftwareVersion),
            (nameof(SoftwareStatement), ClientMember.SoftwareStatement, Statement),
            (nameof(Certification), ClientMember.Certifications, Certification),
            (nameof(PostLogoutRedirectUri), ClientMember.PostLogoutRedirectUris, PostLogoutRedirectUri),
        ];
        var bag = members
            .Where(member =>
                MyInvocation.BoundParameters.ContainsKey(member.Parameter) && counts(member.Parameter) && member.Value is not ScriptBlock
            )
            .Aggregate(
                JsonBag.Empty,
                (named, member) => named.With(member.Member, JsonInput.Element(member.Value is "" ? null : member.Value))
            );
        if (Metadata is null)
        {
            return bag;
        }

        var further = JsonInput.Object(Metadata, "metadata");
        foreach (var (parameter, member, _) in SkipValidation ? [] : members)
        {
            if (further.Select(static other => other.Key).FirstOrDefault(name => IsMisspelt(name, parameter, member)) is { } misspelt)
            {
                throw InputErrors.BadInput(
                    "metadata",
                    $"has a member '{Redaction.Printable(misspelt)}', which servers know as {member}",
                    $"Write {member}, or give -{parameter}."
                );
            }
        }

        return bag.With(further);
    }

    /// <summary>PowerShell's name of a member, or its own written otherwise: no server reads it, and none says so.</summary>
    private static bool IsMisspelt(string name, string parameter, string member) =>
        name != member
        && (name.Equals(parameter, StringComparison.OrdinalIgnoreCase) || Given.Letters(name) == Given.Letters(member))
        && !ClientMember.IsLanguageTagged(name);

    /// <summary>Gets a software statement for a client, once its turn has come; null where no script block was given.</summary>
    /// <param name="row">What the script block finds in <c>$_</c>.</param>
    private protected Func<Task<string>>? FreshStatement(object? row) => FreshStatement(Statement, row);

    /// <summary>Judges metadata before it is sent.</summary>
    /// <inheritdoc cref="Providers.IDcrProvider.Check"/>
    /// <param name="judge">In the place of the provider's own check; null for that one.</param>
    private protected void Check(DcrConnection connection, JsonBag metadata, Action<IDcrProvider, JsonBag>? judge = null)
    {
        if (SkipValidation)
        {
            return;
        }

        // That there will be a statement counts, whatever it says.
        var judged = HasStatementScript ? metadata.With(ClientMember.SoftwareStatement, "fresh") : metadata;
        (judge ?? ((provider, wanted) => provider.Check(wanted)))(connection.Service, judged);
        StatementOperation.Check(metadata, DateTimeOffset.UtcNow);
    }

    private protected override bool IsFurtherColumn(string name) =>
        ClientMember.FurtherRegistered.Contains(name) || ClientMember.IsLanguageTagged(name) || base.IsFurtherColumn(name);

    /// <summary>
    /// Of a piped object, the members that have no parameter and yet are client metadata: registered or language-tagged ones.
    /// </summary>
    private protected static JsonBag FurtherMembers(PSObject? input) => input is null || !PipedRow.Is(input)
        ? JsonBag.Empty
        : PipedRow.Cells(input)
            .Where(property => ClientMember.FurtherRegistered.Contains(property.Name) || ClientMember.IsLanguageTagged(property.Name))
            .Aggregate(JsonBag.Empty, (bag, property) => bag.With(property.Name, JsonInput.Member(property.Name, property.Value)))
            .WithoutAbsent();
}
