# B4: what it takes to store registrations in SecretStore and to read them back, and how that grows with their number.
param([int] $Clients = 1000, [int] $Rounds = 1)
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Import-Module (Join-Path $PSScriptRoot 'Measure.psm1')
$root = Split-Path (Split-Path $PSScriptRoot)
Import-Module (Join-Path $root 'tests/cmdlets/TestServer.psm1')
Import-Module (Join-Path $root 'out/DcrPowerShell/DcrPowerShell.psd1')

Register-SecretVault Bench -ModuleName Microsoft.PowerShell.SecretStore
Start-TestServerHost
try {
    $rows = 1..(2 * $Clients) | ForEach-Object { [pscustomobject]@{ ClientName = "Clinic $_"; RedirectUri = "https://clinic-$_.example/callback" } }

    function Reset-All {
        Reset-SecretStore -Authentication None -Interaction None -Force -WarningAction Ignore
        $script:server = New-TestServer
        $null = Connect-DcrServer $script:server.Issuer -Vault Bench
        # For the size of what is stored.
        $script:record = Get-Secret (New-DcrClient Size https://size.example/callback).SecretName -Vault Bench -AsPlainText
        Reset-SecretStore -Authentication None -Interaction None -Force -WarningAction Ignore
        $null = Connect-DcrServer $script:server.Issuer -Vault Bench
    }

    # Registering on loopback takes a millisecond or two; the rest is storing and reading back.
    function Measure-Ours([int] $Count) {
        Reset-All
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $null = $rows | Select-Object -First $Count | New-DcrClient
        $watch.Elapsed.TotalSeconds
        Remove-TestServer $script:server
    }

    function Measure-Script([int] $Count) {
        Reset-All
        $watch = [Diagnostics.Stopwatch]::StartNew()
        foreach ($number in 1..$Count) {
            Set-Secret "dcr-$number" -Secret $record -Vault Bench
            $null = Get-Secret "dcr-$number" -Vault Bench
        }
        $watch.Elapsed.TotalSeconds
        Remove-TestServer $script:server
    }

    $results = Measure-SideBySide -Rounds $Rounds -NoWarmUp ([ordered]@{
        "New-DcrClient, $Clients"                 = { Measure-Ours $Clients }
        "New-DcrClient, $(2 * $Clients)"          = { Measure-Ours (2 * $Clients) }
        "Set-Secret and Get-Secret, $Clients"     = { Measure-Script $Clients }
        "Set-Secret and Get-Secret, $(2 * $Clients)" = { Measure-Script (2 * $Clients) }
    })
    Write-Host "`nB4: store and read back (median of $Rounds rounds, quartiles)"
    Write-Table $results 's'
    $one, $two, $scriptOne, $scriptTwo = $results.Median
    Write-Host ('  over the script: {0:n2} at {1}, {2:n2} at {3} (aim: 1 at most); T(2N)/T(N): ours {4:n2}, the script {5:n2}' -f
        ($one / $scriptOne), $Clients, ($two / $scriptTwo), (2 * $Clients), ($two / $one), ($scriptTwo / $scriptOne))
}
finally {
    Stop-TestServerHost
}
