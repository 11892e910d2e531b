using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Xml.Linq;
using DcrPowerShell.HelpBuilder;
using Mono.Cecil;

namespace DcrPowerShell.Module.Tests;

/// <summary>
/// The public types of an assembly as text: properties, methods and values that a script can use. Cmdlets are in Surface.txt.
/// </summary>
internal static class PublicTypes
{
    public static string Describe(string assembly)
    {
        using var module = ModuleDefinition.ReadModule(assembly);
        var text = new StringBuilder();
        var types = module.Types.Where(static type => type.IsPublic && !IsCmdlet(type));
        foreach (var type in types.OrderBy(static type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(Heading(type)).Append('\n');
            foreach (var member in Members(type))
            {
                text.Append("  ").Append(member).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>What the module's types file adds to them.</summary>
    public static string DescribeAdded(string typesFile)
    {
        var members =
            from type in XDocument.Load(typesFile).Descendants("Type")
            from member in type.Element("Members")?.Elements() ?? []
            where member.Name != "MemberSet"
            select $"{type.Element("Name")!.Value} + {member.Element("Name")!.Value}: {member.Name}\n";
        return string.Concat(members.Order(StringComparer.Ordinal));
    }

    private static bool IsCmdlet(TypeDefinition type) =>
        type.BaseType is { } parent && (parent.Name is "PSCmdlet" or "Cmdlet" || (parent is TypeDefinition own && IsCmdlet(own)));

    private static string Heading(TypeDefinition type)
    {
        var kind = type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            { IsValueType: true } => "struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        var parents = type.Interfaces.Select(static item => item.InterfaceType).Prepend(type.BaseType)
            .Where(static parent => parent is not null && parent.FullName is not ("System.Object" or "System.Enum" or "System.ValueType"))
            .Where(static parent => parent!.Resolve() is not { IsNotPublic: true })
            .Select(static parent => CmdletReader.TypeName(parent!))
            .ToList();
        return $"{kind} {type.FullName}{(parents.Count == 0 || type.IsEnum ? "" : $" : {string.Join(", ", parents)}")}";
    }

    private static IEnumerable<string> Members(TypeDefinition type)
    {
        if (type.IsEnum)
        {
            return type.Fields.Where(static field => field.IsStatic).Select(static field => $"{field.Name} = {field.Constant}");
        }

        var properties =
            from property in type.Properties
            where property.GetMethod is { IsPublic: true }
            let set = property.SetMethod is { IsPublic: true } ? "set; " : ""
            let name = property.Parameters.Count == 0 ? property.Name : $"this[{Parameters(property.Parameters)}]"
            select $"{name}: {Static(property.GetMethod)}{Name(property.PropertyType)} {{ get; {set}}}";
        var methods =
            from method in type.Methods
            where method.IsPublic && (!method.IsSpecialName || method.IsConstructor) && !method.Name.StartsWith('<')
            let name = method.IsConstructor ? "new" : method.Name
            let result = method.IsConstructor ? "" : $": {Static(method)}{Name(method.ReturnType)}"
            select $"{name}({Parameters(method.Parameters)}){result}";
        return properties.Order(StringComparer.Ordinal).Concat(methods.Order(StringComparer.Ordinal));
    }

    private static string Parameters(IEnumerable<ParameterDefinition> parameters) =>
        string.Join(", ", parameters.Select(static parameter => $"{parameter.Name}: {Name(parameter.ParameterType)}"));

    private static string Static(MethodDefinition method) => method.IsStatic ? "static " : "";

    private static string Name(TypeReference type) =>
        CmdletReader.TypeName(type) + (type is GenericInstanceType { ElementType.FullName: "System.Nullable`1" } ? "?" : "");
}
