using System;
using System.Linq;
using System.Management.Automation;
using System.Threading.Tasks;
using DcrPowerShell.Binding;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Operations;
using DcrPowerShell.Storage;

namespace DcrPowerShell.Hosting;

/// <summary>A cmdlet that talks to a server.</summary>
public abstract class DcrConnectedCmdlet : DcrCmdlet
{
    /// <summary>A connection or its name; by default the one last made in this runspace.</summary>
    [Parameter]
    [ConnectionTransformation]
    [ArgumentCompleter(typeof(ConnectionNameCompleter))]
    public DcrConnection? Connection { get; set; }

    /// <summary>The connection to use; for a client, this runspace's connection to the client's own server.</summary>
    private protected DcrConnection Resolve(DcrClient? client = null)
    {
        var state = RunspaceState.Current;
        var connection = Connection
            ?? (client is null || state.Default?.Issuer == client.Issuer ? state.Default : state.Connections.LastOrDefault(other => other.Issuer == client.Issuer) ?? state.Default)
            ?? throw DcrErrors.NotConnected();
        return connection.IsClosed ? throw DcrErrors.ConnectionClosed(connection.Name) : connection;
    }

    private protected T Run<T>(DcrConnection connection, Func<OperationContext, Task<T>> operation) => Run((pump, stop) =>
    {
        var store = connection.Vault is { } vault ? new RegistrationStore(new SecretManagementVault(vault, pump)) : null;
        return operation(new OperationContext(connection, store, pump, new SystemClock(), stop));
    });

    private protected void Run(DcrConnection connection, Func<OperationContext, Task> operation) => Run(connection, async context =>
    {
        await operation(context).ConfigureAwait(false);
        return true;
    });

    /// <summary>Writes a client, which is kept by now, and remembers its id for completion.</summary>
    private protected void Write(DcrClient client)
    {
        RunspaceState.Current.Remember(client);
        WriteObject(client);
    }
}
