using System;
using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>What a user is told of the client that an answer brought: what the server changed, and what will not work.</summary>
internal static class AnswerWarnings
{
    /// <summary>Says in one line what was granted otherwise than asked.</summary>
    public static void TellChanges(this OperationContext context, DcrClient client)
    {
        Tell("the server granted otherwise than asked", client.Changes.Where(static change => change.WasNamed).ToList());
        Tell("the server changed what was not named", client.Changes.Where(static change => !change.WasNamed).ToList());

        // Warnings are of one kind where the same members changed, whatever their values.
        void Tell(string what, List<DcrChange> changes)
        {
            if (changes.Count > 0)
            {
                context.Warn(
                    client.ClientId,
                    $"{what}. {string.Join("; ", changes)}.",
                    $"{what} ({string.Join(", ", changes.Select(static change => change.Name))})."
                );
            }
        }
    }

    /// <summary>Warns of what is odd about the client's credentials.</summary>
    /// <param name="hasNewMethod">
    /// Whether this answer set how the client authenticates. If not, a missing secret is no fault: not all servers repeat it.
    /// </param>
    public static void Tell(this OperationContext context, DcrClient client, bool hasNewExpiry, bool hasNewMethod)
    {
        if (hasNewExpiry && ExpiryDoubt(client.Record, context.Clock.UtcNow) is { } doubt)
        {
            Warn(doubt, "client_secret_expires_at is not what RFC 7591 has there: a time in seconds that is still to come, or 0.");
        }

        if (
            hasNewMethod
            && client.Record.ClientSecret is null
            && client.TokenEndpointAuthMethod is "client_secret_basic" or "client_secret_post" or "client_secret_jwt"
        )
        {
            Warn(
                $"the server set token_endpoint_auth_method to {client.TokenEndpointAuthMethod} and gave no client secret: the client "
                    + "cannot authenticate."
            );
        }

        if (client.Record.RegistrationAccessToken is { } token && !HeaderText.IsToken(token))
        {
            Warn(
                "its registration access token has a character that no bearer token has, so the client cannot be managed with it. It is "
                    + "kept as it came."
            );
        }

        void Warn(string text, string? kind = null) => context.Warn(client.ClientId, text, kind);
    }

    /// <summary>Says what a new registration lacks. Many servers have RFC 7591 only.</summary>
    public static void TellOfNew(this OperationContext context, DcrClient client, JsonBag asked)
    {
        var method = client.TokenEndpointAuthMethod ?? asked.Text(ClientMember.TokenEndpointAuthMethod);
        if (client.Record.ClientSecret is null && method is null && !HasKeys(client.Record.Metadata) && !HasKeys(asked))
        {
            const string Lacking =
                "the server gave no client secret and named no token_endpoint_auth_method. By RFC 7591 that means client_secret_basic, so "
                    + "the client cannot authenticate; if the server takes it as a public client, set -TokenEndpointAuthMethod none.";
            context.Warn(client.ClientId, Lacking);
        }

        if (context.Provider.WhyUnmanaged(client.Record) is { ErrorId: DcrErrorId.OperationNotSupported })
        {
            context.Connection.Lacks(DcrCapabilities.Read | DcrCapabilities.Update | DcrCapabilities.Delete);
            const string NoAddress =
                "the server gave a registration access token and no registration_client_uri, so nobody knows where the client is "
                + "managed. The token is kept. If you know the address, Import-DcrClient -Overwrite takes both.";
            var orElse =
                context.Connection.Credential == "None" ? "" : "If the connection's credential may, connect with -ManageBy Connection. ";
            var unmanaged =
                $"the server gave no registration access token, so the client cannot be read, changed or deleted from here. {orElse}"
                + "To replace it: register another with New-DcrClient -AllowDuplicate, move the application over, and drop this one with "
                + "Remove-DcrClient -StoreOnly.";
            context.Warn(client.ClientId, client.Record.RegistrationAccessToken is null ? unmanaged : NoAddress);
        }
    }

    /// <summary>What is odd about when the client secret expires; null for nothing.</summary>
    private static string? ExpiryDoubt(RegistrationRecord record, DateTimeOffset now) =>
        (SecretExpiry.Read(record.Metadata), record.ClientSecretExpiresAt) switch
        {
            ({ At: null, Odd: { } odd }, var before) =>
                $"client_secret_expires_at is {Redaction.Printable(odd, 40)}, which is no time: "
                    + (before is null ? "when the client secret expires is not known." : "what the server said before stays."),
            (_, null) => "the server did not say when the client secret expires (client_secret_expires_at).",
            (_, > 0 and var at) when at <= now.ToUnixTimeSeconds() =>
                "the client secret that the server gave has expired already, "
                    + $"{Duration.Say(TimeSpan.FromSeconds(now.ToUnixTimeSeconds() - at))} ago (client_secret_expires_at).",
            ({ Odd: { } odd }, { } at) =>
                $"client_secret_expires_at is {Redaction.Printable(odd, 40)}, not in seconds as RFC 7591 has it. It was read as "
                    + $"{(at == 0 ? "never" : $"{DateTimeOffset.FromUnixTimeSeconds(at):yyyy-MM-dd HH:mm} UTC")}.",
            _ => null,
        };

    private static bool HasKeys(JsonBag metadata) =>
        metadata.Has(ClientMember.Jwks) || metadata.Has(ClientMember.JwksUri) || metadata.Has(ClientMember.SoftwareStatement);

    /// <summary>Warns where a client was given another tenant, or a tenant that has a client.</summary>
    /// <param name="before">The client's tenant before.</param>
    public static void TellOfTenant(this OperationContext context, string? before, DcrClient now)
    {
        if (now.Tenant is null || TenantKey.AreSame(before, now.Tenant))
        {
            return;
        }

        if (before is not null)
        {
            context.Warn(
                now.ClientId,
                $"it was kept for tenant '{before}', and is kept for tenant '{now.Tenant}' now.",
                "they were kept for other tenants before."
            );
        }

        if (StoreOperation.DoubledWarning(context.Store.Ledger, [now.Record]) is { } doubled)
        {
            context.Reporter.Warning(doubled);
        }
    }

    /// <summary>Says that a command which was not to replace the client secret found it replaced.</summary>
    public static void TellOfReplacedSecret(this OperationContext context, RegistrationRecord before, DcrClient now)
    {
        if (before.ClientSecret is not null && now.Record.ClientSecret != before.ClientSecret)
        {
            const string Replaced = "the server replaced the client secret. The application needs the new one.";
            context.Warn(now.ClientId, Replaced);
        }
    }
}
