using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Rocks;
using Xunit;

namespace DcrPowerShell.Module.Tests;

/// <summary>The layers of docs/architecture.md: each room uses only the rooms it may, in what the assemblies really do.</summary>
public class ArrowTests
{
    // Public in the root namespace, because the vault extension calls it.
    private const string Extension = "DcrStoreVault";

    // Methods of collections that change them.
    private static readonly HashSet<string> Changing =
    [
        "Add", "AddOrUpdate", "Clear", "GetOrAdd", "GetOrCreateValue", "GetValue", "Remove", "TryAdd", "TryRemove", "set_Item",
    ];

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
        ["Metadata"] = ["Errors"],
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

    /// <summary>What a runspace remembers, and what its process shares (docs/decisions.md).</summary>
    [Fact]
    public void The_module_keeps_two_static_fields_that_change() =>
        Assert.Equal(["ProcessState.Current", "RunspaceState.States"], StaticState(Repository.ModuleAssembly));

    [Fact]
    public void Protocol_holds_no_HttpClient()
    {
        using var module = Read(Repository.CoreAssembly);
        var users = module
            .GetAllTypes()
            .Where(type => Room(RootOf(type)) == "Protocol" && Used(type).Any(used => used.FullName == "System.Net.Http.HttpClient"));
        Assert.Empty(users);
    }

    /// <summary>Static fields that can be set, and those with an object that changes.</summary>
    private static string[] StaticState(string assembly)
    {
        using var module = Read(assembly);
        var types = module
            .GetAllTypes()
            .Where(static type => !type.CustomAttributes.Any(static mark => mark.AttributeType.Name == "CompilerGeneratedAttribute"))
            .ToList();
        return
        [
            .. types.SelectMany(static type => type.Fields)
                .Where(field => field is { IsStatic: true, IsLiteral: false } && (!field.IsInitOnly || Changes(field, types)))
                .Select(static field => $"{field.DeclaringType.Name}.{field.Name}")
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Whether the object in a field has fields that can be set, or is a collection that something is put into.</summary>
    private static bool Changes(FieldDefinition field, List<TypeDefinition> types) =>
        HasState(field.FieldType, [])
        || types
            .SelectMany(static type => type.Methods)
            .Where(static method => method is { HasBody: true, IsConstructor: false })
            .Where(method => Operands<FieldReference>(method).Any(used => used.FullName == field.FullName))
            .SelectMany(Operands<MethodReference>)
            .Any(called => called.DeclaringType.FullName == field.FieldType.FullName && Changing.Contains(called.Name));

    private static IEnumerable<T> Operands<T>(MethodDefinition method) =>
        method.Body.Instructions.Select(static instruction => instruction.Operand).OfType<T>();

    // A JsonBag reads its text when it is first asked, and is the same to whoever has it.
    private static bool HasState(TypeReference type, HashSet<string> seen) =>
        type.Namespace.StartsWith("DcrPowerShell", StringComparison.Ordinal)
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
                group other by room)
            .ToDictionary(static arrows => arrows.Key, static arrows => arrows.ToArray());
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
        named.AddRange(type.CustomAttributes.Select(attribute => attribute.AttributeType));
        foreach (var method in type.Methods)
        {
            named.Add(method.ReturnType);
            named.AddRange(method.Parameters.Select(parameter => parameter.ParameterType));
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

    /// <summary>A generic or array type and what it is made of; a nested type as the one that holds it.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference type) => type switch
    {
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Concat(Parts(generic.ElementType)),
        TypeSpecification specification => Parts(specification.ElementType),
        { DeclaringType: { } outer } => Parts(outer),
        _ => [type],
    };
}
