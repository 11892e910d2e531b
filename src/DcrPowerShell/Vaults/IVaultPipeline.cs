using System;
using System.Threading.Tasks;
using DcrPowerShell.Http;

namespace DcrPowerShell.Vaults;

/// <summary>The command on whose behalf a vault is called: its thread, and whom it tells.</summary>
internal interface IVaultPipeline : IReporter
{
    /// <summary>The command was stopped, and has given the vaults their time.</summary>
    bool VaultTimeIsUp { get; }

    /// <summary>Has the pipeline thread do something, and gives its result.</summary>
    /// <exception cref="VaultException">The command has ended.</exception>
    Task<T> OnPipelineThread<T>(Func<T> action);

    /// <summary>As <see cref="IReporter.Waiting"/>, from the pipeline thread itself.</summary>
    IDisposable WaitingHere(string text);
}
