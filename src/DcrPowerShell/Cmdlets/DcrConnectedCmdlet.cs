using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Binding;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Operations;
using DcrPowerShell.Session;

namespace DcrPowerShell.Cmdlets;

/// <summary>A cmdlet that talks to a server.</summary>
public abstract class DcrConnectedCmdlet : DcrCmdlet
{
    // The store of each connection that this command used.
    private readonly Dictionary<DcrConnection, Registrations> _stores = [];

    /// <summary>A connection or its name; by default the one last made in this runspace.</summary>
    [Parameter]
    [ConnectionTransformation]
    [ArgumentCompleter(typeof(ConnectionNameCompleter))]
    public virtual DcrConnection? Connection { get; set; }

    /// <summary>The connection to use: the one that is named; else the one that a piped client came from; else the default.</summary>
    private protected DcrConnection Resolve(DcrClient? client = null)
    {
        var own = client?.Connection is { IsClosed: false } open ? open : null;
        var connection = Connection ?? own ?? RunspaceState.Current.Default ?? throw CmdletErrors.NotConnected();
        return connection.IsClosed ? throw CmdletErrors.ConnectionClosed(connection.Name) : connection;
    }

    private protected T Run<T>(DcrConnection connection, Func<OperationContext, Task<T>> operation) => Run(Bind(connection, operation));

    private protected void Run(DcrConnection connection, Func<OperationContext, Task> operation) => Run(connection, async context =>
    {
        await operation(context).ConfigureAwait(false);
        return true;
    });

    /// <summary>Writes a client and remembers its id for completion. The client is kept already.</summary>
    private protected void Write(DcrConnection connection, DcrClient client)
    {
        client.Connection = connection;
        RunspaceState.Current.Remember(client);
        WriteObject(client);
        HasWritten = true;
    }

    private protected Func<PipelinePump, CancellationToken, Task<T>> Bind<T>(
        DcrConnection connection,
        Func<OperationContext, Task<T>> operation
    )
    {
        var store = StoreOf(connection);
        return (pump, stop) => new OperationContext(connection, store, pump, new SystemClock(), stop).RunAsync(operation);
    }

    /// <summary>Checks that the vaults still have what the command stored there, so that the local store can let go of it.</summary>
    private protected override void AtEnd()
    {
        foreach (var store in _stores.Values.Where(static store => store.Vault is not null))
        {
            int count;
            try
            {
                count = Run((_, _) => store.ConfirmAsync());
            }
            catch (DcrException failure) when (failure.NothingSent)
            {
                throw StorageErrors.NotConfirmed(store.Place, failure);
            }

            if (count > 0)
            {
                WriteWarning(
                    $"Another process overwrote {store.Place} with an older copy of it: {count} of the secrets that this command had "
                        + "stored were stored there again."
                );
            }
        }
    }

    private Registrations StoreOf(DcrConnection connection)
    {
        if (!_stores.TryGetValue(connection, out var store))
        {
            _stores[connection] = store = new Registrations(
                connection.Ledger,
                connection.Vault is { } vault ? VaultOf(vault) : null,
                connection.VaultId,
                Pump()
            );
        }

        return store;
    }
}
