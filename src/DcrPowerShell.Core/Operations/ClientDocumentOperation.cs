using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Operations;

/// <summary>Judges a published client ID metadata document as the strictest server does.</summary>
/// <param name="resolve">Gives the addresses of a host.</param>
internal sealed class ClientDocumentOperation(HttpSender sender, Func<string, Task<IPAddress[]>> resolve, IReporter reporter)
{
    private const string ServerCheck = "Client documents";

    // Servers wait ten seconds or less.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Sends requests as a server does that fetches a document: without a credential, and following no redirect.</summary>
    /// <param name="proxy">Null for the system's proxy.</param>
    public static HttpSender Sender(IClock clock, Uri? proxy = null) =>
        new(new HttpTransport(HandlerFactory.Create(proxy, null), Patience, clock), clock) { Proxy = proxy };

    /// <summary>Makes the text of a document, ready to be published.</summary>
    /// <param name="judges">Whether the metadata is judged by RFC 7591, too.</param>
    /// <inheritdoc cref="ClientDocument.Make"/>
    public static (string Text, IReadOnlyList<DcrCheck> Doubts) Make(string uri, JsonBag metadata, bool judges)
    {
        if (judges)
        {
            MetadataRules.Check(metadata);
        }

        return ClientDocument.Make(uri, metadata);
    }

    /// <summary>
    /// The metadata of a registered client, with what the user named in its place. Empty lists are left out: a client has one for each list
    /// that it lacks.
    /// </summary>
    public static JsonBag MetadataOf(DcrClient client, JsonBag named) => client.Record.Metadata
        .Where(static (name, _) => name != ClientMember.SoftwareStatement
            && (ClientMember.IsRegistered(name) || ClientMember.IsLanguageTagged(name)))
        .With(named)
        .Where(static (_, value) => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > 0);

    /// <summary>Judges what is to be published.</summary>
    public static (IReadOnlyList<DcrCheck> Checks, JsonBag? Document) Judge(string uri, byte[] text) =>
        ([.. ClientDocument.JudgeUri(uri), .. ClientDocument.JudgeText(uri, text, out var document)], document);

    /// <summary>Judges a URL that a service is to register, by what is allowed everywhere.</summary>
    /// <exception cref="DcrException">InvalidClientMetadata.</exception>
    public static void CheckUri(string uri)
    {
        if (ClientDocument.JudgeUri(uri).FirstOrDefault(static check => check.Status != DcrCheckStatus.Passed) is { } refused)
        {
            throw MetadataErrors.DocumentRefused(refused);
        }
    }

    /// <summary>Whether a server takes documents, and what follows.</summary>
    public static DcrCheck OfServer(DcrConnection connection)
    {
        var methods = connection.TokenEndpointAuthMethodsSupported;
        var found = !connection.TakesClientDocuments
                ? DcrCheck.Skipped(
                    "The server does not say that it takes client ID metadata documents.",
                    "Register clients: New-DcrClient."
                )
            : methods.Count > 0 && !methods.Any(static method => method is "none" or "private_key_jwt")
                ? DcrCheck.Warning(
                    "The server says that it takes client ID metadata documents, and lists neither none nor private_key_jwt among its "
                        + "token_endpoint_auth_methods_supported: a document can use nothing else.",
                    "Ask the server's operator which of the two holds for documents."
                )
            : connection.Service.Documents is not null
                ? DcrCheck.Passed(
                    "The server takes client ID metadata documents that an administrator registers: New-DcrClient -DocumentUri. "
                        + "New-DcrClientDocument makes one."
                )
            : DcrCheck.Passed(
                "The server takes client ID metadata documents: an application's client_id is the URL of its document, and nothing is "
                    + "registered. New-DcrClientDocument makes one."
            );
        return found with { Name = ServerCheck };
    }

    /// <summary>Whether a server takes documents, and which values of this document its own lists lack.</summary>
    public static IEnumerable<DcrCheck> OfServer(DcrConnection connection, JsonBag? document) =>
        connection
            .Server.NotListed(document ?? JsonBag.Empty, connection.ScopesSupported)
            .Select(static lacks =>
                DcrCheck.Warning(
                    $"The server's {lacks.List} does not list {string.Join(", ", lacks.Values)} ({lacks.Member}).",
                    "If the server refuses the document, leave that out."
                ) with
                {
                    Name = ServerCheck,
                }
            )
            .Prepend(OfServer(connection));

    /// <returns>What was found, and the document; null where none was read.</returns>
    public async Task<(IReadOnlyList<DcrCheck> Checks, JsonBag? Document)> RunAsync(string uri, CancellationToken stop)
    {
        var checks = ClientDocument.JudgeUri(uri).ToList();
        if (UriText.Absolute(uri) is not { } place || !SafeUrl.IsSafe(place))
        {
            return (checks, null);
        }

        checks.Add(await LookUpAsync(place).ConfigureAwait(false));
        var response = await FetchAsync(place, "Answer", checks, stop).ConfigureAwait(false);
        if (response is null)
        {
            return (checks, null);
        }

        checks.AddRange(ClientDocument.JudgeAnswer(place, response));
        if (response.Status != 200)
        {
            return (checks, null);
        }

        checks.AddRange(ClientDocument.JudgeText(uri, response.Body, out var document));
        if (
            UriText.Absolute(document?.Text(ClientMember.JwksUri)) is { } keys
            && SafeUrl.IsSafe(keys)
            && await FetchAsync(keys, "Published keys", checks, stop).ConfigureAwait(false) is { } published
        )
        {
            checks.AddRange(ClientDocument.JudgeKeys(keys, published));
        }

        return (checks, document);
    }

    /// <summary>
    /// Servers fetch nothing from special addresses, unless they are on one themselves (section 8.6). Behind a proxy the name may be
    /// unknown here.
    /// </summary>
    private async Task<DcrCheck> LookUpAsync(Uri place)
    {
        IPAddress[] addresses;
        try
        {
            addresses = await resolve(place.DnsSafeHost).ConfigureAwait(false);
        }
        catch (Exception unknown) when (unknown is SocketException or ArgumentException)
        {
            return DcrCheck.Warning($"{place.Host} has no address that could be looked up here.", "Check the name.") with
            {
                Name = "Address",
            };
        }

        var special = addresses.Where(SpecialAddress.Is).ToList();
        var check = special.Count == 0
            ? DcrCheck.Passed($"{place.Host} has public addresses.")
            : DcrCheck.Failed(
                $"{place.Host} has the address {string.Join(", ", special)}, which is special or private (RFC 6890): servers refuse it.",
                "Publish the document where the internet reaches it."
            );
        return check with { Name = "Address" };
    }

    /// <summary>Null where no answer came; the reason is added to the checks then.</summary>
    private async Task<ProtocolResponse?> FetchAsync(Uri place, string name, List<DcrCheck> checks, CancellationToken stop)
    {
        try
        {
            var request = new ProtocolRequest(HttpMethod.Get, place, RequestEffect.None);
            return await sender.SendAsync(request, new NoCredential(), reporter, stop).ConfigureAwait(false);
        }
        catch (DcrException failure)
        {
            // The error's own advice names parameters of other commands.
            var check = failure.ErrorId is DcrErrorId.ConnectionFailed or DcrErrorId.RequestTimedOut
                ? DcrCheck.Failed(
                    failure.Message,
                    "Check the name, the network and the system's proxy settings, and that the web server is up; then test it again."
                )
                : DcrCheck.Failed(failure);
            checks.Add(check with { Name = name });
            return null;
        }
    }
}
