using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>What a refusal is about, among what was sent. The server's words count only where they are something that was sent.</summary>
internal static class RefusalSubject
{
    private static readonly Regex Word = new("[A-Za-z0-9_#-]+");

    // A server that names more members only repeats what was sent.
    private const int MostNamed = 3;

    // In codes such as invalid_scope, unsupported_grant_type and redirect_uri_mismatch.
    private static readonly (string Part, string Member)[] Codes =
    [
        ("redirect_ur", ClientMember.RedirectUris),
        ("grant_type", ClientMember.GrantTypes),
        ("response_type", ClientMember.ResponseTypes),
        ("auth_method", ClientMember.TokenEndpointAuthMethod),
        ("scope", ClientMember.Scope),
    ];

    /// <summary>
    /// The member that the server names first, in its words or else in its code; null where it names none that was sent, or repeats all of
    /// them.
    /// </summary>
    public static string? Member(ServerError server, JsonBag? sent) =>
        Word.Matches(server.Description ?? "")
            .Cast<Match>()
            .Select(static word => word.Value)
            .Where(word => sent?.Has(word) == true)
            .Distinct()
            .Take(MostNamed + 1)
            .ToList() is var named && named.Count is > 0 and <= MostNamed
            ? named[0]
            : named.Count == 0
                ? Codes.Where(code => server.Code?.Contains(code.Part) == true && sent?.Has(code.Member) == true)
                    .Select(static code => code.Member)
                    .FirstOrDefault()
                : null;

    /// <summary>
    /// The URIs that the server quotes; else the only one; else one that looks wrong. The advice is null where none looks wrong.
    /// </summary>
    public static (IReadOnlyList<string> Uris, string? Advice) RedirectUris(ServerError server, JsonBag? sent, string member)
    {
        var all = sent?.Texts(member) ?? [];
        var named = Quoted(server.Description ?? "", all);
        var asked = named.Count > 0 ? named : all;
        var wrong = asked
            .Select(uri => (Uri: uri, Doubt: MetadataRules.DoubtOf(uri, sent!.Text(ClientMember.ApplicationType))))
            .FirstOrDefault(static uri => uri.Doubt is not null);
        var advice = wrong.Doubt is { } doubt ? $"'{wrong.Uri}' {doubt.Why}. {doubt.Fix}" : null;
        return (asked.Count == 1 || named.Count > 0 ? asked : wrong.Doubt is null ? [] : [wrong.Uri], advice);
    }

    // One may begin with another: then only the longer one is quoted.
    private static List<string> Quoted(string words, IReadOnlyList<string> uris)
    {
        var found = uris.Where(words.Contains).ToList();
        return found.Where(uri => !found.Any(other => other.Length > uri.Length && other.Contains(uri))).ToList();
    }
}
