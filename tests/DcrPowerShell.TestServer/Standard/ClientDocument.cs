using System;
using DcrPowerShell.TestServer.Hosting;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>A client ID metadata document, as the web server of an application gives it out.</summary>
internal static class ClientDocument
{
    public const string Path = "/client.json";

    public static Answer Give(ServerState state, PublishedDocument document)
    {
        string text = document.Text.Replace("{url}", state.Origin + Path, StringComparison.Ordinal);
        Answer answer = Answer.Empty(document.Status).WithText(text, document.ContentType!);
        return document.Status is >= 300 and < 400 ? answer.WithHeader("Location", state.Origin + "/elsewhere.json") : answer;
    }
}
