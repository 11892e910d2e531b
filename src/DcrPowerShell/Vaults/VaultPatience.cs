using System;
using System.Diagnostics;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;

namespace DcrPowerShell.Vaults;

/// <summary>Why a call to a vault was left behind.</summary>
internal enum WhyLeft
{
    /// <summary>It took longer than any call may.</summary>
    TookTooLong,

    /// <summary>The user stopped the command. The vault may only be slow.</summary>
    WasStopped,
}

/// <summary>How long the calling thread waits for a vault, and what the user sees meanwhile.</summary>
/// <param name="longest">How long one call may take.</param>
/// <param name="pump">Of the command whose pipeline thread it is; null outside of any command.</param>
internal sealed class VaultPatience(string vault, TimeSpan longest, IVaultPipeline? pump)
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(2);

    public string Vault => vault;

    /// <summary>Waits for the end of a call, whatever it is.</summary>
    /// <returns>Why the call is to be left behind; null where it has ended.</returns>
    public WhyLeft? Wait(Task call, string command)
    {
        var time = Stopwatch.StartNew();
        using var wait = new Wait(pump is null ? null : pump.WaitingHere);
        while (Task.WaitAny([call], Beat) < 0)
        {
            if (time.Elapsed > longest)
            {
                return WhyLeft.TookTooLong;
            }

            if (pump?.VaultTimeIsUp == true)
            {
                return WhyLeft.WasStopped;
            }

            if (!wait.IsTold && time.Elapsed > LongWait)
            {
                wait.Tell($"Vault '{vault}' has not answered {command} yet. It is left behind after {Duration.Say(longest)}.");
            }
        }

        return null;
    }
}
