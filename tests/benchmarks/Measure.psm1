# Side-by-side measurement: contestants take turns, round by round, so that whatever else the machine does hits all alike.
Set-StrictMode -Version 3

function Measure-SideBySide {
    param(
        # Name = script block, in the order of the table. Each gives its own time in milliseconds, or is timed as a whole.
        [Parameter(Mandatory)] [System.Collections.Specialized.OrderedDictionary] $Contestants,
        [int] $Rounds = 9,
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
        Write-Host ('  {0,-44} {1,9:n2} {2}   ({3:n2} to {4:n2})' -f $row.Name, $row.Median, $Unit, $row.Q1, $row.Q3)
    }
}

Export-ModuleMember -Function Measure-SideBySide, Write-Table
