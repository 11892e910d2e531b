using System;
using System.Collections.Generic;
using System.Management.Automation;
using System.Security;

namespace DcrPowerShell.Binding;

/// <summary>
/// Properties that DcrPowerShell.Types.ps1xml adds to our objects and hides. Whoever names one gets it; what takes all properties of an
/// object (<c>ConvertTo-Json</c>, <c>Export-Csv</c>, <c>Select-Object *</c>, a job's result) does not.
/// </summary>
public static class HiddenProperties
{
    /// <summary><c>client_secret</c>; null where there is none or it is not known.</summary>
    public static SecureString? ClientSecret(PSObject client) => (client?.BaseObject as DcrClient)?.ClientSecret;

    /// <summary><c>registration_access_token</c> (RFC 7592, section 3).</summary>
    public static SecureString? RegistrationAccessToken(PSObject client) => (client?.BaseObject as DcrClient)?.RegistrationAccessToken;

    /// <summary>
    /// The expiry of a client that went through a job or a file. PowerShell turns it into a bag of texts there, which neither sorts nor
    /// compares.
    /// </summary>
    public static DcrExpiry? SecretExpiry(PSObject client) =>
        (client?.Members["psadapted"] as PSMemberSet)?.Members[nameof(SecretExpiry)]?.Value switch
        {
            DcrExpiry whole => whole,
            PSObject part => part.Properties["At"]?.Value is PSObject at && at.Properties["UtcDateTime"]?.Value is DateTime time
                ? time
                : DcrExpiry.Parse(part.Properties["Text"]?.Value as string ?? ""),
            _ => null,
        };

    /// <summary>The server's successful answer as it came, where it cannot be used; null where none came.</summary>
    public static IReadOnlyList<SecureString>? Answer(PSObject orphan) => (orphan?.BaseObject as DcrOrphan)?.Answer;
}
