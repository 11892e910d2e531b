using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Text.Json;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>The one request of UDAP, which registers, changes and cancels (HL7 UDAP Security STU 2, sections 3.2.3 and 3.4).</summary>
internal static class UdapRegistration
{
    /// <summary>Its software statement comes with each try.</summary>
    public static ProtocolRequest Request(Uri endpoint, RequestEffect effect, IReadOnlyList<string> certifications)
    {
        var body = JsonBag.Empty.With("udap", "1");
        return new(
            HttpMethod.Post,
            endpoint,
            effect,
            certifications.Count == 0 ? body : body.With(ClientMember.Certifications, certifications)
        );
    }

    /// <summary>
    /// Of an answer: without the statement, which some send back, and its claims about itself, which are no metadata (section 3.2.3).
    /// </summary>
    public static JsonBag Metadata(JsonBag answer) =>
        answer.Without(ClientMember.SoftwareStatement, ClientMember.Certifications, "iss", "sub", "aud", "exp", "iat", "jti", "udap");

    /// <summary>
    /// An empty grant_types confirms that the registration is cancelled. udap-dotnet leaves the empty array out, and writes "removed" in
    /// the place of the client's id (UdapDynamicClientRegistrationEndpoint).
    /// </summary>
    public static bool IsCancelled(JsonBag answer) =>
        answer.TryGet(ClientMember.GrantTypes, out var grants)
            ? grants.ValueKind == JsonValueKind.Array && grants.GetArrayLength() == 0
            : answer.Text(ClientMember.ClientId) == "removed";
}
