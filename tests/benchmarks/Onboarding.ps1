# B1 and B1s: many tenants at once, kept in the local store, and in a SecretStore vault. 25 ms of round trip and 25 ms in the server for
# each
# request, no limit, over TLS.
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
    $rows = 1..$Clients | ForEach-Object { [pscustomobject]@{ ClientName = "Clinic $_";
        RedirectUri = "https://clinic-$_.example/callback"; Tenant = "clinic-$_" } }
    $bodies = [string[]]@($rows | ForEach-Object { @{ client_name = $_.ClientName; redirect_uris = @($_.RedirectUri) } |
        ConvertTo-Json -Compress })

    # Each run has a new server, an empty local store, an empty vault and connections of its own; only the work is timed.
    function Measure-Run([scriptblock] $Work, [hashtable] $Connect) {
        Reset-SecretStore -Authentication None -Interaction None -Force -WarningAction Ignore
        $env:DCRPOWERSHELL_HOME = New-StoreHome
        $server = New-TestServer @{ https = 'valid'; roundTripMs = 25; latencyMs = 25 }
        if ($Connect) { $null = Connect-DcrServer $server.Issuer @Connect }
        $watch = [Diagnostics.Stopwatch]::StartNew()
        & $Work "$($server.Issuer)/register"
        $time = $watch.Elapsed.TotalMilliseconds
        $made = @(Get-TestServerClient $server).Count
        if ($made -ne $Clients) { throw "$made clients were made instead of $Clients." }
        Remove-TestServer $server
        $time
    }

    $register = { $null = $rows | New-DcrClient -ThrottleLimit $AtATime -WarningAction Ignore }
    $results = Measure-SideBySide -Rounds $Rounds ([ordered]@{
        'one flush of the disk'                                = { Measure-Flush }
        'New-DcrClient, local store'                           = { Measure-Run $register @{ LocalStore = $true } }
        'New-DcrClient, SecretStore'                           = { Measure-Run $register @{ Vault = 'Bench' } }
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
            Measure-Run { param($uri) foreach ($body in $bodies) { $null = curl --silent --show-error --fail --cacert $env:SSL_CERT_FILE `
                -H 'Content-Type: application/json' -d $body $uri } }
        }
        "(d) HttpClient in C#, $AtATime at a time, nothing kept" = {
            Measure-Run { param($uri) [PlainHttp]::Register($uri, $bodies, $AtATime) } }
    })
    Write-Host "`nB1: register $Clients clients, 25 ms round trip and 25 ms in the server (median of $Rounds rounds, quartiles)"
    Write-Table $results
    $flush, $ours, $inVault, $loop, $parallel, $curl, $plain = $results.Median
    $limit = (1.10 * $plain) + (2 * $Clients * $flush)
    Write-Host ('  local store: (a) {0:n1} times as fast (aim: 20)   (b) {1:n1} times (aim: 4)   (c) {2:n1} times (aim: 15)' -f
        ($loop / $ours), ($parallel / $ours), ($curl / $ours))
    Write-Host ('  local store: (d) {0:n2} of its time; {1:n0} ms, and 1.10 of its time with two flushes a client are {2:n0} ms (aim: that at most)' -f
        ($ours / $plain), $ours, $limit)
    Write-Host ('  B1s, SecretStore: (a) {0:n1} times as fast (aim: 5)   (b) {1:n2} times (aim: 1.0)' -f ($loop / $inVault),
        ($parallel / $inVault))
}
finally {
    Stop-TestServerHost
}
