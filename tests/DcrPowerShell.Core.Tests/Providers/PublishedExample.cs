using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using DcrPowerShell.TestServer.Client;
using Xunit;

namespace DcrPowerShell.Core.Tests.Providers;

/// <summary>
/// A request as a vendor publishes it, with values of our own: what one of ours is compared with. Equal must be the method, the
/// path, the scheme of the credential, the media types, and the body's members and their types; of a form, its fields.
/// </summary>
/// <param name="Source">Where it is published.</param>
/// <param name="Line">Method and path; <c>{id}</c> stands for any segment.</param>
/// <param name="Scheme">Of the Authorization header; null for none.</param>
/// <param name="Body">JSON, or a form of <c>name=value</c> lines; null for none. <c>…</c> in a form stands for any value.</param>
internal sealed record PublishedExample(string Source, string Line, string? Scheme, string? Body = null)
{
    /// <summary>Names of the query that are published.</summary>
    public string[] Query { get; init; } = [];

    /// <summary>
    /// Members or fields that we send and the example does not, though its documents know them; each with its reason in the test.
    /// </summary>
    public string[] Further { get; init; } = [];

    private bool IsJson => Body?.StartsWith("{", StringComparison.Ordinal) == true;

    public void AssertIs(ServerRequest request)
    {
        var target = request.Target.Split(['?'], 2);
        Assert.Matches($"^{Regex.Replace(Regex.Escape(Line), @"\\\{\w+}", "[^/?]+")}$", $"{request.Method} {target[0]}");
        Assert.Empty(NamesOf(target.Skip(1).SingleOrDefault() ?? "").Except(Query));
        Assert.Equal(Scheme, request.Header("Authorization")?.Split(' ')[0]);
        Assert.Equal("application/json", request.Header("Accept"));
        Assert.Equal(
            Body is null ? null
                : IsJson ? "application/json"
                : "application/x-www-form-urlencoded",
            request.Header("Content-Type")
        );
        if (Body is null)
        {
            Assert.Equal("", request.Body);
        }
        else if (IsJson)
        {
            Assert.Equal(ShapeOf(Body, []), ShapeOf(request.Body, Further));
        }
        else
        {
            AssertIsForm(
                Body.Split('\n')
                    .Select(static line => line.Trim().Split(['='], 2))
                    .ToDictionary(static field => field[0], static field => field[1]),
                request.Body
            );
        }
    }

    private void AssertIsForm(Dictionary<string, string> published, string body)
    {
        Assert.Equal(
            published.Keys.OrderBy(static name => name, StringComparer.Ordinal),
            NamesOf(body).Except(Further).OrderBy(static name => name, StringComparer.Ordinal)
        );
        foreach (var field in body.Split('&').Select(static field => field.Split(['='], 2)))
        {
            if (published.TryGetValue(field[0], out var value) && value != "…")
            {
                Assert.Equal(value, Uri.UnescapeDataString(field[1].Replace('+', ' ')));
            }
        }
    }

    private static IEnumerable<string> NamesOf(string form) =>
        form.Length == 0 ? [] : form.Split('&').Select(static field => field.Split('=')[0]);

    /// <summary>Members in the order of the alphabet, each with the type of its value.</summary>
    private static string ShapeOf(string json, string[] without)
    {
        using var document = JsonDocument.Parse(json);
        return string.Join("\n", document.RootElement.EnumerateObject()
            .Where(member => !without.Contains(member.Name))
            .OrderBy(static member => member.Name, StringComparer.Ordinal)
            .Select(static member => $"{member.Name}: {TypeOf(member.Value)}"));
    }

    private static string TypeOf(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Array => $"[{string.Join(", ", value.EnumerateArray().Select(TypeOf).Distinct())}]",
            JsonValueKind.Object =>
                $"{{{string.Join(", ", value.EnumerateObject().Select(static member => $"{member.Name}: {TypeOf(member.Value)}"))}}}",
            JsonValueKind.True or JsonValueKind.False => "boolean",
            _ => value.ValueKind.ToString(),
        };
}
