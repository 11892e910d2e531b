# What importing the module costs, over an empty pwsh, beside what importing SecretManagement costs. A new process each time.
Set-StrictMode -Version 3
Import-Module (Join-Path $PSScriptRoot 'Measure.psm1')
$module = Join-Path (Split-Path (Split-Path $PSScriptRoot)) 'out/DcrPowerShell/DcrPowerShell.psd1'
Import-Module (Join-Path (Split-Path $PSScriptRoot) 'shared/Pwsh.psm1')

function Start-Shell([string] $Command) { Invoke-Pwsh -NoProfile -NonInteractive -Command $Command | Out-Null }

Write-Host 'Import and run one command that asks no server (median of new processes, quartiles)'
$rows = Measure-SideBySide -Rounds 15 ([ordered]@{
    'empty pwsh'                        = { Start-Shell '1' }
    'SecretManagement, Get-SecretVault' = { Start-Shell 'Import-Module Microsoft.PowerShell.SecretManagement; Get-SecretVault' }
    'DcrPowerShell, Get-DcrServer'      = { Start-Shell "Import-Module '$module'; Get-DcrServer" }
})
Write-Table $rows
$empty, $secretManagement, $ours = $rows.Median
Write-Host ('  ratio over the empty process: {0:n2} (aim: 1.5 at most; ours loads SecretManagement too)' -f (($ours - $empty) / ($secretManagement - $empty)))
