#if NETFRAMEWORK
using System;
using System.IO;
using System.Management.Automation;
using System.Reflection;

namespace DcrPowerShell.Compat;

/// <summary>
/// Windows PowerShell has no System.Text.Json: the module brings its own, in its own folder. This answers only where this
/// module's assemblies, or what they brought, ask, and only with files of that folder, so that no other module is touched.
/// </summary>
public sealed class DesktopAssemblyResolver : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private static readonly string Folder = Path.GetDirectoryName(typeof(DesktopAssemblyResolver).Assembly.Location)!;

    /// <inheritdoc/>
    public void OnImport() => AppDomain.CurrentDomain.AssemblyResolve += Resolve;

    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => AppDomain.CurrentDomain.AssemblyResolve -= Resolve;

    private static Assembly? Resolve(object? sender, ResolveEventArgs request)
    {
        var asker = request.RequestingAssembly;
        if (
            asker is null
            || asker.IsDynamic
            || !string.Equals(Path.GetDirectoryName(asker.Location), Folder, StringComparison.OrdinalIgnoreCase)
        )
        {
            return null;
        }

        var file = Path.Combine(Folder, new AssemblyName(request.Name).Name + ".dll");
        return File.Exists(file) ? Assembly.LoadFrom(file) : null;
    }
}
#endif
