using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Udap;

/// <summary>
/// The revocation lists that a server gives out. Each certificate has a list of its own, so that none is in a client's cache already.
/// </summary>
internal sealed class RevocationLists(ServerState state)
{
    private readonly ConcurrentDictionary<string, byte[]> _lists = new();

    public static string NewName() => RandomText.Make(20);

    /// <summary>The extension that says where a list is (RFC 5280 section 4.2.1.13).</summary>
    public X509Extension Pointer(string name) => CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([
        $"{state.BaseUrl}{UdapRoutes.RevocationListPath}{name}",
    ]);

    public void Put(string name, byte[] list) => _lists[name] = list;

    public Answer Answer(string name) =>
        _lists.TryGetValue(name, out byte[]? list)
            ? new Answer { Status = 200, ContentType = "application/pkix-crl", Body = list }
            : Hosting.Answer.Empty(404);
}
