BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }
}

AfterAll { Stop-DcrTest }

Describe 'A session without a person (-NonInteractive)' {
    It 'does the whole job and asks for nothing' {
        $server = New-TestServer @{ rotateSecret = 'put' }
        $result = Wait-Pwsh (Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer)
            `$client = New-DcrClient App https://app.example.com/
            `$client | Reset-DcrClientSecret -Force | Set-DcrClient -Scope read -WarningAction SilentlyContinue | Get-DcrClient |
                ForEach-Object ClientName
            `$client | Remove-DcrClient -Confirm:`$false
            Disconnect-DcrServer")
        $result.Errors | Should -BeNullOrEmpty
        $result.Output.Trim() | Should -Be 'App'
        $result.ExitCode | Should -Be 0
        (Get-TestServerRequest $server).operation | Should -Be 'discovery', 'register', 'read', 'update', 'read', 'update', 'read', 'delete'
    }

    It 'that leaves out -Confirm:$false gets one error that names the way, and nothing is done: <Command>' -ForEach @(
        @{ Command = '"no", $client.ClientId | ForEach-Object { [pscustomobject]@{ ClientId = $client.ClientId } } | Remove-DcrClient';
            Way = '-Force or -Confirm:$false' }
        @{ Command = '$client | Reset-DcrClientSecret'; Way = '-Force or -Confirm:$false' }
        @{ Command = '$client | Reset-DcrClientSecret -Force -Confirm'; Way = '-Force or -Confirm:$false' }
        @{ Command = '$client | Set-DcrClient -Scope read -Confirm'; Way = '-Confirm:$false' }
    ) {
        $server = New-TestServer @{ rotateSecret = 'put' }
        $result = Wait-Pwsh (Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer)
            `$client = New-DcrClient App https://app.example.com/
            try { $($Command -replace '\$', '`$' | ForEach-Object { $ExecutionContext.InvokeCommand.ExpandString($_) }) } catch {
                `$_.FullyQualifiedErrorId; `$_.CategoryInfo.Category; `"`$_`"; `$_.ErrorDetails.RecommendedAction }")
        $lines = $result.Output.Trim() -split '\r?\n'
        $lines[0] | Should -BeLike 'ConfirmationNotPossible,*'
        $lines[1] | Should -Be 'InvalidOperation'
        $lines[2] | Should -BeLike '*: App (*) at * has to be confirmed, and nobody can be asked here. Nothing was sent.'
        $lines[3] | Should -Be "Run the command with $Way; with -WhatIf it says what it would do."
        $lines | Should -HaveCount 4
        (Get-TestServerRequest $server).operation | Should -Be 'discovery', 'register'
    }

    It 'gets the same error where its input has come to an end' {
        $server = New-TestServer
        $run = Start-Pwsh -Interactive "`$null = Connect-DcrServer $($server.Issuer)
            try { New-DcrClient App https://app.example.com/ | Remove-DcrClient } catch { `$_.FullyQualifiedErrorId }"
        $run.Process.StandardInput.Close()
        (Wait-Pwsh $run).Output | Should -BeLike '*ConfirmationNotPossible,*'
        (Get-TestServerRequest $server).operation | Should -Not -Contain 'delete'
    }

    It 'asks nothing with -Force, and -WhatIf wins over it: <Command>' -ForEach @(
        @{ Command = 'Reset-DcrClientSecret'; Sent = 'read', 'update' }
        @{ Command = 'Remove-DcrClient'; Sent = @('delete') }
    ) {
        $server = New-ConnectedServer @{ rotateSecret = 'put' }
        $client = New-DcrClient @app
        Clear-TestServerRequest $server
        $null = $client | & $Command -Force -WhatIf
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        & { $WhatIfPreference = $true; $client | & $Command -Force }
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        & { $ConfirmPreference = 'Low'; $null = $client | & $Command -Force }
        (Get-TestServerRequest $server).operation | Should -Be $Sent
    }

    It 'may switch confirmation off for all commands' {
        $server = New-ConnectedServer
        $client = New-DcrClient @app
        & { $ConfirmPreference = 'None'; Remove-DcrClient $client.ClientId }
        Get-TestServerClient $server | Should -BeNullOrEmpty
    }

    It 'may be one of constrained language' {
        $server = New-TestServer
        $result = Wait-Pwsh (Start-Pwsh "`$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'
            `$null = Connect-DcrServer $($server.Issuer)
            `$client = New-DcrClient App https://app.example.com/ -Metadata @{ default_max_age = 60 } | Set-DcrClient -Scope read
            `$client | Get-DcrClient | ForEach-Object ClientName
            `$client | Remove-DcrClient -Confirm:`$false")
        $result.Errors | Should -BeNullOrEmpty
        $result.Output.Trim() | Should -Be 'App'
        Get-TestServerClient $server | Should -BeNullOrEmpty
    }

    It 'ends with an exit code where a command fails and errors stop it' {
        $result = Wait-Pwsh (Start-Pwsh 'New-DcrClient App https://app.example.com/')
        $result.ExitCode | Should -Be 1
        $result.Errors | Should -BeLike '*There is no connection*'
    }
}

Describe 'The culture <_>' -ForEach 'tr-TR', 'ar-SA' {
    BeforeAll {
        $server = New-TestServer @{ fixedClientId = 'CLIENT-I'; secretExpiresAt = 'future' }
        $thread = [System.Threading.Thread]::CurrentThread
        $before = [cultureinfo]::CurrentCulture
        $culture = [cultureinfo] $_
        try {
            # Worker threads too.
            $thread.CurrentCulture = $thread.CurrentUICulture = [cultureinfo]::DefaultThreadCurrentCulture = $culture
            $null = Connect-DcrServer $server.Issuer.ToUpperInvariant().Replace('HTTP', 'http')
            $client = New-DcrClient 'TITLE' https://app.example.com/ -GrantType authorization_code `
                -Metadata @{ default_max_age = 3600; ratio = 1.5; at = [datetime]::new(2026, 1, 31, 12, 0, 0, [DateTimeKind]::Utc) }
            $expiry = $client.SecretExpiry
            $changed = Set-DcrClient CLIENT-I -Scope read
            $found = Get-DcrClient -ClientName title
            $text = $client | Out-String -Width 120
            $failure = Get-Failure { New-DcrClient App oops }
        } finally {
            $thread.CurrentCulture = $thread.CurrentUICulture = $before
            [cultureinfo]::DefaultThreadCurrentCulture = $null
        }
    }

    It 'was really used' {
        $culture.DateTimeFormat.Calendar.GetType().Name + 'I'.ToLower($culture) | Should -Not -Be 'GregorianCalendari'
    }

    It 'changes no name of a secret, so that any other session finds it' {
        $client.SecretName | Should -Match '^dcr-127-0-0-1-client-i-[a-z2-7]{10}$'
        (Get-DcrClient CLIENT-I).ClientName | Should -Be 'TITLE'
    }

    It 'changes no record' {
        # Another session, of another culture, reads what was written.
        $read = Wait-Pwsh (Start-Pwsh "`$client = Get-DcrClient -Offline -ClientName TITLE | Select-Object -Last 1
            `$client.ClientId; `$client.SecretExpiry.Text; `$client.Metadata['ratio']; `$client.Metadata['default_max_age']")
        $read.Errors | Should -BeNullOrEmpty
        $read.Output.Trim() -split '\r?\n' | Should -Be 'CLIENT-I', 'in 90 days', '1.5', '3600'
    }

    It 'changes nothing that is sent' {
        $sent = (Get-TestServerRequest $server -Operation register).body
        $sent | Should -BeLike '*"default_max_age":3600*'
        $sent | Should -BeLike '*"ratio":1.5*'
        $sent | Should -BeLike '*"at":"2026-01-31T12:00:00Z"*'
    }

    It 'changes no word of ours' {
        $expiry | Should -Be 'in 90 days'
        $text | Should -BeLike '*in 90 days*'
        "$failure" | Should -BeLike "-RedirectUri: Redirect URI 'oops' is not an absolute URI*"
    }

    It 'changes nothing that is found' {
        $found.ClientId | Should -Be 'CLIENT-I'
        $changed.Scope | Should -Be 'read'
    }
}
