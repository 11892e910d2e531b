using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Providers.Auth0;

/// <summary>
/// A public key that Auth0 takes: RSA of 2048 to 4096 bits, for one of three algorithms, at most two for an application (Auth0 docs,
/// get-started/applications/configure-private-key-jwt).
/// </summary>
/// <param name="Thumbprint">
/// RFC 7638. Auth0 makes the key's id of it, unless it is given one (the same page; node-auth0, PostClientCredentialRequestContent).
/// </param>
/// <param name="KeyId">What the client's assertions name: the JWK's <c>kid</c>, else the thumbprint.</param>
/// <param name="Algorithm">The JWK's <c>alg</c>, else RS256.</param>
internal sealed record Auth0Key(string Thumbprint, string KeyId, string Algorithm, string Pem)
{
    private const string DefaultAlgorithm = "RS256";
    private const int Most = 2;
    private const int SmallestBits = 2048;
    private const int LargestBits = 4096;

    private static readonly string[] Algorithms = [DefaultAlgorithm, "RS384", "PS256"];

    // node-auth0, PostClientCredentialRequestContent.
    private static readonly Regex KeyIdForm = new("^[0-9a-zA-Z_-]{10,64}$", RegexOptions.CultureInvariant);

    /// <summary>The keys that an update names; none where it names none.</summary>
    /// <exception cref="DcrException">InvalidClientMetadata: Auth0 cannot take them.</exception>
    public static IReadOnlyList<Auth0Key> ReadAll(JsonBag changes)
    {
        if (changes.Text(ClientMember.JwksUri) is not null)
        {
            throw InputErrors.BadInput(
                ClientMember.JwksUri,
                "has no place at Auth0, which fetches no client's keys",
                "Give the keys themselves with -Jwks."
            );
        }

        if (!changes.TryGet(ClientMember.Jwks, out var set) || JsonBag.IsAbsent(set))
        {
            return [];
        }

        var keys =
            set.ValueKind == JsonValueKind.Object && set.TryGetProperty("keys", out var list) && list.ValueKind == JsonValueKind.Array
                ? list.EnumerateArray().ToList()
                : [];
        return keys.Count is > 0 and <= Most
            ? keys.Select(Read).ToList()
            : throw Unfit(
                $"holds {keys.Count} keys, and Auth0 takes one or two",
                "Leave out keys that are no longer used, or all: -Jwks $null with another -TokenEndpointAuthMethod."
            );
    }

    /// <summary>
    /// The same; and they must fit how the client authenticates, for Auth0 has keys for private_key_jwt, and that only with keys.
    /// </summary>
    /// <inheritdoc cref="ReadAll"/>
    public static IReadOnlyList<Auth0Key> ForUpdate(JsonBag changes, JsonBag read)
    {
        var keys = ReadAll(changes);
        var isSigned = IsSigned(changes.Has(ClientMember.TokenEndpointAuthMethod) ? changes : read);
        if (keys.Count > 0 && !isSigned)
        {
            throw Unfit("is for clients that authenticate by private_key_jwt", "Give -TokenEndpointAuthMethod private_key_jwt as well.");
        }

        var keepsKeys = IsSigned(read) && !changes.Has(ClientMember.Jwks);
        return keys.Count > 0 || !isSigned || keepsKeys
            ? keys
            : throw InputErrors.BadInput(
                ClientMember.TokenEndpointAuthMethod,
                "private_key_jwt needs a key",
                "Give the client's public key with -Jwks: New-DcrKey -Algorithm RS256 makes a key pair. Or choose another "
                    + "-TokenEndpointAuthMethod."
            );
    }

    /// <summary>Whether a credential of Auth0's holds this key: it goes by the thumbprint, as its id or as its name.</summary>
    public bool IsIn(JsonBag credential) => credential.Text("kid") == Thumbprint || credential.Text("name") == Thumbprint;

    /// <exception cref="DcrException">
    /// The credential holds this key under another id or for another algorithm, and Auth0 takes no key twice.
    /// </exception>
    public void RequireFit(JsonBag credential)
    {
        var (keyId, algorithm) = (credential.Text("kid"), credential.Text("alg") ?? DefaultAlgorithm);
        if (keyId != KeyId || algorithm != Algorithm)
        {
            throw Unfit(
                $"holds the key '{KeyId}' for {Algorithm}, which Auth0 has already as '{keyId}' for {algorithm}",
                "Auth0 takes a key once: give it with that kid and alg, or make a new one with New-DcrKey -Algorithm RS256."
            );
        }
    }

    /// <summary>
    /// What creates a credential. Its name is the thumbprint, because a key's id alone does not tell that the key is the same.
    /// </summary>
    public JsonBag ToCredential()
    {
        var credential = JsonBag
            .Empty.With("credential_type", "public_key")
            .With("name", Thumbprint)
            .With("pem", Pem)
            .With("alg", Algorithm);
        return KeyId == Thumbprint ? credential : credential.With("kid", KeyId);
    }

    private static Auth0Key Read(JsonElement element)
    {
        var jwk = element.ValueKind == JsonValueKind.Object ? JsonBag.From(element) : JsonBag.Empty;
        if (jwk.Text("kty") is not "RSA")
        {
            throw Unfit(
                $"holds a key of the type '{jwk.Text("kty")}', and Auth0 takes RSA keys only",
                "New-DcrKey -Algorithm RS256 makes one."
            );
        }

        var algorithm = jwk.Text("alg") ?? DefaultAlgorithm;
        if (!Algorithms.Contains(algorithm))
        {
            throw Unfit(
                $"holds a key for {algorithm}, and Auth0 takes keys for {string.Join(", ", Algorithms)} only",
                "Give it with one of these as its alg, and sign by that."
            );
        }

        var (modulus, exponent) = (Number(jwk, "n"), Number(jwk, "e"));
        if (modulus.Length * 8 is < SmallestBits or > LargestBits)
        {
            throw Unfit(
                $"holds an RSA key of about {modulus.Length * 8} bits, and Auth0 takes {SmallestBits} to {LargestBits}",
                "New-DcrKey -Algorithm RS256 makes one of 3072 bits."
            );
        }

        var thumbprint = JwkThumbprint.Of(jwk);
        var keyId = jwk.Text("kid") ?? thumbprint;
        return KeyIdForm.IsMatch(keyId)
            ? new(thumbprint, keyId, algorithm, RsaPublicPem.Write(modulus, exponent))
            : throw Unfit(
                $"holds a key with the kid '{keyId}', which Auth0 does not take",
                "Give the key an id of 10 to 64 letters, digits, - and _, or leave out the kid: Auth0 then uses the key's thumbprint."
            );
    }

    /// <summary>
    /// Base64urlUInt: no octet of zero before the number (RFC 7518, section 2); with one, its thumbprint would be another.
    /// </summary>
    private static byte[] Number(JsonBag jwk, string name)
    {
        try
        {
            var number = Base64Url.Decode(jwk.Text(name) ?? "");
            return number.Length > 0 && number[0] != 0 ? number : throw new FormatException();
        }
        catch (FormatException)
        {
            throw Unfit(
                $"holds an RSA key whose '{name}' is missing or not written as RFC 7518 has it",
                "Give the key as the program that made it wrote it."
            );
        }
    }

    private static bool IsSigned(JsonBag client) => client.Text(ClientMember.TokenEndpointAuthMethod) == Auth0Vocabulary.PrivateKeyJwt;

    private static DcrException Unfit(string why, string fix) => InputErrors.BadInput(ClientMember.Jwks, why, fix);
}
