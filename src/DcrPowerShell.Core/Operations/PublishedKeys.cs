using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Operations;

/// <summary>A client's public keys, in its registration or at the URL that it names.</summary>
internal sealed record PublishedKeys
{
    private PublishedKeys()
    {
    }

    /// <summary>Whether the registration has or names any, or ought to.</summary>
    public bool IsNamed { get; private init; }

    /// <summary>Where they are, for messages.</summary>
    public string Place { get; private init; } = "";

    public int Count { get; private init; }

    /// <summary>Of RFC 7638.</summary>
    public HashSet<string> Thumbprints { get; private init; } = [];

    /// <summary>When their certificates expire (RFC 7517, section 4.7).</summary>
    public List<DateTimeOffset> Certificates { get; private init; } = [];

    /// <summary>Why there are none; null where there are.</summary>
    public DcrCheck? Fault { get; private init; }

    /// <summary>The client publishes no keys.</summary>
    public static PublishedKeys None { get; } = new();

    public static async Task<PublishedKeys> FindAsync(OperationContext context, JsonBag client)
    {
        if (client.TryGet(ClientMember.Jwks, out var own) && own.ValueKind == JsonValueKind.Object)
        {
            return Of("Its registration", JsonBag.From(own));
        }

        if (client.Text(ClientMember.JwksUri) is not { Length: > 0 } text)
        {
            return ClientFlows.Method(client) is "private_key_jwt" or "self_signed_tls_client_auth"
                ? Lacking(
                    DcrCheck.Failed(
                        "It proves itself by a key, and its registration names none.",
                        "Give it the public half: Set-DcrClient -Jwks or -JwksUri."
                    )
                )
                : None;
        }

        if (UriText.Absolute(text) is not { } place || !SafeUrl.IsSafe(place))
        {
            return Lacking(
                DcrCheck.Failed(
                    $"Its jwks_uri, {Redaction.Address(text)}, is not https.",
                    "Publish the keys at an https URL: Set-DcrClient -JwksUri."
                )
            );
        }

        try
        {
            // As a server does it: without any credential of the connection's, and at a pace of its own.
            using var sender = ClientDocumentOperation.Sender(context.Clock, context.Connection.Sender.Proxy);
            var request = new ProtocolRequest(HttpMethod.Get, place, RequestEffect.None);
            var response = await sender.SendAsync(request, new NoCredential(), context.Reporter, context.Stop).ConfigureAwait(false);
            var faults = ClientDocument.JudgeKeys(place, response).Where(static check => check.Status == DcrCheckStatus.Failed);
            return faults.FirstOrDefault() is { } fault
                ? Lacking(fault)
                : Of(Redaction.Address(place), response.TryReadJson(out var set, out _) ? set : JsonBag.Empty);
        }
        catch (DcrException failure)
        {
            return Lacking(DcrCheck.Failed(failure));
        }
    }

    private static PublishedKeys Lacking(DcrCheck fault) => new() { IsNamed = true, Fault = fault };

    private static PublishedKeys Of(string place, JsonBag set)
    {
        var found = set.TryGet("keys", out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Where(static key => key.ValueKind == JsonValueKind.Object).Select(JsonBag.From).ToList()
            : [];
        return new()
        {
            IsNamed = true,
            Place = place,
            Count = found.Count,
            Thumbprints = [.. found.Where(static key => key.Text("kty") is "RSA" or "EC").Select(JwkThumbprint.Of)],
            Certificates = found.SelectMany(static key => key.Texts("x5c").Take(1)).Select(ExpiryOf).OfType<DateTimeOffset>().ToList(),
        };
    }

    /// <summary>Null where it is no certificate.</summary>
    private static DateTimeOffset? ExpiryOf(string base64)
    {
        try
        {
            using var certificate = new X509Certificate2(Convert.FromBase64String(base64));
            return certificate.NotAfter;
        }
        catch (Exception failure) when (failure is FormatException or CryptographicException)
        {
            return null;
        }
    }
}
