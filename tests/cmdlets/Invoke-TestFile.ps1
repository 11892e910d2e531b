<#
.SYNOPSIS
    Runs files of Pester tests, one after the other, for a process of their own: pwsh -NoProfile -NonInteractive -File Invoke-TestFile.ps1
    -Path <file>, with HOME set to a throw-away folder. Of each file it prints its name, failures and skipped tests, and at last
    "N passed, N failed, N skipped in N s". The exit code is 1 where something failed, a file has no test, or HOME is no throw-away folder.
    A file names at its top what it needs beyond PowerShell and Pester: # Needs: SecretManagement, SecretStore, Node. Where that is
    missing, dotnet test leaves the file out.
#>
param(
    # Several are parted by the character that parts the folders of PATH.
    [Parameter(Mandatory)] [string] $Path,
    # The module's name or the path of its manifest.
    [string] $Pester = 'Pester'
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Write-Failure {
    param([string] $Name, [object[]] $ErrorRecord)

    Write-Host "FAILED $Name"
    foreach ($record in $ErrorRecord) {
        "$record" -split "`n" | ForEach-Object { Write-Host "    $($_.TrimEnd())" }
        "$($record.ScriptStackTrace)" -split "`n" | Where-Object { $_ -match '(\.Tests\.ps1|Common\.psm1): line' } |
            ForEach-Object { Write-Host "    $($_.TrimEnd())" }
    }
}

Import-Module "$PSScriptRoot/Common.psm1"
try { Assert-ThrowAwayHome } catch {
    $isOnWindows = [Environment]::OSVersion.Platform -eq 'Win32NT'
    Write-Host "SKIPPED $(Split-Path $Path -Leaf): $($_.Exception.Message)"
    Write-Host "0 passed, 0 failed, $([int] $isOnWindows) skipped"
    exit [int](-not $isOnWindows)
}

Import-Module $Pester -MinimumVersion 5.3
$hasFailed = $false
foreach ($file in $Path -split [IO.Path]::PathSeparator) {
    Write-Host "FILE $(Split-Path $file -Leaf)"
    $configuration = New-PesterConfiguration
    $configuration.Run.Path = $file
    $configuration.Run.PassThru = $true
    $configuration.Output.Verbosity = 'None'
    $result = Invoke-Pester -Configuration $configuration

    $result.Containers | Where-Object { $_.ErrorRecord } | ForEach-Object { Write-Failure $file $_.ErrorRecord }
    $result.FailedBlocks | Where-Object { $_.ErrorRecord } | ForEach-Object { Write-Failure $_.ExpandedPath $_.ErrorRecord }
    $result.Failed | Where-Object { $_.ErrorRecord } | ForEach-Object { Write-Failure $_.ExpandedPath $_.ErrorRecord }
    $result.Skipped | Where-Object { $_.ErrorRecord } | ForEach-Object { Write-Host "SKIPPED $($_.ExpandedPath): $($_.ErrorRecord[0])" }
    $failures = $result.FailedCount + $result.FailedBlocksCount + $result.FailedContainersCount + [int]($result.TotalCount -eq 0)
    Write-Host ('{0} passed, {1} failed, {2} skipped in {3:0} s' -f $result.PassedCount, $failures, $result.SkippedCount,
        $result.Duration.TotalSeconds)
    $hasFailed = $hasFailed -or $failures
}

exit [int] $hasFailed
