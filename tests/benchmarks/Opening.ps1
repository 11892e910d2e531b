# B6: what a new process takes to open the local store and to find the registration of one tenant, beyond the import; beside a search of the
# same data in a file of JSON lines, beyond the empty process.
param([int] $Rounds = 7, [int[]] $Counts = @(10000, 100000))
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'Measure.psm1')
Import-Module (Join-Path (Split-Path $PSScriptRoot) 'shared/Pwsh.psm1')
$module = Join-Path (Split-Path (Split-Path $PSScriptRoot)) 'out/DcrPowerShell/DcrPowerShell.psd1'

$contestants = [ordered]@{
    'empty pwsh'  = { Invoke-Pwsh -NoProfile -NonInteractive -Command '$null = 1' | Out-Null }
    'import only' = { Invoke-Pwsh -NoProfile -NonInteractive -Command "`$null = Import-Module '$module'" | Out-Null }
}
$memory = [ordered]@{}
foreach ($count in $Counts) {
    $folder = New-StoreHome
    $rows = Join-Path $HOME "$count.jsonl"
    $null = Invoke-Ledger fill $folder https://bench.example $count $rows
    $tenant = "t$($count / 2)"
    $open = "`$env:DCRPOWERSHELL_HOME = '$folder'; Import-Module '$module'"
    $ours = "Get-DcrClient -Offline -Tenant $tenant"
    $byHand = "Get-Content '$rows' | ConvertFrom-Json | Where-Object tenant -EQ $tenant"
    foreach ($script in "$open; $ours", $byHand) {
        if (@(Invoke-Pwsh -NoProfile -NonInteractive -Command "@($($script)).Count")[-1] -ne '1') { throw "Not found: $script" }
    }

    $contestants["Get-DcrClient -Offline -Tenant, $count"] = { Invoke-Pwsh -NoProfile -NonInteractive -Command "$open; `$null = $ours" |
        Out-Null }.GetNewClosure()
    $contestants["Get-Content | ConvertFrom-Json | Where-Object, $count"] = { Invoke-Pwsh -NoProfile -NonInteractive `
        -Command "`$null = $byHand" | Out-Null }.GetNewClosure()
    $memory["Get-DcrClient -Offline -Tenant, $count"] = { Measure-Memory $open $ours }.GetNewClosure()
    $memory["Get-Content | ConvertFrom-Json | Where-Object, $count"] = { Measure-Memory '$null = 1' $byHand }.GetNewClosure()
}

$times = Measure-SideBySide -Rounds $Rounds $contestants
Write-Host "`nB6: open and find one tenant (median of $Rounds new processes each, quartiles)"
Write-Table $times
$empty, $import = (Get-Median $times 'empty pwsh'), (Get-Median $times 'import only')
$beyond = @{}
foreach ($count in $Counts) {
    $beyond[$count] = (Get-Median $times "Get-DcrClient -Offline -Tenant, $count") - $import
    $byHand = (Get-Median $times "Get-Content | ConvertFrom-Json | Where-Object, $count") - $empty
    Write-Host ('  at {0:n0}: {1:n0} ms beyond the import, {2:n0} ms by hand beyond the empty process: {3:n1} times as fast (aim: 10 at least at 10,000)' -f
        $count, $beyond[$count], $byHand, ($byHand / $beyond[$count]))
}

Write-Host ('  T({0})/T({1}): {2:n1} (aim: {3:n0} at most)' -f $Counts[-1], $Counts[0], ($beyond[$Counts[-1]] / $beyond[$Counts[0]]),
    ($Counts[-1] / $Counts[0]))
$grown = Measure-SideBySide -Rounds $Rounds -NoWarmUp $memory
Write-Host 'Memory after it, over that of the process before it (import not counted)'
Write-Table $grown 'MB'
foreach ($count in $Counts) {
    Write-Host ('  at {0:n0}: {1:n2} (aim: 0.33 at most)' -f $count,
        ((Get-Median $grown "Get-DcrClient -Offline -Tenant, $count") / (Get-Median $grown "Get-Content | ConvertFrom-Json | Where-Object, $count")))
}
