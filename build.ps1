#requires -Version 5.1
<#
.SYNOPSIS
    Builds, tests, shows, measures and packs DcrPowerShell. Needs the .NET SDK 10, and a PowerShell to run in:
    dotnet tool restore, and then dotnet pwsh ./build.ps1.
.PARAMETER Task
    Build (default): the module, into out/DcrPowerShell.
    Test:    dotnet test, which also runs the Pester suite.
    Demo:    the main job against a loopback server: dotnet run --project tools/Demo.
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
$module = Join-Path $out 'DcrPowerShell'
$project = Join-Path $PSScriptRoot 'src/DcrPowerShell/DcrPowerShell.csproj'
$ledgerBenchmarks = Join-Path $PSScriptRoot 'tests/benchmarks/Ledger/DcrPowerShell.Benchmarks.csproj'
$testServer = Join-Path $PSScriptRoot 'tests/DcrPowerShell.TestServer/DcrPowerShell.TestServer.csproj'

function Invoke-DotNet {
    & dotnet @args | Out-Host
    if ($LASTEXITCODE -ne 0) { throw "dotnet $($args -join ' ') ended with exit code $LASTEXITCODE." }
}

function Build-Project([string[]] $Projects = $project) {
    foreach ($one in $Projects) { Invoke-DotNet build $one --nologo '-v:quiet' '-clp:NoSummary' }
}

# Does what the gallery's own publishing does: the module's files at the package's root, and its commands as tags.
function New-Package {
    Build-Project
    $manifest = Get-Content (Join-Path $module 'DcrPowerShell.psd1') -Raw
    $text = @{}
    [regex]::Matches($manifest, "(?m)^\s*(\w+)\s*=\s*'([^']*)'") | ForEach-Object { $text[$_.Groups[1].Value] = $_.Groups[2].Value }
    $version = @($text.ModuleVersion; $text.Prerelease | Where-Object { $_ }) -join '-'

    # Links that lead to files of this repository lead to its address: at the tag that release.yml publishes.
    $page = [IO.File]::ReadAllText((Join-Path $PSScriptRoot 'README.md'))
    $page = $page -replace '\]\((?!https?:|#)(?=[^)]+\.svg\))', "]($($text.ProjectUri)/raw/v$version/"
    $page = $page -replace '\]\((?!https?:|#)', "]($($text.ProjectUri)/blob/v$version/"
    [IO.File]::WriteAllText((Join-Path $module 'README.md'), $page)

    # The gallery installs it along; the module itself is imported without it.
    $secretManagement = '1.1.2'
    $cmdlets = [regex]::Matches($manifest, "'([A-Z][a-z]+-\w*Dcr\w*)'") | ForEach-Object { $_.Groups[1].Value }
    $tags = [regex]::Match($manifest, 'Tags\s*=\s*@\(([^)]*)\)').Groups[1].Value -replace "[',\s]+", ' '
    $nuspec = Join-Path $out 'DcrPowerShell.nuspec'
    Set-Content $nuspec -Encoding utf8 -Value @"
<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>DcrPowerShell</id>
    <version>$version</version>
    <authors>$($text.Author)</authors>
    <requireLicenseAcceptance>false</requireLicenseAcceptance>
    <licenseUrl>$($text.LicenseUri)</licenseUrl>
    <projectUrl>$($text.ProjectUri)</projectUrl>
    <iconUrl>$($text.IconUri)</iconUrl>
    <description>$($text.Description)</description>
    <releaseNotes>$($text.ReleaseNotes)</releaseNotes>
    <copyright>$($text.Copyright)</copyright>
    <tags>PSModule PSIncludes_Cmdlet $(($cmdlets | ForEach-Object { "PSCmdlet_$_ PSCommand_$_" }) -join ' ') $tags</tags>
    <dependencies>
      <dependency id="Microsoft.PowerShell.SecretManagement" version="$secretManagement" />
    </dependencies>
  </metadata>
  <files>
    <file src="**" target="" />
  </files>
</package>
"@
    $properties = "-p:NuspecFile=$nuspec", "-p:NuspecBasePath=$module", '-p:NoPackageAnalysis=true'
    Invoke-DotNet pack $project --no-build --nologo '-v:quiet' --output $out @properties
    Remove-Item $nuspec
    Get-Item (Join-Path $out "DcrPowerShell.$version.nupkg")
}

function Clear-Output {
    Get-ChildItem $PSScriptRoot -Recurse -Directory |
        Where-Object { $_.Name -in 'bin', 'obj', 'out', 'TestResults' -and $_.FullName -notmatch 'node_modules' } |
        ForEach-Object { if (Test-Path $_.FullName) { Remove-Item $_.FullName -Recurse -Force } }
}

switch ($Task) {
    Build { Build-Project; Write-Host "The module is in $module." }
    Test { Invoke-DotNet test (Join-Path $PSScriptRoot 'DcrPowerShell.sln') --nologo }
    Demo { Invoke-DotNet run --project (Join-Path $PSScriptRoot 'tools/Demo') }
    Bench { Build-Project $project, $testServer, $ledgerBenchmarks; & (Join-Path $PSScriptRoot 'tests/benchmarks/Bench.ps1') }
    Package { New-Package }
    Clean { Clear-Output }
}
