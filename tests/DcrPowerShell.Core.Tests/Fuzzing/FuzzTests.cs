using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Security;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Credentials;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Keys;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Protocol;
using DcrPowerShell.Providers;
using DcrPowerShell.Providers.Auth0;
using DcrPowerShell.Providers.Okta;
using DcrPowerShell.Tests;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Fuzzing;

/// <summary>
/// Spoilt inputs for everything that reads what others wrote: only the exceptions that a parser documents come out. Short here,
/// and the same in every run; for longer, DCR_FUZZ_SECONDS says how long each parser is fed, and DCR_FUZZ_SEED with what to begin:
/// <c>DCR_FUZZ_SECONDS=60 dotnet test tests/DcrPowerShell.Core.Tests -c Release -f net8.0 --filter FullyQualifiedName~Fuzz</c>.
/// </summary>
public class FuzzTests
{
    private static readonly int Cases = Mutator.Share(400);

    private static readonly Uri Endpoint = new("https://as.example.com/register");
    private static readonly ProtocolRequest Post = Registration.Request(Endpoint, JsonBag.Parse(Asked));
    private static readonly ProtocolRequest Put = Management.Update(Endpoint, JsonBag.Parse(Asked));
    private static readonly SecureString Passphrase = SecureText.Protect("a passphrase")!;
    private static readonly string[] Keys = [RfcPem.RsaPkcs8, RfcPem.RsaPkcs1, RfcPem.P256Pkcs8, RfcPem.P256Sec1];

    private const string Asked =
        """{"client_name":"Clinic","redirect_uris":["https://a.example/"],"scope":"a b","jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"eA","y":"eQ"}]},"contacts":["a@example.com"]}""";

    private static readonly string[] ClientAnswers =
    [
        """{"client_id":"c1","client_name":"Clinic","redirect_uris":["https://a.example/"],"grant_types":["authorization_code"],"scope":"a b","token_endpoint_auth_method":"client_secret_basic","client_secret":"sec-123456","client_secret_expires_at":0,"client_id_issued_at":1795255200,"registration_access_token":"tok-123456","registration_client_uri":"https://as.example.com/register/c1"}""",
        """{"client_id":"c1","client_name#de":"Praxis","redirect_uris":"https://a.example/","scope":["a","b"],"client_secret_expires_at":"1795255200","registration_client_uri":"/register/c1","jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"eA","y":"eQ","use":null}]},"jwks_uri":"","policy_uri":null,"vendor":{"a":[{"api_token":"x"}]}}""",
    ];

    private static readonly string[] Errors =
    [
        """{"error":"invalid_redirect_uri","error_description":"redirect_uris: https://a.example/ is not allowed"}""",
        """{"errorCode":"E0000001","errorSummary":"Api validation failed: scope","errorId":"oae","errorCauses":[{"errorSummary":"scope: bad"}]}""",
        """{"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Expected type array' on property callbacks (the URLs).","errorCode":"invalid_body"}""",
        "<html><body>Sign in</body></html>",
    ];

    private static readonly string[] Headers =
    [
        "Bearer realm=\"a\", error=\"invalid_token\", error_description=\"The \\\"token\\\" expired\", scope=\"a b\"",
        "DPoP algs=\"ES256\", error=\"use_dpop_nonce\"",
        "<https://as.example.com/oauth2/v1/clients?after=c1&limit=200>; rel=\"next\"",
        "<https://as.example.com/oauth2/v1/clients?limit=200>; rel=\"self\"",
        "120",
        "Sat, 21 Nov 2026 10:00:07 GMT",
        "1795255207",
        "60, 60;w=60",
    ];

    private static readonly string[] HeaderNames =
    [
        "WWW-Authenticate",
        "Retry-After",
        "Date",
        "RateLimit-Reset",
        "X-Rate-Limit-Reset",
        "X-RateLimit-Reset",
        "X-Rate-Limit-Limit",
        "X-Rate-Limit-Remaining",
        "Content-Type",
        "Location",
        "DPoP-Nonce",
        "x-request-id",
    ];

    private static readonly string[] Metadata =
    [
        """{"issuer":"https://as.example.com","registration_endpoint":"https://as.example.com/register","token_endpoint":"https://as.example.com/token","mtls_endpoint_aliases":{"token_endpoint":"https://mtls.example.com/token"},"token_endpoint_auth_methods_supported":["client_secret_basic"]}""",
        """{"issuer":"https://as.example.com/","registration_endpoint":"http://as.example.com/register"}""",
    ];

    private static readonly string[] Applications =
    [
        """{"tenant":"t","client_id":"c1","name":"Clinic","callbacks":["https://a.example/"],"app_type":"regular_web","client_secret":"sec-123456","client_metadata":{"contacts":"a b","client_uri":"https://a.example"},"oidc_logout":{"backchannel_logout_urls":["https://a.example/"]},"signing_keys":[{"cert":"x"}]}""",
        """{"client_id":"c1","client_authentication_methods":{"private_key_jwt":{"credentials":[{"id":"cred_1"},{"id":"cred_2"}]}},"jwt_configuration":{"alg":"RS256"}}""",
    ];

    /// <summary>Each parser: valid inputs, what reads them, and what it may throw.</summary>
    private static readonly Dictionary<string, (Func<string[]> Seeds, Action<byte[], Mutator> Read, Type[] May)> Parsers = new()
    {
        ["JsonBag"] = (
            () => [.. ClientAnswers, .. Errors, .. Metadata],
            (input, _) => UseBag(JsonBag.Parse(Text(input))),
            [typeof(JsonException)]
        ),
        ["Registration"] = (
            () => [.. ClientAnswers, .. Errors],
            (input, mutator) =>
                UseAnswer(
                    Registration.Judge(
                        Post with
                        {
                            Proof = mutator.Below(2) == 0 ? ProtocolRequest.NoProof : "InitialAccessToken",
                        },
                        Response(input, mutator)
                    )
                ),
            [typeof(DcrException), typeof(UnreadAnswerException)]
        ),
        ["Management"] = (
            () => [.. ClientAnswers, .. Errors],
            (input, mutator) => UseAnswer(Management.Judge(Put, Response(input, mutator), "c1")),
            [typeof(DcrException), typeof(UnreadAnswerException)]
        ),
        ["Deletion"] = (
            () => Errors,
            (input, mutator) => Management.JudgeDeletion(Management.Delete(Endpoint), Response(input, mutator), "c1"),
            [typeof(DcrException)]
        ),
        ["List"] = (
            () => [$"[{string.Join(",", ClientAnswers)}]", "[]", .. Errors],
            (input, mutator) => Management.JudgeList(Management.Read(Endpoint), Response(input, mutator)).ToList().ForEach(UseAnswer),
            [typeof(DcrException)]
        ),
        ["ServerError"] = (() => Errors, (input, mutator) => ServerErrorReader.Read(Response(input, mutator)), []),
        ["Headers"] = (() => Headers, UseHeader, []),
        ["Discovery"] = (
            () => Metadata,
            (input, mutator) => UseFinding(Discovery.Judge("https://as.example.com", Endpoint, Response(input, mutator))),
            []
        ),
        ["SmartDiscovery"] = (
            () => Metadata,
            (input, mutator) =>
                UseFinding(SmartDiscovery.Judge(new Uri("https://as.example.com/fhir"), Endpoint, Response(input, mutator))),
            []
        ),
        ["AccessToken"] = (
            () => ["""{"access_token":"a.b.c","token_type":"DPoP","expires_in":300,"scope":"a b"}""", .. Errors],
            (input, mutator) => AccessToken.Read(Post, Response(input, mutator), Answers.ReceivedAt, "a", _ => null),
            [typeof(DcrException)]
        ),
        ["TokenFacts"] = (
            () => [$"e30.{Base64Url.Encode(Encoding.UTF8.GetBytes("{\"exp\":1795255200,\"scp\":[\"a\"]}"))}.e30"],
            (input, _) => TokenFacts.Read(Text(input)),
            []
        ),
        ["TokenClaims"] = (
            () => ["""{"exp":1795255200,"scope":"a b"}""", """{"exp":"1","scp":["a"]}"""],
            (input, _) => TokenFacts.Read($"e30.{Base64Url.Encode(input)}.e30"),
            []
        ),
        ["Record"] = (
            () => ClientAnswers.Select(static answer => RecordOf(JsonBag.Parse(answer)).ToJson()).ToArray(),
            (input, _) => UseRecord(RegistrationRecord.Parse(Text(input))),
            [typeof(FormatException)]
        ),
        ["LedgerIntent"] = (Intents, (input, _) => UseIntent(input), [typeof(FormatException)]),
        ["Summary"] = (
            () => ClientAnswers.Select(static answer => Text(ListedRecord.Write(RecordOf(JsonBag.Parse(answer))))).ToArray(),
            (input, _) => ListedRecord.Read(input, "https://as.example.com"),
            [typeof(FormatException)]
        ),
        ["KeyFile"] = (KeyFiles, (input, _) => KeyFile.Parse(input).ToUtf8(), [typeof(FormatException)]),
        ["StoreSettings"] = (
            () =>
                [
                    "{\"default_vault\":\"Team\",\"key_path\":\"/keys/store.key\",\"vaults\":{\"4f2\":\"Team\"},\"last_backup_at\":\"2026-11-28T08:00:00Z\",\"last_backup_count\":3}",
                ],
            UseSettings,
            [typeof(FormatException)]
        ),
        ["VaultProbe"] = (() => ["{\"version\":1,\"vault\":\"4f2\",\"marks\":{\"a1\":\"12\"},\"filler\":\"x\"}"], UseProbe, []),
        ["Url"] = (
            () => ["https://as.example.com:443/register/c1?a=b#c", "http://127.0.0.1:80/", "http://[::1]/", "/register/c1"],
            UseUrl,
            []
        ),
        ["Auth0"] = (() => Applications, UseApplication, [typeof(JsonException)]),
        ["Auth0Refusal"] = (() => Errors, UseAuth0Refusal, [typeof(DcrException)]),
        ["OktaList"] = (
            () => Headers.Where(static header => header.StartsWith("<", StringComparison.Ordinal)).ToArray(),
            UseOktaLink,
            [typeof(DcrException)]
        ),
        ["Redaction"] = (
            () => ["The token tok-123456 \u001b[2J is bad"],
            (input, _) => new Redaction(["tok-123456"]).Clean(Text(input)),
            []
        ),
    };

    public static TheoryData<string> Names => new(Parsers.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void Spoilt_input_ends_in_what_is_documented(string name)
    {
        var parser = Parsers[name];
        Feed(name, parser.Seeds().Select(Encoding.UTF8.GetBytes).ToArray(), parser.Read, parser.May);
    }

    [Fact]
    public void A_spoilt_backup_ends_in_what_is_documented() =>
        Feed("Backup", [Backup()], UseBackup, [typeof(FormatException), typeof(UnauthorizedAccessException)]);

    [FullCryptographyFact]
    public void A_spoilt_JWK_ends_in_what_is_documented() =>
        Feed(
            "JWK",
            Jwks().Select(Encoding.UTF8.GetBytes).ToArray(),
            static (input, _) => SigningKey.FromJwk(Text(input)).Dispose(),
            [typeof(KeyException)]
        );

    [FullCryptographyFact]
    public void A_spoilt_PEM_ends_in_what_is_documented() =>
        Feed(
            "PEM",
            Keys.Select(Encoding.UTF8.GetBytes).ToArray(),
            static (input, _) => SigningKey.FromPem(Text(input)).Dispose(),
            [typeof(KeyException)]
        );

    /// <summary>The bytes within the armour: a text of base64 that is spoilt as text hardly ever gets that far.</summary>
    [FullCryptographyTheory]
    [InlineData("PRIVATE KEY")]
    [InlineData("RSA PRIVATE KEY")]
    [InlineData("EC PRIVATE KEY")]
    public void A_spoilt_key_ends_in_what_is_documented(string label) =>
        Feed(
            label,
            Keys.Select(static pem =>
                    Convert.FromBase64String(
                        string.Concat(pem.Split('\n').Where(static line => !line.StartsWith("-", StringComparison.Ordinal)))
                    )
                )
                .ToArray(),
            (input, _) => SigningKey.FromPem(RfcPem.Block(label, Convert.ToBase64String(input))).Dispose(),
            [typeof(KeyException)]
        );

    private static void Feed(string name, byte[][] seeds, Action<byte[], Mutator> read, Type[] may)
    {
        var seconds = Number("DCR_FUZZ_SECONDS");
        var time = Stopwatch.StartNew();
        var first = (uint)Number("DCR_FUZZ_SEED");
        byte[] input = [];
        var feeding = Task.Run(() =>
        {
            for (var seed = first; seconds == 0 ? seed < first + Cases : time.Elapsed.TotalSeconds < seconds; seed++)
            {
                var mutator = new Mutator(seed);
                input = mutator.Spoil(seeds);
                try
                {
                    read(input, mutator);
                }
                catch (Exception failure) when (may.Any(type => type.IsInstanceOfType(failure)))
                {
                    // As it should be.
                }
                catch (Exception failure)
                {
                    throw new InvalidOperationException(
                        $"{name}, seed {seed}: {failure.GetType().Name} from {Convert.ToBase64String(input)}",
                        failure
                    );
                }
            }
        });
        byte[]? before = null;
        while (Task.WaitAny([feeding], HangLimit.OfWait) < 0)
        {
            Assert.True(input != before, $"{name} does not end for {Convert.ToBase64String(input)}");
            before = input;
        }

        feeding.GetAwaiter().GetResult();
    }

    private static int Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : 0;

    private static string Text(byte[] utf8) => Encoding.UTF8.GetString(utf8);

    private static ProtocolResponse Response(byte[] body, Mutator mutator)
    {
        var spoilt = Text(mutator.Spoil(Headers.Select(Encoding.UTF8.GetBytes).ToArray()));
        return new ProtocolResponse(
            mutator.Below(2) == 0 ? 200 : mutator.One([201, 204, 302, 400, 401, 403, 404, 405, 407, 409, 410, 429, 500, 501, 503, 999]),
            [
                new(mutator.One(HeaderNames), spoilt),
                new(mutator.One(HeaderNames), mutator.One(Headers)),
                new("Content-Type", mutator.One(["application/json", "text/html; charset=utf-16", "a; charset=\"x\"", "a;charset="])),
            ],
            body,
            mutator.One([BodyEnd.Whole, BodyEnd.Whole, BodyEnd.Broken, BodyEnd.TooLong]),
            Answers.ReceivedAt);
    }

    /// <summary>What was taken for good must be good for all that is done with it.</summary>
    private static T Good<T>(Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception failure) when (failure is JsonException or FormatException)
        {
            throw new InvalidOperationException("It was taken, and then was no good.", failure);
        }
    }

    private static void UseBag(JsonBag bag) => Good(() =>
    {
        foreach (var member in bag)
        {
            _ = (bag.Text(member.Key), bag.Texts(member.Key), bag.Words(member.Key), bag.Integer(member.Key));
        }

        PlainValue.From(bag, new Redaction(["tok-123456"]));
        Assert.Equal(bag.ToString(), JsonBag.Parse(bag.ToString()).ToString());
        bag.With(bag).WithoutAbsent().ToElement();
        JsonBag.Parse(Management.ForUpdate(bag, "c1").ToString());
        foreach (
            var change in Grant
                .Compare(JsonBag.Parse(Asked), bag, Redaction.Nothing)
                .Concat(Grant.Compare(bag, JsonBag.Parse(Asked), Redaction.Nothing))
        )
        {
            _ = change.ToString();
        }

        return true;
    });

    private static void UseAnswer(RegistrationAnswer answer)
    {
        UseBag(answer.Members);
        UseRecord(RecordOf(answer.Members));
    }

    private static RegistrationRecord RecordOf(JsonBag members)
    {
        var fresh = new RegistrationRecord
        {
            Issuer = "https://as.example.com",
            ClientId = members.Text(ClientMember.ClientId) ?? "c1",
            CreatedAt = Answers.ReceivedAt,
            UpdatedAt = Answers.ReceivedAt,
            Metadata = JsonBag.Empty,
        };
        return KeptAnswers.Merge(fresh, new RegistrationAnswer(members, 200), Endpoint, [], Answers.ReceivedAt);
    }

    /// <summary>What arrived can be shown, and kept, and comes back as it was.</summary>
    private static void UseRecord(RegistrationRecord record) =>
        Good(() =>
        {
            _ = new DcrClient(record, []) is var client
                ? (client.SecretExpiry.Text, client.IssuedAt, client.ClientSecretExpiresAt, client.ToString())
                : default;
            Assert.Equal(record.ToJson(), RegistrationRecord.Parse(record.ToJson()).ToJson());
            Assert.Matches("^[0-9a-z-]{1,120}$", record.SecretName);
            return true;
        });

    private static void UseHeader(byte[] input, Mutator mutator)
    {
        var response = Response(Encoding.UTF8.GetBytes("{}"), mutator) with
        {
            Headers = HeaderNames.Select(name => new KeyValuePair<string, string>(name, Text(input))).ToList(),
        };
        ServerErrorReader.Read(response);
        RateBudget.Read(response);
        RetryAdvice.Read(response);
        RetryPolicy.AfterAnswer(RequestEffect.None, response with { Status = 429 }, 1, TimeSpan.Zero);
        Refusals.Judge(Post, response, ServerErrorReader.Read(response));
        response.Text();
    }

    private static void UseFinding(DiscoveryFinding finding)
    {
        _ = finding.ToString();
        Assert.True(finding.RegistrationEndpoint is null || SafeUrl.IsSafe(finding.RegistrationEndpoint));
        _ = finding.Server?.MtlsAlias("token_endpoint");
    }

    private static void UseUrl(byte[] input, Mutator mutator)
    {
        if (UriText.Against(Endpoint, Text(input)) is { } uri)
        {
            SafeUrl.IsSameOrigin(Endpoint, uri);
            _ = uri.AbsoluteUri;
        }

        Assert.True(Discovery.SafeUri(Text(input)) is not { } safe || safe.Scheme == Uri.UriSchemeHttps || safe.IsLoopback);
    }

    private static void UseApplication(byte[] input, Mutator mutator)
    {
        var application = JsonBag.Parse(Text(input));
        var read = Good(() => Auth0Vocabulary.ToRfc(application));
        UseAnswer(new RegistrationAnswer(read, 200));
        Good(() => Auth0Vocabulary.Credentials(read));
        UseBag(Good(() => Auth0Vocabulary.ToPatch(JsonBag.Parse(Asked), read)));
        UseBag(Good(() => Auth0Vocabulary.ToPatch(read, read)));
    }

    private static void UseAuth0Refusal(byte[] input, Mutator mutator)
    {
        using var handler = new RecordingHandler();
        handler.Answer(mutator.One([400, 401, 403, 404, 429, 200]), Text(input)).Always();
        using var sender = new HttpSender(new HttpTransport(handler, HangLimit.OfWait, new FakeClock()), new FakeClock());
        var api = new Auth0Api(new Uri("https://t.auth0.com/api/v2/"), StaticToken.Management("tok-123456"), sender);
        api.PageAsync("clients", "clients", 0, "read:clients", Call()).GetAwaiter().GetResult();
    }

    private static void UseOktaLink(byte[] input, Mutator mutator)
    {
        using var handler = new RecordingHandler();
        handler.Answer(200, """[{"client_id":"c1"}]""", "Link: " + Text(input).Replace("\r", "").Replace("\n", "")).Always();
        using var sender = new HttpSender(new HttpTransport(handler, HangLimit.OfWait, new FakeClock()), new FakeClock());
        var page = new OktaProvider(new Uri("https://as.example.com/oauth2/v1/clients"), StaticToken.Ssws("tok-123456"), sender)
            .ListAsync(null, null, Call())
            .GetAwaiter()
            .GetResult();
        Assert.True(page.Next is null || SafeUrl.IsSameOrigin(new Uri(page.Next), Endpoint));
    }

    private static ProviderCall Call() => new(new RecordingReporter(), CancellationToken.None);

    private static LedgerIntent Intent() =>
        new()
        {
            Operation = LedgerOperation.Register,
            Issuer = "https://as.example.com",
            RegistrationEndpoint = Endpoint,
            Provider = "Standard",
            Owner = "alive-1.lock",
            ClientName = "Clinic",
            Tenant = "north",
            At = Answers.ReceivedAt,
        };

    private static string[] Intents() =>
        [
            Text(LedgerText.Write(Intent())),
            Text(
                LedgerText.Write(
                    Intent() with
                    {
                        Operation = LedgerOperation.Update,
                        ClientId = "c1",
                        Vault = "4f2",
                    },
                    new LedgerAnswer(200, [], Answers.ReceivedAt) { ContentType = "application/json" }
                )
            ),
            Text(LedgerText.Write(new LedgerRemoval("https://as.example.com", "c1", default, default))),
        ];

    private static void UseIntent(byte[] input)
    {
        foreach (
            var read in new Action[]
            {
                () => LedgerText.ReadIntent(input, input),
                () => LedgerText.ReadAnswer(input, [], 1),
                () => LedgerText.ReadRemoval(input),
            }
        )
        {
            try
            {
                read();
            }
            catch (FormatException)
            {
                // As it should be.
            }
        }
    }

    private static string[] KeyFiles() =>
        [
            Text(
                new KeyFile(
                    LedgerHash.New(),
                    [
                        new ProtectedKey
                        {
                            Id = 1,
                            Protection = DcrProtection.User,
                            Account = ("file", [1, 2, 3]),
                        },
                    ]
                ).ToUtf8()
            ),
            Text(
                new KeyFile(
                    LedgerHash.New(),
                    [
                        new ProtectedKey
                        {
                            Id = 1,
                            Protection = DcrProtection.Passphrase,
                            Passphrase = new PassphraseSeal([1], 600_000, [2]),
                        },
                        new ProtectedKey
                        {
                            Id = 2,
                            Protection = DcrProtection.Vault,
                            Vault = ("Team", "dcr-store-key-1"),
                        },
                    ]
                ).ToUtf8()
            ),
        ];

    private static void UseSettings(byte[] input, Mutator mutator)
    {
        using var process = new Machine().Start();
        process.Folder.Replace(StoreSettings.FileName, input);
        _ = StoreSettings.Read(process.Folder).Vaults.Count;
    }

    private static void UseProbe(byte[] input, Mutator mutator)
    {
        var vault = new MemoryVault();
        vault.Secrets[VaultProbe.Name] = Text(input);
        if (VaultProbe.ReadAsync(vault).GetAwaiter().GetResult() is { } mark)
        {
            _ = mark.SequenceOf("a1");
            VaultProbe.WriteAsync(vault, mark.With("a1", 13), Answers.ReceivedAt, afterFailure: false).GetAwaiter().GetResult();
        }
    }

    /// <summary>A backup whose passphrase costs little.</summary>
    private static byte[] Backup() =>
        TestBackup.Of(ClientAnswers.Select(static answer => RecordOf(JsonBag.Parse(answer))), Passphrase);

    private static void UseBackup(byte[] input, Mutator mutator)
    {
        // A spoilt count of iterations costs time, as it should.
        if (Text(input).Contains("\"iterations\":1,"))
        {
            _ = BackupFile.Read(input, Passphrase).Contents.Count;
        }
    }

    private static string[] Jwks()
    {
        using var ec = SigningKey.Generate("ES256");
        return
        [
            ec.ExportPrivateJwk(),
            """{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB","p":"AQ","q":"AQ","dp":"AQ","dq":"AQ","qi":"AQ","alg":"RS256","kid":"k"}""",
        ];
    }
}
