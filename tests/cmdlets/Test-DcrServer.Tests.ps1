# The doctor as a user sees it; what it finds is tested in Core.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $server = New-ConnectedServer @{} @{ Name = 'good' }
}

AfterAll { Stop-DcrTest }

Describe 'Test-DcrServer' {
    It 'gives one object a check, registers nothing and leaves nothing in the store' {
        $checks = Test-DcrServer
        $checks | Should -BeOfType ([DcrPowerShell.DcrCheck])
        $checks.Name | Should -Be 'Discovery', 'Registration endpoint', 'Credential', 'Client documents', 'Store', 'Clock',
            'Rate limit'
        $checks.Status | Should -Be 'Passed', 'Passed', 'Skipped', 'Skipped', 'Passed', 'Passed', 'Skipped'
        $checks.Connection | Select-Object -Unique | Should -Be 'good'
        Get-TestServerClient $server | Should -BeNullOrEmpty
        (Get-TestServerRequest $server).method | Select-Object -Unique | Should -Be 'GET'
        Get-KeptId | Should -BeNullOrEmpty
    }

    It 'says in a table what was found and what to do, in whole words' {
        $view = (Test-DcrServer | Out-String -Width 100) -split '\r?\n' | Where-Object { $_ }
        $view[0] | Should -Match '^ *Connection: good$'
        $view[1] | Should -Match '^Status +Name +Found *$'
        "$view" | Should -Match 'Passed +Store +'
        $view -match '^ {30}-> ' | Should -Not -BeNullOrEmpty
        # Wherever a line ends, a word does.
        ($view[3..99].ForEach({ $_.PadRight(30).Substring(30).Trim() }) -join ' ' -replace '\s+', ' ') |
            Should -Match 'enough where the server registers clients openly\. -> If the server refuses registrations'
    }

    It 'writes no error for what fails, and goes on' {
        $gone = New-TestServer
        $connection = Connect-DcrServer $gone.Issuer -Name gone
        Remove-TestServer $gone
        $checks = Test-DcrServer -Connection gone -ErrorAction Stop
        ($checks | Where-Object Status -EQ Failed).Name | Should -Be 'Discovery', 'Registration endpoint'
        $checks[0].RecommendedAction | Should -Match 'network'
        ($checks | Where-Object Name -EQ Store).Status | Should -Be 'Passed'
        $connection.Name | Disconnect-DcrServer
    }

    It 'takes connections from the pipeline, and their names' {
        $null = Connect-DcrServer $server.Issuer -Name other
        (Get-DcrServer | Test-DcrServer).Connection | Select-Object -Unique | Should -Be 'good', 'other'
        ('other', 'good' | Test-DcrServer | Where-Object Name -EQ Store).Status | Should -Be 'Passed', 'Passed'
        Disconnect-DcrServer other
    }

    It 'can be stopped between two checks' {
        Clear-TestServerRequest $server
        (Test-DcrServer good | Select-Object -First 1).Name | Should -Be 'Discovery'
        (Get-TestServerRequest $server).operation | Should -Be 'discovery'
    }

    It 'needs a connection that is open' {
        $closed = Connect-DcrServer $server.Issuer -Name closed
        Disconnect-DcrServer closed
        $null = Assert-Failure { $closed | Test-DcrServer } -Id NotConnected -Category ConnectionError -Terminating
        $null = Assert-Failure { Test-DcrServer } -Id NotConnected -Category ConnectionError -Action '*Connect-DcrServer*' -Terminating
    }

    It 'sends nothing over a connection of -Offline' {
        $local = New-ConnectedServer
        $null = New-DcrClient App https://app.example.com/ -WarningAction SilentlyContinue
        $offline = Connect-DcrServer $local.Issuer -Offline -Name offline
        Clear-TestServerRequest $local
        $null = Assert-Failure { Test-DcrServer $offline } -Id NotConnected -Category ConnectionError -Message '*-Offline*' -Terminating
        Get-TestServerRequest $local | Should -BeNullOrEmpty
        Disconnect-DcrServer $offline
    }
}
