#requires -Version 5.1
<#
.SYNOPSIS
    Tests a package, as it ships, in the PowerShell that runs this: unpacks it to out/DcrPowerShell and runs each Pester file in a process
    and a home folder of its own. The last line is "N passed, N failed, N skipped". The exit code is 1 where a test failed, a file has no
    test, or no test passed.
    Needs the .NET SDK, and what Install-TestModule.ps1 installs. On Windows it empties this account's SecretStore, and runs
    only with CI=true.
    Run it by: dotnet pwsh -NoProfile ./tests/Test-Package.ps1 out/DcrPowerShell.0.1.0.nupkg -PSVersion 7.6
#>
[CmdletBinding()]
param(
    # Wildcards, for one file.
    [Parameter(Mandatory, Position = 0)] [string] $Package,
    # The version that this PowerShell must have, so that no leg of CI tests another one.
    [Parameter(Mandatory)] [version] $PSVersion,
    # Names of the files, without .Tests.ps1. Wildcards.
    [string] $Name = '*'
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$root = Split-Path $PSScriptRoot
$isOnWindows = [Environment]::OSVersion.Platform -eq 'Win32NT'
Import-Module (Join-Path $PSScriptRoot 'shared/Pwsh.psm1')

$own = $PSVersionTable.PSVersion
if ($own.Major -ne $PSVersion.Major -or $own.Minor -ne $PSVersion.Minor) { throw "This is PowerShell $own, and not $PSVersion." }
foreach ($module in 'Pester', 'Microsoft.PowerShell.SecretManagement', 'Microsoft.PowerShell.SecretStore') {
    if (-not (Get-Module $module -ListAvailable)) { throw "$module is not installed. Run tests/Install-TestModule.ps1" }
}

$packages = @(Convert-Path $Package)
if ($packages.Count -ne 1) { throw "$Package names $($packages.Count) files, and not one." }
$env:DCR_PACKAGE = $packages[0]

# The demo's build also lays a module out: the package then takes its place.
foreach ($project in 'tests/DcrPowerShell.TestServer', 'tools/Demo') {
    dotnet build (Join-Path $root $project) --nologo '-v:quiet' '-clp:NoSummary' | Out-Host
    if ($LASTEXITCODE) { throw "$project was not built." }
}

$module = Join-Path $root 'out/DcrPowerShell'
Remove-Item -LiteralPath $module -Recurse -Force
Add-Type -AssemblyName System.IO.Compression.FileSystem
[IO.Compression.ZipFile]::ExtractToDirectory($env:DCR_PACKAGE, $module)
# The package's own description, which the gallery's client removes as well.
'DcrPowerShell.nuspec', '[Content_Types].xml', '_rels', 'package' |
    ForEach-Object { Remove-Item -LiteralPath (Join-Path $module $_) -Recurse -Force }

$folders = @('cmdlets'; if ($isOnWindows) { 'windows' })
$files = @($folders | ForEach-Object { Get-ChildItem (Join-Path $PSScriptRoot "$_/$Name.Tests.ps1") } | Sort-Object Name)
$passed = $failed = $skipped = 0
foreach ($file in $files) {
    if ($own.Major -lt 7 -and (Select-String -LiteralPath $file.FullName -Pattern '^#requires -Version 7' -Quiet)) {
        Write-Host "$($file.Name): needs PowerShell 7"
        continue
    }

    $homeFolder = Join-Path ([IO.Path]::GetTempPath()) "dcr-home-$([guid]::NewGuid().ToString('n'))"
    $null = New-Item $homeFolder -ItemType Directory
    $ownHome, $env:HOME = $env:HOME, $homeFolder
    try {
        $runner = Join-Path $PSScriptRoot 'cmdlets/Invoke-TestFile.ps1'
        $lines = @(Invoke-Pwsh -NoProfile -NonInteractive -File $runner -Path $file.FullName)
        $exitCode = $LASTEXITCODE
    } finally {
        $env:HOME = $ownHome
        Remove-Item -LiteralPath $homeFolder -Recurse -Force -ErrorAction Ignore
    }

    $lines | ForEach-Object { Write-Host "$($file.Name): $_" }
    $counts = [regex]::Match("$($lines | Select-Object -Last 1)", '^(?<passed>\d+) passed, (?<failed>\d+) failed, (?<skipped>\d+) skipped')
    $passed += [int] "0$($counts.Groups['passed'].Value)"
    $skipped += [int] "0$($counts.Groups['skipped'].Value)"
    # A file that ended without a count, or could not be read, is one failure.
    $failed += [Math]::Max([int] "0$($counts.Groups['failed'].Value)", [int]($exitCode -ne 0))
}

Write-Host "$passed passed, $failed failed, $skipped skipped"
exit [int]($failed -gt 0 -or $passed -eq 0)
