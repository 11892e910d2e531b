# B3: what importing the module and running one command offline costs, over an empty pwsh, beside SecretManagement. A new process each time.
param([int] $Rounds = 7)
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'Measure.psm1')
Import-Module (Join-Path (Split-Path $PSScriptRoot) 'shared/Pwsh.psm1')
$module = Join-Path (Split-Path (Split-Path $PSScriptRoot)) 'out/DcrPowerShell/DcrPowerShell.psd1'
$env:DCRPOWERSHELL_HOME = New-StoreHome
$null = Invoke-Ledger fill $env:DCRPOWERSHELL_HOME https://bench.example 10

function Start-Shell([string] $Command) { Invoke-Pwsh -NoProfile -NonInteractive -Command "`$null = $Command" | Out-Null }

$results = Measure-SideBySide -Rounds $Rounds ([ordered]@{
    'empty pwsh'                             = { Start-Shell '1' }
    'SecretManagement, Get-SecretVault'      = { Start-Shell 'Import-Module Microsoft.PowerShell.SecretManagement; Get-SecretVault' }
    'DcrPowerShell, Get-DcrServer'           = { Start-Shell "Import-Module '$module'; Get-DcrServer" }
    'DcrPowerShell, Get-DcrClient -Offline'  = { Start-Shell "Import-Module '$module'; Get-DcrClient -Offline" }
})
Write-Host "`nB3: import and run one command that asks no server (median of $Rounds new processes each, quartiles)"
Write-Table $results
$empty, $secretManagement, $server, $client = $results.Median
Write-Host ('  over the empty process, to SecretManagement: Get-DcrServer {0:n2}, Get-DcrClient -Offline {1:n2} (aim: 1.0 at most)' -f
    (($server - $empty) / ($secretManagement - $empty)), (($client - $empty) / ($secretManagement - $empty)))
