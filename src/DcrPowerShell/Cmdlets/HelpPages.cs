namespace DcrPowerShell.Cmdlets;

/// <summary>Where the pages of docs/en-US are on the web, for <c>Get-Help -Online</c>.</summary>
internal static class HelpPages
{
    /// <summary>The folder. A test compares it with the manifest's ProjectUri.</summary>
    public const string Address = "https://github.com/DcrPowerShell/DcrPowerShell/blob/main/docs/en-US/";
}
