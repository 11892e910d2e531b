# Needs: SecretManagement, SecretStore
BeforeDiscovery {
    Import-Module "$PSScriptRoot/Common.psm1"
    $canMount = Test-Unshare
}

BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest -Vault
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }

    # A vault of its own for each test: the vaults live as long as the process.
    function Connect-WithTestVault([string] $Mode = 'Normal', [hashtable] $Switches = @{}) {
        Switch-TestFolder
        $script:vault = "Test-$([guid]::NewGuid().ToString('n'))"
        Register-TestVault $vault -Mode $Mode
        New-ConnectedServer $Switches @{ Vault = $vault }
    }

    function Assert-CarriesSecret([object] $Client, [object] $Server) {
        $known = Get-TestServerClient $Server $Client.ClientId
        ConvertTo-PlainText $Client.RegistrationAccessToken | Should -BeExactly $known.registrationAccessToken
        ConvertTo-PlainText $Client.ClientSecret | Should -BeExactly $known.clientSecret
    }
}

AfterAll { Stop-DcrTest }

Describe 'A vault that is bad from the start' {
    It 'is found before anything is sent: <Mode>' -ForEach @(
        @{ Mode = 'Locked'; Id = 'VaultLocked'; Category = 'AuthenticationError'; Action = '*Unlock-SecretVault*' }
        @{ Mode = 'SetReturnsFalse'; Id = 'VaultWriteFailed'; Category = 'WriteError'; Action = '*Test-SecretVault*' }
        @{ Mode = 'SetThrows'; Id = 'VaultWriteFailed'; Category = 'WriteError'; Action = '*Test-SecretVault*' }
        @{ Mode = 'SetNonTerminating'; Id = 'VaultWriteFailed'; Category = 'WriteError'; Action = '*Test-SecretVault*' }
        @{ Mode = 'SetDropsSilently'; Id = 'VaultWriteFailed'; Category = 'WriteError'; Action = '*Test-SecretVault*' }
        @{ Mode = 'GetThrows'; Id = 'VaultReadFailed'; Category = 'ReadError'; Action = '*Test-SecretVault*' }
        @{ Mode = 'PromptsOnGet'; Id = 'VaultReadFailed'; Category = 'ReadError'; Action = '*Test-SecretVault*' }
    ) {
        Register-TestVault Bad -Mode $Mode
        $server = New-TestServer
        $null = Assert-Failure { Connect-DcrServer $server.Issuer -Vault Bad } -Id $Id -Category $Category -Message "*'Bad'*" `
            -Action $Action -Terminating
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'cannot make a session wait by asking for a password' {
        $server = New-TestServer
        $result = Wait-Pwsh (Start-Pwsh -Interactive "
            Register-SecretVault -Name Asking -ModuleName '$PSScriptRoot/vaults/DcrTestVault' -VaultParameters @{ Mode = 'PromptsOnGet' }
            try { Connect-DcrServer $($server.Issuer) -Vault Asking } catch { `$_.FullyQualifiedErrorId }")
        $result.Output.Trim() | Should -BeLike 'VaultReadFailed,*'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }
}

# Who has all rights is stopped by no mode bits, so a mount refuses; where none can be made, these tests are named as skipped.
Describe 'A local store that cannot be written, with a vault named' -Skip:(-not $canMount) {
    BeforeAll {
        function Invoke-Anew([string] $Script, [string] $Setup) {
            $result = Wait-Pwsh (Start-Pwsh $Script -Setup $Setup)
            $result.Errors | Should -BeNullOrEmpty
            $result.Output.Trim() -split '\r?\n' | Where-Object { $_ }
        }
    }

    BeforeEach {
        Switch-TestFolder
        $server = New-TestServer
        $readOnly = "mount --bind '$env:DCRPOWERSHELL_HOME' '$env:DCRPOWERSHELL_HOME'; mount -o remount,bind,ro '$env:DCRPOWERSHELL_HOME'"
    }

    It 'is one clear error and sends nothing where it holds something: its tenants would be registered again' {
        Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer) -LocalStore
            `$null = New-DcrClient Known https://app.example.com/ -Tenant known" | Should -BeNullOrEmpty
        Clear-TestServerRequest $server
        $lines = Invoke-Anew -Setup $readOnly "try {
                `$null = Connect-DcrServer $($server.Issuer) -Vault TestStore 3>`$null
                `$null = New-DcrClient Known https://app.example.com/ -Tenant known 3>`$null
            } catch { `$_.FullyQualifiedErrorId -replace ',.*'; `$_.CategoryInfo.Category; `"`$_`"; `$_.ErrorDetails.RecommendedAction }"
        $lines[0, 1] | Should -Be 'StoreReadOnly', 'WriteError'
        $lines[2] | Should -BeLike "The local store in '$env:DCRPOWERSHELL_HOME' cannot be used: *Read-only*Nothing was sent."
        $lines[3] | Should -BeLike '*DCRPOWERSHELL_HOME*'
        $lines | Should -HaveCount 4
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'is in memory where there is none yet, with one warning' {
        $lines = Invoke-Anew -Setup $readOnly "
            `$inMemory = @{ Vault = 'TestStore'; AuditPath = '$HOME/audit-of-memory.jsonl'; WarningVariable = 'warnings' }
            `$null = Connect-DcrServer $($server.Issuer) @inMemory 3>`$null
            `"`$warnings`"
            (New-DcrClient New https://app.example.com/ -Tenant new).Storage"
        $lines[0] | Should -BeLike 'The local store cannot be written, so it is in memory (*Read-only*): *'
        $lines[1] | Should -Be 'Vault'
        @(Get-TestServerClient $server).Count | Should -Be 1
    }
}

Describe 'A vault that goes bad after a registration was sent (<Mode>)' -ForEach @(
    @{ Mode = 'SetReturnsFalse' }
    @{ Mode = 'SetThrows' }
    @{ Mode = 'SetNonTerminating' }
    @{ Mode = 'SetDropsSilently' }
) {
    AfterEach { $env:DCR_TEST_VAULT_MODE = $null }

    It 'loses nothing: the client is in the output and in the error' {
        $server = Connect-WithTestVault
        $env:DCR_TEST_VAULT_MODE = $Mode
        $client = New-DcrClient @app -ErrorAction SilentlyContinue -ErrorVariable failures

        $failures.Count | Should -Be 1
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'VaultWriteFailed,*'
        $failures[0].CategoryInfo.Category | Should -Be 'WriteError'
        "$($failures[0])" | Should -BeLike "Client '$($client.ClientId)' was registered, and vault '$vault' did not keep that*"
        $failures[0].ErrorDetails.RecommendedAction | Should -BeLike '*Restore-DcrRegistration*' -Because 'the local store has it'
        $client.Storage | Should -Be 'Pending'
        (Get-DcrStore).Pending | Should -Be 1
        Assert-CarriesSecret $client $server
        Assert-CarriesSecret $failures[0].TargetObject $server
        @(Get-TestServerRequest $server -Operation register).Count | Should -Be 1

        # The object manages the client once the vault is well again.
        $env:DCR_TEST_VAULT_MODE = $null
        ($client | Set-DcrClient -Scope read).Scope | Should -Be 'read'
        (Get-DcrClient $client.ClientId).Scope | Should -Be 'read'
    }
}

Describe 'A vault that goes bad' {
    AfterEach { $env:DCR_TEST_VAULT_MODE = $null }

    It 'loses nothing with -ErrorAction Stop either' {
        $server = Connect-WithTestVault
        $env:DCR_TEST_VAULT_MODE = 'SetThrows'
        try { New-DcrClient @app -ErrorAction Stop } catch { $failure = $_ }
        $failure.FullyQualifiedErrorId | Should -BeLike 'VaultWriteFailed,*'
        Assert-CarriesSecret $failure.TargetObject $server
    }

    It 'loses no token that <Name> brought' -ForEach @(
        @{ Name = 'an update'; Switches = @{ rotateToken = 'put' };
            Change = { $client | Set-DcrClient -Scope read -ErrorAction SilentlyContinue -ErrorVariable script:failures } }
        @{ Name = 'a read'; Switches = @{ rotateToken = 'getAndPut' };
            Change = { $client | Get-DcrClient -ErrorAction SilentlyContinue -ErrorVariable script:failures } }
    ) {
        $server = Connect-WithTestVault -Switches $Switches
        $client = New-DcrClient @app
        $env:DCR_TEST_VAULT_MODE = 'SetDropsSilently'
        $changed = & $Change
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'VaultWriteFailed,*'
        Assert-CarriesSecret $changed $server
        Assert-CarriesSecret $failures[0].TargetObject $server
    }

    It 'stops a pipeline from sending any more' {
        # Connecting takes one write, the probe; each of the first two clients another.
        $server = Connect-WithTestVault 'FailsAfter=3'
        $rows = 1..5 | ForEach-Object { [pscustomobject]@{ ClientName = "App$_"; RedirectUri = 'https://app.example.com/' } }
        $clients = $rows | New-DcrClient -ThrottleLimit 1 -ErrorAction SilentlyContinue -ErrorVariable failures
        $clients.ClientName | Should -Be 'App1', 'App2', 'App3'
        $failures | ForEach-Object { $_.FullyQualifiedErrorId.Split(',')[0] } |
            Should -Be 'VaultWriteFailed', 'VaultWriteFailed', 'VaultWriteFailed'
        $failures[2].TargetObject.ClientName | Should -Be 'App5' -Because 'the row is what has to be run again'
        "$($failures[2])" | Should -BeLike '*Nothing was sent*'
        @(Get-TestServerRequest $server -Operation register).Count | Should -Be 3
    }

    It 'that locks itself stops a pipeline from sending any more' {
        $server = Connect-WithTestVault
        $rows = 1..3 | ForEach-Object { [pscustomobject]@{ ClientName = "App$_"; RedirectUri = 'https://app.example.com/' } }
        $made = [System.Collections.ArrayList]::new()
        $failure = Assert-Failure { $rows | New-DcrClient -ThrottleLimit 1 |
            ForEach-Object { $env:DCR_TEST_VAULT_MODE = 'Locked'; $null = $made.Add($_) } } -Id VaultLocked -Category AuthenticationError `
            -Message "*'$vault' is locked*"
        $failure.TargetObject.ClientName | Should -Be 'App2'
        $made.ClientName | Should -Be 'App1'
        @(Get-TestServerRequest $server -Operation register).Count | Should -Be 1
    }

    It 'that locks itself while requests are under way loses none of them, and of none it is said that it was not sent' {
        $server = Connect-WithTestVault -Switches @{ faults = @(@{ on = 'register'; delayMs = 700; skip = 1; times = 20 }) }
        $connection = Get-DcrServer | Select-Object -Last 1
        $rows = 1..8 | ForEach-Object { [pscustomobject]@{ ClientName = "App$_"; RedirectUri = 'https://app.example.com/';
            Tenant = "t$_" } }
        $failures = @(Get-Failure { $rows | New-DcrClient -ThrottleLimit 4 | ForEach-Object { $env:DCR_TEST_VAULT_MODE = 'Locked' } })
        $failures[-1].FullyQualifiedErrorId | Should -BeLike 'VaultLocked,*'
        $failures[-1].IsTerminating | Should -BeFalse -Because 'what was made is to come into the variable of the user'
        @($failures | Where-Object FullyQualifiedErrorId -like 'VaultLocked,*').Count |
            Should -Be 1 -Because 'the command ends at the first'
        $known = @(Get-TestServerClient $server)
        $known.Count | Should -BeGreaterThan 1
        $known.Count | Should -BeLessThan 8
        $unsent = @($failures | Where-Object { "$_" -like '*Nothing was sent*' })
        $unsent | Should -Not -BeNullOrEmpty
        foreach ($failure in $unsent) { $failure.TargetObject.ClientName | Should -Not -BeIn $known.metadata.client_name }

        # Unlocked: all of them are there, and the rest is registered once.
        $env:DCR_TEST_VAULT_MODE = $null
        $null = Connect-DcrServer $server.Issuer -Vault $vault -WarningAction SilentlyContinue
        @(Get-VaultRecordName -Vault $vault).Count | Should -Be $known.Count
        ($rows | New-DcrClient).Count | Should -Be 8
        @(Get-TestServerClient $server).Count | Should -Be 8
        (Get-DcrStore).Pending | Should -Be 0
    }

    It 'is told apart when only the copy of the secret could not be kept' {
        $server = Connect-WithTestVault 'FailsAfter=2'
        $client = New-DcrClient @app -ClientSecretName app-secret -ErrorAction SilentlyContinue -ErrorVariable failures
        $failures.Count | Should -Be 1
        "$($failures[0])" | Should -BeLike "*'app-secret'*"
        (Get-VaultRecord $client -Vault $vault).client_secret | Should -BeExactly (Get-TestServerClient $server).clientSecret
    }

    It 'cannot be read: an error and no crash' {
        $null = Connect-WithTestVault
        $client = New-DcrClient @app
        $env:DCR_TEST_VAULT_MODE = 'GetThrows'
        $null = Assert-Failure { Get-DcrClient $client.ClientId } -Id VaultReadFailed -Category ReadError `
            -Message '*cannot read its disk*' -Action '*Test-SecretVault*'
    }

    It 'cannot forget: the client is gone from the server, and the vault is told at the next connect' {
        $server = Connect-WithTestVault
        $client = New-DcrClient @app
        $env:DCR_TEST_VAULT_MODE = 'RemoveThrows'
        $null = Assert-Failure { $client | Remove-DcrClient -Confirm:$false } -Id VaultWriteFailed -Category WriteError `
            -Message '*was deleted at the server*vault still holds its registration*' `
            -Action '*Connect to that vault when it works again*'
        Get-TestServerClient $server | Should -BeNullOrEmpty
        $env:DCR_TEST_VAULT_MODE = $null
        $null = Connect-DcrServer $server.Issuer -Vault $vault
        Get-VaultRecordName -Vault $vault | Should -BeNullOrEmpty
    }
}

Describe 'The same rows again after a vault failed' {
    BeforeEach {
        $rows = 1..3 | ForEach-Object { [pscustomobject]@{ ClientName = "App$_"; RedirectUri = 'https://app.example.com/';
            Tenant = "t$_" } }
        $server = Connect-WithTestVault
    }

    AfterEach { $env:DCR_TEST_VAULT_MODE = $null }

    It 'send nothing for what was registered: <Name>' -ForEach @(
        @{ Name = 'the vault is well again'; Between = { } }
        @{ Name = 'Restore-DcrRegistration ran between'; Between = { $null = Restore-DcrRegistration } }
        @{ Name = 'over a second connection'; Between = { $null = Connect-DcrServer $server.Issuer -Vault $vault -Name second `
            -WarningAction SilentlyContinue } }
        @{ Name = 'over the local store'; Between = { $null = Connect-DcrServer $server.Issuer -LocalStore -Name local `
            -WarningAction SilentlyContinue } }
        @{ Name = 'over the connection that was there before';
            Between = { $null = Connect-DcrServer $server.Issuer -Vault $vault -Name second `
            -WarningAction SilentlyContinue; $null = Restore-DcrRegistration; Disconnect-DcrServer second;
            $null = Connect-DcrServer $server.Issuer -Vault $vault -WarningAction SilentlyContinue } }
    ) {
        $env:DCR_TEST_VAULT_MODE = 'SetThrows'
        $first = $rows | New-DcrClient -ThrottleLimit 1 -ErrorAction SilentlyContinue
        $env:DCR_TEST_VAULT_MODE = $null
        $sent = @(Get-TestServerRequest $server -Operation register).Count
        $sent | Should -BeGreaterThan 0
        & $Between
        $second = $rows | New-DcrClient -ThrottleLimit 1
        $second.Count | Should -Be 3
        @(Get-TestServerClient $server).Count | Should -Be 3
        $second.ClientId[0] | Should -Be @($first.ClientId)[0]
        # And what is kept of them works.
        ($second | Set-DcrClient -Scope read).Count | Should -Be 3
        Get-DcrServer | Where-Object Name -in second, local | Disconnect-DcrServer
    }

    It 'send nothing though the vault refuses a record for good: the local store holds on to it' {
        $env:DCR_TEST_VAULT_MODE = 'SetThrows'
        $one = $rows[0] | New-DcrClient -ErrorAction SilentlyContinue
        foreach ($try in 1..3) {
            $null = Get-Failure { $rows[0] | New-DcrClient }
            $null = Get-Failure { Restore-DcrRegistration }
        }

        @(Get-TestServerRequest $server -Operation register).Count | Should -Be 1
        ($rows[0] | New-DcrClient -ErrorAction SilentlyContinue).ClientId | Should -Be $one.ClientId
        (Get-DcrStore).Pending | Should -Be 1
        Assert-CarriesSecret (Get-DcrClient $one.ClientId -Offline) $server
    }
}
