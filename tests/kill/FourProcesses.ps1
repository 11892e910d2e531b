<#
.SYNOPSIS
    Four processes at once register the same tenants in one local store. Each tenant gets one client, every process gets all of them, and
    nothing is left over. With -KillOne one process is killed in the middle and another takes its place: then at most as many tenants as it
    was registering at once are orphans.
    Gives an object with the figures; the exit code is 1 where a tenant has no client or two, or a process failed otherwise.
    Run it by: dotnet pwsh ./tests/kill/FourProcesses.ps1
#>
param(
    [int] $Tenants = 200,
    [switch] $KillOne,
    [int] $ThrottleLimit = 4,
    [int] $Seed = (Get-Random -Maximum 1000000),
    # The built module.
    [string] $Module = (Join-Path (Split-Path (Split-Path $PSScriptRoot)) 'out/DcrPowerShell/DcrPowerShell.psd1')
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$root = Split-Path (Split-Path $PSScriptRoot)
Import-Module (Join-Path $root 'tests/cmdlets/TestServer.psm1')
Import-Module (Join-Path $root 'tests/shared/Pwsh.psm1')
$random = New-Object Random $Seed
$home2 = Join-Path ([IO.Path]::GetTempPath()) "dcr-four-$PID"
$null = New-Item $home2 -ItemType Directory

# Waits for a line, so that all begin at once; gives a line of JSON at its end.
$script = @'
$ErrorActionPreference = 'Stop'
$null = [Console]::In.ReadLine()
$null = Connect-DcrServer $env:DCR_ISSUER
$rows = Import-Csv $env:DCR_ROWS | Sort-Object { Get-Random }
$clients = @($rows | New-DcrClient -ThrottleLimit $env:DCR_THROTTLE -SummaryVariable summary -ErrorAction SilentlyContinue -ErrorVariable failures)
$failed = @($failures | Where-Object { $_ -is [Management.Automation.ErrorRecord] } | ForEach-Object { @{ id = $_.FullyQualifiedErrorId -replace ',.*'; tenant = $_.TargetObject.Tenant; text = "$_" } })
ConvertTo-Json @{ clients = @($clients | ForEach-Object { "$($_.Tenant)=$($_.ClientId)" }); made = $summary.Made; failed = $failed } -Compress -Depth 3
'@

function Start-Worker {
    $file = Join-Path $home2 'worker.ps1'
    [IO.File]::WriteAllText($file, "Import-Module '$Module'`n$script")
    $start = New-PwshStartInfo '-NoProfile', '-NonInteractive', '-File', $file
    $variables = @{ HOME = $home2; DCRPOWERSHELL_HOME = (Join-Path $home2 'ledger'); DCR_ISSUER = $server.Issuer; DCR_ROWS = (Join-Path $home2 'rows.csv'); DCR_THROTTLE = $ThrottleLimit }
    foreach ($name in $variables.Keys) { $start.EnvironmentVariables[$name] = "$($variables[$name])" }
    $process = [Diagnostics.Process]::Start($start)
    New-Object psobject -Property @{ Process = $process; Output = $process.StandardOutput.ReadToEndAsync(); Errors = $process.StandardError.ReadToEndAsync() }
}

Start-TestServerHost
$workers = @()
try {
    $server = New-TestServer
    1..$Tenants | ForEach-Object { New-Object psobject -Property @{ ClientName = "tenant $_"; Tenant = "tenant $_"; RedirectUri = 'https://app.example.com/callback' } } | Export-Csv (Join-Path $home2 'rows.csv') -NoTypeInformation
    $workers = @(1..4 | ForEach-Object { Start-Worker })
    $spare = if ($KillOne) { Start-Worker }
    foreach ($worker in $workers) { $worker.Process.StandardInput.WriteLine() }
    if ($KillOne) {
        $target = $random.Next(1, [int]($Tenants * 0.8))
        while (@(Get-TestServerRequest $server -Operation register).Count -lt $target) { Start-Sleep -Milliseconds 5 }
        $workers[0].Process.Kill()
        $workers[0].Process.WaitForExit()
        $spare.Process.StandardInput.WriteLine()
        $workers = @($spare) + $workers[1..3]
    }

    $results = @(
        foreach ($worker in $workers) {
            $worker.Process.WaitForExit()
            if ($worker.Process.ExitCode) { throw "A process ended with $($worker.Process.ExitCode): $($worker.Output.Result) $($worker.Errors.Result)" }
            ConvertFrom-Json ($worker.Output.Result -split "`n" | Where-Object { $_ -like '{*' } | Select-Object -Last 1)
        }
    )
    $clients = @(Get-TestServerClient $server)
    $requests = @(Get-TestServerRequest $server -Operation register).Count
    $check = Start-Worker
    $check.Process.StandardInput.WriteLine()
    $check.Process.WaitForExit()
    $left = ConvertFrom-Json ($check.Output.Result -split "`n" | Where-Object { $_ -like '{*' } | Select-Object -Last 1)
} finally {
    foreach ($worker in $workers) { if (-not $worker.Process.HasExited) { $worker.Process.Kill() } }
    Stop-TestServerHost
    Remove-Item $home2 -Recurse -Force
}

$byTenant = @($clients | Group-Object { $_.metadata.client_name })
$expected = @($left.clients | Sort-Object)
$orphans = @($left.failed | ForEach-Object { $_.tenant })
$figures = New-Object psobject -Property ([ordered]@{
    Tenants = $Tenants
    Clients = $clients.Count
    Requests = $requests
    Kept = $expected.Count
    Doubled = @($byTenant | Where-Object Count -GT 1).Count
    Orphans = $orphans.Count
    # Errors that are not about a tenant of unknown outcome.
    Failures = @($results + $left | ForEach-Object { $_.failed } | Where-Object { $_ -and ($_.id -ne 'OutcomeUnknown' -or $orphans -cnotcontains $_.tenant) } | ForEach-Object { Write-Host "$($_.id): $($_.text)"; $_ }).Count
    # Processes that did not get the very clients that are kept.
    Differ = @($results | Where-Object { Compare-Object $expected @($_.clients | Sort-Object) }).Count
    Made = ($results | Measure-Object made -Sum).Sum
    Seed = $Seed
})
$figures
$most = if ($KillOne) { $ThrottleLimit } else { 0 }
exit [int]($figures.Doubled + $figures.Failures + $figures.Differ -gt 0 -or $figures.Orphans -gt $most -or $figures.Kept + $figures.Orphans -ne $Tenants -or ($KillOne -eq $false -and $figures.Clients -ne $Tenants))
