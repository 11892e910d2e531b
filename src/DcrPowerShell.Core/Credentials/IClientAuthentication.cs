using System;
using DcrPowerShell.Http;

namespace DcrPowerShell.Credentials;

/// <summary>How a client proves who it is at the token endpoint.</summary>
internal interface IClientAuthentication
{
    string Kind { get; }

    string ClientId { get; }

    /// <summary>What goes along, made for each request: an assertion is good for one use.</summary>
    Authorization Prove(DateTimeOffset now);
}
