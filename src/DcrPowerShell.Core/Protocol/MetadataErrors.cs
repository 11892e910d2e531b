using System;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Protocol;

/// <summary>Client metadata that is refused here, before it is sent.</summary>
internal static class MetadataErrors
{
    public static DcrException InvalidRedirectUri(string uri, string why, string fix) =>
        DcrException.Unsent(
            DcrErrorId.InvalidRedirectUri,
            $"Redirect URI '{uri}' {why}.",
            $"{fix} -SkipValidation leaves the judging to the server.",
            member: "redirect_uris"
        );

    public static DcrException BrokenRule(string member, string why, string fix) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"{member} {why}.",
            $"{fix} -SkipValidation leaves the judging to the server.",
            member: member
        );

    /// <summary>No switch lets it pass, so none is named.</summary>
    public static DcrException KeysNotPublic(string why, string fix) =>
        DcrException.Unsent(DcrErrorId.InvalidClientMetadata, $"jwks {why}.", fix, member: "jwks");

    /// <param name="refused">Why servers would refuse it.</param>
    public static DcrException DocumentRefused(DcrCheck refused) =>
        new(
            DcrErrorId.InvalidClientMetadata,
            $"Servers would refuse the document. {refused.Found}",
            refused.RecommendedAction!
        );

    /// <param name="isTried">Whether a request was refused before for another reason.</param>
    public static DcrException StatementExpired(DateTimeOffset end, bool isTried) =>
        new(
            DcrErrorId.InvalidSoftwareStatement,
            $"The software statement expired at {end.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC.",
            "Get a fresh one from its issuer, or give -SoftwareStatement a script block that gets one for each client. If this machine's "
                + "clock is wrong, set it, or leave the judging to the server: -SkipValidation."
        )
        {
            Member = "software_statement",
            NothingSent = !isTried,
        };
}
