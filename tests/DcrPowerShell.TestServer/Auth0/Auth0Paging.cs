using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using Microsoft.AspNetCore.WebUtilities;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>
/// The Management API's lists: a plain array, the same with totals, or checkpoints (recordings, TestAccDataSourceClientGrants: <c>take</c>
/// goes before
/// <c>per_page</c>), each cut down to <c>fields</c>.
/// </summary>
internal static class Auth0Paging
{
    private const int DefaultSize = 50;
    private const int MaxSize = 100;

    /// <param name="request">The request with its query.</param>
    /// <param name="all">What there is, filtered.</param>
    /// <param name="name">The name that the list has where it isn't the whole body.</param>
    public static Answer Answer(IncomingRequest request, IEnumerable<JsonObject> all, string name)
    {
        JsonObject[] items = [.. all];
        return Hosting.Answer.Json(200, request.Query.ContainsKey("take") ? Checkpoint(request, items, name) : Page(request, items, name));
    }

    /// <summary>The members that <c>fields</c> and <c>include_fields</c> leave of an object.</summary>
    public static JsonObject Select(IncomingRequest request, JsonObject item)
    {
        if (request.Query.GetValueOrDefault("fields") is not { Length: > 0 } fields)
        {
            return item;
        }

        string[] names = fields.Split(',');
        bool includes = request.Query.GetValueOrDefault("include_fields") != "false";
        return new JsonObject(item.Where(member => names.Contains(member.Key) == includes)
            .Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone())));
    }

    private static JsonNode Page(IncomingRequest request, JsonObject[] items, string name)
    {
        int size = Number(request, "per_page", DefaultSize, 1, MaxSize);
        int start = Number(request, "page", 0, 0, int.MaxValue / MaxSize) * size;
        JsonArray page = Items(request, items.Skip(start).Take(size));
        return request.Query.GetValueOrDefault("include_totals") == "true"
            ? new JsonObject { ["start"] = start, ["limit"] = size, ["total"] = items.Length, [name] = page }
            : page;
    }

    private static JsonObject Checkpoint(IncomingRequest request, JsonObject[] items, string name)
    {
        int size = Number(request, "take", DefaultSize, 1, MaxSize);
        int start = request.Query.GetValueOrDefault("from") is { } from ? Decode(from) : 0;
        JsonObject body = new() { [name] = Items(request, items.Skip(start).Take(size)) };
        if (start + size < items.Length)
        {
            body["next"] = WebEncoders.Base64UrlEncode(
                Encoding.ASCII.GetBytes("after:" + (start + size).ToString(CultureInfo.InvariantCulture))
            );
        }

        return body;
    }

    private static JsonArray Items(IncomingRequest request, IEnumerable<JsonObject> items) =>
        [.. items.Select(item => Select(request, item).DeepClone())];

    private static int Number(IncomingRequest request, string name, int unset, int min, int max)
    {
        if (request.Query.GetValueOrDefault(name) is not { } text)
        {
            return unset;
        }

        return !int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            ? throw Auth0Errors.Query("Expected type integer but found type string", name)
            : number > max ? throw Auth0Errors.Query($"Value {number} is greater than maximum {max}", name)
            : number < min ? throw Auth0Errors.Query($"Value {number} is less than minimum {min}", name)
            : number;
    }

    private static int Decode(string from)
    {
        try
        {
            string[] parts = Encoding.ASCII.GetString(WebEncoders.Base64UrlDecode(from)).Split(':');
            if (parts is ["after", var number] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int start))
            {
                return start;
            }
        }
        catch (FormatException)
        {
            // Made up rather than taken from an answer.
        }

        throw Auth0Errors.Query("Invalid checkpoint", "from");
    }
}
