using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Tests;

namespace DcrPowerShell.TestServers;

/// <summary>One server of an <see cref="OidcProviderProcess"/>.</summary>
public sealed class OidcProviderServer
{
    internal OidcProviderServer(JsonElement server)
    {
        Issuer = server.GetProperty("issuer").GetString()!;
        InitialAccessToken = server.TryGetProperty("initialAccessToken", out JsonElement token) ? token.GetString() : null;
    }

    /// <summary>The issuer exactly as discovery states it: no slash at the end.</summary>
    public string Issuer { get; }

    /// <summary>What a registration has to present, or null where registration is open.</summary>
    public string? InitialAccessToken { get; }
}

/// <summary>
/// The certified server of <c>tests/servers/oidc-provider</c>, run by Node.js for as long as this object lives.
/// Its options are described in the README beside it.
/// </summary>
public sealed class OidcProviderProcess : IDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);
    private static readonly Lazy<NodePackage> Package = new(() =>
        new NodePackage(Path.Combine(SourceTree.Root, "tests", "servers", "oidc-provider"))
    );

    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    private OidcProviderProcess(Process process)
    {
        _process = process;
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(line.Data);
            }
        };
    }

    /// <summary>The servers in the order of the options that asked for them.</summary>
    public IReadOnlyList<OidcProviderServer> Servers { get; private set; } = Array.Empty<OidcProviderServer>();

    /// <summary>The first server, for those who asked for one.</summary>
    public OidcProviderServer Server => Servers[0];

    /// <summary>What the process wrote to its standard error: empty unless a server failed with an error of its own.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString().Trim();
            }
        }
    }

    /// <summary>
    /// Why the server can't run on this machine, in one line, or null where it can. Installs its packages the first time.
    /// </summary>
    /// <exception cref="InvalidOperationException">npm refused the lock file: a fault of this repository, not of the machine.</exception>
    public static string? WhyUnavailable() => Package.Value.WhyUnavailable.Value is { } reason
        ? $"{reason}: the oidc-provider suite did not run"
        : null;

    /// <summary>Starts the process and returns when every server listens.</summary>
    /// <param name="options">JSON: one object of options, or an array of them for several servers in one process.</param>
    /// <param name="cancellationToken">Stops waiting, and the process with it.</param>
    /// <exception cref="InvalidOperationException">The server can't run here, or refused its options.</exception>
    /// <exception cref="TimeoutException">No server within a minute.</exception>
    public static async Task<OidcProviderProcess> StartAsync(string options = "{}", CancellationToken cancellationToken = default)
    {
        if (WhyUnavailable() is { } reason)
        {
            throw new InvalidOperationException(reason);
        }

        ProcessStartInfo start = NodePackage.StartInfo(Package.Value.Node!, "server.mjs", Package.Value.Folder);
        // Not an argument: the two runtimes don't agree on how quotes and backslashes are passed.
        start.EnvironmentVariables["OIDC_PROVIDER_OPTIONS"] = options;

        var started = new OidcProviderProcess(Process.Start(start)!);
        try
        {
            await started.ReadServersAsync(cancellationToken);
            return started;
        }
        catch
        {
            started.Dispose();
            throw;
        }
    }

    /// <summary>Closes the process's standard input, which ends it; kills it where that is not enough.</summary>
    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit((int)StopTimeout.TotalMilliseconds))
            {
                _process.Kill();
                _process.WaitForExit();
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // It was gone already.
        }
        finally
        {
            _process.Dispose();
        }
    }

    private async Task ReadServersAsync(CancellationToken cancellationToken)
    {
        _process.BeginErrorReadLine();

        Task<string?> reading = ReadLineAsync(_process.StandardOutput);
        if (await Task.WhenAny(reading, Task.Delay(HangLimit.OfWait, cancellationToken)) != reading)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new TimeoutException($"oidc-provider printed no ready line within {HangLimit.OfWait.TotalMinutes} minutes. {Errors}");
        }

        if (await reading is not { } line)
        {
            _process.WaitForExit(); // so that all of its standard error has arrived
            throw new InvalidOperationException($"oidc-provider did not start: {Errors}");
        }

        using JsonDocument ready = JsonDocument.Parse(line);
        Servers = ready.RootElement.GetProperty("servers").EnumerateArray().Select(s => new OidcProviderServer(s)).ToList();
    }

    // .NET Framework has no annotations: its ReadLineAsync promises a string and gives null at the end.
    private static async Task<string?> ReadLineAsync(StreamReader reader) => await reader.ReadLineAsync();
}

/// <summary>A folder with a package.json and a lock file, the Node.js that runs it, and its installed packages.</summary>
internal sealed class NodePackage
{
    private static readonly TimeSpan InstallTimeout = TimeSpan.FromMinutes(3);
    private static readonly string[] Manifest = { "package.json", "package-lock.json", ".npmrc" };

    // npm's codes for a fault in what it was given. Everything else is taken for the network's or the machine's.
    private static readonly string[] RepositoryFaults = { "EUSAGE", "EINTEGRITY", "EJSONPARSE", "ERESOLVE" };

    private static bool IsWindows => Path.DirectorySeparatorChar == '\\';

    public NodePackage(string folder)
    {
        Folder = folder;
        Node = FindOnPath(IsWindows ? "node.exe" : "node");
        WhyUnavailable = new Lazy<string?>(Prepare);
    }

    public string Folder { get; }

    public string? Node { get; }

    public Lazy<string?> WhyUnavailable { get; }

    private string Modules => Path.Combine(Folder, "node_modules");

    public static ProcessStartInfo StartInfo(string file, string arguments, string folder) => new(file, arguments)
    {
        WorkingDirectory = folder,
        UseShellExecute = false,
        CreateNoWindow = true,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    private static string? FindOnPath(string file) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Where(folder => folder.Length > 0)
            .Select(folder => Path.Combine(folder.Trim('"'), file))
            .FirstOrDefault(File.Exists);

    /// <summary>Runs a program to its end. The exit code is null where it took too long.</summary>
    private static (int? ExitCode, string Output) Run(string file, string arguments, string folder, TimeSpan timeout)
    {
        using Process process = Process.Start(StartInfo(file, arguments, folder))!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();

        if (!process.WaitForExit((int)timeout.TotalMilliseconds))
        {
            process.Kill();
            return (null, "");
        }

        return (process.ExitCode, output.GetAwaiter().GetResult() + errors.GetAwaiter().GetResult());
    }

    private static string Match(string file, string pattern) =>
        Regex.Match(File.ReadAllText(file), pattern) is { Success: true } found
            ? found.Groups[1].Value
            : throw new InvalidDataException($"{file} does not match {pattern}");

    private string? Prepare()
    {
        string wanted = Match(Path.Combine(Folder, "package.json"), "\"node\": *\">=([0-9.]+)\"");
        if (Node is null || !IsAtLeast(wanted))
        {
            return $"Node.js {wanted} or later is not on this machine";
        }

        if (IsInstalled())
        {
            return null;
        }

        return FindOnPath(IsWindows ? "npm.cmd" : "npm") is { } npm ? Install(npm) : "npm is not on this machine";
    }

    private bool IsAtLeast(string wanted)
    {
        (int? exitCode, string output) = Run(Node!, "--version", Folder, HangLimit.OfWait);
        return exitCode == 0
            && Regex.Match(output, @"v(\d+\.\d+\.\d+)") is { Success: true } found
            && Version.Parse(found.Groups[1].Value) >= Version.Parse(wanted);
    }

    /// <summary>Whether the modules are there, and of the version that package.json asks for today.</summary>
    private bool IsInstalled()
    {
        string installed = Path.Combine(Modules, "oidc-provider", "package.json");
        return File.Exists(installed)
            && Match(installed, "\"version\": *\"([^\"]+)\"")
                == Match(Path.Combine(Folder, "package.json"), "\"oidc-provider\": *\"([^\"]+)\"");
    }

    /// <summary>
    /// Installs beside the place and moves the result there, so that nobody ever sees half of it. The lock only spares a
    /// second test process the work: Mono doesn't honour it, and the move is safe without.
    /// </summary>
    private string? Install(string npm)
    {
        string work = Path.Combine(Folder, "obj");
        Directory.CreateDirectory(work);

        using FileStream held = HoldLock(Path.Combine(work, "install.lock"));
        if (IsInstalled())
        {
            return null;
        }

        string staging = Path.Combine(work, Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture));
        Directory.CreateDirectory(staging);
        try
        {
            foreach (string name in Manifest)
            {
                File.Copy(Path.Combine(Folder, name), Path.Combine(staging, name));
            }

            if (RunNpm(npm, staging) is { } reason)
            {
                return reason;
            }

            if (Directory.Exists(Modules))
            {
                Directory.Move(Modules, Path.Combine(staging, "outdated"));
            }

            Directory.Move(Path.Combine(staging, "node_modules"), Modules);
            return null;
        }
        catch (IOException) when (IsInstalled())
        {
            return null; // another process was first
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
        }
    }

    private static string? RunNpm(string npm, string folder)
    {
        const string Arguments = "ci --ignore-scripts --no-audit --no-fund --prefer-offline --fetch-retries=1";
        (int? exitCode, string output) = IsWindows
            ? Run(Path.Combine(Environment.SystemDirectory, "cmd.exe"), $"/d /c npm.cmd {Arguments}", folder, InstallTimeout)
            : Run(npm, Arguments, folder, InstallTimeout);
        if (exitCode == 0)
        {
            return null;
        }

        string code = exitCode is null
            ? "no end after " + InstallTimeout.TotalMinutes.ToString(CultureInfo.InvariantCulture) + " minutes"
            : Regex.Match(output, @"npm (?:error|ERR!) code (\S+)").Groups[1].Value;
        if (RepositoryFaults.Contains(code))
        {
            throw new InvalidOperationException($"npm ci refused tests/servers/oidc-provider/package-lock.json: {output}");
        }

        return $"npm could not install oidc-provider ({(code.Length > 0 ? code : "exit code " + exitCode)})";
    }

    private static FileStream HoldLock(string path)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (waited.Elapsed < InstallTimeout + InstallTimeout)
            {
                Thread.Sleep(200);
            }
        }
    }
}
