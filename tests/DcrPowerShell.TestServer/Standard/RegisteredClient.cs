using System;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Udap;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>A client as the server knows it.</summary>
internal sealed class RegisteredClient(int number, string clientId, DateTimeOffset issuedAt)
{
    /// <summary>Its place in the order of registration.</summary>
    public int Number { get; } = number;

    public string ClientId { get; } = clientId;

    public DateTimeOffset IssuedAt { get; } = issuedAt;

    public string? Secret { get; set; }

    public string? RegistrationToken { get; set; }

    /// <summary>Whom a client is of that was registered by UDAP.</summary>
    public UdapIdentity? Udap { get; set; }

    /// <summary>What was granted, without the members that the server issues.</summary>
    public JsonObject Metadata { get; set; } = [];
}
