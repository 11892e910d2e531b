namespace DcrPowerShell.Commands;

/// <summary>
/// A cmdlet that takes client metadata and sends nothing, so it lacks the parameters for servers and many requests. An override without the
/// attribute takes a parameter away.
/// </summary>
public abstract class UnsentMetadataCmdlet : ClientMetadataCmdlet
{
    /// <inheritdoc/>
    public sealed override DcrConnection? Connection { get; set; }

    /// <inheritdoc/>
    public sealed override int ThrottleLimit { get; set; }

    /// <inheritdoc/>
    public sealed override int MaxFailures { get; set; } = int.MaxValue;

    /// <inheritdoc/>
    public sealed override string? ReportPath { get; set; }

    /// <inheritdoc/>
    public sealed override string[]? Certification { get; set; }
}
