using System.Linq;

namespace DcrPowerShell.Http;

/// <summary>What a header can hold: a line end in one would begin another header, or another request (RFC 9112, section 11.2).</summary>
internal static class HeaderText
{
    private const string NamePunctuation = "!#$%&'*+-.^_`|~";

    /// <summary>A token for the Authorization header: visible ASCII without spaces (RFC 6750, section 2.1).</summary>
    public static bool IsToken(string text) => text.Length > 0 && text.All(static character => character is > ' ' and < '\x7f');

    /// <summary>RFC 9110, section 5.1.</summary>
    public static bool IsName(string text) => text.Length > 0
        && text.All(static character => character is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9')
            || NamePunctuation.Contains(character));

    /// <summary>RFC 9110, section 5.5, without tabs and without what is no ASCII.</summary>
    public static bool IsValue(string text) => text.All(static character => character is >= ' ' and < '\x7f');
}
