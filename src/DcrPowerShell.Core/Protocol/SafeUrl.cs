using System;

namespace DcrPowerShell.Protocol;

/// <summary>
/// Where a token may travel: https, or plain http to a loopback address; no password in the URL, which gets shown and logged.
/// </summary>
internal static class SafeUrl
{
    public static bool IsSafe(Uri uri) =>
        uri.IsAbsoluteUri
        && uri.UserInfo.Length == 0
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));

    /// <summary>The same scheme, host and port: what a token was issued for (RFC 6454, section 4).</summary>
    public static bool IsSameOrigin(Uri left, Uri right) =>
        Uri.Compare(left, right, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;
}
