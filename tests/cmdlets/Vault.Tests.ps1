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
        $over = @{ Connection = Get-DcrServer | Where-Object Issuer -EQ $server.Issuer }
        $client = New-DcrClient @app
        Unlock-SecretStore -Password $password -PasswordTimeout 1
        Wait-Until { try { $null = Get-Secret -Vault TestStore -Name $client.SecretName -ErrorAction Stop; $false } catch { $true } }
        Clear-TestServerRequest $server
    }

    AfterAll { Reset-TestStore }

    It 'is one clear error before anything is sent: <Name>' -ForEach @(
        @{ Name = 'Connect-DcrServer'; Command = { Connect-DcrServer $server.Issuer } }
        @{ Name = 'New-DcrClient'; Command = { New-DcrClient @app @over } }
        @{ Name = 'New-DcrClient -WhatIf'; Command = { New-DcrClient @app @over -WhatIf } }
        @{ Name = 'Get-DcrClient'; Command = { Get-DcrClient $client.ClientId @over } }
        @{ Name = 'Set-DcrClient'; Command = { Set-DcrClient $client.ClientId @over -Scope read } }
        @{ Name = 'Reset-DcrClientSecret'; Command = { $client | Reset-DcrClientSecret -Force } }
        @{ Name = 'Remove-DcrClient'; Command = { Remove-DcrClient $client.ClientId @over -Confirm:$false } }
    ) {
        $null = Assert-Failure $Command -Id VaultLocked -Category AuthenticationError -Message "*'TestStore' is locked. Nothing was sent." `
            -Action '*Unlock-SecretStore*' -Terminating
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'works again once it is unlocked' {
        Unlock-SecretStore -Password $password -PasswordTimeout 900
        (Get-DcrClient $client.ClientId @over).ClientName | Should -Be 'App'
        (New-DcrClient @app @over).ClientName | Should -Be 'App'
    }
}

Describe 'A SecretStore that was never unlocked in this process, Interaction <_>' -ForEach 'None', 'Prompt' {
    AfterAll { Reset-TestStore }

    It 'is one clear error, not a prompt' {
        Reset-TestStore -Password $password -Interaction $_
        $server = New-TestServer
        # Whoever prompts waits for the standard input, which stays open: until the time is up.
        $result = Wait-Pwsh (Start-Pwsh -Interactive "try { Connect-DcrServer $($server.Issuer) } catch { `$_.FullyQualifiedErrorId }")
        $result.Output.Trim() | Should -Be 'VaultLocked,DcrPowerShell.Commands.ConnectDcrServerCommand'
        $result.Errors | Should -BeNullOrEmpty
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }
}

Describe 'A SecretStore of a version whose members are not known' {
    BeforeAll {
        Reset-TestStore
        $server = New-ConnectedServer @{ rotateToken = 'put' }
        # Its type is another one: nothing is found in it.
        $unknown = "`$store = (Get-Command Connect-DcrServer).ImplementingType.Assembly.GetType('DcrPowerShell.Session.ProcessState')" +
            ".GetProperty('Vaults').GetValue(`$null).SecretStore; " +
            "`$store.GetType().GetField('_type', 'Instance,NonPublic').SetValue(`$store, [object])"
        $connect = "`$null = Connect-DcrServer $($server.Issuer) -Vault TestStore -WarningAction SilentlyContinue"
    }

    It 'is a vault like any other: clients are kept, changed, found by the next process and removed' {
        $result = Wait-Pwsh (Start-Pwsh "$unknown; $connect
            1..3 | ForEach-Object { [pscustomobject]@{ ClientName = `"App`$_`"; Tenant = `"t`$_`";
                RedirectUri = 'https://app.example.com/' } } | New-DcrClient | Set-DcrClient -Scope read |
                ForEach-Object { `"`$(`$_.Storage)`" }
            Get-DcrClient -ClientName App3 | Remove-DcrClient -Confirm:`$false
            `"found: `$(`$store.Members)`"")
        $result.Errors | Should -BeNullOrEmpty
        $result.Output.Trim() -split '\r?\n' | Should -Be 'Vault', 'Vault', 'Vault', 'found:'
        $result = Wait-Pwsh (Start-Pwsh "$connect; Get-DcrClient | ForEach-Object { `"`$(`$_.ClientName) `$(`$_.Scope)`" }")
        $result.Output.Trim() -split '\r?\n' | Sort-Object | Should -Be 'App1 read', 'App2 read'
        (Wait-Pwsh (Start-Pwsh -Module Microsoft.PowerShell.SecretStore '(Get-SecretInfo -Vault TestStore dcr-127*).Count')).Output.Trim() | Should -Be 2
    }
}

Describe 'No vault' {
    AfterEach { Register-TestStore }

    It 'of the name that Set-DcrStore -DefaultVault set is an error that says how to get one' {
        Unregister-SecretVault TestStore
        $server = New-TestServer
        $null = Assert-Failure { Connect-DcrServer $server.Issuer } -Id VaultNotFound -Category ObjectNotFound -Message "*'TestStore'*" `
            -Action '*Register-SecretVault*' -Terminating
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        (Connect-DcrServer $server.Issuer -LocalStore).Vault | Should -BeNullOrEmpty
    }

    It 'of a name that is given is an error that names those there are: <Name>' -ForEach @(
        @{ Name = 'Connect-DcrServer'; Command = { Connect-DcrServer $server.Issuer -Vault Nowhere } }
        @{ Name = 'Set-DcrStore -DefaultVault'; Command = { Set-DcrStore -DefaultVault Nowhere } }
        @{ Name = 'Move-DcrRegistration'; Command = { Move-DcrRegistration -To Nowhere } }
        @{ Name = 'New-DcrKey'; Command = { New-DcrKey key -Vault Nowhere } }
    ) {
        $server = New-TestServer
        $null = Assert-Failure $Command -Id VaultNotFound -Category ObjectNotFound -Message '*Nowhere*TestStore*' `
            -Action '*Register-SecretVault*' -Terminating
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'any more, midway, ends the command before anything is sent' {
        $server = New-ConnectedServer
        Unregister-SecretVault TestStore
        Clear-TestServerRequest $server
        $rows = 1..3 | ForEach-Object { [pscustomobject]@{ ClientName = "App$_"; RedirectUri = 'https://app.example.com/';
            Tenant = "t$_" } }
        $null = Assert-Failure { $rows | New-DcrClient } -Id VaultNotFound -Category ObjectNotFound -Message "*'TestStore'*" -Terminating
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }
}

Describe 'A vault that is named' {
    It 'keeps what is registered, and the local store lets go of it' {
        Register-TestVault Other
        $server = New-ConnectedServer @{} @{ Vault = 'Other' }
        $client = New-DcrClient @app
        $client.Storage | Should -Be 'Vault'
        (Get-VaultRecord $client -Vault Other).registration_access_token |
            Should -BeExactly (Get-TestServerClient $server).registrationAccessToken
        Get-VaultRecordName | Should -Not -Contain $client.SecretName
        (Get-DcrServer | Where-Object Issuer -eq $server.Issuer).Vault | Should -Be 'Other'
        $store = Get-DcrStore
        $store.Registrations, $store.Pending | Should -Be 0, 0
        $store.InVaults | Should -BeGreaterThan 0
    }

    It 'once and for all, by Set-DcrStore -DefaultVault, is what connections have from then on; -LocalStore goes back' {
        Switch-TestFolder
        $server = New-TestServer
        (Connect-DcrServer $server.Issuer).Vault | Should -BeNullOrEmpty
        (Set-DcrStore -DefaultVault TestStore).DefaultVault | Should -Be 'TestStore'
        (Connect-DcrServer $server.Issuer).Vault | Should -Be 'TestStore'
        (Wait-Pwsh (Start-Pwsh "(Connect-DcrServer $($server.Issuer)).Vault")).Output.Trim() | Should -Be 'TestStore'
        (Connect-DcrServer $server.Issuer -LocalStore).Vault | Should -BeNullOrEmpty
        (Set-DcrStore -DefaultVault $null).DefaultVault | Should -BeNullOrEmpty
        (Connect-DcrServer $server.Issuer).Vault | Should -BeNullOrEmpty
        Reset-TestStore
    }

    It 'and the local store are one space of tenants, and one warning names the counts and the command' {
        $server = New-TestServer
        $null = Connect-DcrServer $server.Issuer -LocalStore
        $one = New-DcrClient App https://app.example.com/ -Tenant north
        $null = Connect-DcrServer $server.Issuer -Vault TestStore -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings.Count | Should -Be 1
        "$warnings" | Should -BeLike "Vault 'TestStore' has 0 registrations of*the local store has 1*-LocalStore*Move-DcrRegistration -To TestStore*"
        Clear-TestServerRequest $server
        (New-DcrClient App https://app.example.com/ -Tenant north).ClientId | Should -Be $one.ClientId
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'that is locked is found by Test-DcrServer, and stops New-DcrKey' {
        Register-TestVault Lockable
        $server = New-ConnectedServer @{} @{ Name = 'lockable'; Vault = 'Lockable' }
        Register-TestVault Lockable -Mode Locked
        $check = Test-DcrServer lockable | Where-Object Name -eq Store
        $check.Status | Should -Be 'Failed'
        $check.RecommendedAction | Should -Match 'Unlock-SecretVault'
        $null = Assert-Failure { New-DcrKey locked -Vault Lockable } -Id VaultLocked -Category AuthenticationError `
            -Action '*Unlock-Secret*' -Terminating
        Disconnect-DcrServer lockable
    }

    It 'is offered by completion, and ids of its clients without a call of it' {
        Register-TestVault Counted
        $server = New-ConnectedServer @{} @{ Name = 'counted'; Vault = 'Counted' }
        $client = New-DcrClient @app
        $calls = Get-TestVaultCallCount Counted
        (TabExpansion2 'Connect-DcrServer https://as.example.com -Vault Cou').CompletionMatches.CompletionText | Should -Be 'Counted'
        (TabExpansion2 'Get-DcrClient ').CompletionMatches.CompletionText | Should -Contain $client.ClientId
        Get-TestVaultCallCount Counted | Should -Be $calls
    }

    It 'gives its secrets for credentials' {
        $key = New-DcrKey ops-key ES256 -Vault TestStore
        (Get-Secret ops-key -Vault TestStore -AsPlainText | ConvertFrom-Json).kid | Should -Be $key.KeyId
        $server = New-TestServer @{ tokenClient = @{ clientId = 'ops'; jwks = ($key.Jwks | ConvertTo-Json -Depth 5 | ConvertFrom-Json) } }
        $null = Connect-DcrServer $server.Issuer -ClientId ops -PrivateKey (Get-Secret ops-key -Vault TestStore)
        (New-DcrClient @app -ClientSecretName app-secret).ClientName | Should -Be 'App'
        Get-Secret app-secret -Vault TestStore -AsPlainText | Should -BeExactly (Get-TestServerClient $server).clientSecret
        $null = Assert-Failure { New-DcrKey ops-key -Vault TestStore } -Id SecretExists -Category ResourceExists
    }
}

Describe 'What a vault holds is found' {
    BeforeAll { $rows = 1..3 | ForEach-Object { [pscustomobject]@{ ClientName = "App$_"; RedirectUri = 'https://app.example.com/';
        Tenant = "t$_" } } }

    BeforeEach {
        Reset-TestStore
        $server = New-ConnectedServer @{ rotateToken = 'put' }
        $first = $rows | New-DcrClient -ThrottleLimit 1
        Clear-TestServerRequest $server
    }

    It 'by a machine that has nothing but the vault: the same rows send nothing' {
        Switch-TestFolder
        $null = Connect-DcrServer $server.Issuer -Vault TestStore
        ($rows | New-DcrClient -ThrottleLimit 1).ClientId | Should -Be $first.ClientId
        Get-TestServerRequest $server -Operation register | Should -BeNullOrEmpty
        (Get-DcrClient -Tenant t2 | Set-DcrClient -Scope read).Scope | Should -Be 'read'
        (Get-DcrStore).InVaults | Should -Be 3
    }

    It 'under another name of it' {
        Unregister-SecretVault TestStore
        Register-SecretVault -Name Renamed -ModuleName Microsoft.PowerShell.SecretStore -DefaultVault
        try {
            $null = Connect-DcrServer $server.Issuer -Vault Renamed -WarningVariable warnings -WarningAction SilentlyContinue
            $warnings | Should -BeNullOrEmpty
            ($rows | New-DcrClient -ThrottleLimit 1).ClientId | Should -Be $first.ClientId
            Get-TestServerRequest $server -Operation register | Should -BeNullOrEmpty
            (Get-DcrClient -Tenant t2 | Set-DcrClient -Scope read).Scope | Should -Be 'read'
        } finally {
            Unregister-SecretVault Renamed
            Register-TestStore
        }
    }

    It 'when its list is asked for while it is locked' {
        Reset-TestStore -Password $password
        Unlock-SecretStore -Password $password
        $server = New-ConnectedServer
        $null = New-DcrClient Mail https://app.example.com/ -Tenant contoso
        $result = Wait-Pwsh (Start-Pwsh "`$client = Get-DcrClient -Offline
            `$client.ClientName
            `$client | ConvertTo-Json -Depth 3 | ConvertFrom-Json | ForEach-Object Tenant
            try { `$null = Get-DcrClient `$client.ClientId -Connection (Connect-DcrServer $($server.Issuer)) } catch {
                `$_.FullyQualifiedErrorId -replace ',.*' }")
        $result.Errors | Should -BeNullOrEmpty
        $lines = $result.Output.Trim() -split '\r?\n'
        $lines[0, 1] | Should -Be 'Mail', 'contoso'
        $lines[2] | Should -Be 'VaultLocked'
        Reset-TestStore
    }

    It 'and what was taken out of it by hand is said at connect' {
        Remove-Secret -Vault TestStore -Name $first[1].SecretName
        $null = Connect-DcrServer $server.Issuer -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -BeLike "Vault 'TestStore' no longer has 1 registration*Restore-DcrRegistration*"
    }
}

Describe 'A session of its own kind' {
    BeforeAll { Reset-TestStore }

    It 'may have functions named like the vault commands: they are not called' {
        $global:calledByMistake = 0
        'Get-Secret', 'Set-Secret', 'Get-SecretInfo', 'Get-SecretVault', 'Remove-Secret' |
            ForEach-Object { Set-Item "function:global:$_" { $global:calledByMistake++ } }
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
        Set-Secret -Vault TestStore -Name dcr-127-0-0-1-not-ours-aaaaaaaaaa -Secret 'no JSON'
        $null = Connect-DcrServer (New-TestServer).Issuer -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -BeLike '*dcr-127-0-0-1-not-ours-aaaaaaaaaa*not a registration*'
        $client = New-DcrClient @app
        (Get-DcrClient).ClientId | Should -Be $client.ClientId
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

Describe 'A registration that is longer than a SecureString can be' {
    It 'is kept by <_>, changed and read again' -ForEach 'SecretStore', 'a vault like any other' {
        $vault = 'TestStore'
        if ($_ -ne 'SecretStore') {
            $vault = 'Plain'
            Register-TestVault Plain
        }

        $server = New-ConnectedServer @{ rotateToken = 'put' } -Connect @{ Vault = $vault }
        $client = New-DcrClient @app -SoftwareVersion ('x' * 200000)
        $changed = Set-DcrClient $client.ClientId -Scope read
        $changed.Storage | Should -Be 'Vault'
        $null = Connect-DcrServer $server.Issuer -Vault $vault
        $found = Get-DcrClient -Offline
        $found.Scope | Should -Be 'read'
        ConvertTo-PlainText $found.RegistrationAccessToken | Should -Be (Get-TestServerClient $server).registrationAccessToken
    }
}
