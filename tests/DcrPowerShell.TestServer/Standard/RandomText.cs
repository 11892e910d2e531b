using System.Security.Cryptography;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>Identifiers, tokens and secrets. The prefixes let a leak test find each kind by its look.</summary>
internal static class RandomText
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    public static string ClientId() => Make(20);

    public static string ClientSecret() => "cs_" + Make(43);

    public static string RegistrationToken() => "rat_" + Make(43);

    public static string AccessToken() => "at_" + Make(43);

    /// <summary>Random letters and digits; 43 of them hold 256 bits.</summary>
    public static string Make(int length) => RandomNumberGenerator.GetString(Alphabet, length);
}
