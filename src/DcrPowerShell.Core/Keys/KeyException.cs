using System;

namespace DcrPowerShell.Keys;

/// <summary>
/// A key cannot be read, or not be used as asked. <see cref="KeyErrors"/> words it; neither text holds anything of the key.
/// </summary>
internal sealed class KeyException(string message, string fix, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What to do next, in one or two sentences.</summary>
    public string Fix { get; } = fix;
}
