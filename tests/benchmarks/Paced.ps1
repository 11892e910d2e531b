# B2: a server that takes ten registrations a second, in a burst of ten, and says so as Okta or Auth0 do. Ours go to the local store.
param([int] $Clients = 120, [int] $Rounds = 7)
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Import-Module (Join-Path $PSScriptRoot 'Measure.psm1')
$root = Split-Path (Split-Path $PSScriptRoot)
Import-Module (Join-Path $root 'tests/cmdlets/TestServer.psm1')
Import-Module (Join-Path $root 'out/DcrPowerShell/DcrPowerShell.psd1')

$perSecond = 10
Register-SecretVault Bench -ModuleName Microsoft.PowerShell.SecretStore
Start-TestServerHost
try {
    Save-TestServerCertificate $env:SSL_CERT_FILE
    $rows = 1..$Clients | ForEach-Object { [pscustomobject]@{ ClientName = "Clinic $_";
        RedirectUri = "https://clinic-$_.example/callback"; Tenant = "clinic-$_" } }
    $bodies = [string[]]@($rows | ForEach-Object { @{ client_name = $_.ClientName; redirect_uris = @($_.RedirectUri) } |
        ConvertTo-Json -Compress })
    $refused = @{}
    $doubled = 0

    function Measure-Run([string] $Name, [string] $Headers, [scriptblock] $Work, [switch] $Connect) {
        Reset-SecretStore -Authentication None -Interaction None -Force -WarningAction Ignore
        $env:DCRPOWERSHELL_HOME = New-StoreHome
        $server = New-TestServer @{ https = 'valid'; roundTripMs = 25; latencyMs = 25;
            rateLimit = @{ on = 'register'; perSecond = $perSecond; burst = $perSecond; headers = $Headers } }
        if ($Connect) { $null = Connect-DcrServer $server.Issuer }
        $watch = [Diagnostics.Stopwatch]::StartNew()
        & $Work "$($server.Issuer)/register"
        $time = $watch.Elapsed.TotalSeconds
        $script:refused[$Name] = @($script:refused[$Name]) + @(Get-TestServerRequest $server -Operation register |
            Where-Object status -EQ 429).Count
        if ($Connect) { $script:doubled += @(Get-TestServerClient $server).Count - $Clients }
        Remove-TestServer $server
        $time
    }

    $ours = { param($headers) Measure-Run $headers $headers { $null = $rows | New-DcrClient -ThrottleLimit 16 -WarningAction Ignore } `
        -Connect }
    $results = Measure-SideBySide -Rounds $Rounds ([ordered]@{
        "New-DcrClient, Okta's headers"                          = { & $ours okta }
        "New-DcrClient, Auth0's headers"                         = { & $ours auth0 }
        '(a) Invoke-RestMethod -MaximumRetryCount 10'            = {
            Measure-Run a okta {
                param($uri)
                foreach ($body in $bodies) {
                    $client = Invoke-RestMethod $uri -Method Post -Body $body -ContentType application/json -MaximumRetryCount 10 `
                        -RetryIntervalSec 1
                    Set-Secret "dcr-$($client.client_id)" -Secret (ConvertTo-Json $client -Compress) -Vault Bench
                }
            }
        }
        '(b) the same under ForEach-Object -Parallel'            = {
            Measure-Run b okta {
                param($uri)
                $gate = [Threading.SemaphoreSlim]::new(1)
                $bodies | ForEach-Object -ThrottleLimit 16 -Parallel {
                    $client = Invoke-RestMethod $using:uri -Method Post -Body $_ -ContentType application/json -MaximumRetryCount 10 `
                        -RetryIntervalSec 1 -ErrorAction SilentlyContinue
                    if (-not $client) { return }
                    ($using:gate).Wait()
                    try { Set-Secret "dcr-$($client.client_id)" -Secret (ConvertTo-Json $client -Compress) -Vault Bench }
                    finally { $null = ($using:gate).Release() }
                }
            }
        }
    })
    Write-Host "`nB2: register $Clients clients, $perSecond a second allowed (median of $Rounds rounds, quartiles)"
    Write-Table $results 's'
    $atLeast = $Clients / $perSecond
    Write-Host ("  over N / rate: Okta's headers {0:n2}, Auth0's {1:n2} (aim: 1.05 at most); (a) {2:n2}, (b) {3:n2}" -f
        @($results.Median | ForEach-Object { $_ / $atLeast }))
    Write-Host ("  answers 429 a run, at most: Okta's headers {0}, Auth0's {1} (aim: 0); (a) {2}, (b) {3}; clients made twice: {4} (aim: 0)" -f
        @(@('okta', 'auth0', 'a', 'b' | ForEach-Object { ($refused[$_] | Measure-Object -Maximum).Maximum }) + $doubled))
}
finally {
    Stop-TestServerHost
}
