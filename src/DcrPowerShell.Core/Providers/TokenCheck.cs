using System;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Providers;

/// <summary>Whether the connection's credential gives a token that is in date.</summary>
internal static class TokenCheck
{
    // What a pipeline of registrations may take.
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(10);

    /// <param name="scope">What the token is for; null for whatever the server gives.</param>
    /// <exception cref="DcrException">There is no token to be had.</exception>
    public static async Task<DcrCheck> RunAsync(ICredential credential, string? scope, ProviderCall call)
    {
        if (credential is NoCredential)
        {
            return DcrCheck.Skipped(
                "The connection has no credential. That is enough where the server registers clients openly.",
                "If the server refuses registrations, connect with -InitialAccessToken, -ClientCredential, or -ClientId and -PrivateKey."
            );
        }

        var facts = await credential.InspectAsync(scope, call.Reporter, call.Stop).ConfigureAwait(false);
        var left = facts.ExpiresAt - call.Now;
        if (credential.ClientId is { } client)
        {
            return DcrCheck.Passed(
                $"The server gave client '{client}' an access token{(left is { } life ? $" for {Duration.Say(life)}" : "")}."
            );
        }

        var renewal = $"Get a fresh token and connect again with -{credential.Kind}.";
        return left switch
        {
            null => DcrCheck.Skipped(
                $"Whether the {(credential is BasicCredential ? "password" : "token")} of -{credential.Kind} is good cannot be known "
                    + "before it is used.",
                "The first request that needs it will tell."
            ),
            { } past when past <= TimeSpan.Zero => DcrCheck.Failed(
                $"The token of -{credential.Kind} expired {Duration.Say(-past)} ago.",
                renewal
            ),
            { } rest when rest < Soon => DcrCheck.Warning($"The token of -{credential.Kind} expires in {Duration.Say(rest)}.", renewal),
            { } rest => DcrCheck.Passed(
                $"The token of -{credential.Kind} is good for another {Duration.Say(rest)}, by what it says of itself."
            ),
        };
    }
}
