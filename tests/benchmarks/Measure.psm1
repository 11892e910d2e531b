# Side-by-side measurement: contestants take turns, round by round, so that whatever else the machine does hits all alike.
Set-StrictMode -Version 3
Import-Module (Join-Path (Split-Path $PSScriptRoot) 'shared/Pwsh.psm1')

function Measure-SideBySide {
    param(
        # Name = script block, in the order of the table. Each gives its own time in milliseconds, or is timed as a whole.
        [Parameter(Mandatory)] [System.Collections.Specialized.OrderedDictionary] $Contestants,
        [int] $Rounds = 7,
        # Of rounds that take minutes, each counts.
        [switch] $NoWarmUp
    )

    $times = @{}
    foreach ($name in $Contestants.Keys) { $times[$name] = [System.Collections.Generic.List[double]]::new() }
    foreach ($round in ($NoWarmUp ? 1 : 0)..$Rounds) {
        # Every other round runs backwards; the first one warms up and does not count.
        $names = @($Contestants.Keys)
        if ($round % 2) { [array]::Reverse($names) }
        foreach ($name in $names) {
            $watch = [System.Diagnostics.Stopwatch]::StartNew()
            $own = & $Contestants[$name]
            $elapsed = if ($own -is [double]) { $own } else { $watch.Elapsed.TotalMilliseconds }
            if ($round -gt 0) { $times[$name].Add($elapsed) }
        }
    }

    foreach ($name in $Contestants.Keys) {
        $sorted = $times[$name] | Sort-Object
        [pscustomobject]@{
            Name   = $name
            Q1     = Get-Quantile $sorted 0.25
            Median = Get-Quantile $sorted 0.5
            Q3     = Get-Quantile $sorted 0.75
        }
    }
}

function Get-Quantile([double[]] $Sorted, [double] $Share) {
    $place = $Share * ($Sorted.Count - 1)
    $below = [math]::Floor($place)
    $above = [math]::Ceiling($place)
    $Sorted[$below] + (($Sorted[$above] - $Sorted[$below]) * ($place - $below))
}

function Write-Table($Rows, [string] $Unit = 'ms') {
    foreach ($row in $Rows) {
        Write-Host ('  {0,-58} {1,9:n2} {2}   ({3:n2} to {4:n2})' -f $row.Name, $row.Median, $Unit, $row.Q1, $row.Q3)
    }
}

# The median of a table's row.
function Get-Median($Rows, [string] $Name) { ($Rows | Where-Object Name -EQ $Name).Median }

# A folder for a local store, for this user alone.
function New-StoreHome {
    $path = Join-Path $HOME "store-$([guid]::NewGuid().ToString('n'))"
    $null = [IO.Directory]::CreateDirectory($path, [IO.UnixFileMode] 'UserRead, UserWrite, UserExecute')
    $path
}

# Runs the helper of tests/benchmarks/Ledger and gives the numbers that it prints.
function Invoke-Ledger {
    $program = Join-Path $PSScriptRoot 'Ledger/bin/Release/net8.0/DcrPowerShell.Benchmarks.dll'
    $line = dotnet $program @args
    if ($LASTEXITCODE -ne 0) { throw "The helper failed: $args" }
    [double[]] ($line -split ' ')
}

# What it takes to append 2 KB to a file and have them on the disk, in milliseconds.
function Measure-Flush {
    $folder = New-StoreHome
    (Invoke-Ledger flush $folder 100)[0]
    Remove-Item $folder -Recurse
}

# Does something in a process of its own, and gives what its memory has grown by, in MB.
function Measure-Memory {
    param(
        # What is done before, and does not count.
        [Parameter(Mandatory)] [string] $First,
        [Parameter(Mandatory)] [string] $Work,
        # The most that it had meanwhile, and not what it has in the end.
        [switch] $Peak
    )

    $key = $Peak ? 'VmHWM' : 'VmRSS'
    [double] (Invoke-Pwsh -NoProfile -NonInteractive -Command "$First
        [GC]::Collect(); [GC]::WaitForPendingFinalizers(); [GC]::Collect()
        [IO.File]::WriteAllText('/proc/self/clear_refs', '5')
        function Read-Status(`$key) { [int64]((Get-Content /proc/self/status |
            Where-Object { `$_ -like `"`${key}:*`" }) -replace '\D') / 1024 }
        `$before = Read-Status VmRSS
        `$result = @($Work)
        (Read-Status $key) - `$before")
}

Export-ModuleMember -Function Measure-SideBySide, Write-Table, Get-Median, New-StoreHome, Invoke-Ledger, Measure-Flush, Measure-Memory
