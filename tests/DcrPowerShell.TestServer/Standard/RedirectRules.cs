using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>What a redirect URI may be (RFC 6749 section 3.1.2, OpenID Connect Registration section 2).</summary>
internal static class RedirectRules
{
    private static readonly string[] ForbiddenSchemes = ["javascript", "data", "file", "vbscript"];

    public static void Check(JsonObject granted)
    {
        bool isNative = (string)granted["application_type"]! == "native";
        bool isImplicit = MetadataRules.List(granted, "grant_types").Contains("implicit");
        bool needsOne = isImplicit || MetadataRules.List(granted, "grant_types").Contains("authorization_code");
        IReadOnlyList<string> uris = MetadataRules.List(granted, "redirect_uris");
        if (needsOne && uris.Count == 0)
        {
            throw Refused.RedirectUri("redirect_uris must contain members");
        }

        foreach (string text in uris)
        {
            string? fault = FaultOf(text, isNative, isImplicit);
            if (fault is not null)
            {
                throw Refused.RedirectUri($"redirect_uris: {fault}");
            }
        }
    }

    private static string? FaultOf(string text, bool isNative, bool isImplicit)
    {
        // On Unix a text that starts with a slash counts as an absolute file URI: the scheme must be written.
        if (!text.Contains(':', StringComparison.Ordinal) || !Uri.TryCreate(text, UriKind.Absolute, out Uri? uri))
        {
            return "must be absolute URIs";
        }

        if (text.Contains('#', StringComparison.Ordinal))
        {
            return "must not have a fragment";
        }

        if (text.Contains('*', StringComparison.Ordinal))
        {
            return "must not have wildcards";
        }

        if (ForbiddenSchemes.Contains(uri.Scheme))
        {
            return $"the scheme '{uri.Scheme}' is not allowed";
        }

        bool isHttp = uri.Scheme == Uri.UriSchemeHttp;
        bool isWeb = isHttp || uri.Scheme == Uri.UriSchemeHttps;
        return (isNative, isWeb) switch
        {
            (true, true) when isHttp && !uri.IsLoopback => "native clients may use http with a loopback host only",
            (false, false) => "web clients may use http and https only",
            (false, true) when isImplicit && (isHttp || uri.IsLoopback) =>
                "web clients with the implicit grant need https and no localhost",
            _ => null,
        };
    }
}
