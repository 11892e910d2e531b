using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace DcrPowerShell.WindowsHost;

/// <summary>A host that writes to the console's streams, and that nobody can be asked in.</summary>
internal sealed class ConsoleOnlyHost : PSHost
{
    public override string Name => "DcrPowerShell.WindowsHost";

    public override Version Version { get; } = new(1, 0);

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override PSHostUserInterface UI { get; } = new ConsoleStreams();

    public override void SetShouldExit(int exitCode)
    {
    }

    public override void EnterNestedPrompt() => throw ConsoleStreams.NobodyToAsk();

    public override void ExitNestedPrompt() => throw ConsoleStreams.NobodyToAsk();

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }

    private sealed class ConsoleStreams : PSHostUserInterface
    {
        public override PSHostRawUserInterface? RawUI => null;

        public static PSInvalidOperationException NobodyToAsk() => new("PowerShell is in NonInteractive mode: nobody can be asked.");

        public override void Write(string value) => Console.Out.Write(value);

        public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

        public override void WriteLine(string value) => Console.Out.WriteLine(value);

        public override void WriteErrorLine(string value) => Console.Error.WriteLine(value);

        public override void WriteWarningLine(string message) => Console.Out.WriteLine("WARNING: " + message);

        public override void WriteVerboseLine(string message) => Console.Out.WriteLine("VERBOSE: " + message);

        public override void WriteDebugLine(string message) => Console.Out.WriteLine("DEBUG: " + message);

        public override void WriteProgress(long sourceId, ProgressRecord record)
        {
        }

        public override string ReadLine() => throw NobodyToAsk();

        public override SecureString ReadLineAsSecureString() => throw NobodyToAsk();

        public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) =>
            throw NobodyToAsk();

        public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) =>
            throw NobodyToAsk();

        public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
            throw NobodyToAsk();

        public override PSCredential PromptForCredential(
            string caption,
            string message,
            string userName,
            string targetName,
            PSCredentialTypes allowedCredentialTypes,
            PSCredentialUIOptions options) => throw NobodyToAsk();
    }
}
