using System;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Storage.Indexing;

/// <summary>Where an object that was made of an outline gets the rest from, outside of any command.</summary>
/// <param name="Find">The whole record by the name of its secret; null where the vault has it no more. Throws a <see cref="DcrException"/>.</param>
/// <param name="Refusal">What to throw from a property instead.</param>
internal sealed record WholeRecords(Func<string, RegistrationRecord?> Find, Func<DcrException, Exception> Refusal);
