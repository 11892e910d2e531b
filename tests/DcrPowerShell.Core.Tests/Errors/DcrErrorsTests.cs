using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Commands;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Keys;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Errors;

public class DcrErrorsTests
{
    [Fact]
    public void Every_id_is_made_by_some_factory() =>
        Assert.Equal([], Enum.GetValues(typeof(DcrErrorId)).Cast<DcrErrorId>().Except(All().Select(static made => made.Error.ErrorId)));

    [Fact]
    public void Every_error_says_what_happened_and_what_to_do_in_whole_sentences() => Assert.All(All(), static made =>
    {
        Assert.True(made.Error.Message.Length > 20 && made.Error.RecommendedAction.Length > 10, made.Factory);
        Assert.Matches("[.)\"]$", made.Error.Message);
        Assert.DoesNotMatch(@"\.\.|  |\{|\}", made.Error.Message);
    });

    [Fact]
    public void What_the_server_said_is_data_and_in_the_message() => Assert.All(
        All().Where(static made => made.Error.ServerError is not null),
        static made =>
        {
            Assert.Equal("words of the server", made.Error.ServerError!.Description);
            Assert.Contains("\"words of the server\"", made.Error.Message);
            Assert.Contains("(support id S-1)", made.Error.Message);
        });

    [Fact]
    public void That_nothing_was_sent_is_said_by_the_message_and_by_the_property_alike() => Assert.All(All(), static made =>
        Assert.True(made.Error.Message.Contains("Nothing was sent") == made.Error.NothingSent, made.Factory));

    [Fact]
    public void No_message_says_by_hand_that_nothing_was_sent_or_done() => Assert.All(All(), static made =>
        Assert.DoesNotMatch(SaidByHand, made.Error.Message.Replace(" Nothing was sent.", "") + " " + made.Error.RecommendedAction));

    // What the user named may well be missing ("No client was named"), and where a secret did not go is another matter.
    private const string SaidByHand =
        @"(?:^|\W )(?:Nothing|None|No [a-z ]+)(?: else)? (?:was|were) "
        + @"(?:sent|changed|written|registered|stored|moved|dropped|deleted|removed|made|touched|done|lost|begun)(?! there)"
        + "|It was left as it is|not carried out|[Tt]he server was not asked"
        + @"|(?i)\bnothing (?:was|has been|is) (?:sent|written|changed|registered|done|kept|stored)";

    [Fact]
    public void A_message_has_two_sentences_at_most_and_a_next_step_two_short_ones() => Assert.All(All(), static made =>
    {
        var message = Regex.Replace(made.Error.Message, @" Nothing was sent\.$| The server said: "".*$", "");
        Assert.True(Sentences(message, ".?!") <= 2, message);
        var next = made.Error.RecommendedAction;
        Assert.True(Sentences(next, ".?!;") <= 2 && next.Length <= LongestStep, $"{made.Factory}: {next}");
    });

    private const int LongestStep = 200;

    private static int Sentences(string text, string ends) => Regex.Matches(text, $"[{ends}](?= |$)").Count;

    /// <summary>Each factory's errors, with every flag both ways and every optional argument given and not.</summary>
    private static IEnumerable<(string Factory, DcrException Error)> All() =>
        from assembly in new[] { typeof(DcrException).Assembly, typeof(CommandErrors).Assembly }
        from factory in assembly.GetTypes()
        where factory.Name.EndsWith("Errors", StringComparison.Ordinal)
        from method in factory.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
        where typeof(Exception).IsAssignableFrom(method.ReturnType)
        from arguments in Choices(method.GetParameters())
        let error = method.Invoke(null, arguments)
        select (
            $"{factory.Name}.{method.Name}",
            error as DcrException ?? InputErrors.BadKey(((KeyException)error!).Message, ((KeyException)error).Fix, (KeyException)error)
        );

    private static readonly string[] Names = ["one", "two"];
    private static readonly DateTimeOffset Time = new(2026, 11, 22, 8, 30, 0, TimeSpan.Zero);

    private static IEnumerable<object?> Texts(string name) => name switch
    {
        "message" => ["This is a whole sentence."],
        "kind" => ["ClientCredential", "Credential", "ApiToken", "ManagementToken", "InitialAccessToken"],
        "what" => ["the what of it", StoreSettings.FileName],
        "done" => ["was changed", OperationErrors.Exists],
        "operation" => ["read", "deleted"],
        "tenant" => ["north", "n*"],
        _ => [$"the {name} of it"],
    };

    private static bool IsNullable(ParameterInfo parameter)
    {
        var flag = parameter.CustomAttributes.FirstOrDefault(static data => data.AttributeType.Name == "NullableAttribute")
            ?? parameter.Member.CustomAttributes.FirstOrDefault(static data => data.AttributeType.Name == "NullableContextAttribute");
        return !parameter.ParameterType.IsValueType && flag is not null && flag.ConstructorArguments[0].Value is (byte)2;
    }

    /// <summary>Each argument with each other.</summary>
    private static IEnumerable<object?[]> Choices(IEnumerable<ParameterInfo> parameters) => parameters.Aggregate(
        (IEnumerable<object?[]>)[[]],
        static (chosen, parameter) => chosen.SelectMany(before => Values(parameter).Select(value => before.Append(value).ToArray())));

    private static IEnumerable<object?> Values(ParameterInfo parameter)
    {
        var values = parameter.ParameterType switch
        {
            var type when type == typeof(string) => Texts(parameter.Name!),
            var type when type == typeof(Uri) => [new Uri("https://as.example.com/register")],
            var type when type == typeof(bool) => [true, false],
            var type when type == typeof(int) => [1, 2],
            var type when type == typeof(DcrErrorId) => [DcrErrorId.InventoryReadFailed, DcrErrorId.InvalidPrivateKey],
            var type when type == typeof(DateTimeOffset) => [Time],
            var type when type == typeof(DateTimeOffset?) => [Time, null],
            var type when type == typeof(TimeSpan) => [TimeSpan.FromMinutes(5), TimeSpan.Zero],
            var type when type == typeof(TimeSpan?) => [TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(-5), null],
            var type when type == typeof(DcrException) => [RowErrors.FileForRow("a.csv", "New-DcrClient")],
            var type when type == typeof(VaultException) =>
            [
                new VaultException("it is locked"),
                new VaultException("it is locked") { NextStep = "Unlock it, and connect." },
                new VaultException("it has not answered") { IsOver = true },
            ],
            var type when type == typeof(Exception) =>
            [
                new InvalidOperationException("it is broken"),
                new UnauthorizedAccessException("it is forbidden"),
                new FileNotFoundException("it is gone"),
                new NotPrivateException("it is anybody's"),
                new VaultException("it is still there") { IsOfRemoval = true },
                new IOException("it is full", 28),
                new IOException("it is read-only", 30),
                CmdletErrors.SecretNameTwice("a", "row 1"),
            ],
            var type when type.IsAssignableFrom(typeof(string[])) && type != typeof(object) =>
                parameter.Member.DeclaringType == typeof(KeyErrors) ? [Names] : [Names, Array.Empty<string>()],
            var type when type == typeof(DcrCheck) => [DcrCheck.Failed("The document is too large.", "Make it smaller.")],
            var type when type == typeof(object) => [new object()],
            var type when type == typeof(ServerError) =>
                from status in new[] { 302, 400, 401, 403, 429, 503 }
                from code in new[] { null, "invalid_scope", "use_dpop_nonce", "unauthorized_client", "unapproved_software_statement" }
                select new ServerError
                {
                    Status = status,
                    Code = code,
                    Description = "words of the server",
                    SupportId = "S-1",
                    RequiredScope = status == 403 ? ["a"] : [],
                },
            var type => throw new NotSupportedException($"This test has no {type} for {parameter.Name}."),
        };
        return parameter.HasDefaultValue ? values.Append(parameter.DefaultValue).Distinct()
            : IsNullable(parameter) ? values.Append(null)
            : values;
    }
}
