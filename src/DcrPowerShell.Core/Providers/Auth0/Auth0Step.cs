using System;
using System.Net.Http;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Providers.Auth0;

/// <summary>A step of setting a tenant up, planned on what the tenant has.</summary>
/// <param name="Name">For people.</param>
/// <param name="Wanted">Null where nothing is.</param>
internal sealed record Auth0Step(string Name, string? Wanted, string Was)
{
    public string? Note { get; init; }

    /// <summary>Null where there is nothing to do, or nothing that can be done.</summary>
    public Auth0Change? Change { get; init; }

    /// <summary>Why what is wanted cannot be had.</summary>
    public DcrException? Problem { get; init; }

    /// <summary>
    /// Whether it says who may register, or what a registered client is: it comes before <see cref="Opens"/>, which waits for it.
    /// </summary>
    public bool IsLimit { get; init; }

    /// <summary>Whether it lets clients register.</summary>
    public bool Opens { get; init; }

    /// <summary>The step where nothing is sent.</summary>
    public DcrSetupStep AsItIs() => new(Name, Wanted, Was, Was, isChanged: false, Note);

    /// <summary>The same step, left alone.</summary>
    public Auth0Step HeldBack() =>
        this with
        {
            Change = null,
            Note = "Registration was not switched on, because a limit that was asked for is not in place.",
        };
}

/// <summary>A request that changes the tenant.</summary>
/// <param name="Path">Below the Management API's root.</param>
/// <param name="Scope">What the token needs.</param>
/// <param name="Becomes">What there will be, for people.</param>
/// <param name="Say">What an answer has, for people.</param>
/// <param name="Holds">Whether an answer has what was wanted.</param>
internal sealed record Auth0Change(
    HttpMethod Method,
    string Path,
    JsonBag Body,
    string Scope,
    string Becomes,
    Func<JsonBag, string> Say,
    Func<JsonBag, bool> Holds
)
{
    public static HttpMethod Patch { get; } = new("PATCH");
}
