using System.IO;
using System.Linq;
using System.Reflection;

namespace DcrPowerShell.TestServers;

/// <summary>Where things are in the working copy that the tests were built from.</summary>
internal static class SourceTree
{
    /// <summary>
    /// Its root, which the project writes into the assembly: what runs tests may copy the assembly elsewhere, or have a base folder of its
    /// own.
    /// </summary>
    public static string Root { get; } = Metadata("RepositoryRoot");

    /// <summary>The test server, as it was built with the tests.</summary>
    public static string TestServer =>
        Path.Combine(Root, "tests", "DcrPowerShell.TestServer", "bin", "Release", "net8.0", "DcrPowerShell.TestServer.dll");

    /// <summary>What the test project's build wrote into the assembly under this name.</summary>
    public static string Metadata(string key) =>
        typeof(SourceTree).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == key).Value!;
}
