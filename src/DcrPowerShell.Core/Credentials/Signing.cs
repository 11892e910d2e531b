using System;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;

namespace DcrPowerShell.Credentials;

/// <summary>The use of a private key that the user gave.</summary>
internal static class Signing
{
    /// <exception cref="DcrException">InvalidPrivateKey: the key's keeper, such as a certificate store, does not let it sign.</exception>
    public static T Of<T>(Func<T> sign)
    {
        try
        {
            return sign();
        }
        catch (KeyException failure)
        {
            throw InputErrors.BadKey(failure.Message, failure.Fix, failure);
        }
    }
}
