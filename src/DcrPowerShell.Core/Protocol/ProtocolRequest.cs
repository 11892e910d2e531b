using System;
using System.Collections.Generic;
using System.Net.Http;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>What a request does at the server, and so what may be done when its answer does not come.</summary>
internal enum RequestEffect
{
    /// <summary>Reads; may be repeated.</summary>
    None,

    /// <summary>Makes a new client at every arrival; is never sent twice unless the server surely did nothing.</summary>
    Registers,

    /// <summary>Asks for an access token; is not sent twice, because its assertion is good for one use.</summary>
    FetchesToken,

    /// <summary>Changes or deletes a known client, and may replace its token; is not repeated blindly either.</summary>
    Changes,
}

/// <summary>A request of the registration protocol, without its credential.</summary>
/// <param name="Body">Sent as JSON.</param>
internal sealed record ProtocolRequest(HttpMethod Method, Uri Uri, RequestEffect Effect, JsonBag? Body = null)
{
    /// <summary>Sent as a form, in the place of a JSON body (RFC 6749, appendix B).</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Form { get; init; }

    /// <summary>What the server knows and must not get shown should it quote that, beside what is sent.</summary>
    public IReadOnlyList<string?> Secrets { get; init; } = [];

    /// <summary>When the software statement in it expires: it is not sent after that. Null for no such time.</summary>
    public DateTimeOffset? SendBefore { get; init; }

    /// <summary>What it was authorised by, by its parameter: what a refusal may be said to be about.</summary>
    public string Proof { get; init; } = NoProof;

    /// <summary>Open registration.</summary>
    public const string NoProof = "None";

    /// <summary>A client's own registration access token.</summary>
    public const string OwnToken = "RegistrationAccessToken";

    /// <summary>Of <see cref="Proof"/>: an access token that the client got for itself.</summary>
    public const string ClientToken = "ClientToken";
}
