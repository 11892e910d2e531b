using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using DcrPowerShell.TestServers;

// The main job of the module against a server on this machine: Demo.ps1, run by the PowerShell that the build restored.
// With --stay, PowerShell is left at its prompt, connected, with the server's clients to play with.
var stay = args is ["--stay"];
if (args.Length > 0 && !stay)
{
    Console.Error.WriteLine("Usage: dotnet run --project tools/Demo [-- --stay]");
    return 2;
}

var powerShell = SourceTree.Metadata("PowerShell");
if (!File.Exists(powerShell))
{
    Console.Error.WriteLine("PowerShell is missing: dotnet tool restore says why it cannot be had from NuGet. Then build again.");
    return 1;
}

var folder = Directory.CreateTempSubdirectory("dcr-demo-");
try
{
    string[] mode = stay ? ["-NoExit"] : ["-NonInteractive"];
    var script = Path.Combine(SourceTree.Root, "tools", "Demo", "Demo.ps1");
    string[] arguments = [powerShell, "-NoLogo", "-NoProfile", .. mode, "-File", script, "-TestServer", SourceTree.TestServer];
    ProcessStartInfo start = new("dotnet", arguments)
    {
        WorkingDirectory = folder.FullName,
    };
    if (stay)
    {
        start.ArgumentList.Add("-Stay");
    }

    // The store of the demo's registrations ends with the demo.
    start.Environment["DCRPOWERSHELL_HOME"] = Path.Combine(folder.FullName, "store");
    start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = "1";
    start.Environment["POWERSHELL_UPDATECHECK"] = "Off";

    // Ctrl+C and the closing of the terminal are for PowerShell, which gets them too. However it ends, the folder is deleted.
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static signal => signal.Cancel = true);
    using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, static signal => signal.Cancel = true);
    using var process = Process.Start(start)!;
    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
    {
        signal.Cancel = true;
        process.Kill();
    });
    process.WaitForExit();
    return process.ExitCode;
}
finally
{
    folder.Delete(recursive: true);
}
