using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>Answers of a server, as the protocol classes get them.</summary>
internal static class Answers
{
    public static readonly DateTimeOffset ReceivedAt = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    /// <param name="headers">Each as it stands on the wire: <c>Retry-After: 3</c>.</param>
    public static ProtocolResponse Of(int status, string body = "", params string[] headers) =>
        Of(status, Encoding.UTF8.GetBytes(body), BodyEnd.Whole, headers);

    public static ProtocolResponse Of(int status, byte[] body, BodyEnd end, params string[] headers) =>
        new(status, headers.Select(Header).ToList(), body, end, ReceivedAt);

    private static KeyValuePair<string, string> Header(string line)
    {
        var parts = line.Split([':'], 2);
        return new(parts[0], parts[1].Trim());
    }
}
