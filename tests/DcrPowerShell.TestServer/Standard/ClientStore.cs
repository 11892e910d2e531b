using System;
using System.Collections.Generic;
using System.Linq;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>The clients of one server and who owns which registration token.</summary>
internal sealed class ClientStore
{
    private readonly Dictionary<string, RegisteredClient> _clients = [];
    private readonly Dictionary<string, RegisteredClient> _owners = [];
    private int _count;

    /// <summary>All clients, in order of registration.</summary>
    public IEnumerable<RegisteredClient> All => _clients.Values.OrderBy(client => client.Number);

    /// <summary>Adds a client; one with the same identifier gives way.</summary>
    public RegisteredClient Add(string clientId, DateTimeOffset issuedAt)
    {
        Remove(clientId);
        return _clients[clientId] = new RegisteredClient(++_count, clientId, issuedAt);
    }

    public RegisteredClient? Find(string clientId) => _clients.GetValueOrDefault(clientId);

    public RegisteredClient? OwnerOf(string registrationToken) => _owners.GetValueOrDefault(registrationToken);

    /// <summary>Gives a client a new registration token, or none; the old one is dead.</summary>
    public void SetToken(RegisteredClient client, string? registrationToken)
    {
        if (client.RegistrationToken is not null)
        {
            _owners.Remove(client.RegistrationToken);
        }

        client.RegistrationToken = registrationToken;
        if (registrationToken is not null)
        {
            _owners[registrationToken] = client;
        }
    }

    /// <summary>Removes all clients.</summary>
    public void Clear()
    {
        _clients.Clear();
        _owners.Clear();
    }

    /// <summary>Removes a client and its token (RFC 7592 section 2.3).</summary>
    public bool Remove(string clientId)
    {
        if (!_clients.Remove(clientId, out RegisteredClient? client))
        {
            return false;
        }

        SetToken(client, null);
        return true;
    }
}
