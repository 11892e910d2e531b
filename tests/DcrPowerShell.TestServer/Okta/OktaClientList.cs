using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;
using Microsoft.AspNetCore.WebUtilities;

namespace DcrPowerShell.TestServer.Okta;

/// <summary>The list of clients (oauth: listClients): <c>q</c>, <c>limit</c>, and an opaque cursor that comes in a Link header.</summary>
internal static class OktaClientList
{
    private const int DefaultLimit = 20;
    private const int MaxLimit = 200;

    public static Answer Answer(ServerState state, IncomingRequest request)
    {
        OktaAccess.Require(state, request);
        int limit = Limit(request.Query.GetValueOrDefault("limit"));
        int after = Cursor(request.Query.GetValueOrDefault("after"));
        string? q = request.Query.GetValueOrDefault("q");
        List<RegisteredClient> found =
        [
            .. state.Clients.All
                .Where(client => client.Number > after)
                .Where(client => q is null || ((string)client.Metadata["client_name"]!).StartsWith(q, StringComparison.OrdinalIgnoreCase))
                .Take(limit + 1),
        ];
        RegisteredClient[] page = [.. found.Take(limit)];
        JsonArray body = [.. page.Select(client => OktaClientAnswer.Body(state, client, Operation.List))];

        // Two lines, as in okta-developer-docs reference/core-okta-api, "Link header".
        List<string> links = [$"<{state.Origin}{request.Target}>; rel=\"self\""];
        OktaNextLink habit = state.Switches.Okta.NextLink;
        if (found.Count > limit || (habit is OktaNextLink.OnceTooOften or OktaNextLink.Foreign && page.Length > 0))
        {
            string origin = habit == OktaNextLink.Foreign ? state.Switches.ForeignOrigin : state.Origin;
            links.Add($"<{origin}{request.Path}?{NextQuery(page[^1].Number, limit, q)}>; rel=\"next\"");
        }

        return Hosting.Answer.Json(200, body).WithHeader("Link", links.ToArray());
    }

    private static string NextQuery(int last, int limit, string? q)
    {
        string cursor = WebEncoders.Base64UrlEncode(Encoding.ASCII.GetBytes($"client:{last}"));
        string query = $"after={cursor}&limit={limit}";
        return q is null ? query : query + "&q=" + Uri.EscapeDataString(q);
    }

    /// <summary>oauth: queryLimit, 1 to 200. How Okta takes more than that isn't known.</summary>
    private static int Limit(string? text)
    {
        if (text is null)
        {
            return DefaultLimit;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int limit) && limit is >= 1 and <= MaxLimit
            ? limit
            : throw OktaErrors.Validation("limit", $"limit: must be between 1 and {MaxLimit}.");
    }

    private static int Cursor(string? text)
    {
        if (text is null)
        {
            return 0;
        }

        try
        {
            string[] parts = Encoding.ASCII.GetString(WebEncoders.Base64UrlDecode(text)).Split(':');
            if (parts is ["client", var number] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int after))
            {
                return after;
            }
        }
        catch (FormatException)
        {
            // Made up rather than taken from a link.
        }

        throw OktaErrors.Validation("after", "after: the cursor is invalid.");
    }
}
