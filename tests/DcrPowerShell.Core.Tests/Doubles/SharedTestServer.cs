using System;
using System.Threading.Tasks;
using DcrPowerShell.TestServer.Client;
using DcrPowerShell.TestServers;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>The test server's process: one for the whole run, which ends with it.</summary>
internal static class SharedTestServer
{
    private static readonly Lazy<Task<TestServerProcess>> Process = new(static () => TestServerProcess.StartAsync(SourceTree.TestServer));

    /// <param name="switches">JSON, as in the server's Switches; what is not named has its default.</param>
    public static async Task<TestServerInstance> StartAsync(string switches = "{}")
    {
        using var json = System.Text.Json.JsonDocument.Parse(switches);
        return await (await Process.Value).StartServerAsync(json.RootElement);
    }

    /// <summary>The authority that signs the certificates of https servers, as PEM.</summary>
    public static async Task<string> CertificateAuthorityAsync() => await (await Process.Value).CertificateAuthorityAsync();
}
