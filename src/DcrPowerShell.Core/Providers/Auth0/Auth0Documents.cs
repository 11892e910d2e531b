using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Providers.Auth0;

/// <summary>
/// Client ID metadata documents at Auth0, which fetches them when an administrator says so (Auth0 docs, register-applications-with-cimd;
/// api/management/v2/clients: cimd/preview and cimd/register).
/// </summary>
internal sealed class Auth0Documents(Auth0Api api) : IClientDocuments
{
    private const string Preview = "clients/cimd/preview";
    private const string Register = "clients/cimd/register";
    private const string Name = "Auth0 preview";

    public async Task<IReadOnlyList<DcrCheck>> PreviewAsync(string uri, ProviderCall call)
    {
        var response = await api.SendAsync(HttpMethod.Post, Preview, Body(uri), "read:clients", call).ConfigureAwait(false);
        var answer = api.Read(Preview, response);
        var validation = Auth0Vocabulary.Object(answer, "validation");

        // Where the document could not be fetched, there are errors and no validation.
        DcrCheck[] found =
        [
            .. answer.Texts("errors").Concat(validation.Texts("violations")).Select(static said => DcrCheck.Failed(
                $"Auth0 refuses the document: \"{said}\"",
                "Correct the document, publish it, and test it again."
            )),
            .. Warnings(validation).Select(static said => DcrCheck.Warning(
                $"Auth0 takes the document, and says: \"{said}\"",
                "What Auth0 does not support it leaves out."
            )),
        ];
        return found
            .DefaultIfEmpty(
                validation.Text("valid") == "true"
                    ? DcrCheck.Passed("Auth0 takes the document.")
                    : DcrCheck.Failed("Auth0 does not say that it takes the document.", "Look at the tenant's logs.")
            )
            .Select(static check => check with { Name = Name })
            .ToList();
    }

    public async Task<RegistrationAnswer> RegisterAsync(string uri, ProviderCall call)
    {
        ProtocolResponse response;
        try
        {
            response = await api
                .SendAsync(HttpMethod.Post, Register, Body(uri), "create:clients and update:clients", call)
                .ConfigureAwait(false);
        }
        catch (DcrException refusal) when (refusal is { ErrorId: DcrErrorId.InvalidClientMetadata, ServerError: not null })
        {
            throw Auth0Errors.Auth0DocumentRefused(refusal, uri);
        }

        if (!response.TryReadJson(out var answer, out var why))
        {
            throw new UnreadAnswerException(response, why);
        }

        var client = new RegistrationAnswer(Auth0Vocabulary.ToRfc(answer), response.Status);
        if (client.ClientId is null)
        {
            throw new UnreadAnswerException(response, "its answer has no client_id");
        }

        foreach (var said in Warnings(Auth0Vocabulary.Object(answer, "validation")))
        {
            call.Reporter.Warning($"Auth0 took the document {uri}, and says: \"{said}\"");
        }

        return client;
    }

    private static IReadOnlyList<string> Warnings(JsonBag validation) => validation.Texts("warnings");

    private static JsonBag Body(string uri) => JsonBag.Empty.With(ClientMember.ExternalClientId, uri);
}
