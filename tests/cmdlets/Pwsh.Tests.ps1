# The processes that tests, kill test and benchmarks start.
BeforeAll {
    Import-Module "$(Split-Path $PSScriptRoot)/shared/Pwsh.psm1"
    $command = '"$PID|$PSHOME|$($PSVersionTable.PSVersion)"; Start-Sleep 600'
    $process = [Diagnostics.Process]::Start((New-PwshStartInfo '-NoProfile', '-NonInteractive', '-Command', $command))
    $id, $place, $version = $process.StandardOutput.ReadLine() -split '\|'
}

AfterAll { if (-not $process.HasExited) { $process.Kill() } }

Describe 'A PowerShell that is started by New-PwshStartInfo' {
    It 'is the PowerShell of the one that starts it' {
        $place | Should -Be $PSHOME
        $version | Should -Be $PSVersionTable.PSVersion
    }

    It 'is the process that was started, so that a kill ends it' {
        $id | Should -Be $process.Id
        $process.Kill()
        $process.WaitForExit($HangLimitSec * 1000) | Should -BeTrue
        Get-Process -Id $id -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'gets its arguments as they were given: <_>' -ForEach 'plain', 'two words', 'a "quoted" word' {
        $script = Join-Path $TestDrive 'a script.ps1'
        Set-Content $script 'param($First, $Second) "$First|$Second"'
        $other = [Diagnostics.Process]::Start((New-PwshStartInfo '-NoProfile', '-NonInteractive', '-File', $script, $_, 'second'))
        $other.StandardOutput.ReadToEnd().Trim() | Should -Be "$_|second"
    }

    It 'hears Ctrl-C where its parent ignores it' -Skip:($PSEdition -eq 'Desktop' -or -not $IsLinux) {
        $script = Join-Path $TestDrive 'parent.ps1'
        Set-Content $script @'
param($Pwsh)
Import-Module $Pwsh
$ignored = { [Convert]::ToInt64(((Get-Content /proc/self/status) -match '^SigIgn' -replace '.*\s'), 16) -band 2 }
$child = [Diagnostics.Process]::Start((New-PwshStartInfo '-NoProfile', '-Command', "$ignored"))
& $ignored
$child.StandardOutput.ReadToEnd()
'@
        $start = New-PwshStartInfo '-NoProfile', '-File', $script, "$(Split-Path $PSScriptRoot)/shared/Pwsh.psm1"
        $start.Arguments = "-c `"trap '' INT; exec $($start.Arguments -replace '^--default-signal=INT')`""
        $start.FileName = 'sh'
        [Diagnostics.Process]::Start($start).StandardOutput.ReadToEnd().Trim() -split '\s+' | Should -Be '2', '0'
    }
}

Describe 'Invoke-Pwsh' {
    It 'gives what PowerShell wrote, and its exit code' {
        Invoke-Pwsh -NoProfile -NonInteractive -Command '"$PSHOME and `"more`""; exit 3' | Should -Be "$PSHOME and `"more`""
        $LASTEXITCODE | Should -Be 3
    }
}
