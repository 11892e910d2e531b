using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using System.Threading;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace DcrPowerShell.WindowsHost;

/// <summary>Tests of an xunit assembly that was built for net8.0, in this process.</summary>
internal static class TestRun
{
    /// <param name="classes">Parts of the names of the classes to run; all of them, where none is given.</param>
    /// <returns>1 where a test failed, or none ran.</returns>
    public static int Run(string assembly, string[] classes)
    {
        var folder = Path.GetDirectoryName(assembly)!;
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            Path.Combine(folder, name.Name + ".dll") is var path && File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;

        using var sink = new Results();
        var name = AssemblyName.GetAssemblyName(assembly);
        using var framework = new XunitTestFramework(sink);
        using var discoverer = framework.GetDiscoverer(Reflector.Wrap(Assembly.Load(name)));
        discoverer.Find(includeSourceInformation: false, sink, new Options());
        sink.WaitForDiscovery();
        using var executor = framework.GetExecutor(name);
        executor.RunTests(sink.Cases.Where(IsWanted), sink, new Options());
        sink.WaitForExecution();
        Console.WriteLine($"{sink.Passed} passed, {sink.Failed} failed, {sink.Skipped} skipped in {sink.Time:0} s");
        return sink.Failed > 0 || sink.Passed == 0 ? 1 : 0;

        bool IsWanted(ITestCase test) =>
            classes.Length == 0 || classes.Any(part => test.TestMethod.TestClass.Class.Name.Contains(part, StringComparison.Ordinal));
    }

    /// <summary>xunit's own defaults.</summary>
    private sealed class Options : ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
    {
        private readonly Dictionary<string, object?> _values = [];

        public TValue GetValue<TValue>(string name) => _values.TryGetValue(name, out var value) ? (TValue)value! : default!;

        public void SetValue<TValue>(string name, TValue value) => _values[name] = value;
    }

    private sealed class Results : IMessageSink, IDisposable
    {
        private readonly ManualResetEventSlim _isDiscovered = new();
        private readonly ManualResetEventSlim _isExecuted = new();

        public List<ITestCase> Cases { get; } = [];

        public int Passed { get; private set; }

        public decimal Time { get; private set; }

        public int Failed { get; private set; }

        public int Skipped { get; private set; }

        public void WaitForDiscovery() => _isDiscovered.Wait();

        public void WaitForExecution() => _isExecuted.Wait();

        public bool OnMessage(IMessageSinkMessage message)
        {
            lock (Cases)
            {
                switch (message)
                {
                    case ITestCaseDiscoveryMessage found:
                        Cases.Add(found.TestCase);
                        break;
                    case IDiscoveryCompleteMessage:
                        _isDiscovered.Set();
                        break;
                    case ITestPassed passed:
                        Passed++;
                        Time += passed.ExecutionTime;
                        break;
                    case ITestSkipped:
                        Skipped++;
                        break;
                    case IFailureInformation failure:
                        Failed++;
                        Console.WriteLine($"FAILED {(message as ITestMessage)?.Test.DisplayName ?? message.GetType().Name}");
                        Console.WriteLine($"    {string.Join("\n    ", failure.Messages)}\n{failure.StackTraces.FirstOrDefault()}");
                        break;
                    case ITestAssemblyFinished:
                        _isExecuted.Set();
                        break;
                }
            }

            return true;
        }

        public void Dispose()
        {
            _isDiscovered.Dispose();
            _isExecuted.Dispose();
        }
    }
}
