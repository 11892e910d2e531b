using System;
using System.Linq;
using System.Text;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Ledger;

/// <summary>What a tenant is known by: names that differ by case, by what nobody sees, or by their Unicode form are one tenant.</summary>
internal static class TenantKey
{
    /// <summary>
    /// What one open request or living client is allowed for. Where an issuer has one client for all tenants, that is the issuer.
    /// </summary>
    public static string Of(string issuer, string tenant) =>
        HasSoleClient(issuer) ? $"sole\n{issuer}" : $"tenant\n{issuer}\n{Normal(tenant)}";

    /// <summary>
    /// The fragment names the client: by UDAP, one certificate's name has one at a server. No authorization server's issuer has a fragment
    /// (RFC 8414, section 2).
    /// </summary>
    private static bool HasSoleClient(string issuer) => issuer.Contains('#');

    /// <summary>Whether two names are one tenant.</summary>
    public static bool AreSame(string? left, string? right) =>
        left is null || right is null ? left == right : Normal(left) == Normal(right);

    /// <summary>
    /// A tenant is not sent, but it decides who is registered: none is judged by a letter or a digit that was lost on the way.
    /// </summary>
    /// <exception cref="DcrException">InvalidClientMetadata.</exception>
    public static void Check(string? tenant)
    {
        if (tenant?.IndexOf(Given.Lost) >= 0)
        {
            throw StoreErrors.BrokenTenant(tenant, Given.WhyLost, Given.FixLost);
        }

        if (tenant is not null && Given.Control(tenant) is { } control)
        {
            throw StoreErrors.BrokenTenant(Given.Shown(tenant), Given.WhyUnseen(control), Given.FixUnseen);
        }

        if (tenant is not null && !HasForms && HasOtherForm(tenant))
        {
            throw StoreErrors.BrokenTenant(tenant, WhyNoForms, FixNoForms);
        }

        if (tenant is not null && Given.Spoilt(tenant) is { } spoilt)
        {
            throw StoreErrors.BrokenTenant(tenant, spoilt.Why, spoilt.Fix);
        }
    }

    private const string WhyNoForms =
        "has a letter that can be written in several ways, and this process cannot tell them apart, because it runs without Unicode data "
            + "(DOTNET_SYSTEM_GLOBALIZATION_INVARIANT)";

    private const string FixNoForms =
        "Start PowerShell without that variable, or write the letter as one character (é, not e and an accent).";

    /// <summary>Without its Unicode data .NET leaves every text as it is, and another process would take it for another tenant.</summary>
    private static bool HasForms => "e\u0301".Normalize(NormalizationForm.FormC).Length == 1;

    /// <summary>Whether a name may change where Unicode data is there: marks that go with a letter, and signs that are letters.</summary>
    public static bool HasOtherForm(string tenant) =>
        tenant.Any(static letter =>
            letter
                is (>= '\u0300' and <= '\u036F')
                    or (>= '\u1100' and <= '\u11FF')
                    or (>= '\uF900' and <= '\uFAFF')
                    or '\u3099'
                    or '\u309A'
                    or '\u2126'
                    or '\u212A'
                    or '\u212B'
                    or '\u017F'
        );

    public static string Normal(string tenant)
    {
        try
        {
            return Given.Seen(tenant).Normalize(NormalizationForm.FormC).ToUpperInvariant();
        }
        catch (ArgumentException)
        {
            // A lone surrogate has no other form.
            return Given.Seen(tenant).ToUpperInvariant();
        }
    }
}
