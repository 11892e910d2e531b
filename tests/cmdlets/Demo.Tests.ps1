# The README's first command.
BeforeAll {
    $demo = Join-Path (Split-Path (Split-Path $PSScriptRoot)) 'tools/Demo/bin/Release/net8.0/Demo.dll'
    function Get-DemoFolder { Get-ChildItem ([IO.Path]::GetTempPath()) -Filter 'dcr-demo-*' | ForEach-Object Name }
    $before = @(Get-DemoFolder)
    $userData = Join-Path ([Environment]::GetFolderPath('LocalApplicationData', 'DoNotVerify')) DcrPowerShell
}

Describe 'The demo' {
    It 'does the main job, and leaves nothing behind' {
        $output = (dotnet $demo) -join "`n"
        $LASTEXITCODE | Should -Be 0 -Because $output
        foreach ($text in 'Connect-DcrServer http', 'St. Mary Portal', 'Hilltop Portal', 'portal.stmary.example/v2/callback', 'What if:') {
            $output | Should -Match ([regex]::Escape($text))
        }

        Get-DemoFolder | Where-Object { $_ -notin $before } | Should -BeNullOrEmpty
        $userData | Should -Not -Exist
    }

    It 'stays at a prompt with the module, the connection and the server, when asked to' {
        $typed = @(
            '$played = New-DcrClient Played https://app.example.com/cb -WarningAction Ignore | Get-DcrClient'
            '"registered at the prompt: $($played.ClientName)"'
            'exit 7'
        )
        $output = ($typed | dotnet $demo --stay) -join "`n"
        $LASTEXITCODE | Should -Be 7 -Because $output
        $output | Should -Match '(?m)^registered at the prompt: Played'
        Get-DemoFolder | Where-Object { $_ -notin $before } | Should -BeNullOrEmpty
        $userData | Should -Not -Exist
    }

    It 'says how it is run where it is asked for something else' {
        $output = (dotnet $demo --stays 2>&1) -join "`n"
        $LASTEXITCODE | Should -Be 2
        $output | Should -Match 'Usage: .* --stay'
    }
}
