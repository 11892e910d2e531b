using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Core.Tests.Ledger;

/// <summary>What the tests of the ledger write into it, and how they look at its files.</summary>
internal static class LedgerSamples
{
    public const string Issuer = "https://as.example.com";
    public const string Vault = "vault-1";
    public const string First = "ledger-000001.dcrl";
    public const string Second = "ledger-000002.dcrl";

    public static readonly DateTimeOffset Now = new(2026, 11, 28, 8, 0, 0, TimeSpan.Zero);

    public static LedgerIntent Intent(string? tenant, string? vault = null) => new()
    {
        Operation = LedgerOperation.Register,
        Issuer = Issuer,
        RegistrationEndpoint = new Uri(Issuer + "/register"),
        Provider = "Standard",
        Vault = vault,
        ClientName = "Clinic",
        Tenant = tenant,
        At = Now,
        Metadata = JsonBag.Parse("""{"client_name":"Clinic"}"""),
    };

    public static LedgerAnswer Answer(string clientId) =>
        new(201, Encoding.UTF8.GetBytes($$"""{"client_id":"{{clientId}}"}"""), Now) { ContentType = "application/json" };

    public static RegistrationRecord Record(
        string clientId,
        string? tenant = null,
        string? secret = null,
        DateTimeOffset? updatedAt = null
    ) =>
        new()
        {
            Issuer = Issuer,
            ClientId = clientId,
            Tenant = tenant,
            RegistrationClientUri = new Uri($"{Issuer}/register/{clientId}"),
            RegistrationAccessToken = "token-of-" + clientId,
            ClientSecret = secret ?? "secret-of-" + clientId,
            ClientSecretExpiresAt = 0,
            CreatedAt = Now,
            UpdatedAt = updatedAt ?? Now,
            Metadata = JsonBag.Parse($$"""{"client_name":"Clinic {{clientId}}","token_endpoint_auth_method":"client_secret_basic"}"""),
        };

    public static FrameDraft Draft(
        FrameKind kind = FrameKind.Kept,
        LedgerHash? client = null,
        LedgerHash? entry = null,
        LedgerHash? tenant = null,
        int length = 20
    ) =>
        new(
            new FrameHeader
            {
                Kind = kind,
                Client = client ?? LedgerHash.New(),
                Entry = entry ?? LedgerHash.None,
                Tenant = tenant ?? LedgerHash.None,
            },
            [1, 2],
            new byte[length]
        );

    public static FrameHeader Write(this LedgerFile file, FrameDraft draft, bool isDurable = true) =>
        file.Write(_ => [draft], isDurable).Single();

    public static IReadOnlyList<FrameHeader> Write(
        this LedgerFile file,
        Func<LedgerState, IReadOnlyList<FrameDraft>> decide,
        bool isDurable = true
    ) => file.WriteAsync(decide, isDurable).Done();

    public static T Done<T>(this Task<T> task) => task.GetAwaiter().GetResult();

    public static void Done(this Task task) => task.GetAwaiter().GetResult();

    /// <summary>Registers a client in one go.</summary>
    public static long Register(this RegistrationLedger ledger, string clientId, string? tenant, string? vault = null)
    {
        var intent = Intent(tenant, vault);
        var entry = ((Begun.Entry)ledger.Requests.BeginAsync(intent).Done()).Id;
        ledger.Requests.AnsweredAsync(entry, intent, Answer(clientId)).Done();
        var sequence = ledger.Registrations.KeepAsync(Record(clientId, tenant), vault, entry, closes: true).Done();
        ledger.Requests.Leave([entry]);
        return sequence;
    }

    /// <summary>Ids of the living clients.</summary>
    public static IReadOnlyList<string> Clients(this RegistrationLedger ledger) =>
        ledger
            .Registrations.List(Issuer)
            .Select(static row => row.Record.ClientId)
            .OrderBy(static id => id, StringComparer.Ordinal)
            .ToList();

    /// <summary>The newest generation's name.</summary>
    public static string Newest(this DiskDouble disk) =>
        disk.Names.Last(static name =>
            name.StartsWith("ledger-", StringComparison.Ordinal) && name.EndsWith(".dcrl", StringComparison.Ordinal)
        );

    public static LedgerBytes.Found Frames(this DiskDouble disk, ILedgerKeys keys) =>
        LedgerBytes.Scan(disk[disk.Newest()], new FrameCodec(keys));

    /// <summary>Everything that the files of a folder hold, decrypted.</summary>
    public static string Decrypted(this DiskDouble disk, ILedgerKeys keys)
    {
        var codec = new FrameCodec(keys);
        var text = new StringBuilder();
        foreach (var bytes in disk.Snapshot().Values)
        {
            text.Append(Encoding.UTF8.GetString(bytes));
            foreach (var (header, offset) in LedgerBytes.Scan(bytes, codec).Frames)
            {
                if (codec.Open(header, bytes.AsSpan((int)offset, header.Length).ToArray()) is { } content)
                {
                    text.Append(Encoding.UTF8.GetString(content.Summary)).Append(Encoding.UTF8.GetString(content.Body));
                }
            }
        }

        return text.ToString();
    }
}
