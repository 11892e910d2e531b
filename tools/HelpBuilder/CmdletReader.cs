using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Cecil;

namespace DcrPowerShell.HelpBuilder;

/// <summary>
/// Reads cmdlets from an assembly without loading it. What PowerShell's own reflection takes for a cmdlet or a parameter is
/// taken here: public concrete classes with a Cmdlet attribute, their public settable properties and fields with a Parameter attribute.
/// </summary>
internal static class CmdletReader
{
    private const string Automation = "System.Management.Automation.";
    private const string AllSets = "__AllParameterSets";

    /// <summary>Reads all cmdlets, sorted by name.</summary>
    /// <param name="assemblyPath">The assembly with the cmdlets; assemblies that it leans on are looked for next to it.</param>
    /// <exception cref="IOException">The file isn't there.</exception>
    /// <exception cref="BadImageFormatException">The file isn't an assembly.</exception>
    /// <exception cref="AssemblyResolutionException">An assembly that it leans on isn't there.</exception>
    public static IReadOnlyList<CmdletFacts> Read(string assemblyPath)
    {
        using var resolver = new DefaultAssemblyResolver();
        foreach (var directory in resolver.GetSearchDirectories())
        {
            resolver.RemoveSearchDirectory(directory);
        }

        // The framework and PowerShellStandard are found among the assemblies of this very program.
        resolver.AddSearchDirectory(Path.GetDirectoryName(Path.GetFullPath(assemblyPath)));
        using var module = ModuleDefinition.ReadModule(assemblyPath, new ReaderParameters { AssemblyResolver = resolver });
        return module.Types
            .Where(type => type is { IsPublic: true, IsClass: true, IsAbstract: false })
            .SelectMany(type => Attributes(type, "CmdletAttribute").Select(cmdlet => ReadCmdlet(type, cmdlet)))
            .OrderBy(cmdlet => cmdlet.Name, StringComparer.Ordinal)
            .ToArray();
    }

    private static CmdletFacts ReadCmdlet(TypeDefinition type, CustomAttribute cmdlet)
    {
        var shouldProcess = Property(cmdlet, "SupportsShouldProcess", false);
        var parameters = Members(type)
            .Select(member => (member.Member, member.Type, Sets: ReadSets(member.Member)))
            // An override without the attribute takes a parameter away.
            .DistinctBy(member => member.Member.Name, StringComparer.OrdinalIgnoreCase)
            .Where(member => member.Sets.Length > 0)
            .Select(member => ReadParameter(member.Member, member.Type, member.Sets));
        return new CmdletFacts(
            (string)cmdlet.ConstructorArguments[0].Value,
            (string)cmdlet.ConstructorArguments[1].Value,
            Property<string?>(cmdlet, "DefaultParameterSetName", null),
            shouldProcess,
            Property(cmdlet, "ConfirmImpact", 2) >= 3, // ConfirmImpact: None 0, Low 1, Medium 2 (the default), High 3
            Property<string?>(cmdlet, "HelpUri", null),
            Attributes(type, "OutputTypeAttribute").SelectMany(ReadOutputTypes).Distinct().ToArray(),
            (shouldProcess ? parameters.Append(Common("WhatIf", "wi")).Append(Common("Confirm", "cf")) : parameters).ToArray());
    }

    /// <summary>Properties and fields that can be parameters: those of the type itself, then those of its base types.</summary>
    private static IEnumerable<(IMemberDefinition Member, TypeReference Type)> Members(TypeDefinition type)
    {
        for (var current = type; current is not null; current = current.BaseType?.Resolve())
        {
            foreach (var property in current.Properties.Where(property => property.SetMethod is { IsPublic: true, IsStatic: false }))
            {
                yield return (property, property.PropertyType);
            }

            foreach (var field in current.Fields.Where(field => field is { IsPublic: true, IsStatic: false }))
            {
                yield return (field, field.FieldType);
            }
        }
    }

    private static ParameterFacts ReadParameter(IMemberDefinition member, TypeReference type, IReadOnlyList<ParameterSetFacts> sets) => new(
        member.Name,
        TypeName(type),
        Attributes(member, "ValidateSetAttribute").SelectMany(Strings).ToArray() is { Length: > 0 } set ? set : EnumValues(type),
        Attributes(member, "AliasAttribute").SelectMany(Strings).ToArray(),
        Attributes(member, "SupportsWildcardsAttribute").Any(),
        sets);

    private static ParameterSetFacts[] ReadSets(IMemberDefinition member) => Attributes(member, "ParameterAttribute")
        .Where(attribute => !Property(attribute, "DontShow", false))
        .Select(attribute => new ParameterSetFacts(
            Property(attribute, "ParameterSetName", AllSets) is var set && set != AllSets ? set : null,
            Property(attribute, "Mandatory", false),
            Property(attribute, "Position", int.MinValue) is var position and not int.MinValue ? position : null,
            Property(attribute, "ValueFromPipeline", false),
            Property(attribute, "ValueFromPipelineByPropertyName", false)))
        .ToArray();

    private static ParameterFacts Common(string name, string alias) =>
        new(name, "SwitchParameter", [], [alias], false, [new ParameterSetFacts(null, false, null, false, false)]);

    private static IEnumerable<string> ReadOutputTypes(CustomAttribute attribute) =>
        Flatten(attribute.ConstructorArguments).Select(value => value is TypeReference type ? TypeName(type) : (string)value);

    private static IEnumerable<string> Strings(CustomAttribute attribute) => Flatten(attribute.ConstructorArguments).OfType<string>();

    /// <summary>The values of arguments, those of a <c>params</c> array one by one.</summary>
    private static IEnumerable<object> Flatten(IEnumerable<CustomAttributeArgument> arguments) =>
        arguments.SelectMany(argument => argument.Value switch
        {
            CustomAttributeArgument[] array => Flatten(array),
            CustomAttributeArgument boxed => Flatten([boxed]),
            var value => [value],
        });

    private static string[] EnumValues(TypeReference type) => type switch
    {
        ArrayType array => EnumValues(array.ElementType),
        GenericInstanceType generic => IsNullable(generic) ? EnumValues(generic.GenericArguments[0]) : [],
        { IsGenericParameter: false } when type.Resolve() is { IsEnum: true } definition =>
            definition.Fields.Where(field => field.IsStatic).Select(field => field.Name).ToArray(),
        _ => [],
    };

    /// <summary>The name that PowerShell's help shows: no namespace, generic arguments in brackets, Nullable left out.</summary>
    internal static string TypeName(TypeReference type) => type switch
    {
        ArrayType array => TypeName(array.ElementType) + "[]",
        GenericInstanceType nullable when IsNullable(nullable) => TypeName(nullable.GenericArguments[0]),
        GenericInstanceType generic => $"{generic.Name.Split('`')[0]}[{string.Join(',', generic.GenericArguments.Select(TypeName))}]",
        { DeclaringType: { } outer } => $"{TypeName(outer)}+{type.Name}",
        _ => type.Name,
    };

    private static bool IsNullable(GenericInstanceType type) => type.ElementType.FullName == "System.Nullable`1";

    private static IEnumerable<CustomAttribute> Attributes(ICustomAttributeProvider provider, string name) =>
        provider.CustomAttributes.Where(attribute => attribute.AttributeType.FullName == Automation + name);

    private static T Property<T>(CustomAttribute attribute, string name, T otherwise) =>
        attribute.Properties.FirstOrDefault(property => property.Name == name).Argument.Value is T value ? value : otherwise;
}
