using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>How a client gets its tokens; where its metadata does not say, by the defaults of RFC 7591, section 2.</summary>
internal static class ClientFlows
{
    /// <summary>RFC 9449, section 5.2.</summary>
    public const string DpopBound = "dpop_bound_access_tokens";

    /// <summary>RFC 8705, section 3.4.</summary>
    public const string CertificateBound = "tls_client_certificate_bound_access_tokens";

    public static string Method(JsonBag client) => client.Text(ClientMember.TokenEndpointAuthMethod) ?? "client_secret_basic";

    public static IReadOnlyList<string> Grants(JsonBag client) => Or(client.Texts(ClientMember.GrantTypes), "authorization_code");

    public static IReadOnlyList<string> Responses(JsonBag client) =>
        UsesCode(client) ? Or(client.Texts(ClientMember.ResponseTypes), "code") : client.Texts(ClientMember.ResponseTypes);

    public static bool UsesCode(JsonBag client) => Grants(client).Contains("authorization_code");

    public static bool IsTrue(JsonBag client, string member) =>
        client.TryGet(member, out var value) && value.ValueKind == JsonValueKind.True;

    private static IReadOnlyList<string> Or(IReadOnlyList<string> values, string usual) => values.Count > 0 ? values : [usual];
}
