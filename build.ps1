#requires -Version 5.1
<#
.SYNOPSIS
    Builds, tests, shows, measures and packs DcrPowerShell. Needs PowerShell and the .NET SDK 8.0 or later.
.PARAMETER Task
    Build (default): the module, into out/DcrPowerShell.
    Test:    dotnet test, which also runs the Pester suite.
    Demo:    the main job against a loopback server, with a throw-away vault.
    Bench:   the benchmarks of tests/benchmarks.
    Package: out/DcrPowerShell.<version>.nupkg, as the gallery lays it out.
    Clean:   removes what the others made.
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Demo', 'Bench', 'Package', 'Clean')]
    [string] $Task = 'Build'
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$out = Join-Path $PSScriptRoot 'out'

function Invoke-DotNet {
    & dotnet @args
    if ($LASTEXITCODE -ne 0) { throw "dotnet $($args -join ' ') ended with exit code $LASTEXITCODE." }
}

function Build {
    # The module is laid out by MSBuild, so that dotnet test needs no PowerShell for it.
    Invoke-DotNet build "$PSScriptRoot/src/DcrPowerShell/DcrPowerShell.csproj" --nologo '-v:quiet' '-clp:NoSummary'
    Write-Host "The module is in $(Join-Path $out 'DcrPowerShell')."
}

switch ($Task) {
    Build { Build }
    Test { Invoke-DotNet test "$PSScriptRoot/DcrPowerShell.sln" --nologo }
    Demo { Build; & "$PSScriptRoot/tests/demo/Demo.ps1" }
    Bench { Build; & "$PSScriptRoot/tests/benchmarks/Bench.ps1" }
    Package { Invoke-DotNet build "$PSScriptRoot/src/DcrPowerShell/Module.proj" -t:Package --nologo '-v:quiet' '-clp:NoSummary'; Get-ChildItem $out -Filter *.nupkg }
    Clean { Get-ChildItem $PSScriptRoot -Recurse -Directory -Include bin, obj, out | Where-Object FullName -notmatch 'node_modules' | Remove-Item -Recurse -Force }
}
