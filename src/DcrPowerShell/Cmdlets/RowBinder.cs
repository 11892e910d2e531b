using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Cmdlets;

/// <summary>Gives a cmdlet the cells of a row that it read itself, as PowerShell binds those of a piped row.</summary>
internal sealed class RowBinder(PSCmdlet cmdlet)
{
    private readonly EngineIntrinsics _engine = (EngineIntrinsics)cmdlet.SessionState.PSVariable.GetValue("ExecutionContext");

    private readonly List<ParameterMetadata> _parameters = cmdlet
        .MyInvocation.MyCommand.Parameters.Values.Where(parameter =>
            !cmdlet.MyInvocation.BoundParameters.ContainsKey(parameter.Name)
            && parameter.ParameterSets.Values.Any(static set => set.ValueFromPipelineByPropertyName)
        )
        .ToList();

    /// <summary>Sets the parameters that the row names. What was typed stays.</summary>
    /// <exception cref="DcrException">InvalidClientMetadata: a cell cannot be what its parameter takes.</exception>
    public void Bind(PSObject row)
    {
        foreach (var parameter in _parameters)
        {
            if (parameter.Aliases.Prepend(parameter.Name).Select(name => row.Properties[name]).FirstOrDefault(Exists) is { } cell)
            {
                Set(parameter, Converted(parameter, cell));
                cmdlet.MyInvocation.BoundParameters[parameter.Name] = cell.Value;
            }
        }
    }

    /// <summary>Takes back what the row set.</summary>
    public void Unbind()
    {
        foreach (var parameter in _parameters.Where(parameter => cmdlet.MyInvocation.BoundParameters.Remove(parameter.Name)))
        {
            Set(parameter, null);
        }
    }

    private static bool Exists(PSPropertyInfo? cell) => cell is not null;

    private object? Converted(ParameterMetadata parameter, PSPropertyInfo cell)
    {
        try
        {
            var value = parameter
                .Attributes.OfType<ArgumentTransformationAttribute>()
                .Aggregate((object?)cell.Value, (given, attribute) => attribute.Transform(_engine, given!));
            return value is null ? null : LanguagePrimitives.ConvertTo(value, parameter.ParameterType, CultureInfo.InvariantCulture);
        }
        catch (Exception failure) when (failure is PSInvalidCastException or ArgumentTransformationMetadataException)
        {
            throw RowErrors.CellUnclear(cell.Name, "something else", parameter.ParameterType.IsArray);
        }
    }

    private void Set(ParameterMetadata parameter, object? value) => cmdlet.GetType().GetProperty(parameter.Name)!.SetValue(cmdlet, value);
}
