using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Http;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>A clock whose waits are over at once: they are written down, and its time goes on by them.</summary>
internal sealed class FakeClock : IClock
{
    public DateTimeOffset UtcNow { get; set; } = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    public List<TimeSpan> Waits { get; } = [];

    /// <summary>Done in the middle of each wait.</summary>
    public Action OnWait { get; set; } = () => { };

    /// <summary>Where it is there, waits end with it.</summary>
    public TaskCompletionSource<bool>? Held { get; set; }

    public Task Delay(TimeSpan span, CancellationToken cancellationToken)
    {
        lock (Waits)
        {
            Waits.Add(span);
            UtcNow += span;
        }

        OnWait();
        return Held is not null ? Task.WhenAny(Held.Task, Task.Delay(Timeout.Infinite, cancellationToken)).Unwrap()
            : cancellationToken.IsCancellationRequested ? Task.FromCanceled(cancellationToken)
            : Task.CompletedTask;
    }
}
