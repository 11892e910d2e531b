# Registrations that move between the local store and a vault, and the store's key in a vault.
# Needs: SecretManagement, SecretStore
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest -Vault
    $password = ConvertTo-Secret ([guid]::NewGuid().ToString())
    $rows = 1..3 | ForEach-Object { [pscustomobject]@{ ClientName = "App$_"; RedirectUri = 'https://app.example.com/'; Tenant = "t$_" } }

    # What the server knows is what the object of Get-DcrClient -Offline has.
    function Assert-Whole([object] $Connection, [object] $Server) {
        $kept = @(Get-DcrClient -Offline -Connection $Connection |
            ForEach-Object { "$($_.ClientId) $(ConvertTo-PlainText $_.RegistrationAccessToken) $(ConvertTo-PlainText $_.ClientSecret)" } |
            Sort-Object)
        $kept | Should -Be @(Get-TestServerClient $Server | ForEach-Object {
            "$($_.clientId) $($_.registrationAccessToken) $($_.clientSecret)" } | Sort-Object)
    }
}

AfterAll { Stop-DcrTest }

Describe 'Move-DcrRegistration' {
    BeforeEach {
        Reset-TestStore
        $server = New-TestServer @{ rotateToken = 'put' }
        $local = Connect-DcrServer $server.Issuer -LocalStore -Name local
        $clients = $rows | New-DcrClient -ThrottleLimit 1
        Clear-TestServerRequest $server
    }

    It 'moves registrations into a vault and back, each whole, and sends nothing' {
        $moved = Move-DcrRegistration -To TestStore
        $moved.ClientName | Sort-Object | Should -Be 'App1', 'App2', 'App3'
        $moved.Storage | Select-Object -Unique | Should -Be 'Vault'
        Get-VaultRecordName | Sort-Object | Should -Be ($clients.SecretName | Sort-Object)
        (Get-DcrStore).Registrations, (Get-DcrStore).InVaults | Should -Be 0, 3
        $inVault = Connect-DcrServer $server.Issuer -Vault TestStore -Name in-vault -WarningVariable warnings
        $warnings | Should -BeNullOrEmpty
        Assert-Whole $inVault $server
        (Get-DcrClient -Connection $inVault -Tenant t1 | Set-DcrClient -Scope read).Scope | Should -Be 'read'

        $back = Move-DcrRegistration -From TestStore
        $back.Storage | Select-Object -Unique | Should -Be 'Local'
        Get-VaultRecordName | Should -BeNullOrEmpty
        (Get-DcrStore).Registrations, (Get-DcrStore).InVaults | Should -Be 3, 0
        Assert-Whole (Connect-DcrServer $server.Issuer -LocalStore -Name local) $server
        ($rows | New-DcrClient -ThrottleLimit 1).ClientId | Should -Be $clients.ClientId
        (Get-TestServerRequest $server).operation | Where-Object { $_ -notin 'discovery', 'read', 'update' } | Should -BeNullOrEmpty
    }

    It 'moves the clients that are named, and says which are not there' {
        $failure = Assert-Failure { Move-DcrRegistration $clients[1].ClientId, no-such-client -To TestStore } -Id ClientNotFound `
            -Category ObjectNotFound -Message '*no-such-client*local store*'
        $failure.TargetObject | Should -Be 'no-such-client'
        Get-VaultRecordName | Should -Be $clients[1].SecretName
        ($clients[0] | Move-DcrRegistration -To TestStore).ClientName | Should -Be 'App1'
        (Get-DcrStore).Registrations | Should -Be 1
    }

    It 'from one vault to another' {
        Register-TestVault Other
        $null = Move-DcrRegistration -To TestStore
        $null = Move-DcrRegistration -From TestStore -To Other
        Get-VaultRecordName | Should -BeNullOrEmpty
        Get-VaultRecordName -Vault Other | Should -HaveCount 3
        Assert-Whole (Connect-DcrServer $server.Issuer -Vault Other -Name other) $server
    }

    It 'changes nothing with -WhatIf, and nothing from a place to itself' {
        Move-DcrRegistration -To TestStore -WhatIf
        Get-VaultRecordName | Should -BeNullOrEmpty
        (Get-DcrStore).Registrations | Should -Be 3
        $null = Assert-Failure { Move-DcrRegistration } -Id InvalidSetup -Category InvalidArgument -Terminating
    }

    It 'loses nothing where the vault does not keep it, and a second run goes on' {
        Register-TestVault Failing -Mode FailsAfter=2
        $failures = @(Get-Failure { Move-DcrRegistration -To Failing })
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'VaultWriteFailed,*'
        Get-DcrServer | Disconnect-DcrServer
        $moved = @(Get-VaultRecordName -Vault Failing).Count
        $moved | Should -BeLessThan 3
        $here = @(Get-DcrClient -Offline | Where-Object Storage -NE Vault |
            Where-Object { $_.RegistrationAccessToken -and $_.ClientSecret })
        $here.Count + $moved | Should -Be 3
        Register-TestVault Failing
        $null = Move-DcrRegistration -To Failing
        Get-VaultRecordName -Vault Failing | Should -HaveCount 3
        (Get-DcrStore).Registrations, (Get-DcrStore).Pending | Should -Be 0, 0
        ($rows | New-DcrClient -ThrottleLimit 1 -Connection (Connect-DcrServer $server.Issuer -Vault Failing -Name failing)).ClientId |
            Should -Be $clients.ClientId
        Get-TestServerRequest $server -Operation register | Should -BeNullOrEmpty
    }

    It 'into a vault that is locked is one clear error, and nothing is moved' {
        Register-TestVault Closed -Mode Locked
        $null = Assert-Failure { Move-DcrRegistration -To Closed } -Id VaultLocked -Category AuthenticationError -Terminating
        (Get-DcrStore).Registrations | Should -Be 3
    }
}

Describe 'The store''s key in a vault' {
    AfterAll { Reset-TestStore }

    It 'opens the store where that vault can be read, and is one clear error where it is locked; nothing prompts' {
        Reset-TestStore -Password $password
        Unlock-SecretStore -Password $password
        $env:DCR_TEST_PASSPHRASE = ConvertTo-PlainText $password
        try {
            $server = New-TestServer
            $null = Connect-DcrServer $server.Issuer -LocalStore
            $client = New-DcrClient App https://app.example.com/ -Tenant north
            (Set-DcrStore -Protection Vault -Vault TestStore).Protection | Should -Be 'Vault'
            (Get-DcrClient -Tenant north).ClientId | Should -Be $client.ClientId
            Get-Content (Join-Path $env:DCRPOWERSHELL_HOME store.key) -Raw |
                Should -Not -BeLike '*"key"*' -Because 'the key is in the vault'

            Clear-TestServerRequest $server
            $result = Wait-Pwsh (Start-Pwsh -Interactive "
                try { Connect-DcrServer $($server.Issuer) -LocalStore } catch {
                    `$_.FullyQualifiedErrorId -replace ',.*'; `$_.ErrorDetails.RecommendedAction }
                (Get-DcrStore).IsLocked
                Unlock-SecretStore ([Net.NetworkCredential]::new('', `$env:DCR_TEST_PASSPHRASE).SecurePassword)
                (Get-DcrClient -Offline).Tenant")
            $result.Errors | Should -BeNullOrEmpty
            $lines = $result.Output.Trim() -split '\r?\n'
            $lines[0, 2, 3] | Should -Be 'StoreLocked', 'True', 'north'
            $lines[1] | Should -BeLike '*Unlock-SecretStore*'
            Get-TestServerRequest $server | Should -BeNullOrEmpty

            (Set-DcrStore -Protection User).Protection | Should -Be 'User'
            (Wait-Pwsh (Start-Pwsh '(Get-DcrClient -Offline).Tenant')).Output.Trim() | Should -Be 'north'
        } finally { $env:DCR_TEST_PASSPHRASE = $null }
    }

    It 'opens the store when its vault is registered under another name, is no registration there, and is told when it is left' {
        Reset-TestStore
        $server = New-TestServer
        $null = Connect-DcrServer $server.Issuer -LocalStore
        $null = New-DcrClient App https://app.example.com/ -Tenant north
        $null = Set-DcrStore -Protection Vault -Vault TestStore -DefaultVault $null
        Unregister-SecretVault TestStore
        Register-SecretVault Renamed -ModuleName Microsoft.PowerShell.SecretStore
        try {
            $result = Wait-Pwsh (Start-Pwsh "(Get-DcrClient -Offline).Tenant
                `$null = Connect-DcrServer $($server.Issuer) -Vault Renamed -WarningVariable told -WarningAction SilentlyContinue
                @(`$told | Where-Object { `$_ -like '*dcr-store-key*' }).Count")
            $result.Errors | Should -BeNullOrEmpty
            $result.Output.Trim() -split '\r?\n' | Should -Be 'north', '0'
        } finally {
            Unregister-SecretVault Renamed
            Register-TestStore
        }

        $null = Set-DcrStore -Protection User -WarningVariable told -WarningAction SilentlyContinue
        "$told" | Should -BeLike '*still has the former key*Remove-Secret*dcr-store-key-*'
    }

    It 'is missed, and no new one is made, where the vault has lost it' {
        Reset-TestStore
        $null = Connect-DcrServer (New-TestServer).Issuer -LocalStore
        $null = New-DcrClient App https://app.example.com/
        $null = Set-DcrStore -Protection Vault -Vault TestStore
        $name = (Get-SecretInfo -Vault TestStore -Name dcr-store-key-*).Name
        Remove-Secret -Vault TestStore -Name $name
        $lines = (Wait-Pwsh (Start-Pwsh 'try { Get-DcrClient -Offline } catch { $_.FullyQualifiedErrorId -replace ",.*" }')).Output.Trim()
        $lines | Should -Be 'StoreKeyMissing'
        Get-SecretInfo -Vault TestStore -Name dcr-store-key-* | Should -BeNullOrEmpty
    }
}
