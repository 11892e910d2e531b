using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security;
using DcrPowerShell.Compat;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Vaults;

/// <summary>
/// SecretManagement's commands for one vault. What a vault throws becomes a <see cref="VaultException"/>, and a call is repeated while
/// another runspace of this process is using SecretManagement.
/// </summary>
internal sealed class VaultCommands(string name, VaultPatience patience, SecretManagement vaults)
{
    /// <summary>Names of secrets that begin so, in ordinal order.</summary>
    /// <exception cref="VaultException">It failed.</exception>
    public IReadOnlyList<string> List(string prefix) =>
        Call("Get-SecretInfo", written: null, ("Name", prefix + "*"), ("Vault", name))
            .Select(static secret => (string)secret.Properties["Name"].Value)
            .Where(found => found.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .OrderBy(static found => found, StringComparer.Ordinal)
            .ToList();

    /// <summary>A secret; null where there is none.</summary>
    /// <param name="written">What was written there just now, if anything: no message may show it.</param>
    /// <exception cref="VaultException">It failed.</exception>
    public string? Read(string secretName, string? written = null)
    {
        // As plain text: otherwise Get-Secret gives nothing of a text that is too long for a SecureString.
        var (output, errors) = CallWithErrors("Get-Secret", written, ("Name", secretName), ("Vault", name), ("AsPlainText", true));
        if (
            errors.FirstOrDefault(static error => !error.FullyQualifiedErrorId.StartsWith("GetSecretNotFound", StringComparison.Ordinal)) is
            { } failure
        )
        {
            throw Failure(failure.Exception, written);
        }

        return output.Select(item => item?.BaseObject).FirstOrDefault() switch
        {
            SecureString secure => SecureText.Reveal(secure),
            string text => text,
            _ => null,
        };
    }

    /// <summary>Writes a secret and reads it back; removes it where there is no text.</summary>
    /// <exception cref="VaultException">It failed, or gave back something else.</exception>
    public void Write(string secretName, string? text)
    {
        if (text is { } value)
        {
            // Never with -Metadata: on a vault without metadata SecretManagement then removes the secret that it has just written.
            // The SecureString is not disposed: it is handed to the vault itself, which may keep it.
            Call(
                "Set-Secret",
                value,
                ("Name", secretName),
                (value.Length <= SecureText.Longest ? "SecureStringSecret" : "Secret", SecureText.ForVault(value)),
                ("Vault", name)
            );
            if (Read(secretName, value) != value)
            {
                throw new VaultException("it reported success, and reading back gave something else");
            }
        }
        else if (Read(secretName) is not null)
        {
            Call("Remove-Secret", written: null, ("Name", secretName), ("Vault", name));
        }
    }

    /// <summary>The error of a vault whose module is not where it was registered; null where it is there.</summary>
    public VaultException? ModuleMissing(string? path) =>
        path is { Length: > 0 } && Path.IsPathRooted(path) && !Directory.Exists(path) && !File.Exists(path)
            ? new VaultException($"its module is no longer in '{path}'")
            {
                NextStep =
                    $"Register the vault again: Register-SecretVault -Name '{name}' -AllowClobber -ModuleName with where the module is "
                        + "now.",
            }
            : null;

    private IReadOnlyList<PSObject> Call(string command, string? written, params (string Name, object? Value)[] parameters)
    {
        var (output, errors) = CallWithErrors(command, written, parameters);
        return errors.Count == 0 ? output : throw Failure(errors[0].Exception, written);
    }

    /// <summary>
    /// Calls a command, again and again while another runspace of this process is using SecretManagement. It refuses calls then, or says
    /// "not found" of what is there, and what was registered cannot be had a second time.
    /// </summary>
    private (IReadOnlyList<PSObject> Output, IReadOnlyList<ErrorRecord> Errors) CallWithErrors(
        string command,
        string? written,
        params (string Name, object? Value)[] parameters
    )
    {
        var wait = new BusyWait();
        while (true)
        {
            try
            {
                var result = vaults.Runspace.Invoke(patience, command, parameters);
                if (!result.Errors.Any(static error => VaultFailure.IsOfRunspace(error.Exception)))
                {
                    return result;
                }

                if (wait.IsOver)
                {
                    throw Failure(result.Errors.First(static error => VaultFailure.IsOfRunspace(error.Exception)).Exception, written);
                }
            }
            catch (Exception failure) when (failure is not (DcrException or VaultException))
            {
                // Whatever a vault throws is a refusal: what it was to keep must not get lost for it.
                if (wait.IsOver || !VaultFailure.IsOfRunspace(failure))
                {
                    throw Failure(failure, written);
                }
            }

            wait.Pause();
        }
    }

    /// <summary>A vault whose module is gone from where it was registered fails in words that tell nothing of that.</summary>
    private VaultException Failure(Exception failure, string? written) =>
        ModuleMissing(vaults.Registry.Find(name)?.ModulePath) ?? VaultFailure.Of(failure, written);
}
