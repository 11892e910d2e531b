using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Providers;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// Finds out whether a client works, check by check, with the credentials that are kept of it. Changes nothing at the server; what the
/// server replaces at a read is kept.
/// </summary>
/// <param name="keys">The private keys in the local store.</param>
/// <param name="keyName">
/// The name of the secret with the client's private key, where the connection keeps secrets; null to look among the keys.
/// </param>
/// <param name="extensions">Authorization Extension Objects by their key names, for UDAP.</param>
/// <param name="probes">Whether a code is made up where nothing else proves the authentication.</param>
internal sealed class TestClientOperation(OperationContext context, HeldKeys keys, string? keyName, bool probes, JsonBag extensions)
{
    private const string Authentication = "Authentication";

    // A secret must be replaced before it expires, which takes an appointment with the application's owner.
    private static readonly TimeSpan Soon = TimeSpan.FromDays(30);

    private readonly List<DcrCheck> _checks = [];

    private string Audience => Connection.TokenRules?.AssertionAudience ?? Connection.Issuer;

    private DcrConnection Connection => context.Connection;

    /// <exception cref="DcrException">
    /// Nothing is known of the client; the store or vault failed; or VaultWriteFailed, which carries the client.
    /// </exception>
    public async Task<IReadOnlyList<DcrCheck>> RunAsync(RegistrationRecord record)
    {
        // In a context of its own, which ends its turn: other commands about the client need not wait for the rest.
        var reading = new OperationContext(Connection, context.Store, context.Reporter, context.Clock, context.Stop);
        var (seen, why) = await reading.RunAsync(own => ReadOperation.LookAsync(own, record, orUnknown: true)).ConfigureAwait(false);
        if (why is not null && seen.Record.Metadata.Count == 0)
        {
            // Nobody knows such a client: there is nothing to test.
            throw why;
        }

        record = seen.Record;
        Add("Record", OfRecord(record));
        Add("Registration", OfReading(why, isAsked: context.Provider.WhyUnmanaged(record) is null));

        // A signature by UDAP brings its certificate along.
        var published = Connection.Udap is null
            ? await PublishedKeys.FindAsync(context, record.Metadata).ConfigureAwait(false)
            : PublishedKeys.None;
        using var held = await FindKeyAsync(record.Metadata, published).ConfigureAwait(false);
        var ofKeys = published.IsNamed ? published.Fault ?? held.Fault ?? OfKeys(record.Metadata, published, held) : null;
        await AuthenticateAsync(record, held.Key, ofKeys).ConfigureAwait(false);
        if (ofKeys is not null)
        {
            Add("Keys", ofKeys);
        }

        if (record.UsesSecret && (record.HasSecret || record.ClientSecretExpiresAt is not null))
        {
            Add("Secret expiry", OfSecretExpiry(record.ClientSecretExpiresAt == 0, seen.ClientSecretExpiresAt));
        }

        if (Connection.Udap is { } udap)
        {
            Add(
                "Certificate expiry",
                OfExpiry(
                    udap.CertificateExpiresAt,
                    $"The certificate '{udap.Certificate}'",
                    "Get the next one, with the same URI, in time."
                )
            );
        }

        if (published.Certificates.Count > 0)
        {
            var first = published.Certificates.Min();
            Add("Certificate expiry", OfExpiry(first, "A certificate among its keys", "Publish the next certificate beside it in time."));
        }

        foreach (var finding in ClientPosture.Judge(record.Metadata, Connection.Server))
        {
            Add("Posture", finding);
        }

        return _checks
            .Select(check => check.Masked(record.Secrets.Show) with
            {
                Connection = Connection.Name,
                ClientId = seen.ClientId,
                ClientName = seen.ClientName,
                Tenant = seen.Tenant,
            })
            .ToList();
    }

    private void Add(string name, DcrCheck check) => _checks.Add(check with { Name = name });

    private DcrCheck OfRecord(RegistrationRecord record) =>
        context.Provider.WhyUnmanaged(record) is { } why ? DcrCheck.Warning(why.What, why.RecommendedAction)
        : record.UsesSecret && !record.HasSecret
            ? DcrCheck.Warning(
                "Its client secret is not kept here, so whether the server accepts it cannot be checked.",
                "Take it in with Import-DcrClient -ClientSecret, or make a new one: Reset-DcrClientSecret."
            )
        : DcrCheck.Passed(
            $"Kept in {context.Store.Place}: all that it takes to manage it{(record.UsesSecret ? ", and its client secret" : "")}."
        );

    /// <param name="isAsked">Whether the server was asked; false where it was known beforehand that the client cannot be read.</param>
    private static DcrCheck OfReading(DcrException? why, bool isAsked) =>
        why is null ? DcrCheck.Passed("The server has it, and gave its metadata.")
        : isAsked && why.ErrorId != DcrErrorId.OperationNotSupported ? DcrCheck.Failed(why)
        : DcrCheck.Skipped(why.What, why.RecommendedAction);

    private DcrCheck OfSecretExpiry(bool isNever, DateTimeOffset? at) =>
        isNever ? DcrCheck.Passed("Its client secret never expires.")
        : at is { } time
            ? OfExpiry(
                time,
                "Its client secret",
                "Replace it: Reset-DcrClientSecret, with -Overlap where the server can keep both for a while."
            )
        : DcrCheck.Skipped(
            "The server did not say when its client secret expires.",
            "Look it up in the server's own administration."
        );

    private DcrCheck OfExpiry(DateTimeOffset at, string what, string fix)
    {
        var left = at - context.Clock.UtcNow;
        return left <= TimeSpan.Zero ? DcrCheck.Failed($"{what} expired {Duration.Say(-left)} ago.", fix)
            : left <= Soon ? DcrCheck.Warning($"{what} expires in {Duration.Say(left)}.", fix)
            : DcrCheck.Passed($"{what} expires in {Duration.Say(left)}.");
    }

    /// <summary>Tries the authentication where it is used: by a token, a made-up code, or a pushed request.</summary>
    private async Task AuthenticateAsync(RegistrationRecord record, SigningKey? key, DcrCheck? ofKeys)
    {
        var client = record.Metadata;
        var method = ClientFlows.Method(client);
        var (authentication, whyNot) = AuthenticationOf(record, method, key, ofKeys);
        if (authentication is null)
        {
            Add(Authentication, whyNot!);
            return;
        }

        // Servers differ in whom an assertion is for: the token endpoint, or the issuer (FAPI 2.0, section 5.3.2.1).
        var forIssuer = authentication is PrivateKeyJwt ? new PrivateKeyJwt(record.ClientId, key!, Connection.Issuer) : null;
        using var dpop = new DpopBinding(ClientFlows.IsTrue(client, ClientFlows.DpopBound) ? DcrDPoP.Always : DcrDPoP.Auto);
        var itself = new ProvenClient(authentication, dpop, context.Clock) { Otherwise = forIssuer };
        var pushed = await PushAsync(record, method, itself).ConfigureAwait(false);
        Add(Authentication, await TryTokenAsync(record, method, itself).ConfigureAwait(false) ?? Inferred(client, method, pushed));
        if (pushed is not null)
        {
            Add("Pushed request", pushed.Check);
        }
    }

    /// <returns>How to prove to be the client, or why nobody here can.</returns>
    private (IClientAuthentication? How, DcrCheck? WhyNot) AuthenticationOf(
        RegistrationRecord record,
        string method,
        SigningKey? key,
        DcrCheck? ofKeys
    ) =>
        method switch
        {
            "none" => (new CertificateOnly(record.ClientId), null),
            "client_secret_basic" or "client_secret_post" => record.ClientSecret is { } secret
                ? (new ClientSecret(record.ClientId, secret, inForm: method == "client_secret_post"), null)
                : (
                    null,
                    DcrCheck.Skipped(
                        "Its client secret is not kept here.",
                        "Take it in with Import-DcrClient -ClientSecret, or make a new one: Reset-DcrClientSecret."
                    )
                ),
            "private_key_jwt" when context.Provider.AuthenticationOf(record.ClientId, Audience, extensions) is { } own =>
                Connection.Udap!.AuthorizationExtensionsRequired.Where(name => !extensions.Has(name)).ToList() is { Count: > 0 } missing
                && ClientFlows.Grants(record.Metadata).Contains("client_credentials")
                    ? (
                        null,
                        DcrCheck.Skipped(
                            $"The server wants {string.Join(", ", missing)} in each token request.",
                            "Give what the application would send: -AuthorizationExtension @{ 'hl7-b2b' = @{ version = '1'; "
                                + "organization_id = 'https://…'; purpose_of_use = @('…') } }."
                        )
                    )
                    : (own, null),
            "private_key_jwt" => key is not null
                ? (new PrivateKeyJwt(record.ClientId, key, Audience), null)
            : ofKeys?.Status == DcrCheckStatus.Failed
                ? (null, DcrCheck.Skipped("There is no key to try, because the check Keys has failed.", "Do first what Keys recommends."))
                : (
                    null,
                    DcrCheck.Skipped(
                        "Its private key was not found here.",
                        "Name the secret that has it: -KeyName. New-DcrKey makes keys that are found by themselves in the local store."
                    )
                ),
            "tls_client_auth" or "self_signed_tls_client_auth" => (
                null,
                DcrCheck.Skipped(
                    $"It proves itself by a TLS certificate ({method}), which only the application has.",
                    "Try it from the application."
                )
            ),
            _ => (null, DcrCheck.Skipped($"{method} cannot be tried here.", "Try it from the application.")),
        };

    /// <summary>Null where the token endpoint was not asked.</summary>
    private async Task<DcrCheck?> TryTokenAsync(RegistrationRecord record, string method, ProvenClient itself)
    {
        var client = record.Metadata;
        var isForItself = ClientFlows.Grants(client).Contains("client_credentials") && method != "none";
        if (!isForItself && !(probes && ClientFlows.UsesCode(client)))
        {
            return null;
        }

        if (Connection.TokenRules?.Endpoint is not { } endpoint)
        {
            return DcrCheck.Skipped("The server's metadata names no token endpoint.", "Connect by the issuer.");
        }

        if (WhyNotSent(endpoint) is { } whyNot)
        {
            return whyNot;
        }

        var request = isForItself ? ClientTrial.Token(endpoint, client) : ClientTrial.MadeUpCode(endpoint, client, RandomText());
        try
        {
            var response = await SendAsync(request, record, itself).ConfigureAwait(false);
            var judged = isForItself
                ? ClientTrial.JudgeToken(request, response, method)
                : ClientTrial.JudgeMadeUpCode(request, response, method);

            // The key came along in the certificate: the server needs to have no other copy.
            return Connection.Udap is not null && ServerErrorReader.Read(response).Code == "invalid_client"
                ? DcrCheck.Failed(
                    judged.Found,
                    "Test-DcrServer checks the certificate and the clock. If the client was cancelled elsewhere, Set-DcrClient registers "
                        + "it again, under a new id."
                )
                : judged;
        }
        catch (DcrException failure)
        {
            return DcrCheck.Failed(failure);
        }
    }

    /// <summary>Both endpoints authenticate clients alike (RFC 9126, section 2).</summary>
    private static DcrCheck Inferred(JsonBag client, string method, Pushed? pushed) => pushed switch
    {
        { IsProven: true } when method != "none" => DcrCheck.Passed(
            $"The server accepted its authentication ({method}) with a pushed request, which it judges as the token endpoint does (RFC "
                + "9126, section 2)."
        ),
        { IsProven: false } => pushed.Check,
        _ => DcrCheck.Skipped(
            method == "none"
                ? "It is a public client, with nothing to prove."
                : $"It gets tokens only for users, so its authentication ({method}) was not tried.",
            ClientFlows.UsesCode(client)
                ? "Test-DcrClient -Probe has the token endpoint refuse a made-up code, which tells."
                : "Try it from the application."
        ),
    };

    /// <summary>Pushes a request for each redirect URI; null where there is nowhere to push, or nothing.</summary>
    private async Task<Pushed?> PushAsync(RegistrationRecord record, string method, ProvenClient itself)
    {
        var client = record.Metadata;
        var uris = client.Texts(ClientMember.RedirectUris);
        if (
            UriText.Absolute(Connection.Server.PushedAuthorizationRequestEndpoint) is not { } endpoint
            || uris.Count == 0
            || !ClientFlows.Responses(client).Any(static type => JsonBag.SplitWords(type).Contains("code"))
        )
        {
            return null;
        }

        if (ClientFlows.IsTrue(client, "require_signed_request_object"))
        {
            return new(
                DcrCheck.Skipped(
                    "It has to sign its requests (RFC 9101), which only the application does.",
                    "Try it from the application."
                ),
                IsProven: null
            );
        }

        if (WhyNotSent(endpoint) is { } whyNot)
        {
            return new(whyNot, IsProven: null);
        }

        bool? isProven = null;
        foreach (var uri in uris)
        {
            var request = ClientTrial.Push(endpoint, client, record.ClientId, uri, RandomText());
            try
            {
                var response = await SendAsync(request, record, itself).ConfigureAwait(false);
                if (ClientTrial.JudgePush(request, response, method) is { } refused)
                {
                    return new(refused, ClientTrial.IsUnproven(response) ? false : isProven);
                }

                isProven = true;
            }
            catch (DcrException failure)
            {
                return new(DcrCheck.Failed(failure), isProven);
            }
        }

        var scope = client.Text(ClientMember.Scope) is { Length: > 0 } words ? $" and its scope, '{words}'" : "";
        return new(
            DcrCheck.Passed(
                $"{endpoint.Authority} took a request for "
                    + $"{(uris.Count == 1 ? "its redirect URI" : $"each of its {uris.Count} redirect URIs")}{scope} (RFC 9126)."
            ),
            IsProven: true
        );
    }

    /// <summary>
    /// A client's secret goes to no other origin than its registration did, unless the user knows better, or the server's signature vouches
    /// for the endpoint.
    /// </summary>
    private DcrCheck? WhyNotSent(Uri endpoint) =>
        Connection.Udap is not null || ClientConfiguration.IsAllowed(endpoint, Connection.RegistrationEndpoint, Connection.AllowedOrigins)
            ? null
            : DcrCheck.Skipped(
                $"The server names {ErrorWords.Origin(endpoint)} for it, which is not the origin of the registration endpoint "
                    + $"({ErrorWords.Origin(Connection.RegistrationEndpoint)}). No client secret was sent there.",
                $"If that host is the server's own, connect again with -AllowedOrigin {ErrorWords.Origin(endpoint)}."
            );

    private Task<ProtocolResponse> SendAsync(ProtocolRequest request, RegistrationRecord record, ProvenClient itself) =>
        Connection.Sender.SendAsync(
            request with
            {
                Secrets = [record.ClientSecret, record.RegistrationAccessToken],
            },
            itself,
            record.Tenant is { } tenant ? new TenantReporter(context.Reporter, tenant) : context.Reporter,
            context.Stop
        );

    /// <summary>The private half of one of the client's keys, where it is held.</summary>
    private async Task<HeldKey> FindKeyAsync(JsonBag client, PublishedKeys published)
    {
        if (!published.IsNamed || (keyName ?? keys.Find(published.Thumbprints)) is not { } name)
        {
            return new HeldKey();
        }

        var text = keyName is null ? Connection.Ledger.Secrets.Find(name) : await context.Store.ReadSecretAsync(name).ConfigureAwait(false);
        if (text is null)
        {
            return new HeldKey
            {
                Fault = DcrCheck.Failed($"{context.Store.Place} has no secret '{name}'.", "Check -KeyName; New-DcrKey makes a key."),
            };
        }

        try
        {
            return new HeldKey
            {
                Name = name,
                Key = SigningKey.FromText(text, algorithm: client.Text("token_endpoint_auth_signing_alg")),
            };
        }
        catch (KeyException failure)
        {
            return new HeldKey { Fault = DcrCheck.Failed($"The secret '{name}': {failure.Message}", failure.Fix) };
        }
    }

    private static DcrCheck OfKeys(JsonBag client, PublishedKeys published, HeldKey held)
    {
        var count = $"{published.Count} {(published.Count == 1 ? "key" : "keys")}";
        return held.Key is { } key
                ? published.Thumbprints.Contains(key.Thumbprint)
                    ? DcrCheck.Passed($"{published.Place} has the public half of the secret '{held.Name}'.")
                    : DcrCheck.Failed(
                        $"{published.Place} has {count}, and none is the public half of the secret '{held.Name}'.",
                        "Publish it beside the others: New-DcrKey shows it as Jwks when it makes the key."
                    )
            : published.Count == 0
                ? DcrCheck.Failed($"{published.Place} has no key.", "Publish the public half of the client's key.")
            : ClientFlows.Method(client) == "private_key_jwt"
                ? DcrCheck.Warning(
                    $"{published.Place} has {count}, and no private half of them was found here.",
                    "Name the secret that has it: -KeyName."
                )
            : DcrCheck.Passed($"{published.Place} has {count}.");
    }

    /// <summary>43 characters that nobody guesses, of those that RFC 7636, section 4.1, allows.</summary>
    private static string RandomText()
    {
        var bytes = new byte[32];
        using var random = RandomNumberGenerator.Create();
        random.GetBytes(bytes);
        return Base64Url.Encode(bytes);
    }

    /// <param name="IsProven">Whether the server accepted the authentication; null where that is not known.</param>
    private sealed record Pushed(DcrCheck Check, bool? IsProven);

    /// <summary>The private key, if one was found; or why the one that was named cannot be used.</summary>
    private sealed record HeldKey : IDisposable
    {
        public string? Name { get; init; }

        public SigningKey? Key { get; init; }

        public DcrCheck? Fault { get; init; }

        public void Dispose() => Key?.Dispose();
    }
}
