using System;
using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Cmdlets;

/// <summary>The one place where error records are made.</summary>
internal static class ErrorRecords
{
    private const int LongestSubject = 100;

    /// <param name="command">The command, one of whose parameters carries the member that is at fault.</param>
    /// <param name="target">What the command was working on.</param>
    /// <param name="subject">What it is about, in words; null where the message says it.</param>
    public static ErrorRecord From(DcrException failure, CommandInfo command, object? target, string? subject = null)
    {
        // The user can fix a parameter, so the message names that and not the wire name.
        var parameter = failure.Member is { } member
            ? command
                .Parameters.Values.FirstOrDefault(candidate =>
                    candidate.Aliases.Contains(member) || candidate.Name.Equals(member, StringComparison.OrdinalIgnoreCase)
                )
                ?.Name
            : null;
        var whose = subject is null || failure.Message.Contains(subject) ? "" : $"{Redaction.Printable(subject, LongestSubject)}: ";
        var message = parameter is null ? $"{whose}{failure.Message}" : $"{whose}-{parameter}: {failure.Message}";
        return new ErrorRecord(failure, failure.ErrorId.ToString(), CategoryOf(failure.ErrorId), ErrorTarget.Of(failure.Unstored ?? target))
        {
            ErrorDetails = new ErrorDetails(message) { RecommendedAction = failure.RecommendedAction },
        };
    }

    /// <summary>The table of docs/errors.md.</summary>
    internal static ErrorCategory CategoryOf(DcrErrorId id) =>
        id switch
        {
            DcrErrorId.InvalidRedirectUri
            or DcrErrorId.InvalidPrivateKey
            or DcrErrorId.InvalidCertificate
            or DcrErrorId.InvalidSetup
            or DcrErrorId.TenantNotUnique => ErrorCategory.InvalidArgument,
            DcrErrorId.InvalidClientMetadata or DcrErrorId.InvalidSoftwareStatement or DcrErrorId.StoreDamaged => ErrorCategory.InvalidData,
            DcrErrorId.DiscoveryFailed or DcrErrorId.IssuerMismatch => ErrorCategory.InvalidData,
            DcrErrorId.AccessTokenRejected or DcrErrorId.VaultLocked or DcrErrorId.StoreLocked => ErrorCategory.AuthenticationError,
            DcrErrorId.UnapprovedSoftwareStatement
            or DcrErrorId.UnauthorizedClient
            or DcrErrorId.InsufficientScope
            or DcrErrorId.RegistrationForbidden => ErrorCategory.PermissionDenied,
            DcrErrorId.ClientNotFound or DcrErrorId.VaultNotFound or DcrErrorId.StoreKeyMissing => ErrorCategory.ObjectNotFound,
            DcrErrorId.RateLimited or DcrErrorId.TooManyFailures or DcrErrorId.TooManyExtra or DcrErrorId.TooManyGone =>
                ErrorCategory.LimitsExceeded,
            DcrErrorId.ServerUnavailable => ErrorCategory.ResourceUnavailable,
            DcrErrorId.ConnectionFailed or DcrErrorId.NotConnected => ErrorCategory.ConnectionError,
            DcrErrorId.TlsFailed or DcrErrorId.RegistrationUriRefused or DcrErrorId.UntrustedMetadata => ErrorCategory.SecurityError,
            DcrErrorId.ChangeNotKept => ErrorCategory.ResourceBusy,
            DcrErrorId.RequestTimedOut => ErrorCategory.OperationTimeout,
            DcrErrorId.ResponseNotConformant => ErrorCategory.ProtocolError,
            DcrErrorId.OutcomeUnknown or DcrErrorId.TokenLost => ErrorCategory.InvalidResult,
            DcrErrorId.VaultWriteFailed or DcrErrorId.StoreReadOnly or DcrErrorId.AuditWriteFailed or DcrErrorId.InventoryWriteFailed =>
                ErrorCategory.WriteError,
            DcrErrorId.SecretExists or DcrErrorId.NetworkRuleExists or DcrErrorId.AlreadyRegistered => ErrorCategory.ResourceExists,
            DcrErrorId.VaultReadFailed or DcrErrorId.AuditReadFailed or DcrErrorId.InventoryReadFailed => ErrorCategory.ReadError,
            DcrErrorId.SecretManagementNotFound => ErrorCategory.NotInstalled,
            DcrErrorId.OperationNotSupported => ErrorCategory.NotImplemented,
            DcrErrorId.OverlapRefused or DcrErrorId.ConfirmationNotPossible or DcrErrorId.ClientNotGone => ErrorCategory.InvalidOperation,
            _ => ErrorCategory.NotSpecified,
        };
}
