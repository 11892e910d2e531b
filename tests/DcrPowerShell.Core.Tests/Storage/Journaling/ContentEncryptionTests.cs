using System;
using System.Linq;
using System.Text;
using DcrPowerShell.Storage.Journaling;
using Xunit;

namespace DcrPowerShell.Core.Tests.Storage.Journaling;

public class ContentEncryptionTests
{
    private static readonly byte[] Key = Enumerable.Range(0, 64).Select(static number => (byte)number).ToArray();

    /// <summary>RFC 7518, appendix B.3: AES_256_CBC_HMAC_SHA_512.</summary>
    [Fact]
    public void The_published_vectors_come_out()
    {
        var plain = Encoding.ASCII.GetBytes("A cipher system must not be required to be secret, and it must be able to fall into the hands of the enemy without inconvenience");
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
        Assert.Equal(plain, ContentEncryption.Decrypt(Key, sealedText, associated));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(100_000)]
    public void What_goes_in_comes_out(int length)
    {
        var plain = Enumerable.Range(0, length).Select(static number => (byte)number).ToArray();
        Assert.Equal(plain, ContentEncryption.Decrypt(Key, ContentEncryption.Encrypt(Key, plain, [7]), [7]));
    }

    [Fact]
    public void One_changed_byte_anywhere_is_noticed()
    {
        var sealedText = ContentEncryption.Encrypt(Key, Encoding.ASCII.GetBytes("a token"), [1, 2]);
        for (var place = 0; place < sealedText.Length; place++)
        {
            var changed = sealedText.ToArray();
            changed[place] ^= 1;
            Assert.Null(ContentEncryption.Decrypt(Key, changed, [1, 2]));
        }
    }

    [Fact]
    public void So_is_what_was_cut_off_and_what_was_added()
    {
        var sealedText = ContentEncryption.Encrypt(Key, Encoding.ASCII.GetBytes("a token"), []);
        for (var length = 0; length < sealedText.Length; length++)
        {
            Assert.Null(ContentEncryption.Decrypt(Key, sealedText.Take(length).ToArray(), []));
        }

        Assert.Null(ContentEncryption.Decrypt(Key, [.. sealedText, 0], []));
    }

    [Fact]
    public void Another_key_or_other_associated_data_give_nothing()
    {
        var sealedText = ContentEncryption.Encrypt(Key, [1], [1, 2]);
        Assert.Null(ContentEncryption.Decrypt(Key, sealedText, [1, 3]));
        Assert.Null(ContentEncryption.Decrypt(Key, sealedText, [1]));
        foreach (var place in new[] { 0, 31, 32, 63 })
        {
            var other = Key.ToArray();
            other[place] ^= 1;

            // The second half is the cipher's, and the tag does not know it.
            Assert.NotEqual([1], Try(() => ContentEncryption.Decrypt(other, sealedText, [1, 2])));
        }
    }

    [Fact]
    public void The_same_twice_looks_different()
    {
        Assert.NotEqual(ContentEncryption.Encrypt(Key, [1], []), ContentEncryption.Encrypt(Key, [1], []));
        Assert.NotEqual(ContentEncryption.NewKey(), ContentEncryption.NewKey());
        Assert.Equal(ContentEncryption.KeySize, ContentEncryption.NewKey().Length);
    }

    private static byte[]? Try(Func<byte[]?> decrypt)
    {
        try
        {
            return decrypt();
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }

    private static byte[] Hex(string text) => text.Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(static pair => Convert.ToByte(pair, 16)).ToArray();
}
