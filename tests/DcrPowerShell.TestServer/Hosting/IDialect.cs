using System.Collections.Generic;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Standard;
using Microsoft.AspNetCore.Http;

namespace DcrPowerShell.TestServer.Hosting;

/// <summary>How a kind of server speaks: its URLs, its work, its refusals.</summary>
internal interface IDialect
{
    /// <summary>Finds what a request wants.</summary>
    Route RouteOf(HttpRequest request, Switches switches);

    /// <summary>Does what the request asks and answers; a refusal is an answer too.</summary>
    Answer Handle(ServerState state, IncomingRequest request);

    /// <summary>A refusal whose code and words go with nothing but the status.</summary>
    Refused RefusedFor(int status);

    /// <summary>The form that a refusal has unless <see cref="Switches.ErrorShape"/> asks for another.</summary>
    ErrorShape ShapeOf(Operation operation, int status);

    /// <summary>The issuer that its discovery document claims.</summary>
    string IssuerOf(ServerState state);

    /// <summary>The place where a client is managed.</summary>
    string ClientUri(ServerState state, string clientId);

    /// <summary>Adds to an answer, whatever became of the request, what all answers of such a server have.</summary>
    void Dress(Answer answer);

    /// <summary>The limits that a server of this kind has by itself; <see cref="Switches.RateLimit"/> goes before them.</summary>
    IReadOnlyList<RateLimit> Limits(Switches switches);

    /// <summary>What the server holds now, for the control API.</summary>
    JsonObject DescribeState(ServerState state);
}
