using System;
using System.Globalization;
using System.Text.Json;
using System.Threading.Tasks;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Vaults;

/// <summary>What the probe in a vault says.</summary>
/// <param name="VaultId">What the vault is known by, whatever it is registered as.</param>
/// <param name="Marks">How far each ledger that uses the vault had come, by the ledger's id.</param>
internal sealed record VaultMark(string VaultId, JsonBag Marks)
{
    public static VaultMark New() => new(Guid.NewGuid().ToString("n"), JsonBag.Empty);

    /// <summary>How far a ledger had come; 0 where it is not known.</summary>
    public long SequenceOf(string ledgerId) => Marks.Integer(ledgerId) ?? 0;

    public VaultMark With(string ledgerId, long sequence) =>
        this with
        {
            Marks = Marks.With(ledgerId, sequence.ToString(CultureInfo.InvariantCulture)),
        };
}

/// <summary>
/// The one secret that proves that a vault keeps what a record looks like: JSON of about 4 KB with quotes, backslashes and letters
/// of many scripts. It is overwritten, never deleted, and holds what the vault is known by.
/// </summary>
internal static class VaultProbe
{
    public const string Name = "dcr-probe";
    private const int Length = 4000;

    // A full disk has room for what overwrites the former probe, and for nothing more.
    private const int LengthAfterFailure = 3 * Length;
    private const string Filler = "\"\\ / \t äöü ñ ß € Ж 中文 日本語 עברית ";

    /// <summary>Null where there is none, or something else.</summary>
    /// <exception cref="VaultException">The vault could not be read.</exception>
    public static async Task<VaultMark?> ReadAsync(ISecretVault vault)
    {
        try
        {
            return
                await vault.GetAsync(Name).ConfigureAwait(false) is { } text
                && JsonBag.Parse(text) is var json
                && json.Text("vault") is { } id
                ? new VaultMark(
                    id,
                    json.TryGet("marks", out var marks) && marks.ValueKind == JsonValueKind.Object ? JsonBag.From(marks) : JsonBag.Empty
                )
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <param name="afterFailure">A write failed before: the probe is longer than the one that it overwrites.</param>
    /// <exception cref="VaultException">The vault did not keep it.</exception>
    public static Task WriteAsync(ISecretVault vault, VaultMark mark, DateTimeOffset now, bool afterFailure)
    {
        var filler = string.Concat(
            System.Linq.Enumerable.Repeat(Filler, ((afterFailure ? LengthAfterFailure : Length) / Filler.Length) + 1)
        );
        var text = JsonBag
            .Empty.With("version", JsonSerializer.SerializeToElement(1))
            .With("vault", mark.VaultId)
            .With("marks", mark.Marks.ToElement())
            .With("written_at", now.ToString("O", CultureInfo.InvariantCulture))
            .With("filler", filler)
            .ToString();
        return vault.WriteAsync(Name, () => new VaultWrite(text));
    }
}
