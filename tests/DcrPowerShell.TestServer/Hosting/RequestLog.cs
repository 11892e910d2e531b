using System;
using System.Collections.Generic;

namespace DcrPowerShell.TestServer.Hosting;

/// <summary>What arrived, in order of arrival. A request is here as soon as its body was read, whatever becomes of its answer.</summary>
internal sealed class RequestLog
{
    private readonly object _gate = new();
    private readonly List<RecordedRequest> _requests = [];
    private int _sequence;

    public RecordedRequest Add(IncomingRequest request)
    {
        lock (_gate)
        {
            RecordedRequest recorded = new(++_sequence, DateTimeOffset.UtcNow, request);
            _requests.Add(recorded);
            return recorded;
        }
    }

    public IReadOnlyList<RecordedRequest> Snapshot()
    {
        lock (_gate)
        {
            return [.. _requests];
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _requests.Clear();
        }
    }
}
