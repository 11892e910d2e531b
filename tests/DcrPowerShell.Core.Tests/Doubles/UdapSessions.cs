#if NET // Mono knows no certificates of others than the machine's, and .NET Framework no PEM.
using System;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using DcrPowerShell.Keys;
using DcrPowerShell.Operations;
using DcrPowerShell.TestServer.Client;
using Xunit;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>Connections by UDAP to a test server that is strict.</summary>
internal static class UdapSessions
{
    public const string Subject = "https://app.example.com/backend";
    public const string Backend =
        """
        {"client_name":"Backend","grant_types":["client_credentials"],"contacts":["mailto:operations@example.com"],
         "scope":"system/Patient.read"}
        """;
    public const string App =
        """
        {"client_name":"App","redirect_uris":["https://app.example.com/callback"],"contacts":["operations@example.com"],
         "scope":"user/Patient.read","logo_uri":"https://app.example.com/logo.png"}
        """;

    // A change writes three frames to the ledger: asked, answered, kept. A process is killed when it is to write the frame of this number.
    private const int KeptFrame = 3;

    public static SigningCertificate SignerOf(OrderedCertificate certificate, X509Certificate2[] anchors) =>
        SigningCertificate.Of(SigningKey.FromPem(certificate.Key), CertificateFile.OfPem(certificate.Certificate), anchors);

    public static FakeClock Now() => new() { UtcNow = DateTimeOffset.UtcNow };

    public static async Task<Session> StartAsync(string udap = "{}", string key = "p256", bool hasVault = false, string more = "")
    {
        var server = await SharedTestServer.StartAsync($$"""{"udap":{{udap}} {{more}} }""");
        return await ConnectAsync(server, Subject, hasVault: hasVault, key: key, ends: true);
    }

    /// <param name="names">With bars between them.</param>
    /// <param name="asked">The community that is asked for in the place of the one whose certificates are used.</param>
    public static async Task<Session> ConnectAsync(
        TestServerInstance server,
        string names,
        StoreProcess? process = null,
        string kind = "good",
        string key = "p256",
        string? chosen = null,
        string? community = null,
        string? asked = null,
        int? anchorOf = null,
        string? place = null,
        bool hasVault = false,
        bool ends = false
    )
    {
        var order = new { uris = names.Split('|'), kind, key, community };
        var certificate = await server.CertificateAsync(order);
        var anchor = anchorOf is { } index
            ? server.Communities[index]
            : server.Communities.First(one => community is null || one.Uri == community);
        return await Session.ConnectAsync(
            server.FhirBase,
            request => Of(
                request,
                new Uri(place ?? server.FhirBase),
                certificate,
                anchor.Anchor,
                chosen,
                place is null ? asked ?? community : null
            ),
            hasVault,
            ends ? server : null,
            process: process,
            clock: Now()
        );
    }

    public static ConnectRequest Of(
        ConnectRequest request,
        Uri fhirBase,
        OrderedCertificate certificate,
        string anchor,
        string? chosen,
        string? community
    )
    {
        X509Certificate2[] anchors = [.. CertificateFile.OfPem(anchor)];
        return request with
        {
            Issuer = fhirBase,
            Discovery = DcrDiscovery.Udap,
            Udap = new UdapRequest(
                SignerOf(certificate, anchors),
                chosen,
                community,
                anchors
            ),
        };
    }

    public static async Task KillAsync(Session session, Func<Task> act)
    {
        var (disk, left) = (session.Process.Machine.Disk, KeptFrame);
        disk.Before = call =>
        {
            if (
                call.By == session.Process.Folder
                && call.Operation == DiskOperation.Append
                && call.Name.EndsWith(".dcrl", StringComparison.Ordinal)
                && --left == 0
            )
            {
                session.Process.Kill();
            }
        };
        await Assert.ThrowsAsync<KilledException>(act);
        disk.Before = null;
    }
}
#endif
