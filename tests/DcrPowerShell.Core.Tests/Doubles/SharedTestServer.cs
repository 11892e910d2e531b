using System;
using System.IO;
using System.Threading.Tasks;
using DcrPowerShell.TestServer.Client;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>The test server's process: one for the whole run, which ends with it.</summary>
internal static class SharedTestServer
{
    private static readonly Lazy<Task<TestServerProcess>> Process = new(() => TestServerProcess.StartAsync(
        Path.Combine(RepositoryRoot(), "tests", "DcrPowerShell.TestServer", "bin", "Release", "net8.0", "DcrPowerShell.TestServer.dll")));

    /// <param name="switches">JSON, as in the server's Switches; what is not named has its default.</param>
    public static async Task<TestServerInstance> StartAsync(string switches = "{}")
    {
        using var json = System.Text.Json.JsonDocument.Parse(switches);
        return await (await Process.Value).StartServerAsync(json.RootElement);
    }

    /// <summary>The authority that signs the certificates of https servers, as PEM.</summary>
    public static async Task<string> CertificateAuthorityAsync() => await (await Process.Value).CertificateAuthorityAsync();

    private static string RepositoryRoot()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "DcrPowerShell.sln")))
        {
            at = at.Parent ?? throw new DirectoryNotFoundException($"DcrPowerShell.sln is in no folder above {AppContext.BaseDirectory}");
        }

        return at.FullName;
    }
}
