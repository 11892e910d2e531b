using System;

namespace DcrPowerShell.Errors;

/// <summary>Words that the errors of several rooms have in common.</summary>
internal static class ErrorWords
{
    public static string Status(ServerError server) =>
        server.Code is null ? $"HTTP {server.Status}" : $"HTTP {server.Status}, {server.Code}";

    public static string CodeOf(ServerError server) => server.Code ?? $"HTTP {server.Status}";

    public static string Said(ServerError? server)
    {
        var words = server?.Description is { } description ? $" The server said: \"{description}\"" : "";
        return server?.SupportId is { } id ? $"{words} (support id {id})" : words;
    }

    /// <summary>Why something failed, as a part of a sentence about more: that nothing was sent is not said of the whole.</summary>
    public static string Why(Exception failure) => (failure is DcrException ours ? ours.What : failure.Message).TrimEnd('.');

    // Without a user name or password, which GetLeftPart would show.
    public static string Origin(Uri uri) => $"{uri.Scheme}://{uri.Authority}";
}
