# The short version of tests/kill, with the local store alone.
Describe 'Processes that are killed' {
    BeforeAll {
        $kill = "$(Split-Path $PSScriptRoot)/kill"
        $isOld = $PSVersionTable.PSVersion.Major -lt 7
    }

    It 'lose nothing that the server delivered, and make no client twice' {
        if ($isOld) { Set-ItResult -Skipped -Because 'the script needs PowerShell 7'; return }
        $figures = & "$kill/Kill.ps1" -Kills 12 -NoVault
        $figures.Kills | Should -Be 12
        $figures.Answers | Should -BeGreaterThan 0
        "lost $($figures.Lost), doubled $($figures.Doubled), failures $($figures.Failures)" | Should -Be 'lost 0, doubled 0, failures 0' -Because "the seed was $($figures.Seed)"
    }

    It 'share one list with three others, and every tenant gets one client' {
        $figures = & "$kill/FourProcesses.ps1" -Tenants 40 -KillOne
        $LASTEXITCODE | Should -Be 0 -Because "the figures are $figures"
    }
}

Describe 'Four processes with one list' {
    It 'make one client for each tenant, and leave nothing over' {
        $figures = & "$(Split-Path $PSScriptRoot)/kill/FourProcesses.ps1" -Tenants 40
        "$($figures.Clients) clients of $($figures.Requests) requests, $($figures.Orphans) orphans, $($figures.Failures) failures, $($figures.Differ) differ" | Should -Be '40 clients of 40 requests, 0 orphans, 0 failures, 0 differ'
    }
}
