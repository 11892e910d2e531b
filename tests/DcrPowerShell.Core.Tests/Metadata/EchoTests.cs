using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Metadata;

public class EchoTests
{
    private static readonly Redaction Sent = new(["initial-token-0001"]);

    [Theory]
    [InlineData("""{"authorization":"Bearer initial-token-0001"}""", """{"authorization":"Bearer ***"}""")]
    [InlineData("""{"request":{"headers":[["Authorization","initial-token-0001"]]}}""", """{"request":{"headers":[["Authorization","***"]]}}""")]
    [InlineData("""{"seen":{"initial-token-0001":1}}""", """{"seen":{"***":1}}""")]
    [InlineData("""{"note":"used aW5pdGlhbC10b2tlbi0wMDAx"}""", """{"note":"used ***"}""")]
    public void What_was_sent_is_masked(string answer, string expected) => Assert.Equal(expected, Echo.Hide(JsonBag.Parse(answer), Sent).ToString());

    /// <summary>A server may go on with the token that came.</summary>
    [Fact]
    public void A_clients_own_secrets_stay() => Unchanged(
        """{"client_id":"initial-token-0001","client_secret":"initial-token-0001","registration_access_token":"initial-token-0001","registration_client_uri":"https://a/?t=initial-token-0001"}""");

    [Fact]
    public void Other_answers_are_the_same_object() => Unchanged("""{"client_id":"c1","scope":"read","n":1.50}""");

    private static void Unchanged(string answer)
    {
        var bag = JsonBag.Parse(answer);
        Assert.Same(bag, Echo.Hide(bag, Sent));
    }
}
