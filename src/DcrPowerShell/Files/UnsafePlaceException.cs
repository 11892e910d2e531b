using System;

namespace DcrPowerShell.Files;

/// <summary>A file or folder that others have rights on, so that nothing is kept there.</summary>
internal sealed class UnsafePlaceException(string message) : UnauthorizedAccessException(message);
