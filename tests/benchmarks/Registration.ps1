# What one registration costs over its HTTP time and its vault time, and what of that the journal costs. Loopback server, real
# SecretStore vault.
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'Measure.psm1')
$root = Split-Path (Split-Path $PSScriptRoot)
Import-Module (Join-Path $root 'tests/cmdlets/TestServer.psm1')
Import-Module (Join-Path $root 'out/DcrPowerShell/DcrPowerShell.psd1')

$each = 20
Register-SecretVault Bench -ModuleName Microsoft.PowerShell.SecretStore
Reset-SecretStore -Authentication None -Interaction None -Force -WarningAction Ignore
Start-TestServerHost
try {
    $issuer = (New-TestServer).Issuer
    $withVault = Connect-DcrServer $issuer -Vault Bench -Name vault
    # In a vault in memory, whose time is a small part of SecretStore's and steadier, the journal's can be seen.
    Register-SecretVault Memory -ModuleName (Join-Path $root 'tests/cmdlets/vaults/DcrTestVault')
    $withJournal = Connect-DcrServer $issuer -Vault Memory -Name journal
    $withoutJournal = Connect-DcrServer $issuer -Vault Memory -Name bare
    # As it is where the home folder cannot be written.
    [DcrPowerShell.DcrConnection].GetProperty('Journal', [Reflection.BindingFlags] 'NonPublic, Instance').SetValue($withoutJournal, $null)
    $withoutVault = Connect-DcrServer $issuer -NoVault -Name none
    $http = [System.Net.Http.HttpClient]::new()
    $json = '{"client_name":"Bench","redirect_uris":["https://app.example/cb"]}'

    # What a registration keeps, for the vault's own time must be measured with the same size.
    $record = Get-Secret (New-DcrClient Bench https://app.example/cb -Connection $withVault).SecretName -Vault Bench

    function Send-Registration {
        $content = [System.Net.Http.StringContent]::new($json, [System.Text.Encoding]::UTF8, 'application/json')
        $null = $http.PostAsync("$issuer/register", $content).GetAwaiter().GetResult().Content.ReadAsStringAsync().GetAwaiter().GetResult()
    }

    $rows = Measure-SideBySide ([ordered]@{
        'by hand: POST by HttpClient'                     = {
            $watch = [System.Diagnostics.Stopwatch]::StartNew()
            foreach ($i in 1..$each) { Send-Registration }
            $watch.Elapsed.TotalMilliseconds / $each
        }
        'by hand: POST, look up, write and read back'     = {
            $watch = [System.Diagnostics.Stopwatch]::StartNew()
            foreach ($i in 1..$each) {
                $name = "dcr-127-0-0-1-$([guid]::NewGuid())"
                $null = Get-SecretVault Bench
                Send-Registration
                $null = Get-Secret $name -Vault Bench -ErrorAction Ignore
                Set-Secret $name -SecureStringSecret $record -Vault Bench
                $null = Get-Secret $name -Vault Bench
            }
            $watch.Elapsed.TotalMilliseconds / $each
        }
        'New-DcrClient, without a vault'                  = {
            $watch = [System.Diagnostics.Stopwatch]::StartNew()
            foreach ($i in 1..$each) { $null = New-DcrClient Bench https://app.example/cb -Connection $withoutVault }
            $watch.Elapsed.TotalMilliseconds / $each
        }
        'New-DcrClient, with the vault'                   = {
            $watch = [System.Diagnostics.Stopwatch]::StartNew()
            foreach ($i in 1..$each) { $null = New-DcrClient Bench https://app.example/cb -Connection $withVault }
            $watch.Elapsed.TotalMilliseconds / $each
        }
    })
    Write-Host "`nOne registration (median of rounds of $each, quartiles)"
    Write-Table $rows
    $post, $byHand, $bare, $full = $rows.Median
    Write-Host ('  over HTTP, without a vault: {0:n2} ms; over HTTP and vault: {1:n2} ms (aim: 5 at most)' -f ($bare - $post), ($full - $byHand))

    function Measure-One($Connection) {
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        $null = New-DcrClient Bench https://app.example/cb -Connection $Connection
        $watch.Elapsed.TotalMilliseconds
    }

    $rows = Measure-SideBySide -Rounds 200 ([ordered]@{
        'New-DcrClient, vault in memory, no journal' = { Measure-One $withoutJournal }
        'New-DcrClient, vault in memory, journal'    = { Measure-One $withJournal }
    })
    Write-Host "`
One registration (median of 200 single ones in turns, quartiles)"
    Write-Table $rows
    Write-Host ('  the journal: {0:n2} ms (aim: under 3)' -f ($rows[1].Median - $rows[0].Median))
}
finally {
    Stop-TestServerHost
}
