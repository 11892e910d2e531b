using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace DcrPowerShell.Session;

/// <summary>What one runspace remembers: its connections, and the clients it has seen, for completion.</summary>
internal sealed class RunspaceState
{
    private static readonly ConditionalWeakTable<Runspace, RunspaceState> States = new();

    private readonly List<DcrConnection> _connections = [];
    private readonly Dictionary<(string Issuer, string ClientId), string?> _knownClients = [];

    /// <summary>Of the runspace that the calling thread runs.</summary>
    public static RunspaceState Current => States.GetOrCreateValue(Runspace.DefaultRunspace);

    public IReadOnlyList<DcrConnection> Connections => _connections;

    /// <summary>The one last made, unless it was closed.</summary>
    public DcrConnection? Default { get; private set; }

    /// <summary>
    /// Adds a connection, in the place of one of the same name, and makes it the default. The old one is not closed: it may be
    /// in a variable, or at work in another runspace.
    /// </summary>
    public void Add(DcrConnection connection)
    {
        _connections.RemoveAll(old => old.Name.Equals(connection.Name, StringComparison.OrdinalIgnoreCase));
        _connections.Add(connection);
        Default = connection;
    }

    /// <summary>No other steps in: a command must not go to a server that nobody named.</summary>
    public void ForgetDefault() => Default = null;

    public void Remove(DcrConnection connection)
    {
        _connections.Remove(connection);
        connection.Close();
        if (Default == connection)
        {
            ForgetDefault();
        }
    }

    public DcrConnection? Find(string name) =>
        _connections.FirstOrDefault(connection => connection.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    public void Remember(DcrClient client) => _knownClients[(client.Issuer, client.Record.ClientId)] = client.ClientName;

    public void Forget(string issuer, string clientId) => _knownClients.Remove((issuer, clientId));

    /// <summary>Clients of an issuer that this runspace has seen: id and name.</summary>
    public IEnumerable<(string ClientId, string? ClientName)> KnownClients(string issuer) => _knownClients
        .Where(known => known.Key.Issuer == issuer)
        .Select(known => (known.Key.ClientId, known.Value));
}
