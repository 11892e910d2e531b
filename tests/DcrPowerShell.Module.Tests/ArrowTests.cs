using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Mono.Cecil;
using Mono.Cecil.Rocks;
using Xunit;

namespace DcrPowerShell.Module.Tests;

/// <summary>The layers of docs/architecture.md: each room uses only the rooms it may, in what the assemblies really do.</summary>
public class ArrowTests
{
    // Public in the root namespace, because the vault extension calls it.
    private const string Extension = "DcrStoreVault";

    // Objects of these stay as they were made; so do those of value types.
    private static readonly HashSet<string> Fixed =
    [
        "System.String", "System.Net.Http.HttpMethod", "System.Text.Encoding", "System.Text.Json.JsonSerializerOptions",
        "System.Text.RegularExpressions.Regex", "System.Text.UTF8Encoding",
    ];

    // Methods of collections that change nothing.
    private static readonly HashSet<string> Reading =
    [
        "Contains", "ContainsKey", "GetEnumerator", "TryGetValue", "get_Count", "get_Item", "get_Keys", "get_Values",
    ];

    private static readonly Regex ConstantUse = new(@"\b(?=([A-Z]\w+\.[A-Z]\w+)\b)");

    private static readonly Dictionary<string, string[]> Core = new()
    {
        ["Audit"] = ["Facts", "Metadata"],
        ["Credentials"] = ["Errors", "Facts", "Http", "Keys", "Metadata", "Protocol"],
        ["Facts"] = ["Errors"],
        ["Handles"] = ["Audit", "Compat", "Credentials", "Errors", "Facts", "Http", "Keys", "Ledger", "Metadata", "Providers", "Vaults"],
        ["Http"] = ["Compat", "Errors", "Facts", "Metadata", "Protocol"],
        ["Inventory"] = ["Errors", "Facts", "Handles", "Metadata", "Protocol", "Vaults"],
        ["Keys"] = ["Compat", "Metadata"],
        ["Ledger"] = ["Compat", "Errors", "Facts", "Files", "Metadata", "Vaults"],
        ["Metadata"] = ["Compat", "Errors"],
        ["Operations"] =
        [
            "Audit",
            "Compat",
            "Credentials",
            "Errors",
            "Facts",
            "Files",
            "Handles",
            "Http",
            "Inventory",
            "Keys",
            "Ledger",
            "Metadata",
            "Protocol",
            "Providers",
            "Vaults",
        ],
        ["Protocol"] = ["Errors", "Facts", "Keys", "Metadata"],
        ["Providers"] = ["Credentials", "Errors", "Facts", "Http", "Keys", "Metadata", "Protocol", "Vaults"],
        ["Vaults"] = ["Errors", "Metadata"],
    };

    // Files and Vaults are the module's own rooms beside Core's of the same names.
    private static readonly Dictionary<string, string[]> Module = new()
    {
        ["Binding"] = ["Compat", "Errors", "Facts", "Handles", "Keys", "Ledger", "Metadata", "Session", "Vaults"],
        ["Commands"] =
        [
            "Audit",
            "Binding",
            "Cmdlets",
            "Compat",
            "Credentials",
            "Errors",
            "Facts",
            "Files",
            "Handles",
            "Http",
            "Inventory",
            "Keys",
            "Ledger",
            "Metadata",
            "Operations",
            "Providers",
            "Session",
            "Vaults",
        ],
        ["Extension"] = ["Compat", "Errors", "Files", "Ledger", "Session", "Vaults"],
        ["Files"] = ["Audit", "Errors", "Http", "Ledger"],
        ["Cmdlets"] =
        [
            "Audit",
            "Binding",
            "Errors",
            "Facts",
            "Files",
            "Handles",
            "Http",
            "Inventory",
            "Ledger",
            "Metadata",
            "Operations",
            "Session",
            "Vaults",
        ],
        ["Session"] = ["Files", "Handles", "Ledger", "Vaults"],
        ["Vaults"] = ["Compat", "Errors", "Files", "Http"],
    };

    [Fact]
    public void Each_room_of_Core_uses_the_rooms_of_its_list_and_no_others() => AssertSame(Core, Arrows(Repository.CoreAssembly));

    [Fact]
    public void Each_room_of_the_module_uses_the_rooms_of_its_list_and_no_others() => AssertSame(Module, Arrows(Repository.ModuleAssembly));

    /// <summary>Whoever makes a fact into a handle does so here, too.</summary>
    [Fact]
    public void Handles_are_what_users_act_on_and_all_else_in_the_root_namespace_is_facts()
    {
        using var module = Read(Repository.CoreAssembly);
        var handles = module
            .Types.Where(static type => Room(type) == "Handles")
            .Select(static type => type.Name)
            .Order(StringComparer.Ordinal);
        Assert.Equal(["DcrClient", "DcrConnection", "DcrKey", "DcrOrphan"], handles);
    }

    [Fact]
    public void The_arrows_of_Core_make_no_circle() => Assert.Empty(RoomsInCircles(Arrows(Repository.CoreAssembly)));

    [Fact]
    public void The_arrows_of_the_module_make_no_circle() => Assert.Empty(RoomsInCircles(Arrows(Repository.ModuleAssembly)));

    [Fact]
    public void A_provider_uses_no_other_provider()
    {
        using var module = Read(Repository.CoreAssembly);
        var strays = module.GetAllTypes()
            .Where(type => RootOf(type).Namespace.StartsWith("DcrPowerShell.Providers.", StringComparison.Ordinal))
            .SelectMany(type =>
                Used(type)
                    .Where(used =>
                        used.Namespace.StartsWith("DcrPowerShell.Providers.", StringComparison.Ordinal)
                        && used.Namespace != RootOf(type).Namespace
                    )
            );
        Assert.Empty(strays);
    }

    [Fact]
    public void Core_knows_no_PowerShell_no_environment_and_no_disk()
    {
        using var module = Read(Repository.CoreAssembly);
        Assert.DoesNotContain(module.AssemblyReferences, reference => reference.Name == "System.Management.Automation");
        string[] forbidden = ["System.Environment", "System.IO.File", "System.IO.Directory", "System.IO.FileStream", "System.Console"];

        // The compiler's own iterators ask for the current thread.
        var strays = module
            .GetMemberReferences()
            .Where(member => forbidden.Contains(member.DeclaringType.FullName) && member.Name != "get_CurrentManagedThreadId");
        Assert.Empty(strays.Select(member => member.FullName));
    }

    [Fact]
    public void Core_keeps_no_static_state() => Assert.Empty(StaticState(Repository.CoreAssembly));

    /// <summary>
    /// What a runspace remembers, and what its process shares (docs/decisions.md). PlainSecret.Mark is empty and read-only.
    /// </summary>
    [Fact]
    public void The_module_keeps_two_static_fields_that_change() => Assert.Equal(
        ["ProcessState.Current", "RunspaceState.States"],
        StaticState(Repository.ModuleAssembly).Except(["PlainSecret.Mark"]));

    [Fact]
    public void Commands_hold_no_URL_no_JSON_and_no_HTTP_status()
    {
        using var module = Read(Repository.ModuleAssembly);
        string[] forbidden =
        [
            "System.Net.Http", "System.Text.Json.JsonDocument", "System.Text.Json.JsonSerializer", "JsonBag::Parse", "ServerError::get_Status",
        ];
        var code = module.GetAllTypes()
            .Where(static type => Room(RootOf(type)) == "Commands")
            .SelectMany(static type => type.Methods)
            .Where(static method => method.HasBody)
            .SelectMany(static method => method.Body.Instructions.Select(static instruction => instruction.Operand))
            .ToList();
        var texts = code.OfType<string>().Where(static text => text.Contains("://", StringComparison.Ordinal)
            || text.StartsWith("{\"", StringComparison.Ordinal) || text.Contains("HTTP ", StringComparison.Ordinal));
        var members = code.OfType<MemberReference>()
            .Select(static member => member is TypeReference ? member.FullName : $"{member.DeclaringType.FullName}::{member.Name}")
            .Where(name => forbidden.Any(part => name.Contains(part, StringComparison.Ordinal)));
        Assert.Empty(texts.Concat(members));
    }

    [Fact]
    public void Protocol_holds_no_HttpClient()
    {
        using var module = Read(Repository.CoreAssembly);
        var users = module
            .GetAllTypes()
            .Where(type => Room(RootOf(type)) == "Protocol" && Used(type).Any(used => used.FullName == "System.Net.Http.HttpClient"));
        Assert.Empty(users);
    }

    /// <summary>Static fields that can be set, and those with an object that may change.</summary>
    private static string[] StaticState(string assembly)
    {
        using var module = Read(assembly);
        var types = module.GetAllTypes().ToList();
        var methods = types.SelectMany(static type => type.Methods).Where(static method => method.HasBody).ToList();
        return
        [
            .. types.Where(static type => !IsGenerated(type))
                .SelectMany(static type => type.Fields)
                .Where(field => field is { IsStatic: true, IsLiteral: false } && (!field.IsInitOnly || MayChange(field, methods)))
                .Select(static field => $"{field.DeclaringType.Name}.{field.Name}")
                .Order(StringComparer.Ordinal),
        ];
    }

    private static bool IsGenerated(TypeDefinition type) =>
        type.CustomAttributes.Any(static mark => mark.AttributeType.Name == "CompilerGeneratedAttribute");

    private static bool MayChange(FieldDefinition field, List<MethodDefinition> methods) => field.FieldType switch
    {
        { IsValueType: true } => false,
        // That nobody writes into a list of names is not seen here.
        { IsArray: true } => false,
        var type when IsOurs(type) => HasState(type, []),
        GenericInstanceType collection => Users(field, methods)
            .SelectMany(Operands<MethodReference>)
            .Any(called => called.DeclaringType.FullName == collection.FullName && !Reading.Contains(called.Name)),
        var type => !Fixed.Contains(type.FullName),
    };

    /// <summary>Methods that read a field, but for the one that makes its object.</summary>
    private static IEnumerable<MethodDefinition> Users(FieldDefinition field, List<MethodDefinition> methods) => methods.Where(method =>
        !(method.IsConstructor && method.DeclaringType == field.DeclaringType)
        && Operands<FieldReference>(method).Any(used => used.FullName == field.FullName));

    private static bool IsOurs(TypeReference type) =>
        type.DeclaringType is { } outer ? IsOurs(outer) : type.Namespace.StartsWith("DcrPowerShell", StringComparison.Ordinal);

    private static IEnumerable<T> Operands<T>(MethodDefinition method) =>
        method.Body.Instructions.Select(static instruction => instruction.Operand).OfType<T>();

    // A JsonBag reads its text when it is first asked, and is the same to whoever has it.
    private static bool HasState(TypeReference type, HashSet<string> seen) =>
        IsOurs(type)
        && type.Name != "JsonBag"
        && seen.Add(type.FullName)
        && type.Resolve() is { IsValueType: false, IsInterface: false } own
        && own.Fields.Any(field => !field.IsStatic && (!field.IsInitOnly || HasState(field.FieldType, seen)));

    private static ModuleDefinition Read(string assembly)
    {
        // The module's types name those of Core, which is beside it.
        var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(Path.GetDirectoryName(assembly));
        return ModuleDefinition.ReadModule(assembly, new ReaderParameters { AssemblyResolver = resolver });
    }

    /// <summary>Which rooms each room uses.</summary>
    private static Dictionary<string, string[]> Arrows(string assembly)
    {
        using var module = Read(assembly);
        return (from type in module.GetAllTypes()
                let room = Room(RootOf(type))
                where room is not null
                from used in Used(type)
                let other = Room(used)
                where other is not null && other != room
                select (Room: room, Other: other))
            .Concat(ArrowsOfConstants(assembly))
            .GroupBy(static arrow => arrow.Room, static arrow => arrow.Other)
            .ToDictionary(static arrows => arrows.Key, static arrows => arrows.ToArray());
    }

    /// <summary>What uses a constant of another room. The compiler puts its value in its place, so only the source tells.</summary>
    private static IEnumerable<(string Room, string Other)> ArrowsOfConstants(string assembly)
    {
        var rooms = new[] { Repository.CoreAssembly, assembly }.Distinct()
            .SelectMany(Constants)
            .ToLookup(static constant => constant.Name, static constant => constant.Room);
        var folder = Path.Combine(Repository.Root, "src", Path.GetFileNameWithoutExtension(assembly));
        return
            from path in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            let parts = Path.GetRelativePath(folder, path).Split(Path.DirectorySeparatorChar)
            where parts is [not ("bin" or "obj"), _, ..]
            let room = Path.GetFileNameWithoutExtension(path) == Extension ? "Extension" : parts[0]
            from line in File.ReadLines(path)
            where !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
            from Match use in ConstantUse.Matches(line)
            from other in rooms[use.Groups[1].Value]
            where other != room
            select (room, other);
    }

    /// <summary>Constants that others may use, values of enumerations too.</summary>
    private static List<(string Name, string Room)> Constants(string assembly)
    {
        using var module = Read(assembly);
        return
        [
            .. from type in module.GetAllTypes()
               let room = Room(RootOf(type))
               where room is not null
               from field in type.Fields
               where field is { IsLiteral: true, IsPrivate: false }
               select ($"{type.Name}.{field.Name}", room),
        ];
    }

    /// <summary>What is left when rooms that use none of the others are taken away again and again.</summary>
    private static List<string> RoomsInCircles(Dictionary<string, string[]> arrows)
    {
        var left = arrows.ToDictionary(static room => room.Key, static room => room.Value.ToHashSet());
        while (left.FirstOrDefault(room => !room.Value.Any(left.ContainsKey)) is { Key: { } leaf })
        {
            left.Remove(leaf);
        }

        return [.. left.Keys];
    }

    private static void AssertSame(Dictionary<string, string[]> listed, Dictionary<string, string[]> found) => Assert.Empty(
        Lines(found).Except(Lines(listed)).Select(static arrow => $"not listed: {arrow}")
            .Concat(Lines(listed).Except(Lines(found)).Select(static arrow => $"not there: {arrow}")));

    private static HashSet<string> Lines(Dictionary<string, string[]> arrows) =>
        [.. arrows.SelectMany(static room => room.Value.Select(other => $"{room.Key} -> {other}"))];

    /// <summary>The first word after DcrPowerShell in a namespace of ours; null for types that are not.</summary>
    private static string? Room(TypeReference type) => type.Namespace.Split('.') switch
    {
        ["DcrPowerShell"] => type.Name == Extension ? "Extension" : IsHandle(type.Resolve()) ? "Handles" : "Facts",
        ["DcrPowerShell", var room, ..] => room,
        _ => null,
    };

    /// <summary>
    /// A handle has something of a room inside: a field, a constructor or another member names an internal type of one. What is a fact says
    /// all that it knows in types of the root namespace.
    /// </summary>
    private static bool IsHandle(TypeDefinition type) =>
        !type.IsEnum
        && type.Fields.Select(static field => field.FieldType)
            .Concat(type.Methods.Select(static method => method.ReturnType))
            .Concat(type.Methods.SelectMany(static method => method.Parameters).Select(static parameter => parameter.ParameterType))
            .SelectMany(Parts)
            .Any(static part =>
                part.Namespace.StartsWith("DcrPowerShell.", StringComparison.Ordinal) && part.Resolve() is { IsNotPublic: true }
            );

    private static TypeDefinition RootOf(TypeDefinition type) => type.DeclaringType is null ? type : RootOf(type.DeclaringType);

    /// <summary>All types that a type names: in its base, interfaces, members, attributes and code.</summary>
    private static IEnumerable<TypeReference> Used(TypeDefinition type)
    {
        var named = new List<TypeReference?> { type.BaseType };
        named.AddRange(type.Interfaces.Select(item => item.InterfaceType));
        named.AddRange(type.Fields.Select(field => field.FieldType));
        named.AddRange(type.GenericParameters.SelectMany(Constraints));
        named.AddRange(Marks(type).Concat(type.Fields.SelectMany(Marks)).Concat(type.Properties.SelectMany(Marks)));
        foreach (var method in type.Methods)
        {
            named.Add(method.ReturnType);
            named.AddRange(method.Parameters.Select(parameter => parameter.ParameterType));
            named.AddRange(method.GenericParameters.SelectMany(Constraints));
            named.AddRange(Marks(method).Concat(method.Parameters.SelectMany(Marks)));
            if (!method.HasBody)
            {
                continue;
            }

            named.AddRange(method.Body.Variables.Select(variable => variable.VariableType));
            named.AddRange(method.Body.ExceptionHandlers.Select(handler => handler.CatchType));
            named.AddRange(
                method.Body.Instructions.Select(instruction =>
                    instruction.Operand switch
                    {
                        MethodReference called => called.DeclaringType,
                        FieldReference field => field.DeclaringType,
                        TypeReference direct => direct,
                        _ => null,
                    }
                )
            );
            named.AddRange(
                method
                    .Body.Instructions.Select(instruction => instruction.Operand)
                    .OfType<GenericInstanceMethod>()
                    .SelectMany(called => called.GenericArguments)
            );
        }

        return named.OfType<TypeReference>().SelectMany(Parts);
    }

    private static IEnumerable<TypeReference> Constraints(GenericParameter parameter) =>
        parameter.Constraints.Select(static constraint => constraint.ConstraintType);

    /// <summary>Attributes, and the types that they are given.</summary>
    private static IEnumerable<TypeReference> Marks(ICustomAttributeProvider marked) =>
        marked.CustomAttributes.SelectMany(static attribute => attribute
            .ConstructorArguments.Concat(attribute.Properties.Select(static property => property.Argument))
            .SelectMany(static argument => argument.Value as CustomAttributeArgument[] ?? [argument])
            .Select(static argument => argument.Value)
            .OfType<TypeReference>()
            .Append(attribute.AttributeType));

    /// <summary>A generic or array type and what it is made of; a nested type as the one that holds it.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference type) => type switch
    {
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Concat(Parts(generic.ElementType)),
        TypeSpecification specification => Parts(specification.ElementType),
        { DeclaringType: { } outer } => Parts(outer),
        _ => [type],
    };
}
