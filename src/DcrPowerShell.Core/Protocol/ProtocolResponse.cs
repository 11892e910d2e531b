using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using System.Text;
using System.Text.Json;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>How the body of an answer ended.</summary>
internal enum BodyEnd
{
    Whole,

    /// <summary>It was longer than the limit of 1 MiB; the rest was not read.</summary>
    TooLong,

    /// <summary>The connection broke. What came before that may still be all there was to say.</summary>
    Broken,
}

/// <summary>A server's answer: status, headers (a name may stand several times), and the body as far as it was read.</summary>
/// <param name="ReceivedAt">This machine's clock when the answer came.</param>
internal sealed record ProtocolResponse(
    int Status,
    IReadOnlyList<KeyValuePair<string, string>> Headers,
    byte[] Body,
    BodyEnd End,
    DateTimeOffset ReceivedAt)
{
    private const int Latin1 = 28591;
    private static readonly Encoding StrictUtf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Cleans the server's words of what was sent along, should it quote that.</summary>
    public Redaction Redaction { get; init; } = new([]);

    public bool IsSuccess => Status is >= 200 and < 300;

    public IEnumerable<string> HeaderValues(string name) =>
        Headers.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value);

    public string? Header(string name) => HeaderValues(name).FirstOrDefault();

    /// <summary>Reads the body as a JSON object, whatever its declared media type; on failure says why, in half a sentence.</summary>
    public bool TryReadJson([NotNullWhen(true)] out JsonBag? json, [NotNullWhen(false)] out string? why)
    {
        json = null;
        why = Body.Length == 0 && End == BodyEnd.Whole ? "the body of its answer is empty"
            : End == BodyEnd.TooLong ? "its answer is longer than 1 MiB"
            : null;
        if (why is not null)
        {
            return false;
        }

        try
        {
            json = JsonBag.Parse(Text());
            return true;
        }
        catch (JsonException)
        {
            why =
                End == BodyEnd.Broken ? "the connection broke in the middle of its answer"
                : LooksLikeHtml ? "its answer is an HTML page, not JSON"
                : "its answer is not the JSON object it should be";
            return false;
        }
    }

    /// <summary>
    /// The body as text: a byte-order mark decides, then the declared charset, then UTF-8 (RFC 8259, section 8.1); and Latin-1 where the
    /// bytes are no UTF-8, because a secret with a broken character is lost.
    /// </summary>
    public string Text()
    {
        try
        {
            return Text(DeclaredEncoding());
        }
        catch (DecoderFallbackException)
        {
            return Text(Encoding.GetEncoding(Latin1));
        }
    }

    private string Text(Encoding encoding)
    {
        using var reader = new System.IO.StreamReader(
            new System.IO.MemoryStream(Body),
            encoding,
            detectEncodingFromByteOrderMarks: true
        );
        return reader.ReadToEnd();
    }

    private bool LooksLikeHtml => Text().TrimStart().StartsWith("<", StringComparison.Ordinal);

    private Encoding DeclaredEncoding()
    {
        var charset = Header("Content-Type")
            ?.Split(';')
            .Select(part => part.Trim())
            .FirstOrDefault(part => part.StartsWith("charset=", StringComparison.OrdinalIgnoreCase))
            ?.Substring("charset=".Length)
            .Trim('"');
        try
        {
            return charset is null || Encoding.GetEncoding(charset) is UTF8Encoding ? StrictUtf8 : Encoding.GetEncoding(charset);
        }
        catch (Exception unknown) when (unknown is ArgumentException or NotSupportedException)
        {
            return StrictUtf8;
        }
    }
}
