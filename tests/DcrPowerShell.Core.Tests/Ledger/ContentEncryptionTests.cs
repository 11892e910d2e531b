using System;
using System.Linq;
using System.Text;
using DcrPowerShell.Ledger;
using Xunit;

namespace DcrPowerShell.Core.Tests.Ledger;

public class ContentEncryptionTests
{
    private static readonly byte[] Key = Enumerable.Range(0, 64).Select(static number => (byte)number).ToArray();

    /// <summary>RFC 7518, appendix B.3: AES_256_CBC_HMAC_SHA_512.</summary>
    [Fact]
    public void The_published_vectors_come_out()
    {
        var plain = Encoding.ASCII.GetBytes(
            "A cipher system must not be required to be secret, and it must be able to fall into the hands of the enemy without "
                + "inconvenience"
        );
        var associated = Encoding.ASCII.GetBytes("The second principle of Auguste Kerckhoffs");
        var vector = Hex("1a f3 8c 2d c2 b9 6f fd d8 66 94 09 23 41 bc 04");
        var expected = Hex("""
            4a ff aa ad b7 8c 31 c5 da 4b 1b 59 0d 10 ff bd
            3d d8 d5 d3 02 42 35 26 91 2d a0 37 ec bc c7 bd
            82 2c 30 1d d6 7c 37 3b cc b5 84 ad 3e 92 79 c2
            e6 d1 2a 13 74 b7 7f 07 75 53 df 82 94 10 44 6b
            36 eb d9 70 66 29 6a e6 42 7e a7 5c 2e 08 46 a1
            1a 09 cc f5 37 0d c8 0b fe cb ad 28 c7 3f 09 b3
            a3 b7 5e 66 2a 25 94 41 0a e4 96 b2 e2 e6 60 9e
            31 e6 e0 2c c8 37 f0 53 d2 1f 37 ff 4f 51 95 0b
            be 26 38 d0 9d d7 a4 93 09 30 80 6d 07 03 b1 f6
            """);
        var tag = Hex("4d d3 b4 c0 88 a7 f4 5c 21 68 39 64 5b 20 12 bf 2e 62 69 a8 c5 6a 81 6d bc 1b 26 77 61 95 5b c5");

        var sealedText = ContentEncryption.Encrypt(Key, plain, associated, vector);
        Assert.Equal([.. vector, .. expected, .. tag], sealedText);
        Assert.True(ContentEncryption.IsGenuine(Key, sealedText, associated));
        Assert.Equal(plain, ContentEncryption.Decrypt(Key, sealedText));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(100_000)]
    public void What_was_encrypted_is_decrypted_whole_and_by_its_beginning(int length)
    {
        var plain = Enumerable.Range(0, length).Select(static number => (byte)number).ToArray();
        var sealedText = Seal(plain, [7]);
        Assert.Equal(ContentEncryption.SealedLength(length), sealedText.Length);
        Assert.Equal(plain, ContentEncryption.Decrypt(Key, sealedText));
        foreach (var part in new[] { 0, 1, 15, 16, 17, length - 1, length }.Where(part => part >= 0 && part <= length))
        {
            Assert.Equal(plain.Take(part), ContentEncryption.DecryptBeginning(Key, sealedText, part));
        }
    }

    [Fact]
    public void One_changed_byte_anywhere_is_noticed()
    {
        var sealedText = Seal(Encoding.ASCII.GetBytes("a token"), [1, 2]);
        for (var place = 0; place < sealedText.Length; place++)
        {
            var changed = sealedText.ToArray();
            changed[place] ^= 1;
            Assert.False(ContentEncryption.IsGenuine(Key, changed, [1, 2]));
        }

        Assert.True(ContentEncryption.IsGenuine(Key, sealedText, [1, 2]));
    }

    [Fact]
    public void A_sealed_text_that_was_cut_or_lengthened_is_not_genuine()
    {
        var sealedText = Seal(Encoding.ASCII.GetBytes("a token"), []);
        for (var length = 0; length < sealedText.Length; length++)
        {
            Assert.False(ContentEncryption.IsGenuine(Key, sealedText.Take(length).ToArray(), []));
        }

        Assert.False(ContentEncryption.IsGenuine(Key, [.. sealedText, 0], []));
        Assert.False(ContentEncryption.IsGenuine(Key, [.. sealedText, .. new byte[16]], []));
    }

    [Fact]
    public void Another_authentication_key_or_other_associated_data_are_noticed()
    {
        var sealedText = Seal([1], [1, 2]);
        Assert.False(ContentEncryption.IsGenuine(Key, sealedText, [1, 3]));
        Assert.False(ContentEncryption.IsGenuine(Key, sealedText, [1]));
        foreach (var place in new[] { 0, 31 })
        {
            var other = Key.ToArray();
            other[place] ^= 1;
            Assert.False(ContentEncryption.IsGenuine(other, sealedText, [1, 2]));
        }
    }

    /// <summary>A byte that moves from the associated data to the text is noticed, because the tag covers their lengths.</summary>
    [Fact]
    public void Bytes_moved_between_associated_data_and_text_are_noticed()
    {
        var sealedText = Seal([1], [1, 2]);
        Assert.False(ContentEncryption.IsGenuine(Key, [2, .. sealedText], [1]));
    }

    [Fact]
    public void New_keys_and_vectors_differ_each_time()
    {
        Assert.NotEqual(ContentEncryption.NewKey(), ContentEncryption.NewKey());
        Assert.NotEqual(ContentEncryption.NewVector(), ContentEncryption.NewVector());
        Assert.Equal(ContentEncryption.KeySize, ContentEncryption.NewKey().Length);
        Assert.Equal(ContentEncryption.VectorSize, ContentEncryption.NewVector().Length);
    }

    private static byte[] Seal(byte[] plain, byte[] associated) =>
        ContentEncryption.Encrypt(Key, plain, associated, ContentEncryption.NewVector());

    private static byte[] Hex(string text) =>
        text.Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(static pair => Convert.ToByte(pair, 16)).ToArray();
}
