using System;
using System.Text;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Ledger;

/// <summary>What a tenant is known by: names that differ by case, by what nobody sees, or by their Unicode form are one tenant.</summary>
internal static class TenantKey
{
    public static string Of(string issuer, string tenant) => $"tenant\n{issuer}\n{Normal(tenant)}";

    /// <summary>Whether two names are one tenant.</summary>
    public static bool AreSame(string? left, string? right) => left is null || right is null ? left == right : Normal(left) == Normal(right);

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
