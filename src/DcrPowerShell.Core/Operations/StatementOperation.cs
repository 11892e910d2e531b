using System;
using System.Linq;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Operations;

/// <summary>Software statements (RFC 7591, section 2.3).</summary>
internal static class StatementOperation
{
    private static readonly string[] Own = ["iss", "iat", "exp", "jti"];

    /// <summary>Makes a signed statement.</summary>
    /// <param name="metadata">The client's metadata, which was judged already.</param>
    /// <param name="claims">Further claims.</param>
    /// <exception cref="DcrException">InvalidClientMetadata, InvalidPrivateKey: it was not made.</exception>
    public static string Create(SigningKey key, string issuer, JsonBag metadata, JsonBag claims, DateTimeOffset now, TimeSpan lifetime)
    {
        foreach (var (parameter, named) in new[] { ("-Claim", claims), ("-Metadata", metadata) })
        {
            if (named.Select(static claim => claim.Key).FirstOrDefault(Own.Contains) is { } own)
            {
                throw OperationErrors.ClaimIsOwn(parameter, own);
            }
        }

        var all = metadata.With(claims);
        if (all.Select(static member => member.Key).FirstOrDefault(name => IsSecret(all, name)) is { } secret)
        {
            throw OperationErrors.SecretInStatement(secret);
        }

        return Signing.Of(() => SoftwareStatement.Create(key, issuer, all, now, lifetime));
    }

    /// <summary>Judges what a statement is to say of a client. It need not be all that a registration needs.</summary>
    /// <exception cref="DcrException">InvalidRedirectUri or InvalidClientMetadata, naming the member.</exception>
    public static void CheckMetadata(JsonBag metadata) => MetadataRules.Check(metadata.With(ClientMember.SoftwareStatement, "this"));

    /// <summary>Judges the software statement among metadata that is to be sent.</summary>
    /// <exception cref="DcrException">InvalidSoftwareStatement: it has expired. Nothing was sent.</exception>
    public static void Check(JsonBag metadata, DateTimeOffset now)
    {
        if (
            metadata.Text(ClientMember.SoftwareStatement) is { } statement
            && SoftwareStatement.ExpiresAt(statement) is { } end
            && end <= now
        )
        {
            throw MetadataErrors.StatementExpired(end, isTried: false);
        }
    }

    private static bool IsSecret(JsonBag all, string name) =>
        SecretMember.Values(all.Where((member, _) => member == name)).Any()
        || (name == ClientMember.Jwks && all.TryGet(name, out var keys) && SecretMember.IsIn(keys));
}
