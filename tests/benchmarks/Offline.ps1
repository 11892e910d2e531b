# What listing 10,000 known registrations costs, beside the same data in a file of JSON lines. The store holds one registration; the
# index is given the rest, each as the module writes it, with the stamp of the store: 10,000 writes to SecretStore take hours.
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'Measure.psm1')
$root = Split-Path (Split-Path $PSScriptRoot)
Import-Module (Join-Path $root 'tests/cmdlets/TestServer.psm1')
Import-Module (Join-Path $root 'tests/shared/Pwsh.psm1')
Import-Module (Join-Path $root 'out/DcrPowerShell/DcrPowerShell.psd1')

$many = 10000
$data = Join-Path ([Environment]::GetFolderPath('LocalApplicationData', 'DoNotVerify')) DcrPowerShell
$rows = Join-Path $data rows.jsonl
Register-SecretVault Bench -ModuleName Microsoft.PowerShell.SecretStore
Reset-SecretStore -Authentication None -Interaction None -Force -WarningAction Ignore

# Makes the index and the file.
function Initialize-Registration([string] $Issuer) {
    $null = New-DcrClient 'Clinic 0' https://app.example/cb -Tenant t0 -Contacts it@clinic.example, help@clinic.example -Scope openid, profile, launch, patient/*.read -TosUri https://app.example/terms -LogoUri https://app.example/logo.png
    $null = Get-DcrClient -Offline
    $index = Get-ChildItem (Join-Path $data index) -Filter *.jsonl
    $first = Get-Content $index | Where-Object { $_ -like '{"save"*' }
    $record = $first | ConvertFrom-Json | ForEach-Object record
    $name = ($first | ConvertFrom-Json).save
    $lines, $plain = [System.Collections.Generic.List[string]]::new(), [System.Collections.Generic.List[string]]::new()
    foreach ($number in 1..($many - 1)) {
        $clientId = '{0:d20}' -f $number
        $secret = $number % 10 ? 'client_secret_basic' : 'none'
        $line = $first.Replace($record.client_id, $clientId).Replace($name, "$($name -replace '[^-]+-[^-]+$')$clientId-aaaaaaaaaa").Replace('Clinic 0', "Clinic $number").Replace('"t0"', "`"t$number`"").Replace('client_secret_basic', $secret) -replace '"before":.*?,"after":.*?,'
        $lines.Add($line)
        # As somebody would keep it by hand: one flat object.
        $metadata = $line -replace '^.*?"metadata":' -replace '\}\}\}$'
        $plain.Add("$metadata,`"tenant`":`"t$number`",`"issuer`":`"$Issuer`"}")
    }

    [IO.File]::AppendAllLines($index.FullName, $lines)
    [IO.File]::WriteAllLines($rows, $plain)
    if (@(Get-DcrClient -Offline).Count -ne $many) { throw 'The index does not have all of them.' }
    $index.Refresh()
    Write-Host ('{0:n0} registrations; the index is {1:n1} MB, the file of JSON lines {2:n1} MB' -f $many, ($index.Length / 1MB), ((Get-Item $rows).Length / 1MB))
}

# Runs a list in a process of its own and gives the peak of its memory over what it had before, in MB.
function Measure-Memory([string] $Issuer, [string] $List) {
    $script = "Import-Module '$root/out/DcrPowerShell/DcrPowerShell.psd1'; `$null = Connect-DcrServer $Issuer -Vault Bench
        `$null = Get-DcrClient -Offline | Select-Object -First 1 | Where-Object ClientName -eq x | Select-Object ClientId
        `$null = '{}' | ConvertFrom-Json | Where-Object client_name -eq x | Select-Object client_id
        [GC]::Collect(); [GC]::WaitForPendingFinalizers(); [GC]::Collect()
        [IO.File]::WriteAllText('/proc/self/clear_refs', '5')
        function Read-Status(`$key) { [int64]((Get-Content /proc/self/status | Where-Object { `$_ -like `"`${key}:*`" }) -replace '\D') / 1024 }
        `$before = Read-Status VmRSS
        `$count = @($List).Count
        (Read-Status VmHWM) - `$before"
    [double] (Invoke-Pwsh -NoProfile -NonInteractive -Command $script)
}

Start-TestServerHost
try {
    $issuer = (New-TestServer).Issuer
    $null = Connect-DcrServer $issuer -Vault Bench
    Initialize-Registration $issuer

    $times = Measure-SideBySide ([ordered]@{
        'Get-Content rows.jsonl | ConvertFrom-Json, filter, select' = { $null = Get-Content $rows | ConvertFrom-Json | Where-Object token_endpoint_auth_method -eq none | Select-Object client_name, client_id, tenant }
        'Get-DcrClient -Offline, filter, select'                    = { $null = Get-DcrClient -Offline | Where-Object TokenEndpointAuthMethod -eq none | Select-Object ClientName, ClientId, Tenant }
        'Get-Content rows.jsonl | ConvertFrom-Json, by name'        = { $null = Get-Content $rows | ConvertFrom-Json | Where-Object client_name -like 'Clinic 99*' | Select-Object client_name, client_id, tenant }
        'Get-DcrClient -Offline -ClientName, select'                = { $null = Get-DcrClient -Offline -ClientName 'Clinic 99*' | Select-Object ClientName, ClientId, Tenant }
        'Get-DcrClient -Offline, first object'                      = { $null = Get-DcrClient -Offline | Select-Object -First 1 }
    })
    Write-Host "`nList, filter, select (median of rounds, quartiles)"
    Write-Table $times
    $byHand, $ours, $byHandNamed, $oursNamed, $first = $times.Median
    Write-Host ('  throughput: {0:n2} times; with -ClientName: {1:n2} times (aim: 3 at least); first object: {2:n0} ms (aim: 100 at most)' -f ($byHand / $ours), ($byHandNamed / $oursNamed), $first)

    if (Test-Path /proc/self/clear_refs) {
        $memory = Measure-SideBySide -Rounds 7 ([ordered]@{
            'Get-Content rows.jsonl | ConvertFrom-Json' = { Measure-Memory $issuer "Get-Content '$rows' | ConvertFrom-Json | Where-Object token_endpoint_auth_method -eq none | Select-Object client_name, client_id, tenant" }
            'Get-DcrClient -Offline'                    = { Measure-Memory $issuer 'Get-DcrClient -Offline | Where-Object TokenEndpointAuthMethod -eq none | Select-Object ClientName, ClientId, Tenant' }
        })
        Write-Host "`nPeak memory over the process before it (new processes)"
        Write-Table $memory 'MB'
        Write-Host ('  ratio: {0:n2} (aim: 0.5 at most)' -f ($memory[1].Median / $memory[0].Median))
    }
}
finally {
    Stop-TestServerHost
}
