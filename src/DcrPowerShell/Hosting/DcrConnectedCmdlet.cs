using System;
using System.Management.Automation;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Binding;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Hosting;

/// <summary>A cmdlet that talks to a server.</summary>
public abstract class DcrConnectedCmdlet : DcrCmdlet
{
    /// <summary>A connection or its name; by default the one last made in this runspace.</summary>
    [Parameter]
    [ConnectionTransformation]
    [ArgumentCompleter(typeof(ConnectionNameCompleter))]
    public virtual DcrConnection? Connection { get; set; }

    /// <summary>The connection to use: the one that is named; else the one that a piped client came over; else the default.</summary>
    private protected DcrConnection Resolve(DcrClient? client = null)
    {
        var own = client?.Connection is { IsClosed: false } open ? open : null;
        var connection = Connection ?? own ?? RunspaceState.Current.Default ?? throw DcrErrors.NotConnected();
        return connection.IsClosed ? throw DcrErrors.ConnectionClosed(connection.Name) : connection;
    }

    private protected T Run<T>(DcrConnection connection, Func<OperationContext, Task<T>> operation) => Run(Bind(connection, operation));

    private protected void Run(DcrConnection connection, Func<OperationContext, Task> operation) => Run(connection, async context =>
    {
        await operation(context).ConfigureAwait(false);
        return true;
    });

    /// <summary>Writes a client, which is kept by now, and remembers its id for completion.</summary>
    private protected void Write(DcrConnection connection, DcrClient client)
    {
        client.Connection = connection;
        RunspaceState.Current.Remember(client);
        WriteObject(client);
    }

    private protected Func<PipelinePump, CancellationToken, Task<T>> Bind<T>(DcrConnection connection, Func<OperationContext, Task<T>> operation) => (pump, stop) =>
    {
        var store = connection.Vault is { } vault ? StoreIn(vault, pump) : null;
        return new OperationContext(connection, store, pump, new SystemClock(), stop).RunAsync(operation);
    };
}
