# What one registration costs over its request: in the local store, and in a SecretStore vault. Server on loopback.
param([int] $Rounds = 9)
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'Measure.psm1')
$root = Split-Path (Split-Path $PSScriptRoot)
Import-Module (Join-Path $root 'tests/cmdlets/TestServer.psm1')
Import-Module (Join-Path $root 'out/DcrPowerShell/DcrPowerShell.psd1')

$each = 20
$env:DCRPOWERSHELL_HOME = New-StoreHome
Register-SecretVault Bench -ModuleName Microsoft.PowerShell.SecretStore
Reset-SecretStore -Authentication None -Interaction None -Force -WarningAction Ignore
Start-TestServerHost
try {
    $issuer = (New-TestServer).Issuer
    $local = Connect-DcrServer $issuer -Name local
    $withVault = Connect-DcrServer $issuer -Vault Bench -Name vault -WarningAction Ignore
    $http = [System.Net.Http.HttpClient]::new()
    $json = '{"client_name":"Bench","redirect_uris":["https://app.example/cb"]}'

    # A record as a registration keeps it, because the vault's own time must be measured with the same size.
    $record = Get-Secret (New-DcrClient Bench https://app.example/cb -Connection $withVault).SecretName -Vault Bench

    function Send-Registration {
        $content = [System.Net.Http.StringContent]::new($json, [System.Text.Encoding]::UTF8, 'application/json')
        $null = $http.PostAsync("$issuer/register", $content).GetAwaiter().GetResult().Content.ReadAsStringAsync().GetAwaiter().GetResult()
    }

    function Measure-Each([scriptblock] $Work) {
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        foreach ($i in 1..$each) { & $Work }
        $watch.Elapsed.TotalMilliseconds / $each
    }

    $rows = Measure-SideBySide -Rounds $Rounds ([ordered]@{
        'one flush of the disk'                  = { Measure-Flush }
        'by hand: POST by HttpClient'            = { Measure-Each { Send-Registration } }
        'by hand: POST, write and read back'     = {
            Measure-Each {
                $name = "dcr-127-0-0-1-$([guid]::NewGuid())"
                Send-Registration
                Set-Secret $name -SecureStringSecret $record -Vault Bench
                $null = Get-Secret $name -Vault Bench
            }
        }
        'New-DcrClient, local store'             = { Measure-Each { $null = New-DcrClient Bench https://app.example/cb -Connection $local `
            -WarningAction Ignore } }
        'New-DcrClient, SecretStore'             = { Measure-Each { $null = New-DcrClient Bench https://app.example/cb `
            -Connection $withVault } }
    })
    Write-Host "`nOne registration alone (median of rounds of $each, quartiles)"
    Write-Table $rows
    $flush, $post, $byHand, $inLocal, $inVault = $rows.Median
    Write-Host ('  over the request and two flushes, local store: {0:n2} ms; over request and vault, SecretStore: {1:n2} ms' -f
        ($inLocal - $post - (2 * $flush)), ($inVault - $byHand))
}
finally {
    Stop-TestServerHost
}
