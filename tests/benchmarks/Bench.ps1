# Runs the benchmarks, each in a process and a home folder of its own. Run it by: dotnet pwsh ./build.ps1 Bench
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path (Split-Path $PSScriptRoot) 'shared/Pwsh.psm1')
if ($IsWindows) { throw 'On Windows SecretStore keeps one store a user, and a benchmark must not reset yours: run this on Linux or macOS.' }

Write-Host ('{0} cores, PowerShell {1}, {2}' -f [Environment]::ProcessorCount, $PSVersionTable.PSVersion, [System.Runtime.InteropServices.RuntimeInformation]::FrameworkDescription)
$userHome = $env:HOME
foreach ($benchmark in 'Onboarding', 'Paced', 'Import', 'Storing', 'Offline', 'Registration') {
    $env:HOME = Join-Path ([IO.Path]::GetTempPath()) "dcr-bench-$PID-$benchmark"
    $null = New-Item $env:HOME -ItemType Directory

    # Where a benchmark with TLS puts its server's throw-away authority. It has to be said before the process starts.
    $env:SSL_CERT_FILE = Join-Path $env:HOME authority.pem
    try { Invoke-Pwsh -NoProfile -NonInteractive -File (Join-Path $PSScriptRoot "$benchmark.ps1") }
    finally {
        Remove-Item $env:HOME -Recurse -Force
        $env:HOME = $userHome
        $env:SSL_CERT_FILE = $null
    }
}
