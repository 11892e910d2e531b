# B1: many tenants at once. 25 ms of round trip and 25 ms in the server for each request, no limit, over TLS; SecretStore as the vault.
param([int] $Clients = 200, [int] $Rounds = 7, [int] $AtATime = 16)
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Import-Module (Join-Path $PSScriptRoot 'Measure.psm1')
$root = Split-Path (Split-Path $PSScriptRoot)
Import-Module (Join-Path $root 'tests/cmdlets/TestServer.psm1')
Import-Module (Join-Path $root 'out/DcrPowerShell/DcrPowerShell.psd1')

# What a program without a shell reaches: one pool, so many at a time, nothing kept.
Add-Type -TypeDefinition @'
using System.Linq;
using System.Net.Http;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
public static class PlainHttp
{
    public static void Register(string uri, string[] bodies, int atATime)
    {
        using var http = new HttpClient();
        using var gate = new SemaphoreSlim(atATime);
        Task.WaitAll(bodies.Select(async body =>
        {
            await gate.WaitAsync();
            try
            {
                using var answer = await http.PostAsync(uri, new StringContent(body, Encoding.UTF8, "application/json"));
                answer.EnsureSuccessStatusCode();
                await answer.Content.ReadAsStringAsync();
            }
            finally { gate.Release(); }
        }).ToArray());
    }
}
'@

Register-SecretVault Bench -ModuleName Microsoft.PowerShell.SecretStore
Start-TestServerHost
try {
    Save-TestServerCertificate $env:SSL_CERT_FILE
    $rows = 1..$Clients | ForEach-Object { [pscustomobject]@{ ClientName = "Clinic $_"; RedirectUri = "https://clinic-$_.example/callback"; Tenant = "clinic-$_" } }
    $bodies = [string[]]@($rows | ForEach-Object { @{ client_name = $_.ClientName; redirect_uris = @($_.RedirectUri) } | ConvertTo-Json -Compress })

    # Each run has a new server, an empty vault and connections of its own; only the work is timed.
    function Measure-Run([scriptblock] $Work, [switch] $Connect, [switch] $NoVault) {
        Reset-SecretStore -Authentication None -Interaction None -Force -WarningAction Ignore
        $server = New-TestServer @{ https = 'valid'; roundTripMs = 25; latencyMs = 25 }
        $vault = if ($NoVault) { @{ NoVault = $true } } else { @{ Vault = 'Bench' } }
        if ($Connect) { $null = Connect-DcrServer $server.Issuer @vault }
        $watch = [Diagnostics.Stopwatch]::StartNew()
        & $Work "$($server.Issuer)/register"
        $time = $watch.Elapsed.TotalMilliseconds
        $made = @(Get-TestServerClient $server).Count
        if ($made -ne $Clients) { throw "$made clients were made instead of $Clients." }
        Remove-TestServer $server
        $time
    }

    $results = Measure-SideBySide -Rounds $Rounds ([ordered]@{
        'New-DcrClient, storing'                               = { Measure-Run { $null = $rows | New-DcrClient -ThrottleLimit $AtATime } -Connect }
        '(a) loop: Invoke-RestMethod, Set-Secret'              = {
            Measure-Run {
                param($uri)
                foreach ($body in $bodies) {
                    $client = Invoke-RestMethod $uri -Method Post -Body $body -ContentType application/json
                    Set-Secret "dcr-$($client.client_id)" -Secret (ConvertTo-Json $client -Compress) -Vault Bench
                }
            }
        }
        "(b) the same, ForEach-Object -Parallel, $AtATime at a time" = {
            Measure-Run {
                param($uri)
                # SecretManagement refuses two callers at once: without a gate, most of the secrets would be lost.
                $gate = [Threading.SemaphoreSlim]::new(1)
                $bodies | ForEach-Object -ThrottleLimit $AtATime -Parallel {
                    $client = Invoke-RestMethod $using:uri -Method Post -Body $_ -ContentType application/json
                    ($using:gate).Wait()
                    try { Set-Secret "dcr-$($client.client_id)" -Secret (ConvertTo-Json $client -Compress) -Vault Bench }
                    finally { $null = ($using:gate).Release() }
                }
            }
        }
        '(c) loop: curl, nothing kept'                         = {
            Measure-Run { param($uri) foreach ($body in $bodies) { $null = curl --silent --show-error --fail --cacert $env:SSL_CERT_FILE -H 'Content-Type: application/json' -d $body $uri } }
        }
        'New-DcrClient -NoVault connection'                    = { Measure-Run { $null = $rows | New-DcrClient -ThrottleLimit $AtATime -WarningAction Ignore } -Connect -NoVault }
        '(d) HttpClient in C#, nothing kept'                   = { Measure-Run { param($uri) [PlainHttp]::Register($uri, $bodies, $AtATime) } }
        'storing alone: Set-Secret'                            = {
            Reset-SecretStore -Authentication None -Interaction None -Force -WarningAction Ignore
            $record = 'x' * 1200
            $watch = [Diagnostics.Stopwatch]::StartNew()
            foreach ($number in 1..$Clients) { Set-Secret "dcr-$number" -Secret $record -Vault Bench }
            $watch.Elapsed.TotalMilliseconds
        }
    })
    Write-Host "`nB1: register $Clients clients, 25 ms round trip and 25 ms in the server (median of $Rounds rounds, quartiles)"
    Write-Table $results
    $ours, $loop, $parallel, $curl, $bare, $plain, $storing = $results.Median
    Write-Host ('  (a) {0:n1} times as fast (aim: 10)   (b) {1:n1} times (aim: 2)   (c) {2:n1} times (aim: 10)   (d) the HTTP part takes {3:n2} of its time (aim: 1.3 at most)' -f
        ($loop / $ours), ($parallel / $ours), ($curl / $ours), ($bare / $plain))
    Write-Host ('  the limit with SecretStore: Set-Secret alone takes {0:n0} % of our time; HTTP alone {1:n0} %' -f (100 * $storing / $ours), (100 * $bare / $ours))
}
finally {
    Stop-TestServerHost
}
