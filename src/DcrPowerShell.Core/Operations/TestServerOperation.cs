using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Operations;

/// <summary>
/// Finds out whether a connection is ready to register clients, check by check. Registers and changes nothing at the server; the
/// vault gets a probe.
/// </summary>
internal sealed class TestServerOperation(DcrConnection connection)
{
    // A Date header has whole seconds, and is written somewhere between question and answer.
    private static readonly TimeSpan FineSkew = TimeSpan.FromSeconds(30);

    // Our assertions are good for so long, and servers accept no more.
    private static readonly TimeSpan BadSkew = TimeSpan.FromMinutes(5);

    private readonly ConcurrentQueue<Seen> _answers = new();

    // Status with which the registration endpoint asked for a credential.
    private int? _wanted;

    /// <summary>The checks in the order to run: the last ones judge what the others saw.</summary>
    public IReadOnlyList<Func<OperationContext, Task<DcrCheck>>> Checks =>
        [
            Checking("Discovery", DiscoverAsync),
            Checking("Registration endpoint", KnockAsync),
            .. connection.Service.Checks.Select(check =>
                Checking(check.Name, async context => Known(check.Name, await check.RunAsync(context.Call).ConfigureAwait(false)))
            ),
            .. connection.Udap is null
                ? [Checking("Client documents", context => Task.FromResult(ClientDocumentOperation.OfServer(context.Connection)))]
                : Array.Empty<Func<OperationContext, Task<DcrCheck>>>(),
            Checking("Store", TestStoreAsync),
            Checking("Clock", _ => Task.FromResult(CompareClocks())),
            Checking("Rate limit", _ => Task.FromResult(CountRequests())),
        ];

    /// <summary>A check that fails does not end the others.</summary>
    private Func<OperationContext, Task<DcrCheck>> Checking(string name, Func<OperationContext, Task<DcrCheck>> check) => async context =>
    {
        connection.Sender.Answered += Note;
        try
        {
            return await check(context).ConfigureAwait(false) with { Connection = connection.Name, Name = name };
        }
        catch (DcrException failure)
        {
            return DcrCheck.Failed(failure) with { Connection = connection.Name, Name = name };
        }
        finally
        {
            connection.Sender.Answered -= Note;
        }
    };

    private void Note(ProtocolRequest request, ProtocolResponse response, TimeSpan took) => _answers.Enqueue(new(request, response, took));

    private async Task<DcrCheck> DiscoverAsync(OperationContext context)
    {
        if (connection.Rediscover is null)
        {
            return DcrCheck.Skipped(
                "The registration endpoint was given, so nothing was discovered.",
                "To have the server's metadata looked at, connect by the issuer."
            );
        }

        var found = await connection.Rediscover(context.Reporter, context.Stop).ConfigureAwait(false);
        return (found.Issuer, found.RegistrationEndpoint) == (connection.Issuer, connection.RegistrationEndpoint)
            ? DcrCheck.Passed($"The server's metadata names {connection.RegistrationEndpoint}, as it did when the connection was made.")
            : DcrCheck.Failed(
                $"The server's metadata has changed since the connection was made: it names {found.RegistrationEndpoint} of the issuer "
                    + $"{found.Issuer}.",
                "Connect again."
            );
    }

    /// <summary>
    /// A GET without a credential: it registers nothing (RFC 9110, section 9.2.1). Most endpoints answer it with 401, 403, 404 or 405,
    /// because they take POST alone (RFC 7591, section 3).
    /// </summary>
    private async Task<DcrCheck> KnockAsync(OperationContext context)
    {
        var endpoint = connection.RegistrationEndpoint;
        var request = new ProtocolRequest(HttpMethod.Get, endpoint, RequestEffect.None);
        var response = await connection.Sender.SendAsync(request, new NoCredential(), context.Reporter, context.Stop).ConfigureAwait(false);
        var answer = $"{endpoint.Authority} answered a GET of the registration endpoint with HTTP {response.Status}";
        return response.Status switch
        {
            407 => throw ProtocolErrors.ProxyRefused(endpoint),
            429 or (>= 500 and not 501) => throw Refusals.Judge(request, response, ServerErrorReader.Read(response)),
            >= 300 and < 400 => DcrCheck.Warning(
                $"{answer}, which sends it elsewhere.",
                "If registrations are refused too, check that the URL is the authorization server itself and not a proxy or a login page."
            ),
            401 or 403 when connection.Credential == ProtocolRequest.NoProof && Refusals.InFront(request, response) is null => Wanting(
                response.Status,
                answer
            ),
            >= 400 when Refusals.InFront(request, response) is { } page => throw page,
            404 when connection.Rediscover is null => DcrCheck.Warning(
                $"{answer}. Many servers answer so where they take POST alone; a wrong address looks alike.",
                "Compare the URL with the server's documentation."
            ),
            404 when !connection.Service.TellsWhetherItRegisters => DcrCheck.Warning(
                $"{answer}. Many servers answer so where they take POST alone; registration that is switched off looks alike.",
                "If a registration is refused, ask the server's operator whether dynamic registration is switched on."
            ),
            < 300 when RefusalBody.IsPage(response.Text().TrimStart()) => DcrCheck.Warning(
                $"{answer} and a web page, which may be a sign-in page in front of the server.",
                "If registrations are refused too, check that the URL is the authorization server itself and not a proxy or a login page."
            ),
            _ => DcrCheck.Passed($"{answer}, which shows that it can be reached."),
        };
    }

    private DcrCheck Wanting(int status, string answer)
    {
        _wanted = status;
        return DcrCheck.Warning(
            $"{answer}, and the connection has no credential: the next registration may be refused alike.",
            "If it is, get an initial access token from the server's operator and connect with -InitialAccessToken."
        );
    }

    /// <summary>A missing credential is a problem only where the server has just asked for one.</summary>
    private DcrCheck Known(string name, DcrCheck found) =>
        _wanted is { } status && name == "Credential" && found.Status == DcrCheckStatus.Skipped
            ? DcrCheck.Warning(
                $"The connection has no credential, and the server answered HTTP {status} to a request without one.",
                "Connect with -InitialAccessToken, -ClientCredential, or -ClientId and -PrivateKey."
            )
            : found;

    private static async Task<DcrCheck> TestStoreAsync(OperationContext context)
    {
        context.Store.Ledger.Prove();
        if (context.Store.Vault is null)
        {
            return context.Store.Ledger.WhyInMemory is not null
                ? DcrCheck.Failed(
                    "The local store is in memory: what it holds is gone when this process ends.",
                    "Make the folder of the local store writable for this account; DCRPOWERSHELL_HOME names another."
                )
                : DcrCheck.Passed($"The local store in '{context.Store.Ledger.Path}' was written and flushed to the disk.");
        }

        await context.Store.CheckOpenAsync().ConfigureAwait(false);
        await context.Store.ProveAsync(context.Clock.UtcNow).ConfigureAwait(false);
        context.TrustVault();
        return DcrCheck.Passed(
            $"The local store was written, and {context.Store.Place} kept a secret of the size and the letters of a registration."
        );
    }

    /// <summary>Uses the quickest answer that did not come from a cache.</summary>
    private DcrCheck CompareClocks()
    {
        var reading = _answers
            .Where(static seen => seen.Response.Header("Age") is null)
            .Select(static seen => (Date: HttpDate.Parse(seen.Response.Header("Date")), seen.Response.ReceivedAt, seen.Took))
            .Where(static seen => seen.Date is not null)
            .OrderBy(static seen => seen.Took)
            .FirstOrDefault();
        if (reading.Date is not { } date)
        {
            return DcrCheck.Skipped(
                "The server did not say what time it is.",
                "Make sure that this machine's clock is set by a time server."
            );
        }

        // Date has whole seconds, so half a second is added. It was written about half a round trip before the answer arrived.
        var skew = date + TimeSpan.FromSeconds(0.5) - (reading.ReceivedAt - TimeSpan.FromTicks(reading.Took.Ticks / 2));
        var found =
            $"This machine's clock is {Duration.Say(skew.Duration())} {(skew > TimeSpan.Zero ? "behind" : "ahead of")} the server's";
        const string Fix = "Set this machine's clock by a time server. If it is right, tell the server's operator.";
        return skew.Duration() switch
        {
            var difference when difference <= FineSkew => DcrCheck.Passed("This machine's clock agrees with the server's."),
            var difference when difference > BadSkew && connection.IsTimed => DcrCheck.Failed(
                $"{found}: what is signed here, with the time in it, is refused as expired or not yet good.",
                Fix
            ),
            _ => DcrCheck.Warning($"{found}: tokens seem to expire too early or too late, and signed requests may be refused.", Fix),
        };
    }

    /// <summary>Servers count kinds of requests apart: the one with the least left is shown.</summary>
    private DcrCheck CountRequests()
    {
        var budgets = _answers
            .Select(static seen => (seen.Request, seen.Response, Budget: RateBudget.Read(seen.Response)))
            .Where(static seen => seen.Budget is not null)
            .GroupBy(static seen => seen.Request.Uri.AbsolutePath)
            .Select(static path => path.Last())
            .OrderBy(static seen => (double)seen.Budget!.Left / Math.Max(1, seen.Budget.Limit ?? seen.Budget.Left))
            .ToList();
        if (budgets.Count == 0)
        {
            return DcrCheck.Skipped(
                "The server does not say how many requests it takes.",
                "Should it answer HTTP 429, requests wait as long as it asks."
            );
        }

        var (request, _, budget) = budgets[0];
        var found =
            $"{budget!.Left}{(budget.Limit is { } limit ? $" of {limit}" : "")} requests to {request.Uri.AbsolutePath} are "
                + $"left{(budget.RenewedIn is { } wait ? $"; the count starts over in {Duration.Say(wait)}" : "")}.";
        return (budget.Limit is null ? budget.Left > 0 : budget.Left * 10 >= budget.Limit)
            ? DcrCheck.Passed(found)
            : DcrCheck.Warning(
                found,
                "Wait before a large pipeline, or have the limit raised. Requests beyond it wait as long as the server asks."
            );
    }

    private sealed record Seen(ProtocolRequest Request, ProtocolResponse Response, TimeSpan Took);
}
