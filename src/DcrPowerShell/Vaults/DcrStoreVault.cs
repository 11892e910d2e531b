using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Linq;
using System.Management.Automation;
using System.Security;
using DcrPowerShell.Compat;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Session;
using DcrPowerShell.Vaults;

namespace DcrPowerShell;

/// <summary>
/// The local store as a SecretManagement vault (<c>Register-SecretVault -ModuleName DcrPowerShell</c>): for the vault extension, not for
/// people. Reads registrations, as JSON texts under their names; reads, writes and removes secrets of the application's own.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class DcrStoreVault
{
    /// <summary>A secret; null where there is none, or the store is locked.</summary>
    public static object? Get(string name)
    {
        if (Open() is not { } ledger)
        {
            return null;
        }

        var text = !SecretName.IsOwn(name) ? ledger.Secrets.Find(name)
            : ledger.Registrations.FindNamed(name) is { Place: 0, IsWhole: true } found ? found.Record.ToJson()
            : null;
        return text is null ? null : SecureText.ForVault(text);
    }

    /// <summary>Names that match a pattern with wildcards.</summary>
    public static IReadOnlyList<string> Find(string? filter)
    {
        var pattern = new WildcardPattern(string.IsNullOrEmpty(filter) ? "*" : filter, WildcardOptions.IgnoreCase);
        return Open() is not { } ledger
            ? []
            : ledger
                .Secrets.Names()
                .Concat(Registrations(ledger).Select(static found => found.Record.SecretName))
                .Where(pattern.IsMatch)
                .ToList();
    }

    /// <summary>Keeps a text under a name that is not one of the module's own.</summary>
    /// <exception cref="InvalidOperationException">
    /// The name is the module's own, or a key or a client's secret has it; the secret is no text; the store is locked.
    /// </exception>
    public static void Set(string name, object secret)
    {
        RefuseOwn(name);
        var text = secret switch
        {
            SecureString secure => SecureText.Reveal(secure),
            string plain => plain,
            PSObject { BaseObject: string plain } => plain,
            PSObject { BaseObject: SecureString secure } => SecureText.Reveal(secure),
            _ => throw new InvalidOperationException("The local store of DcrPowerShell keeps texts only: give a string or a SecureString."),
        };
        var ledger = Open() ?? throw Locked();
        if (ledger.Secrets.Find(name) is { } there && ledger.Secrets.IsCopy(vaultId: null, name, there))
        {
            throw new InvalidOperationException(
                $"'{name}' is a key, or a client's secret, that a cmdlet of DcrPowerShell put here: it was left as it is. Choose another "
                    + "name; or, if nobody needs it any more, remove it with Remove-Secret first."
            );
        }

        ledger.Secrets.KeepAsync(name, text).GetAwaiter().GetResult();
    }

    /// <summary>Removes a secret of such a name.</summary>
    /// <exception cref="InvalidOperationException">The name is the module's own, or the store is locked.</exception>
    public static void Remove(string name)
    {
        RefuseOwn(name);
        (Open() ?? throw Locked()).Secrets.RemoveAsync(name).GetAwaiter().GetResult();
    }

    /// <summary>Whether the store is open, or opens by itself.</summary>
    public static bool Test() => Open() is not null;

    private static IEnumerable<StoredRegistration> Registrations(RegistrationLedger ledger) =>
        ledger.Registrations.List(issuer: null).Where(static found => found is { Place: 0, IsWhole: true });

    private static InvalidOperationException Locked() =>
        new("The local store of DcrPowerShell is locked. Unlock-DcrStore opens it for this process.");

    private static void RefuseOwn(string name)
    {
        if (SecretName.IsOwn(name))
        {
            throw new InvalidOperationException(
                $"'{name}' is a name of DcrPowerShell's own: registrations are kept by its cmdlets, and removed by Remove-DcrClient."
            );
        }
    }

    /// <summary>Asks no vault for the key: a vault that is called from a vault fails. Null where the store cannot be opened so.</summary>
    private static RegistrationLedger? Open()
    {
        try
        {
            return ProcessState.Stores.Current.OpenAsync().GetAwaiter().GetResult();
        }
        catch (DcrException)
        {
            return null;
        }
    }
}
