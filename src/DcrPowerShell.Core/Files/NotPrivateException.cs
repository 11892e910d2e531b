using System;

namespace DcrPowerShell.Files;

/// <summary>A file or folder that is to be this account's alone, and is not.</summary>
internal sealed class NotPrivateException(string message, Exception? inner = null) : UnauthorizedAccessException(message, inner);
