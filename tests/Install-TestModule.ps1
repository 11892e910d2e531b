#requires -Version 5.1
<#
.SYNOPSIS
    Installs from the PowerShell Gallery, for this account, the modules that the tests need and that are not here in their version.
#>
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$packages = [xml](Get-Content (Join-Path (Split-Path $PSScriptRoot) 'Directory.Packages.props') -Raw)
$modules = [ordered]@{
    'Pester' = $packages.SelectSingleNode('//PackageVersion[@Include="Pester"]').Version
    'Microsoft.PowerShell.SecretManagement' = '1.1.2'
    'Microsoft.PowerShell.SecretStore' = '1.0.6'
    'PSScriptAnalyzer' = '1.25.0'
}
foreach ($name in $modules.Keys) {
    $version = $modules[$name]
    if (Get-Module -FullyQualifiedName @{ ModuleName = $name; RequiredVersion = $version } -ListAvailable) { continue }
    if (Get-Command Install-PSResource -ErrorAction Ignore) {
        Install-PSResource $name -Version $version -Scope CurrentUser -TrustRepository -SkipDependencyCheck
    } else {
        $null = Get-PackageProvider NuGet -ForceBootstrap
        # Windows comes with a Pester of its own, signed by someone else.
        Install-Module $name -RequiredVersion $version -Scope CurrentUser -Force -SkipPublisherCheck
    }
}
