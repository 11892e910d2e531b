<#
.SYNOPSIS
    Four processes at once register the same tenants in one local store. Each tenant gets one client, every process gets all of them, and
    nothing is left over. With -Other, half of the processes are another PowerShell. With -KillOne one process is killed in the middle and
    another takes its place: then at most as many tenants as it was registering at once are orphans.
    Gives an object with the figures; the exit code is 1 where a tenant has no client or two, or a process failed otherwise.
    Run it by: dotnet pwsh ./tests/kill/FourProcesses.ps1
#>
param(
    [int] $Tenants = 200,
    [switch] $KillOne,
    [int] $ThrottleLimit = 4,
    [int] $Seed = (Get-Random -Maximum 1000000),
    # The program of another PowerShell, such as powershell.exe: every second process runs in it.
    [string] $Other,
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
$list = Join-Path $home2 'rows.csv'
$null = New-Item $home2 -ItemType Directory

# Waits for a line, so that all begin at once; gives a line of JSON at its end.
$script = @'
$ErrorActionPreference = 'Stop'
$null = [Console]::In.ReadLine()
$null = Connect-DcrServer $env:DCR_ISSUER
$rows = Import-Csv $env:DCR_ROWS | Sort-Object { Get-Random }
$quiet = @{ SummaryVariable = 'summary'; ErrorAction = 'SilentlyContinue'; ErrorVariable = 'failures' }
$clients = @($rows | New-DcrClient -ThrottleLimit $env:DCR_THROTTLE @quiet | ForEach-Object { "$($_.Tenant)=$($_.ClientId)" })
$failed = @(
    foreach ($failure in $failures | Where-Object { $_ -is [Management.Automation.ErrorRecord] }) {
        @{ id = $failure.FullyQualifiedErrorId -replace ',.*'; tenant = $failure.TargetObject.Tenant; text = "$failure" }
    }
)
ConvertTo-Json @{ clients = $clients; made = $summary.Made; failed = $failed; edition = "$PSEdition $($PSVersionTable.PSVersion)" } -Compress -Depth 3
'@

function Start-Worker([string] $Program) {
    $file = Join-Path $home2 'worker.ps1'
    [IO.File]::WriteAllText($file, "Import-Module '$Module'`n$script")
    $another = if ($Program) { @{ Program = $Program } } else { @{} }
    $start = New-PwshStartInfo '-NoProfile', '-NonInteractive', '-File', $file @another
    $variables = @{ HOME = $home2; DCRPOWERSHELL_HOME = (Join-Path $home2 'ledger') }
    $variables += @{ DCR_ISSUER = $server.Issuer; DCR_ROWS = $list; DCR_THROTTLE = $ThrottleLimit }
    foreach ($name in $variables.Keys) { $start.EnvironmentVariables[$name] = "$($variables[$name])" }
    $process = [Diagnostics.Process]::Start($start)
    $output, $errors = $process.StandardOutput.ReadToEndAsync(), $process.StandardError.ReadToEndAsync()
    New-Object psobject -Property @{ Process = $process; Output = $output; Errors = $errors }
}

Start-TestServerHost
$workers = @()
try {
    $server = New-TestServer
    $rows = 1..$Tenants | ForEach-Object { "tenant $_,tenant $_,https://app.example.com/callback" }
    [IO.File]::WriteAllLines($list, [string[]] (@('ClientName,Tenant,RedirectUri') + $rows))
    $workers = @($null, $Other, $null, $Other | ForEach-Object { Start-Worker $_ })
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
            if ($worker.Process.ExitCode) { throw "A process failed: $($worker.Output.Result) $($worker.Errors.Result)" }
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
# Errors that are not about a tenant of unknown outcome.
$failures = @($results + $left | ForEach-Object { $_.failed } | Where-Object { $_ })
$failures = @($failures | Where-Object { $_.id -ne 'OutcomeUnknown' -or $orphans -cnotcontains $_.tenant })
$failures | ForEach-Object { Write-Host "$($_.id): $($_.text)" }
$figures = New-Object psobject -Property ([ordered]@{
    Tenants = $Tenants
    Clients = $clients.Count
    Requests = $requests
    Kept = $expected.Count
    Doubled = @($byTenant | Where-Object Count -GT 1).Count
    Orphans = $orphans.Count
    Failures = $failures.Count
    # Processes that did not get the very clients that are kept.
    Differ = @($results | Where-Object { Compare-Object $expected @($_.clients | Sort-Object) }).Count
    Made = ($results | Measure-Object made -Sum).Sum
    Editions = ($results | ForEach-Object { $_.edition } | Sort-Object -Unique) -join ', '
    Seed = $Seed
})
$figures
$most = if ($KillOne) { $ThrottleLimit } else { 0 }
$isRight = $figures.Doubled + $figures.Failures + $figures.Differ -eq 0 -and $figures.Orphans -le $most
exit [int](-not ($isRight -and $figures.Kept + $figures.Orphans -eq $Tenants))
