using System;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DcrPowerShell.TestServer;

/// <summary>The command line.</summary>
internal sealed class Options
{
    public const string Usage = "usage: DcrPowerShell.TestServer [--port N] [--parent PID] [--serve [--set switch=value]...]";

    /// <summary>Port of the control API, 0 for a free one.</summary>
    public int Port { get; private set; }

    /// <summary>The process to end with; unless given, standard input tells.</summary>
    public int? Parent { get; private set; }

    /// <summary>Whether one server is started right away.</summary>
    public bool Serves { get; private set; }

    /// <summary>The switches of that server.</summary>
    public JsonObject Switches { get; } = [];

    /// <summary>Reads the command line; null if it can't be understood.</summary>
    public static Options? Parse(string[] args)
    {
        Options options = new();
        for (int i = 0; i < args.Length; i++)
        {
            string value = i + 1 < args.Length ? args[i + 1] : "";
            bool isUnderstood = args[i] switch
            {
                "--serve" => options.Serves = true,
                "--port" => options.SetPort(value),
                "--parent" => options.SetParent(value),
                "--set" => options.SetSwitch(value),
                _ => false,
            };
            if (!isUnderstood)
            {
                return null;
            }

            i += args[i] == "--serve" ? 0 : 1;
        }

        return options;
    }

    private bool SetPort(string text)
    {
        bool isNumber = ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port);
        Port = port;
        return isNumber;
    }

    private bool SetParent(string text)
    {
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int parent);
        Parent = parent;
        return isNumber;
    }

    /// <summary>Takes <c>name=value</c>; the value is JSON where it can be read as such, otherwise text.</summary>
    private bool SetSwitch(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            return false;
        }

        string value = text[(equals + 1)..];
        try
        {
            Switches[text[..equals]] = JsonNode.Parse(value);
        }
        catch (JsonException)
        {
            Switches[text[..equals]] = value;
        }

        return true;
    }
}
