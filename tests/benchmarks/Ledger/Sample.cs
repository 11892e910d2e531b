using System;
using System.Globalization;
using System.Text;
using System.Threading.Tasks;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Benchmarks;

/// <summary>Registrations of the usual size.</summary>
internal static class Sample
{
    public const string Issuer = "https://bench.example";

    private static readonly DateTimeOffset Then = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    public static string ClientId(int number) => number.ToString("d20", CultureInfo.InvariantCulture);

    public static RegistrationRecord Record(string issuer, int number) => new()
    {
        Issuer = issuer,
        ClientId = ClientId(number),
        Tenant = $"t{number}",
        RegistrationClientUri = new Uri($"{issuer}/register/{ClientId(number)}"),
        RegistrationAccessToken = Secret('r', number),
        ClientSecret = Secret('s', number),
        ClientSecretExpiresAt = 0,
        CreatedAt = Then,
        UpdatedAt = Then,
        Metadata = JsonBag.Parse(Metadata(issuer, number) + "}"),
    };

    /// <summary>As somebody would keep it by hand: one flat object.</summary>
    public static string Plain(string issuer, int number) =>
        $"{Metadata(issuer, number)},\"tenant\":\"t{number}\",\"issuer\":\"{issuer}\"}}";

    /// <summary>What a registration writes to the ledger: the intent, the answer, and what is kept of it.</summary>
    public static async Task RegisterAsync(RegistrationLedger ledger, int number)
    {
        var record = Record(Issuer, number);
        var intent = new LedgerIntent
        {
            Operation = LedgerOperation.Register,
            Issuer = Issuer,
            RegistrationEndpoint = new Uri(Issuer + "/register"),
            Provider = "Standard",
            ClientName = record.ClientName,
            Tenant = record.Tenant,
            At = Then,
            Metadata = record.Metadata,
        };
        var entry = ((Begun.Entry)await ledger.Requests.BeginAsync(intent, allowsDuplicate: true)).Id;
        await ledger.Requests.AnsweredAsync(entry, intent, new LedgerAnswer(201, Encoding.UTF8.GetBytes(record.ToJson()), Then));
        await ledger.Registrations.KeepAsync(record, vaultId: null, entry, closes: true);
        await ledger.Requests.CloseAsync([entry]);
        ledger.Requests.Leave([entry]);
    }

    // Open at its end.
    private static string Metadata(string issuer, int number) =>
        $$"""
            {"client_id":"{{ClientId(
                number
            )}}","client_id_issued_at":1795867200,"client_name":"Clinic {{number}}","redirect_uris":["https://clinic-{{number}}.example/callback","https://clinic-{{number}}.example/silent"],"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"{{(
                number % 10 == 0 ? "none" : "client_secret_basic"
            )}}","application_type":"web","scope":"openid profile launch patient/*.read","contacts":["it@clinic-{{number}}.example","help@clinic-{{number}}.example"],"tos_uri":"https://clinic-{{number}}.example/terms","logo_uri":"https://clinic-{{number}}.example/logo.png","registration_client_uri":"{{issuer}}/register/{{ClientId(
                number
            )}}"
            """;

    private static string Secret(char kind, int number) => $"{kind}{number:d10}-0123456789abcdefghijklmnopqrstuvwxyz";
}
