using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Files;
using DcrPowerShell.Ledger;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Benchmarks;

/// <summary>
/// What the benchmarks need of the ledger without PowerShell and HTTP around it. Each command prints one line of numbers.
/// </summary>
internal static class Program
{
    private const string Usage = """
        fill <home> <issuer> <count> [<file>]   keeps so many registrations, also in a file of JSON lines; prints the bytes of both
        write <home> <count> <at a time>        registers without a server, and reads back; prints seconds and flushes
        one <home> <home> <rounds>              one registration alone in each, in turns; prints the median of each in milliseconds
        flush <home> <rounds>                   appends 2 KB and flushes; prints the median in milliseconds
        """;

    public static async Task<int> Main(string[] arguments)
    {
        Console.WriteLine(arguments switch
        {
            ["fill", var home, var issuer, var count, .. var file] => await FillAsync(home, issuer, Number(count), file.FirstOrDefault()),
            ["write", var home, var count, var atATime] => await WriteAsync(home, Number(count), Number(atATime)),
            ["one", var first, var second, var rounds] => await OneAsync(first, second, Number(rounds)),
            ["flush", var home, var rounds] => Flush(home, Number(rounds)),
            _ => Usage,
        });
        return 0;
    }

    private static async Task<string> FillAsync(string home, string issuer, int count, string? file)
    {
        using var store = Open(home, out _);
        var ledger = await store.OpenAsync();
        const int Together = 1000;
        for (var done = 0; done < count; done += Together)
        {
            await Task.WhenAll(
                Enumerable
                    .Range(done, Math.Min(Together, count - done))
                    .Select(number => ledger.Registrations.KeepAsync(Sample.Record(issuer, number), vaultId: null))
            );
        }

        ledger.Prove();
        if (file is not null)
        {
            await File.WriteAllLinesAsync(file, Enumerable.Range(0, count).Select(number => Sample.Plain(issuer, number)));
        }

        return Numbers(ledger.File.Size.Length, file is null ? 0 : new FileInfo(file).Length);
    }

    private static async Task<string> WriteAsync(string home, int count, int atATime)
    {
        using var store = Open(home, out var folder);
        var ledger = await store.OpenAsync();
        var first = folder.Flushes;
        var next = -1;
        var time = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, atATime).Select(_ => Task.Run(async () =>
        {
            for (int number; (number = System.Threading.Interlocked.Increment(ref next)) < count;)
            {
                await Sample.RegisterAsync(ledger, number);
            }
        })));
        for (var number = 0; number < count; number++)
        {
            if (ledger.Registrations.Find(Sample.Issuer, Sample.ClientId(number)) is not { IsWhole: true })
            {
                throw new InvalidOperationException($"client {number} is not there");
            }
        }

        return Numbers(time.Elapsed.TotalSeconds, folder.Flushes - first);
    }

    private static async Task<string> OneAsync(string first, string second, int rounds)
    {
        using var one = Open(first, out _);
        using var other = Open(second, out _);
        RegistrationLedger[] ledgers = [await one.OpenAsync(), await other.OpenAsync()];
        double[][] times = [new double[rounds], new double[rounds]];
        const int WarmUp = 50;
        for (var round = -WarmUp; round < rounds; round++)
        {
            foreach (var index in round % 2 == 0 ? new[] { 0, 1 } : [1, 0])
            {
                var time = Stopwatch.StartNew();
                await Sample.RegisterAsync(ledgers[index], 1_000_000 + round);
                if (round >= 0)
                {
                    times[index][round] = time.Elapsed.TotalMilliseconds;
                }
            }
        }

        return Numbers(Median(times[0]), Median(times[1]));
    }

    private static string Flush(string home, int rounds)
    {
        var folder = new DiskFolder(home);
        using var file = folder.Open("flush.tmp", create: true);
        var bytes = new byte[2048];
        var times = new double[rounds];
        for (var round = 0; round < rounds; round++)
        {
            var time = Stopwatch.StartNew();
            file.Append(bytes, bytes.Length);
            file.Flush();
            times[round] = time.Elapsed.TotalMilliseconds;
        }

        folder.Delete("flush.tmp");
        return Numbers(Median(times));
    }

    private static LocalStore Open(string home, out CountingFolder folder)
    {
        var counting = folder = new CountingFolder(new DiskFolder(home));
        return new LocalStore(counting, _ => (counting, "store.key"), new AccountProtection());
    }

    private static double Median(double[] times) => times.Order().ElementAt(times.Length / 2);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Numbers(params double[] numbers) =>
        string.Join(' ', numbers.Select(static number => number.ToString(CultureInfo.InvariantCulture)));
}
