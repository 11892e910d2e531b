using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Commands;

/// <summary>Parameters of Connect-DcrServer that do not go together, or lack another.</summary>
internal static class ConnectParameterErrors
{
    public static DcrException VaultAndLocal() =>
        DcrException.Unsent(
            DcrErrorId.VaultNotFound,
            "-Vault and -LocalStore cannot be used together.",
            "Give one of them, or neither for the default (Set-DcrStore -DefaultVault)."
        );

    public static DcrException SeveralCredentials(IEnumerable<string> parameters) =>
        DcrException.Unsent(
            DcrErrorId.AccessTokenRejected,
            $"More than one credential was given: {string.Join(", ", parameters.Select(parameter => "-" + parameter))}.",
            "Connect with one of them."
        );

    public static DcrException KeyWithoutClient() =>
        DcrException.Unsent(
            DcrErrorId.InvalidPrivateKey,
            "A private key was given, and not the client that it belongs to.",
            "Give -ClientId too."
        );

    public static DcrException ClientWithoutProof() =>
        DcrException.Unsent(
            DcrErrorId.InvalidPrivateKey,
            "-ClientId was given, and nothing that the client could prove itself with.",
            "Give -PrivateKey, -PrivateKeyPath, -Certificate or -TlsCertificate; for a client with a secret, -ClientCredential."
        );

    /// <param name="isUdap">Whether the connection is to be made by UDAP.</param>
    public static DcrException NotWithUdap(string parameter, bool isUdap) =>
        DcrException.Unsent(
            DcrErrorId.InvalidCertificate,
            isUdap
                ? $"-{parameter} does not go with -Discovery Udap, where a certificate is all that a client proves itself with."
                : $"-{parameter} goes with -Discovery Udap alone.",
            isUdap ? $"Leave out -{parameter}." : $"Add -Discovery Udap and give a FHIR base URL, or leave out -{parameter}."
        );

    public static DcrException NoTrustAnchor() =>
        DcrException.Unsent(
            DcrErrorId.InvalidCertificate,
            "-Discovery Udap needs to know whom to trust.",
            "Give the root certificate of the trust community: -TrustAnchor, a file or a certificate."
        );

    public static DcrException ResourceAndDiscovery(string discovery) => DcrException.Unsent(
        DcrErrorId.InvalidSetup,
        $"-Resource and -Discovery {discovery} cannot be used together.",
        "Leave -Discovery out, or give -Discovery Resource.");
}
