using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using DcrPowerShell.Errors;
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

    /// <summary>Each factory's errors, with every flag both ways and every optional argument given and not.</summary>
    private static IEnumerable<(string Factory, DcrException Error)> All() =>
        from factory in typeof(DcrException).Assembly.GetTypes()
        where factory.Name.EndsWith("Errors", StringComparison.Ordinal)
        from method in factory.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
        where method.ReturnType == typeof(DcrException)
        from isFull in new[] { true, false }
        select (
            $"{method.Name}, {isFull}",
            (DcrException)method.Invoke(null, method.GetParameters().Select(parameter => Argument(parameter, isFull)).ToArray())!
        );

    private static object? Argument(ParameterInfo parameter, bool isFull)
    {
        if (!isFull && parameter.HasDefaultValue)
        {
            return parameter.DefaultValue;
        }

        return parameter.ParameterType switch
        {
            var type when type == typeof(string) => $"the {parameter.Name} of it",
            var type when type == typeof(Uri) => new Uri("https://as.example.com/register"),
            var type when type == typeof(bool) => isFull,
            var type when type == typeof(int) => isFull ? 2 : 1,
            var type when type == typeof(DcrErrorId) => DcrErrorId.InventoryReadFailed,
            var type when type == typeof(DateTimeOffset) => new DateTimeOffset(2026, 11, 22, 8, 30, 0, TimeSpan.Zero),
            var type when type == typeof(DateTimeOffset?) => isFull ? new DateTimeOffset(2026, 11, 22, 8, 30, 0, TimeSpan.Zero) : null,
            var type when type == typeof(TimeSpan) => isFull ? TimeSpan.FromMinutes(5) : TimeSpan.Zero,
            var type when type == typeof(TimeSpan?) => isFull ? TimeSpan.FromMinutes(5) : null,
            var type when type == typeof(DcrException) => InputErrors.RowRepeated("Tenant 'north'"),
            var type when type == typeof(Exception) => new InvalidOperationException("it is broken"),
            var type when type.IsAssignableFrom(typeof(string[])) && type != typeof(object) => isFull
                ? new[] { "one", "two" }
                : Array.Empty<string>(),
            var type when type == typeof(DcrCheck) => DcrCheck.Failed("The document is too large.", "Make it smaller."),
            var type when type == typeof(object) => new object(),
            var type when type == typeof(ServerError) => new ServerError
            {
                Status = 400,
                Description = "words of the server",
                SupportId = "S-1",
                RequiredScope = isFull ? ["a"] : [],
            },
            var type => throw new NotSupportedException($"This test has no {type} for {parameter.Name}."),
        };
    }
}
