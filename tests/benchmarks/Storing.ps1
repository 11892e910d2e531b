# B4: what it takes to keep registrations in the local store and to read them back, and how that grows with their number; beside a script
# that puts each into SecretStore, as far as that goes.
param(
    [int] $Rounds = 7,
    [int[]] $Counts = @(1000, 2000, 10000, 100000),
    # The script takes minutes for two thousand, and an hour for ten.
    [int[]] $ScriptCounts = @(1000, 2000)
)
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Import-Module (Join-Path $PSScriptRoot 'Measure.psm1')
$root = Split-Path (Split-Path $PSScriptRoot)
Import-Module (Join-Path $root 'tests/cmdlets/TestServer.psm1')
Import-Module (Join-Path $root 'out/DcrPowerShell/DcrPowerShell.psd1')
Register-SecretVault Bench -ModuleName Microsoft.PowerShell.SecretStore
$flushes = @{}

# The ledger alone: intent, answer and registration of each, then each is read.
function Measure-Ledger([int] $Count, [int] $AtATime) {
    $folder = New-StoreHome
    $seconds, $flushed = Invoke-Ledger write $folder $Count $AtATime
    $script:flushes[$AtATime] = $flushed / $Count
    Remove-Item $folder -Recurse
    $seconds
}

# The command with a server on loopback, and then the token of each registration.
function Measure-Command([int] $Count) {
    $env:DCRPOWERSHELL_HOME = New-StoreHome
    $server = New-TestServer
    $connection = Connect-DcrServer $server.Issuer
    $rows = 1..$Count | ForEach-Object { [pscustomobject]@{ ClientName = "Clinic $_"; RedirectUri = "https://clinic-$_.example/callback";
        Tenant = "t$_" } }
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $null = $rows | New-DcrClient -ThrottleLimit 16 -WarningAction Ignore
    $null = Get-DcrClient -Offline | ForEach-Object RegistrationAccessToken
    $watch.Elapsed.TotalSeconds
    $connection | Disconnect-DcrServer
    Remove-TestServer $server
}

function Measure-Script([int] $Count) {
    Reset-SecretStore -Authentication None -Interaction None -Force -WarningAction Ignore
    $watch = [Diagnostics.Stopwatch]::StartNew()
    foreach ($number in 1..$Count) {
        Set-Secret "dcr-$number" -Secret $record -Vault Bench
        # Shortly after Reset-SecretStore it refuses some calls.
        foreach ($try in 1..100) { if (Get-Secret "dcr-$number" -Vault Bench -ErrorAction Ignore) { break } }
    }
    $watch.Elapsed.TotalSeconds
}

Start-TestServerHost
try {
    # For the size of what is stored.
    $env:DCRPOWERSHELL_HOME = New-StoreHome
    Reset-SecretStore -Authentication None -Interaction None -Force -WarningAction Ignore
    $server = New-TestServer
    $connection = Connect-DcrServer $server.Issuer -Vault Bench
    $record = Get-Secret (New-DcrClient Size https://size.example/callback).SecretName -Vault Bench -AsPlainText
    $connection | Disconnect-DcrServer
    Remove-TestServer $server

    $contestants = [ordered]@{ 'one flush of the disk, ms' = { Measure-Flush } }
    foreach ($count in $Counts) { $contestants["the ledger, 16 at a time, $count"] = { Measure-Ledger $count 16 }.GetNewClosure() }
    foreach ($count in $ScriptCounts) {
        $contestants["the ledger, one at a time, $count"] = { Measure-Ledger $count 1 }.GetNewClosure()
        $contestants["New-DcrClient with a server on loopback, $count"] = { Measure-Command $count }.GetNewClosure()
        $contestants["Set-Secret and Get-Secret, $count"] = { Measure-Script $count }.GetNewClosure()
    }

    $results = Measure-SideBySide -Rounds $Rounds -NoWarmUp $contestants
    Write-Host "`nB4: store and read back (median of $Rounds rounds, quartiles)"
    Write-Table $results 's'
    foreach ($count in $ScriptCounts) {
        $script = Get-Median $results "Set-Secret and Get-Secret, $count"
        Write-Host ('  at {0}, times as fast as the script: the ledger {1:n0} and, one at a time, {2:n0}; New-DcrClient, its requests included, {3:n0} (aim: 30 at 2000)' -f $count,
            ($script / (Get-Median $results "the ledger, 16 at a time, $count")),
                ($script / (Get-Median $results "the ledger, one at a time, $count")),
                ($script / (Get-Median $results "New-DcrClient with a server on loopback, $count")))
    }

    for ($index = 1; $index -lt $Counts.Count; $index++) {
        $one, $more = $Counts[$index - 1], $Counts[$index]
        $growth = (Get-Median $results "the ledger, 16 at a time, $more") / (Get-Median $results "the ledger, 16 at a time, $one")
        Write-Host ('  T({0})/T({1}): {2:n2} (aim: {3:n1} at most)' -f $more, $one, $growth, (1.05 * $more / $one))
    }

    Write-Host ('  flushes a registration: {0:n2} alone (aim: 2 at most), {1:n2} with 16 at once (aim: 1 at most)' -f $flushes[1],
        $flushes[16])

    $few, $many = (New-StoreHome), (New-StoreHome)
    $null = Invoke-Ledger fill $few https://bench.example 100
    $null = Invoke-Ledger fill $many https://bench.example 100000
    $single = Measure-SideBySide -Rounds $Rounds -NoWarmUp ([ordered]@{
        'one registration at 100,000 over one at 100' = { $atFew, $atMany = Invoke-Ledger one $few $many 200; $atMany / $atFew }
    })
    Write-Table $single '  '
    Write-Host '  (aim: 1.2 at most; each round is the ratio of two medians of 200 in turns)'
}
finally {
    Stop-TestServerHost
}
