using System;

namespace DcrPowerShell.Http;

/// <summary>A wait that people may be told of. What they were told is over when the wait is.</summary>
/// <param name="show">As <see cref="IReporter.Waiting"/>; null where nobody is told.</param>
internal sealed class Wait(Func<string, IDisposable>? show) : IDisposable
{
    private IDisposable? _shown;

    public bool IsTold => _shown is not null;

    /// <summary>In the place of what was told before.</summary>
    public void Tell(string text)
    {
        _shown?.Dispose();
        _shown = show?.Invoke(text);
    }

    public void Dispose() => _shown?.Dispose();
}
