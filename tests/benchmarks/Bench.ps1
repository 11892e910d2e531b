# Runs the benchmarks, each in a process and a home folder of its own. Run it by: dotnet pwsh ./build.ps1 Bench
# One or two rounds of one of them are a quick look: tests/benchmarks/Bench.ps1 -Name Listing -Rounds 1
param(
    [ValidateSet('Onboarding', 'Paced', 'Import', 'Storing', 'Listing', 'Opening', 'Registration', 'Comparing')]
    [string[]] $Name = @('Onboarding', 'Paced', 'Import', 'Storing', 'Listing', 'Opening', 'Registration', 'Comparing'),
    [int] $Rounds = 7
)
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path (Split-Path $PSScriptRoot) 'shared/Pwsh.psm1')
if (-not $IsLinux) {
    throw 'On Windows SecretStore keeps one store a user, and a benchmark must not reset yours; memory is read from /proc. Run this on Linux.'
}

Write-Host ('{0} cores, PowerShell {1}, {2}' -f [Environment]::ProcessorCount, $PSVersionTable.PSVersion,
    [System.Runtime.InteropServices.RuntimeInformation]::FrameworkDescription)
$userHome = $env:HOME
foreach ($benchmark in $Name) {
    $env:HOME = Join-Path ([IO.Path]::GetTempPath()) "dcr-bench-$PID-$benchmark"
    $null = New-Item $env:HOME -ItemType Directory

    # Where a benchmark with TLS puts its server's throw-away authority. It has to be said before the process starts.
    $env:SSL_CERT_FILE = Join-Path $env:HOME authority.pem
    try { Invoke-Pwsh -NoProfile -NonInteractive -File (Join-Path $PSScriptRoot "$benchmark.ps1") -Rounds $Rounds }
    finally {
        Remove-Item $env:HOME -Recurse -Force
        $env:HOME = $userHome
        $env:SSL_CERT_FILE = $null
    }
}
