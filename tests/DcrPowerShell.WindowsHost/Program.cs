using System;
using System.IO;
using System.Linq;
using System.Text;

namespace DcrPowerShell.WindowsHost;

/// <summary>
/// What runs under Wine, where pwsh.exe ends at once. A script: <c>-File path [-Name value]…</c>, as pwsh has it, so that tests start
/// a second PowerShell as anywhere; what pwsh takes before that is let be. Tests of an xunit assembly: <c>-Tests path [part of a class
/// name]…</c>.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var words = args.SkipWhile(static word => word != "-File" && word != "-Tests").ToArray();
        return words switch
        {
            ["-File", var path, .. var arguments] => ScriptRun.Run(Path.GetFullPath(path), arguments),
            ["-Tests", var path, .. var classes] => TestRun.Run(Path.GetFullPath(path), classes),
            _ => Refuse(),
        };
    }

    private static int Refuse()
    {
        Console.Error.WriteLine("Usage: -File <script> [-Name value]... | -Tests <xunit assembly> [part of a class name]...");
        return 64;
    }
}
