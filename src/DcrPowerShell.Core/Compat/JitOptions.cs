using System.Runtime.CompilerServices;

namespace DcrPowerShell.Compat;

/// <summary>
/// For what runs ten thousand times in a command that runs once: compiled well at once, and not only after it was found to be in
/// use (AggressiveOptimization, which .NET Framework neither has nor needs).
/// </summary>
internal static class JitOptions
{
    public const MethodImplOptions OptimizeAtOnce = (MethodImplOptions)512;
}
