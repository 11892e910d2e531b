using System;
using System.Globalization;
using System.Linq;
using System.Numerics;
using System.Text;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Ledger;
using Xunit;

namespace DcrPowerShell.Core.Tests.Ledger;

public class PassphraseSealTests
{
    private static readonly byte[] Content = Encoding.ASCII.GetBytes("the key");
    private static readonly byte[] Associated = Encoding.ASCII.GetBytes("DcrPowerShell store key 1");

    /// <summary>
    /// PBKDF2 with HMAC-SHA-512: https://stackoverflow.com/a/19898265 and github.com/Anti-weakpasswords/PBKDF2-Test-Vectors, which Python's
    /// hashlib.pbkdf2_hmac gives too.
    /// </summary>
    [Theory]
    [InlineData(
        "passwordPASSWORDpassword",
        "saltSALTsaltSALTsaltSALTsaltSALTsalt",
        4096,
        "8c0511f4c6e597c6ac6315d8f0362e225f3c501495ba23b868c005174dc4ee71115b59f9e60cd9532fa33e0f75aefe30225c583a186cd82bd4daea9724a3d3b8"
    )]
    [InlineData(
        "passDATAb00AB7YxDTT",
        "saltKEYbcTcXHCBxtjD",
        1,
        "cbe6088ad4359af42e603c2a33760ef9d4017a7b2aad10af46f992c660a0b461ecb0dc2a79c2570941bea6a08d15d6887e79f32b132e1c134e9525eeddd744fa"
    )]
    [InlineData(
        "passDATAb00AB7YxDTT",
        "saltKEYbcTcXHCBxtjD",
        100000,
        "accdcd8798ae5cd85804739015ef2a11e32591b7b7d16f76819b30b0d49d80e1abea6c9822b80a1fdfe421e26f5603eca8a47a64c9a004fb5af8229f762ff41f"
    )]
    public void The_published_vectors_come_out(string passphrase, string salt, int iterations, string key)
    {
        var bytes = BigInteger
            .Parse("0" + key, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            .ToByteArray()
            .Take(ContentEncryption.KeySize)
            .Reverse()
            .ToArray();
        var seal = new PassphraseSeal(
            Encoding.ASCII.GetBytes(salt),
            iterations,
            ContentEncryption.Encrypt(bytes, Content, Associated, ContentEncryption.NewVector())
        );
        Assert.Equal(Content, seal.Open(SecureText.Protect(passphrase)!, Associated));
    }

    [Fact]
    public void A_seal_costs_as_many_iterations_as_the_documents_say_and_has_its_own_salt()
    {
        // That such a seal opens is in BackupTests: each time costs Mono seconds.
        var seal = PassphraseSeal.Of(Content, SecureText.Protect("correct horse")!, Associated);
        Assert.True(seal.Iterations >= 600_000);
        Assert.Equal(16, seal.Salt.Distinct().Count() > 4 ? seal.Salt.Length : 0);
    }

    [Theory]
    [InlineData("pass phrase", "pass phrase", true)]
    [InlineData("pass phrase", "Pass phrase", false)]
    [InlineData("pass phrase", "pass phrase ", false)]
    [InlineData("pass phrase", "", false)]
    [InlineData("M\u00fcller", "Mu\u0308ller", true)]
    public void A_passphrase_opens_it_whatever_its_Unicode_form(string sealedWith, string openedWith, bool opens)
    {
        var seal = TestBackup.Seal(Content, SecureText.Protect(sealedWith)!, Associated);
        Assert.Equal(opens ? Content : null, seal.Open(SecureText.Protect(openedWith)!, Associated));
    }

    [Fact]
    public void What_was_changed_does_not_open()
    {
        var passphrase = SecureText.Protect("pass phrase")!;
        var seal = TestBackup.Seal(Content, passphrase, Associated);
        foreach (var index in Enumerable.Range(0, seal.Sealed.Length))
        {
            var spoilt = (byte[])seal.Sealed.Clone();
            spoilt[index] ^= 1;
            Assert.Null((seal with { Sealed = spoilt }).Open(passphrase, Associated));
        }

        Assert.Null((seal with { Salt = [.. seal.Salt.Skip(1), 1] }).Open(passphrase, Associated));
        Assert.Null((seal with { Salt = [] }).Open(passphrase, Associated));
        Assert.Null((seal with { Iterations = 2 }).Open(passphrase, Associated));
        Assert.Null((seal with { Iterations = 0 }).Open(passphrase, Associated));
        Assert.Null((seal with { Iterations = int.MaxValue }).Open(passphrase, Associated)); // A file of others keeps no process busy.
        Assert.Null((seal with { Sealed = [] }).Open(passphrase, Associated));
        Assert.Null(seal.Open(passphrase, [1]));
    }
}
