using System;
using System.Threading;
using System.Threading.Tasks;

namespace DcrPowerShell.Http;

/// <summary>Time, so that tests need not wait.</summary>
internal interface IClock
{
    DateTimeOffset UtcNow { get; }

    Task Delay(TimeSpan span, CancellationToken cancellationToken);
}

/// <summary>The machine's clock.</summary>
internal sealed class SystemClock : IClock
{
    public DateTimeOffset UtcNow => DateTimeOffset.UtcNow;

    public Task Delay(TimeSpan span, CancellationToken cancellationToken) => Task.Delay(span, cancellationToken);
}
