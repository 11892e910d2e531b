using System;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Credentials;

public class RsaPublicPemTests
{
    // The key of RFC 7515, appendix A.2, as another program writes it (OpenSSL, through Node.js).
    private const string Written = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj
        NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz
        P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo
        9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB
        EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX
        FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp
        oQIDAQAB
        -----END PUBLIC KEY-----

        """;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_key_is_written_as_others_write_it(int zerosInFront)
    {
        var jwk = JsonBag.Parse(RfcVectors.RsaKey);
        byte[] modulus = [.. new byte[zerosInFront], .. Base64Url.Decode(jwk.Text("n")!)];
        Assert.Equal(Written, RsaPublicPem.Write(modulus, Base64Url.Decode(jwk.Text("e")!)));
    }

    /// <summary>No zero in front where the number is not negative without, and lengths of one octet.</summary>
    [Fact]
    public void Small_numbers_are_written_short()
    {
        var pem = RsaPublicPem.Write([0x7F], [3]).Split('\n');
        Assert.Equal(
            "30-1A-30-0D-06-09-2A-86-48-86-F7-0D-01-01-01-05-00-03-09-00-30-06-02-01-7F-02-01-03",
            BitConverter.ToString(Convert.FromBase64String(pem[1]))
        );
    }
}
