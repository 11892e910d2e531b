using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace DcrPowerShell.Errors;

/// <summary>
/// Finds secrets in a text as others write them: plain, in letters of another case, URL-encoded, as HTML entities, with JSON's escapes, in
/// base64 or hexadecimal, any of these within another, and long pieces of them.
/// </summary>
internal sealed class SecretTraces
{
    // A shorter "secret" would blank out ordinary words.
    private const int ShortestSecret = 6;

    // Escaped and escaped again: more than anybody does by accident.
    private const int MostLayers = 4;
    private const int DeepestBase64 = 2;

    private static readonly Regex Hexadecimal = new($"(?:[0-9A-Fa-f]{{2}}){{{ShortestSecret},}}", RegexOptions.CultureInvariant);

    private static readonly Regex Base64 = new("[A-Za-z0-9+/_-]{8,}", RegexOptions.CultureInvariant);

    private readonly List<Trace> _traces;

    public SecretTraces(IEnumerable<string> secrets) => _traces = secrets.Where(static secret => secret.Length >= ShortestSecret)
        .SelectMany(static secret => new[]
        {
            secret,
            secret.Replace(' ', '+'), // A form's blank
            new Layer(secret).Innermost.Text, // The secret itself looks escaped.
        })
        .Distinct()
        .Select(static secret => new Trace(secret))
        .ToList();

    /// <summary>Where they stand, in the order of the text and apart from each other.</summary>
    public IReadOnlyList<(int Start, int End)> Find(string text)
    {
        if (_traces.Count == 0 || text.Length < ShortestSecret)
        {
            return [];
        }

        var apart = new List<(int Start, int End)>();
        foreach (var span in All(text, DeepestBase64).OrderBy(static span => span.Start))
        {
            if (apart.Count > 0 && span.Start < apart[apart.Count - 1].End)
            {
                apart[apart.Count - 1] = (apart[apart.Count - 1].Start, Math.Max(apart[apart.Count - 1].End, span.End));
            }
            else
            {
                apart.Add(span);
            }
        }

        return apart;
    }

    private List<(int Start, int End)> All(string text, int depth)
    {
        var found = new List<(int Start, int End)>();
        foreach (var layer in new Layer(text).AndInner())
        {
            foreach (var trace in _traces)
            {
                trace.Find(layer.Text, (start, end) => found.Add(layer.Outside(start, end)));
            }

            if (depth > 0)
            {
                // Mere words have neither.
                found.AddRange(Base64.Matches(layer.Text).Cast<Match>()
                    .Where(static run => run.Value.Any(static letter => letter is (>= 'A' and <= 'Z') or (>= '0' and <= '9')))
                    .Where(run => Decoded(run.Value).Any(inner => All(inner, depth - 1).Count > 0))
                    .Select(run => layer.Outside(run.Index, run.Index + run.Length)));
                found.AddRange(Hexadecimal.Matches(layer.Text).Cast<Match>()
                    .Where(run => All(Encoding.UTF8.GetString(FromHexadecimal(run.Value)), depth - 1).Count > 0)
                    .Select(run => layer.Outside(run.Index, run.Index + run.Length)));
            }
        }

        return found;
    }

    /// <summary>What a run of base64 may hold. Where it begins is not sure: a path or a name may stand before it.</summary>
    private static IEnumerable<string> Decoded(string run)
    {
        var standard = run.Replace('-', '+').Replace('_', '/');
        for (var start = 0; start < 4 && standard.Length - start > 1; start++)
        {
            var length = standard.Length - start;
            length -= length % 4 == 1 ? 1 : 0;
            var padded = standard.Substring(start, length).PadRight((length + 3) / 4 * 4, '=');
            var bytes = Convert.FromBase64String(padded);
            yield return Encoding.UTF8.GetString(bytes);
            if (bytes.Contains((byte)0))
            {
                yield return Encoding.Unicode.GetString(bytes);
            }
        }
    }

    private static byte[] FromHexadecimal(string run) =>
        Enumerable.Range(0, run.Length / 2).Select(at => Convert.ToByte(run.Substring(2 * at, 2), 16)).ToArray();

    /// <summary>A text, maybe freed of escapes, that knows where its characters stand in the text as it came.</summary>
    private sealed class Layer(string text, IReadOnlyList<(int Start, int End)>? places = null)
    {
        public string Text => text;

        public Layer Innermost => AndInner().Last();

        /// <summary>It, and what it is without its escapes, and without theirs.</summary>
        public IEnumerable<Layer> AndInner()
        {
            var layer = this;
            for (var count = 1; layer is not null; count++)
            {
                yield return layer;
                layer = count < MostLayers ? layer.Unescaped() : null;
            }
        }

        public (int Start, int End) Outside(int start, int end) =>
            places is null ? (start, end) : (places[start].Start, places[end - 1].End);

        private Layer? Unescaped()
        {
            if (text.IndexOfAny(['%', '&', '\\']) < 0)
            {
                return null;
            }

            var inner = new StringBuilder(text.Length);
            var innerPlaces = new List<(int Start, int End)>(text.Length);
            for (var at = 0; at < text.Length;)
            {
                var (meant, length) = Escape(at);
                inner.Append(meant);
                innerPlaces.AddRange(Enumerable.Repeat(Outside(at, at + length), meant.Length));
                at += length;
            }

            return inner.Length == text.Length ? null : new Layer(inner.ToString(), innerPlaces);
        }

        private (string Meant, int Length) Escape(int at) => text[at] switch
        {
            '%' => Percent(at),
            '&' => Entity(at),
            '\\' when at + 1 < text.Length => Backslash(at),
            var plain => (plain.ToString(), 1),
        };

        private (string Meant, int Length) Percent(int at)
        {
            var bytes = new List<byte>();
            var end = at;
            while (end < text.Length && text[end] == '%' && Hex(end + 1, 2) is { } value
                && (bytes.Count == 0 || (bytes[0] >= 0x80 && value >= 0x80)))
            {
                bytes.Add((byte)value);
                end += 3;
            }

            return bytes.Count == 0 ? ("%", 1) : (Encoding.UTF8.GetString(bytes.ToArray()), end - at);
        }

        private (string Meant, int Length) Entity(int at)
        {
            const int Longest = 16; // With zeros before the number
            var end = text.IndexOf(';', at, Math.Min(Longest, text.Length - at));
            var entity = end < 0 ? "" : text.Substring(at, end + 1 - at);
            var meant = WebUtility.HtmlDecode(entity);
            return meant == entity ? ("&", 1) : (meant, entity.Length);
        }

        private (string Meant, int Length) Backslash(int at) => text[at + 1] switch
        {
            'u' when Hex(at + 2, 4) is { } code => (((char)code).ToString(), 6),
            'x' when Hex(at + 2, 2) is { } code => (((char)code).ToString(), 4),
            'n' => ("\n", 2),
            'r' => ("\r", 2),
            't' => ("\t", 2),
            '"' or '\'' or '\\' or '/' => (text[at + 1].ToString(), 2),
            _ => ("\\", 1),
        };

        private int? Hex(int at, int length)
        {
            var value = 0;
            for (var place = at; place < at + length; place++)
            {
                var digit = place < text.Length ? "0123456789abcdef".IndexOf(char.ToLowerInvariant(text[place])) : -1;
                if (digit < 0)
                {
                    return null;
                }

                value = (value * 16) + digit;
            }

            return value;
        }
    }

    /// <summary>One secret, or a long piece of it: found by short chunks, of which every piece that counts has a whole one.</summary>
    private sealed class Trace
    {
        private const int ShortestPiece = 16;
        private const int UsualPiece = 24;
        private const int MostChunks = 128;

        private readonly string _secret;
        private readonly int _piece;
        private readonly List<(string Text, int At)> _chunks = [];

        public Trace(string secret)
        {
            _secret = secret;
            var longest = Math.Max(UsualPiece, secret.Length * 2 / MostChunks);
            _piece = secret.Length <= ShortestPiece ? secret.Length : Math.Max(ShortestPiece, Math.Min(secret.Length / 2, longest));
            var step = _piece == secret.Length ? _piece : _piece / 2;

            // What JWTs begin with is the same in many, and no secret.
            var first = secret.StartsWith("eyJ", StringComparison.Ordinal) ? Math.Max(0, secret.IndexOf('.')) : 0;
            for (var at = secret.Length - first >= _piece ? first : 0; at + step <= secret.Length; at += step)
            {
                _chunks.Add((secret.Substring(at, step), at));
            }
        }

        private static bool AreSame(char one, char other) => one == other || char.ToUpperInvariant(one) == char.ToUpperInvariant(other);

        public void Find(string text, Action<int, int> found)
        {
            foreach (var (chunk, at) in _chunks)
            {
                for (var place = text.IndexOf(chunk, StringComparison.OrdinalIgnoreCase); place >= 0;)
                {
                    var (start, end) = (place, place + chunk.Length);
                    while (start > 0 && start - place + at > 0 && AreSame(text[start - 1], _secret[start - place + at - 1]))
                    {
                        start--;
                    }

                    while (end < text.Length && end - place + at < _secret.Length && AreSame(text[end], _secret[end - place + at]))
                    {
                        end++;
                    }

                    if (end - start >= _piece)
                    {
                        found(start, end);
                    }

                    place = text.IndexOf(chunk, end, StringComparison.OrdinalIgnoreCase);
                }
            }
        }
    }
}
