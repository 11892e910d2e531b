using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Primitives;

namespace DcrPowerShell.TestServer.Hosting;

/// <summary>An HTTP answer, whole and not yet sent.</summary>
internal sealed class Answer
{
    /// <summary>Writes text beyond ASCII as it is, as most servers do.</summary>
    private static readonly JsonSerializerOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public required int Status { get; set; }

    public string? ContentType { get; set; }

    public byte[] Body { get; set; } = [];

    /// <summary>Its headers; one with several values is sent as several lines.</summary>
    public Dictionary<string, StringValues> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    public string Text => Encoding.UTF8.GetString(Body);

    public static Answer Json(int status, JsonNode body) => new()
    {
        Status = status,
        ContentType = "application/json",
        Body = JsonSerializer.SerializeToUtf8Bytes(body, Unescaped),
    };

    public static Answer Empty(int status) => new() { Status = status };

    /// <summary>Replaces the body by text.</summary>
    public Answer WithText(string text, string contentType)
    {
        Body = Encoding.UTF8.GetBytes(text);
        ContentType = contentType;
        return this;
    }

    public Answer WithHeader(string name, StringValues value)
    {
        Headers[name] = value;
        return this;
    }
}
