using System.IO;

namespace DcrPowerShell.Files;

/// <summary>Puts a file that was written beside another in its place, at once: nobody sees half of it.</summary>
internal static class InPlace
{
    /// <param name="fresh">Flushed to the disk, and in the same folder.</param>
    /// <param name="former">What the other is to be called then; null if it is not needed.</param>
    /// <exception cref="IOException">The other stays.</exception>
    public static void Put(string fresh, string path, string? former = null)
    {
        if (File.Exists(path))
        {
            File.Replace(fresh, path, former);
        }
        else
        {
            File.Move(fresh, path);
        }
    }
}
