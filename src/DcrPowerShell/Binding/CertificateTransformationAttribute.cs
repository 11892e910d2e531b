using System;
using System.Collections;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;

namespace DcrPowerShell.Binding;

/// <summary>Makes certificates of paths: of files, or of the certificate store (<c>Cert:\…</c>).</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class CertificateTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        Items(inputData).SelectMany(item => item is string path ? Read(engineIntrinsics, path) : [item]).ToArray();

    private static object[] Items(object? given) => (given is PSObject wrapped ? wrapped.BaseObject : given) switch
    {
        string path => [path],
        IEnumerable many => [.. many.Cast<object>().Select(static item => item is PSObject one ? one.BaseObject : item)],
        { } one => [one],
        null => [],
    };

    private static object[] Read(EngineIntrinsics engine, string path)
    {
        if (Redaction.IsFileText(path))
        {
            var fault = InputErrors.TextForPath(DcrErrorId.InvalidCertificate, "TrustAnchor");
            throw new ArgumentTransformationMetadataException($"{fault.Message} {fault.RecommendedAction}");
        }

        try
        {
            var resolved = engine.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
            return provider.Name == "FileSystem"
                ? [.. CertificateFile.Read(File.ReadAllBytes(resolved))]
                : [.. engine.InvokeProvider.Item.Get(path).Select(static item => item.BaseObject).OfType<X509Certificate2>()];
        }
        catch (KeyException failure)
        {
            throw new ArgumentTransformationMetadataException($"'{path}': {failure.Message} {failure.Fix}");
        }
        catch (Exception failure)
            when (failure is IOException or UnauthorizedAccessException or SessionStateException or NotSupportedException)
        {
            throw new ArgumentTransformationMetadataException(
                $"'{path}' cannot be read: {ErrorWords.Why(failure)}. Check the path, and that this account may read the file."
            );
        }
    }
}
