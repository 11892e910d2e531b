using System;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Vaults;

/// <summary>Where an object of a list gets the rest from, outside of any command.</summary>
/// <param name="Find">The whole record of an issuer's client; null where it is known no more. Throws a <see cref="DcrException"/>.</param>
/// <param name="Refusal">What to throw from a property instead.</param>
internal sealed record FullRecordSource(Func<string, string, RegistrationRecord?> Find, Func<DcrException, Exception> Refusal);
