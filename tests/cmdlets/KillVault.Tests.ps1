# Needs: SecretManagement, SecretStore
# The short version of tests/kill, with a vault.
Describe 'Processes that are killed, with a vault' {
    It 'lose nothing that the server delivered, and make no client twice' {
        if ($PSVersionTable.PSVersion.Major -lt 7) { Set-ItResult -Skipped -Because 'the script needs PowerShell 7'; return }
        $figures = & "$(Split-Path $PSScriptRoot)/kill/Kill.ps1" -Kills 8 -Store SecretStore
        $figures.Kills | Should -Be 8
        $figures.Answers | Should -BeGreaterThan 0
        "lost $($figures.Lost), doubled $($figures.Doubled), failures $($figures.Failures)" |
            Should -Be 'lost 0, doubled 0, failures 0' -Because "the seed was $($figures.Seed)"
    }
}
