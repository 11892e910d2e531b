using System;
using System.Linq;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Metadata;

public class EchoTests
{
    private static readonly Redaction Sent = new(["initial-token-0001"]);

    [Theory]
    [InlineData("""{"authorization":"Bearer initial-token-0001"}""", """{"authorization":"Bearer ***"}""")]
    [InlineData(
        """{"request":{"headers":[["Authorization","initial-token-0001"]]}}""",
        """{"request":{"headers":[["Authorization","***"]]}}"""
    )]
    [InlineData("""{"seen":{"initial-token-0001":1}}""", """{"seen":{"***":1}}""")]
    [InlineData("""{"note":"used aW5pdGlhbC10b2tlbi0wMDAx"}""", """{"note":"used ***"}""")]
    public void What_was_sent_is_masked(string answer, string expected) =>
        Assert.Equal(expected, Echo.Hide(JsonBag.Parse(answer), Sent).ToString());

    /// <summary>A server may go on with the token that came.</summary>
    [Fact]
    public void A_clients_own_secrets_stay() =>
        Unchanged(
            """{"client_id":"initial-token-0001","client_secret":"initial-token-0001","registration_access_token":"initial-token-0001","registration_client_uri":"https://a/?t=initial-token-0001"}"""
        );

    [Fact]
    public void Other_answers_are_the_same_object() => Unchanged("""{"client_id":"c1","scope":"read","n":1.50}""");

#if NET
    /// <summary>What it allocates is the measure of its work: a server chooses how many members there are.</summary>
    [Fact]
    public void Twice_as_many_members_are_twice_the_work()
    {
        Allocated(2_000); // What stays in pools is allocated once.
        Assert.InRange((double)Allocated(2_000) / Allocated(1_000), 1, 3);

        static long Allocated(int count)
        {
            var answer = JsonBag.Parse(
                "{\"seen\":\"initial-token-0001\"," + string.Join(",", Enumerable.Range(0, count).Select(static i => $"\"m{i}\":{i}")) + "}"
            );
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Equal("***", Echo.Hide(answer, Sent).Text("seen"));
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
#endif

    private static void Unchanged(string answer)
    {
        var bag = JsonBag.Parse(answer);
        Assert.Same(bag, Echo.Hide(bag, Sent));
    }
}
