# The short version of tests/kill, with the local store alone.
Describe 'Processes with one local store' {
    BeforeAll { $kill = "$(Split-Path $PSScriptRoot)/kill" }

    It 'that are killed lose nothing that the server delivered, and make no client twice' {
        if ($PSVersionTable.PSVersion.Major -lt 7) { Set-ItResult -Skipped -Because 'the script needs PowerShell 7'; return }
        $figures = & "$kill/Kill.ps1" -Kills 8 -NoVault
        $figures.Kills | Should -Be 8
        $figures.Answers | Should -BeGreaterThan 0
        "lost $($figures.Lost), doubled $($figures.Doubled), failures $($figures.Failures)" |
            Should -Be 'lost 0, doubled 0, failures 0' -Because "the seed was $($figures.Seed)"
    }

    It 'that register one list, one of them killed and another in its place, make no client twice' {
        $figures = & "$kill/FourProcesses.ps1" -Tenants 40 -KillOne
        $LASTEXITCODE | Should -Be 0 -Because "the figures are $figures"
    }
}
