# B5: what listing known registrations costs, beside the same data in a file of JSON lines: throughput, first object, peak memory.
param([int] $Rounds = 7, [int[]] $Counts = @(10000, 100000))
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'Measure.psm1')
$root = Split-Path (Split-Path $PSScriptRoot)
$module = Join-Path $root 'out/DcrPowerShell/DcrPowerShell.psd1'
Import-Module $module

foreach ($count in $Counts) {
    $env:DCRPOWERSHELL_HOME = New-StoreHome
    $rows = Join-Path $HOME "$count.jsonl"
    $kept, $plain = Invoke-Ledger fill $env:DCRPOWERSHELL_HOME https://bench.example $count $rows
    if (@(Get-DcrClient -Offline).Count -ne $count) { throw 'The ledger does not have all of them.' }
    Write-Host ("`nB5: {0:n0} registrations; the ledger is {1:n1} MB, the file of JSON lines {2:n1} MB" -f $count, ($kept / 1MB),
        ($plain / 1MB))

    $times = Measure-SideBySide -Rounds $Rounds ([ordered]@{
        'Get-Content | ConvertFrom-Json, filter, select'     = { $null = Get-Content $rows | ConvertFrom-Json |
            Where-Object token_endpoint_auth_method -EQ none | Select-Object client_name, client_id, tenant }
        'Get-DcrClient -Offline, filter, select'             = { $null = Get-DcrClient -Offline |
            Where-Object TokenEndpointAuthMethod -EQ none | Select-Object ClientName, ClientId, Tenant }
        'Get-Content | ConvertFrom-Json, by name, select'    = { $null = Get-Content $rows | ConvertFrom-Json |
            Where-Object client_name -Like 'Clinic 99*' | Select-Object client_name, client_id, tenant }
        'Get-DcrClient -Offline -ClientName, select'         = { $null = Get-DcrClient -Offline -ClientName 'Clinic 99*' |
            Select-Object ClientName, ClientId, Tenant }
        'Get-DcrClient -Offline, first object'               = { $null = Get-DcrClient -Offline | Select-Object -First 1 }
    })
    Write-Host "List, filter, select (median of $Rounds rounds, quartiles)"
    Write-Table $times
    $byHand, $ours, $byHandNamed, $oursNamed, $first = $times.Median
    Write-Host ('  throughput: {0:n2} times; with -ClientName: {1:n2} times (aim: 3 at least at 10,000); first object: {2:n0} ms (aim: 100 at most)' -f
        ($byHand / $ours), ($byHandNamed / $oursNamed), $first)

    # In a process that has done all of it once, with one registration.
    $prepare = "Import-Module '$module'
        `$null = Get-DcrClient -Offline | Select-Object -First 1 | Where-Object ClientName -EQ x | Select-Object ClientId
        `$null = '{}' | ConvertFrom-Json | Where-Object client_name -EQ x | Select-Object client_id"
    $memory = Measure-SideBySide -Rounds $Rounds -NoWarmUp ([ordered]@{
        'Get-Content | ConvertFrom-Json, filter, select' = {
            Measure-Memory $prepare "Get-Content '$rows' | ConvertFrom-Json | Where-Object token_endpoint_auth_method -EQ none | Select-Object client_name, client_id, tenant" -Peak }
        'Get-DcrClient -Offline, filter, select'         = {
            Measure-Memory $prepare 'Get-DcrClient -Offline | Where-Object TokenEndpointAuthMethod -EQ none | Select-Object ClientName, ClientId, Tenant' -Peak }
    })
    Write-Host ('Peak memory over that of the process before it (new processes; ' +
        'opening the ledger is not counted, which the processes have done)')
    Write-Table $memory 'MB'
    Write-Host ('  ratio: {0:n2} (aim: 0.5 at most at 10,000)' -f ($memory[1].Median / $memory[0].Median))
}
