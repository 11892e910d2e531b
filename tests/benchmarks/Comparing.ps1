# B7: Compare-DcrClient, beside reading all of the clients with a plain HttpClient. 25 ms of round trip and 25 ms in the server for each
# request, no limit, over TLS. Nothing has drifted, and then every tenth client has. And the memory for ten times as many.
param([int] $Clients = 1000, [int] $Rounds = 7, [int] $AtATime = 16)
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Import-Module (Join-Path $PSScriptRoot 'Measure.psm1')
$root = Split-Path (Split-Path $PSScriptRoot)
$module = Join-Path $root 'out/DcrPowerShell/DcrPowerShell.psd1'
$testServer = Join-Path $root 'tests/cmdlets/TestServer.psm1'
Import-Module $testServer
Import-Module $module

Add-Type -TypeDefinition @'
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading;
using System.Threading.Tasks;
public static class PlainReader
{
    public static void Read(string[] uris, string[] tokens, int atATime)
    {
        using var http = new HttpClient();
        using var gate = new SemaphoreSlim(atATime);
        Task.WaitAll(uris.Zip(tokens, async (uri, token) =>
        {
            await gate.WaitAsync();
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, uri);
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                using var answer = await http.SendAsync(request);
                answer.EnsureSuccessStatusCode();
                await answer.Content.ReadAsStringAsync();
            }
            finally { gate.Release(); }
        }).ToArray());
    }
}
'@

function New-Row([int] $Count) {
    1..$Count | ForEach-Object { [pscustomobject]@{ ClientName = "Clinic $_"; RedirectUri = "https://clinic-$_.example/callback";
        Tenant = "clinic-$_" } }
}

Start-TestServerHost
try {
    Save-TestServerCertificate $env:SSL_CERT_FILE
    $env:DCRPOWERSHELL_HOME = New-StoreHome
    $server = New-TestServer @{ https = 'valid'; roundTripMs = 25; latencyMs = 25 }
    $null = Connect-DcrServer $server.Issuer -LocalStore
    $rows = New-Row $Clients
    $made = $rows | New-DcrClient -ThrottleLimit $AtATime -WarningAction Ignore
    $uris = [string[]]@($made | ForEach-Object { "$($_.RegistrationClientUri)" })
    $tokens = [string[]]@($made | ForEach-Object { ConvertFrom-SecureString $_.RegistrationAccessToken -AsPlainText })
    $wished = $rows | ForEach-Object { $_.PSObject.Copy() }
    for ($i = 0; $i -lt $wished.Count; $i += 10) { $wished[$i].ClientName = "Renamed $i" }

    function Compare-Row($Rows, [int] $Differing) {
        $found = @($Rows | Compare-DcrClient -ThrottleLimit $AtATime | Where-Object Status -NE Same)
        if ($found.Count -ne $Differing) { throw "$($found.Count) differ instead of $Differing." }
    }

    $results = Measure-SideBySide -Rounds $Rounds ([ordered]@{
        "HttpClient in C#, $AtATime at a time, reads all"  = { [PlainReader]::Read($uris, $tokens, $AtATime) }
        'Compare-DcrClient, all the same'                  = { Compare-Row $rows 0 }
        'Compare-DcrClient, every tenth differs'           = { Compare-Row $wished ($Clients / 10) }
    })
    Write-Host "`nB7: compare $Clients clients, 25 ms round trip and 25 ms in the server (median of $Rounds rounds, quartiles)"
    Write-Table $results
    $plain, $same, $differing = $results.Median
    Write-Host ('  of its time: {0:n2}, with differences {1:n2} (aim: 1.2 at most)' -f ($same / $plain), ($differing / $plain))

    # In a process that has compared ten before. The rows come one by one, as from Import-Csv.
    $quick = New-TestServer
    $env:DCRPOWERSHELL_HOME = New-StoreHome
    $null = Connect-DcrServer $quick.Issuer -LocalStore
    $null = New-Row (10 * $Clients) | New-DcrClient -ThrottleLimit $AtATime -WarningAction Ignore
    foreach ($count in $Clients, (10 * $Clients)) {
        $csv = Join-Path $HOME "$count.csv"
        New-Row $count | Export-Csv $csv
        $growth = Measure-Memory -Peak "Import-Module '$module'; `$null = Connect-DcrServer $($quick.Issuer) -LocalStore
            `$null = Import-Csv '$csv' | Select-Object -First 10 | Compare-DcrClient -TenantPattern none" `
            "Import-Csv '$csv' | Compare-DcrClient -ThrottleLimit $AtATime -TenantPattern none | Where-Object Status -NE Same"
        Write-Host ('  memory for {0:n0} clients: {1:n0} MB' -f $count, $growth)
    }
}
finally {
    Stop-TestServerHost
}
