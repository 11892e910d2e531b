using System;
using System.Text;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Ledger;

/// <summary>What a tenant is known by: names that differ by case, by what nobody sees, or by their Unicode form are one tenant.</summary>
internal static class TenantKey
{
    public static string Of(string issuer, string tenant) => $"tenant\n{issuer}\n{Normal(tenant)}";

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
            throw InputErrors.BrokenTenant(tenant, Given.WhyLost, Given.FixLost);
        }

        if (tenant is not null && Given.Control(tenant) is { } control)
        {
            throw InputErrors.BrokenTenant(Given.Shown(tenant), Given.WhyUnseen(control), Given.FixUnseen);
        }

        if (tenant is not null && Given.Spoilt(tenant) is { } spoilt)
        {
            throw InputErrors.BrokenTenant(tenant, spoilt.Why, spoilt.Fix);
        }
    }

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
