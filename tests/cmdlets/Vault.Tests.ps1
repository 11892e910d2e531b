# Needs: SecretManagement, SecretStore
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest -Vault
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }
    # Made up for this run: no password of anybody's.
    $password = ConvertTo-Secret ([guid]::NewGuid().ToString())
}

AfterAll { Stop-DcrTest }

Describe 'A SecretStore that has locked itself' {
    BeforeAll {
        Reset-TestStore -Password $password
        $server = New-ConnectedServer
        $client = New-DcrClient @app
        Unlock-SecretStore -Password $password -PasswordTimeout 1
        Wait-Until { try { $null = Get-Secret -Vault TestStore -Name $client.SecretName -ErrorAction Stop; $false } catch { $true } }
        Clear-TestServerRequest $server
    }

    AfterAll { Reset-TestStore }

    It 'is one clear error before anything is sent: <Name>' -ForEach @(
        @{ Name = 'Connect-DcrServer'; Command = { Connect-DcrServer $server.Issuer }; Terminating = $true }
        @{ Name = 'New-DcrClient'; Command = { New-DcrClient @app } }
        @{ Name = 'New-DcrClient -WhatIf'; Command = { New-DcrClient @app -WhatIf } }
        @{ Name = 'Get-DcrClient'; Command = { Get-DcrClient $client.ClientId } }
        @{ Name = 'Get-DcrClient -Offline'; Command = { Get-DcrClient -Offline } }
        @{ Name = 'Set-DcrClient'; Command = { Set-DcrClient $client.ClientId -Scope read } }
        @{ Name = 'Reset-DcrClientSecret'; Command = { $client | Reset-DcrClientSecret } }
        @{ Name = 'Remove-DcrClient'; Command = { Remove-DcrClient $client.ClientId -Confirm:$false } }
    ) {
        $isTerminating = [bool](Get-Variable Terminating -ValueOnly -ErrorAction Ignore)
        $null = Assert-Failure $Command -Id VaultLocked -Category AuthenticationError -Message "*'TestStore' is locked. Nothing was sent." -Action '*Unlock-SecretStore*' -Terminating:$isTerminating
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'works again once it is unlocked' {
        Unlock-SecretStore -Password $password -PasswordTimeout 900
        (Get-DcrClient $client.ClientId).ClientName | Should -Be 'App'
        (New-DcrClient @app).ClientName | Should -Be 'App'
    }
}

Describe 'A SecretStore that was never unlocked in this process, Interaction <_>' -ForEach 'None', 'Prompt' {
    AfterAll { Reset-TestStore }

    It 'is one clear error, not a prompt' {
        Reset-TestStore -Password $password -Interaction $_
        $server = New-TestServer
        # Whoever prompts waits for the standard input, which stays open: until the time is up.
        $result = Wait-Pwsh (Start-Pwsh -Interactive "try { Connect-DcrServer $($server.Issuer) } catch { `$_.FullyQualifiedErrorId }") -TimeoutSec 30
        $result.Output.Trim() | Should -Be 'VaultLocked,DcrPowerShell.Commands.ConnectDcrServerCommand'
        $result.Errors | Should -BeNullOrEmpty
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }
}

Describe 'No vault' {
    AfterEach {
        if (-not (Get-SecretVault | Where-Object Name -eq TestStore)) {
            Register-SecretVault -Name TestStore -ModuleName Microsoft.PowerShell.SecretStore -DefaultVault
        }
    }

    It 'that is the default one is an error that says how to get one' {
        Unregister-SecretVault TestStore
        $server = New-TestServer
        $null = Assert-Failure { Connect-DcrServer $server.Issuer } -Id VaultNotFound -Category ObjectNotFound -Action '*Register-SecretVault*-NoVault*' -Terminating
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'any more, midway, ends the command before anything is sent' {
        $server = New-ConnectedServer
        Unregister-SecretVault TestStore
        Clear-TestServerRequest $server
        $rows = 1..3 | ForEach-Object { [pscustomobject]@{ ClientName = "App$_"; RedirectUri = 'https://app.example.com/' } }
        $null = Assert-Failure { $rows | New-DcrClient } -Id VaultNotFound -Category ObjectNotFound -Message "*'TestStore'*" -Terminating
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }
}

Describe 'Without a vault (-NoVault)' {
    BeforeAll { $server = New-ConnectedServer @{ rotateToken = 'getAndPut'; rotateSecret = 'put' } @{ NoVault = $true } }

    It 'the object carries everything, and manages the client by being piped' {
        $client = New-DcrClient @app
        $client.SecretName | Should -BeNullOrEmpty
        ConvertTo-PlainText $client.RegistrationAccessToken | Should -BeExactly (Get-TestServerClient $server $client.ClientId).registrationAccessToken

        $client = $client | Get-DcrClient
        $client = $client | Set-DcrClient -Scope read
        $client = $client | Reset-DcrClientSecret
        $client.Scope | Should -Be 'read'
        ConvertTo-PlainText $client.ClientSecret | Should -BeExactly (Get-TestServerClient $server $client.ClientId).clientSecret
        $client | Remove-DcrClient -Confirm:$false
        Get-TestServerClient $server $client.ClientId | Should -BeNullOrEmpty
    }

    It 'an id alone is not enough, and the error says so' {
        $client = New-DcrClient @app
        $null = Assert-Failure { Set-DcrClient $client.ClientId -Scope read } -Id ClientNotFound -Category ObjectNotFound -Message '*-NoVault*' -Action '*Pipe*'
    }

    It 'a copy of the secret can go nowhere: refused before anything is sent' {
        Clear-TestServerRequest $server
        $null = Assert-Failure { New-DcrClient @app -ClientSecretName app-secret } -Id VaultNotFound -Category ObjectNotFound -Message '-ClientSecretName*' -Terminating
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }
}

Describe 'A session of its own kind' {
    It 'may have functions named like the vault commands: they are not called' {
        $global:calledByMistake = 0
        'Get-Secret', 'Set-Secret', 'Get-SecretInfo', 'Get-SecretVault', 'Remove-Secret' | ForEach-Object { Set-Item "function:global:$_" { $global:calledByMistake++ } }
        try {
            $null = New-ConnectedServer
            $client = New-DcrClient @app
            $null = Get-DcrClient
            $client | Remove-DcrClient -Confirm:$false
        } finally {
            'Get-Secret', 'Set-Secret', 'Get-SecretInfo', 'Get-SecretVault', 'Remove-Secret' | ForEach-Object { Remove-Item "function:$_" }
        }

        $global:calledByMistake | Should -Be 0
        $client.ClientName | Should -Be 'App'
    }

    It 'may load no modules by itself' {
        $server = New-TestServer
        $result = Wait-Pwsh (Start-Pwsh "`$PSModuleAutoLoadingPreference = 'None'
            `$null = Connect-DcrServer $($server.Issuer)
            (New-DcrClient App https://app.example.com/ | Get-DcrClient).ClientName")
        $result.Errors | Should -BeNullOrEmpty
        $result.Output.Trim() | Should -Be 'App'
    }

    It 'may keep secrets of names that look like registrations and are none' {
        $null = New-ConnectedServer
        Set-Secret -Vault TestStore -Name dcr-127-0-0-1-not-ours-aaaaaaaaaa -Secret 'no JSON'
        $client = New-DcrClient @app
        $found = Get-DcrClient -ErrorAction SilentlyContinue -ErrorVariable failures
        $found.ClientId | Should -Be $client.ClientId
        "$failures" | Should -BeLike '*dcr-127-0-0-1-not-ours-aaaaaaaaaa*not a registration*'
        Get-Secret -Vault TestStore -Name dcr-127-0-0-1-not-ours-aaaaaaaaaa -AsPlainText | Should -Be 'no JSON'
        Remove-Secret -Vault TestStore -Name dcr-127-0-0-1-not-ours-aaaaaaaaaa
    }

    It 'keeps a client under a name that every vault takes, whatever its id: <Name>' -ForEach @(
        @{ Name = 'long'; Id = 'client-' * 40 }
        @{ Name = 'with strange characters'; Id = 'https://app.example.com/Ä?x=*[1]' }
    ) {
        $null = New-ConnectedServer @{ fixedClientId = $Id; registrationClientUri = 'query' }
        $client = New-DcrClient @app
        $client.ClientId | Should -BeExactly $Id
        $client.SecretName | Should -Match '^[0-9a-z-]{1,120}$'
        (Get-DcrClient $Id).ClientName | Should -Be 'App'
        Remove-DcrClient $Id -Confirm:$false
    }
}
