namespace DcrPowerShell.Audit;

/// <summary>What the lines of a log are sealed with. Who has it can write lines that pass for genuine.</summary>
/// <param name="Id">Stands in each line.</param>
internal sealed record AuditKey(string Id, byte[] Bytes);
