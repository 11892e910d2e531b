using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using Xunit;

namespace DcrPowerShell.Core.Tests.Ledger;

public class TenantKeyTests
{
    /// <summary>All rows whose look-up failed would be one tenant, and all whose last digits are gone.</summary>
    [Theory]
    [InlineData("#N/A", "found no value")]
    [InlineData("#REF!", "found no value")]
    [InlineData("1.23E+05", "rounded")]
    [InlineData("NULL", "no value")]
    [InlineData("caf\uFFFD", "U+FFFD")]
    [InlineData("a\u001B[31m", "U+001B")]
    public void A_tenant_that_a_file_spoilt_is_refused(string tenant, string why)
    {
        var error = Assert.Throws<DcrException>(() => TenantKey.Check(tenant));
        Assert.Equal(DcrErrorId.InvalidClientMetadata, error.ErrorId);
        Assert.Contains(why, error.Message);
    }

    [Theory]
    [InlineData("#1 Clinic")]
    [InlineData("1E5")]
    [InlineData("00123")]
    [InlineData(null)]
    public void Other_tenants_are_not(string? tenant) => TenantKey.Check(tenant);
}
