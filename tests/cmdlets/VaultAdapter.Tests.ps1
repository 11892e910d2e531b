# Needs: SecretManagement, SecretStore
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest -Vault
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }
    # Sets how long one call to a vault may take, in this process or in a script for another.
    $shorten = '(Get-Command Connect-DcrServer).ImplementingType.Assembly.GetType("DcrPowerShell.Session.ProcessState")' +
        '.GetProperty("Vaults").GetValue($null).LongestCall = "0:0:2"'

    function Connect-WithTestVault([string] $Mode = 'Normal', [hashtable] $Switches = @{}) {
        $script:vault = "Test-$([guid]::NewGuid().ToString('n'))"
        Register-TestVault $vault -Mode $Mode
        New-ConnectedServer $Switches @{ Vault = $vault }
    }

    # What is in a vault of our own extension, by name.
    function Get-TestVaultSecret([string] $Name = $vault) { [AppDomain]::CurrentDomain.GetData('DcrTestVault')[$Name].Secrets }

    # The text of every exception below an error record, its type and stack too.
    function Get-Everything([object] $ErrorRecord) {
        "$ErrorRecord $($ErrorRecord.ErrorDetails.RecommendedAction) $($ErrorRecord.Exception)" }
}

AfterAll { Stop-DcrTest }

Describe 'A vault that hangs' {
    It 'is left behind: one error ends the command, nothing is lost, and the process goes on without that vault' {
        $server = New-TestServer
        $result = Wait-Pwsh (Start-Pwsh "
            foreach (`$name in 'Hanging', 'Good') { Register-SecretVault -Name `$name -ModuleName '$PSScriptRoot/vaults/DcrTestVault' }
            `$null = Connect-DcrServer $($server.Issuer) -Vault Hanging
            $shorten
            `$env:DCR_TEST_VAULT_MODE = 'SetHangs=300'
            function Test-Hanging { [AppDomain]::CurrentDomain.GetData('DcrTestVault')['Hanging'].Hanging }
            try { 1..3 | ForEach-Object { [pscustomobject]@{ ClientName = `"App`$_`"; RedirectUri = 'https://app.example.com/' } } |
                New-DcrClient -ThrottleLimit 1 -ErrorAction Continue 2>`$null | ForEach-Object { `"`$(`$_.ClientName) `$(`$_.Storage)`" } }
            catch { `"`$(`$_.FullyQualifiedErrorId) `$_`"; `$_.ErrorDetails.RecommendedAction }
            Test-Hanging
            foreach (`$name in 'Hanging', 'Good') { try { Connect-DcrServer $($server.Issuer) ``
                -Vault `$name } catch { `"`$(`$_.FullyQualifiedErrorId) `$_`" } }
            Test-Hanging
            `$null = Connect-DcrServer $($server.Issuer) -LocalStore 3>`$null
            (New-DcrClient Local https://app.example.com/ 3>`$null).Storage
            # PowerShell waits at its end for what it has begun.
            `$env:DCR_TEST_VAULT_MODE = 'Normal'")
        $result.Errors | Should -BeNullOrEmpty
        $lines = $result.Output.Trim() -split '\r?\n'
        $lines[0] | Should -Be 'App1 Pending'
        $lines[1] | Should -BeLike "VaultWriteFailed,* Client '*' was registered, and vault 'Hanging' did not keep that: it has not answered a call of *, which was left behind, and it is not called again in this process. The local store has it."
        $lines[2] | Should -BeLike '*start a new PowerShell and connect*'
        $lines[3] | Should -Be 'True' -Because 'it was left while it hung'
        $lines[4] | Should -BeLike "VaultReadFailed,* Vault 'Hanging' could not be read: it has not answered a call of *"
        $lines[5] | Should -BeLike "VaultReadFailed,* Vault 'Good' could not be read: vault 'Hanging' has not answered a call of *, and SecretManagement serves one call at a time."
        $lines[6] | Should -Be 'True' -Because 'what hangs is not waited for again either'
        $lines[7] | Should -Be 'Local'
        @(Get-TestServerRequest $server -Operation register).Count | Should -Be 2
    }

    It 'shows in a progress line while it is waited for' {
        $server = Connect-WithTestVault
        $env:DCR_TEST_VAULT_MODE = 'GetHangs=3'
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript('param($module, $issuer, $vault) Import-Module $module; Connect-DcrServer $issuer -Vault $vault')
            $null = $shell.AddParameters(@((Get-Module DcrPowerShell).Path, $server.Issuer, $vault)).Invoke()
            $told = $shell.Streams.Progress | ForEach-Object StatusDescription
            $told | Where-Object { $_ -like "Vault '$vault' has not answered Get-Secret yet. It is left behind after 2 minutes." } |
                Should -Not -BeNullOrEmpty
            $shell.Streams.Progress[-1].RecordType | Should -Be 'Completed'
        } finally {
            $shell.Dispose()
            $env:DCR_TEST_VAULT_MODE = $null
        }
    }

    It 'does not keep Ctrl-C waiting, and is given what it lacks when it has come back' {
        $server = Connect-WithTestVault
        $connection = Get-DcrServer | Where-Object Issuer -eq $server.Issuer
        $env:DCR_TEST_VAULT_MODE = 'SetHangs=300'
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript('param($module, $connection) Import-Module $module
                New-DcrClient App https://app.example.com/ -Connection $connection')
            $null = $shell.AddParameters(@((Get-Module DcrPowerShell).Path, $connection))
            $running = $shell.BeginInvoke()
            Wait-Until { @(Get-TestServerRequest $server -Operation register).Count -eq 1 }
            $hanging = [AppDomain]::CurrentDomain.GetData('DcrTestVault')[$vault]
            Wait-Until { $hanging.Hanging }
            $shell.Stop()
            $hanging.Hanging | Should -BeTrue -Because 'it was left while it hung'
            $turn = @(Get-ChildItem $env:DCRPOWERSHELL_HOME -Filter vault-*.lock)
            $turn | Should -HaveCount 1
            { [IO.File]::Open($turn[0].FullName, 'Open', 'ReadWrite', 'None').Dispose() } |
                Should -Throw -Because 'it may still write: no other process does meanwhile'
        } finally {
            $shell.Dispose()
            $env:DCR_TEST_VAULT_MODE = $null
        }

        Wait-Until { try { $null = Get-Secret -Vault $vault -Name dcr-probe -ErrorAction Stop; $true } catch { $false } }
        $null = Connect-DcrServer $server.Issuer -Vault $vault -WarningAction SilentlyContinue
        (Get-DcrClient -Offline).Storage | Should -Be 'Vault'
        @((Get-TestVaultSecret).Keys -like 'dcr-127*').Count | Should -Be 1
        Wait-Until { -not (Test-Path $turn[0].FullName) }
    }
}

Describe 'A vault whose words are not to be believed' {
    AfterEach { $env:DCR_TEST_VAULT_MODE = $null }

    It 'and denies its probe once keeps its id' {
        $server = Connect-WithTestVault
        $before = (ConvertTo-PlainText (Get-TestVaultSecret)['dcr-probe'] | ConvertFrom-Json).vault
        $env:DCR_TEST_VAULT_MODE = 'NotFoundOnce=dcr-probe'
        $null = Connect-DcrServer $server.Issuer -Vault $vault
        (ConvertTo-PlainText (Get-TestVaultSecret)['dcr-probe'] | ConvertFrom-Json).vault | Should -Be $before
    }

    It 'and denies its probe for good is an error before anything is written or sent' {
        $server = Connect-WithTestVault
        Clear-TestServerRequest $server
        $before = ConvertTo-PlainText (Get-TestVaultSecret)['dcr-probe']
        $env:DCR_TEST_VAULT_MODE = 'NotFound=dcr-probe'
        $null = Assert-Failure { Connect-DcrServer $server.Issuer -Vault $vault } -Id VaultReadFailed -Category ReadError `
            -Message "*it lists the secret 'dcr-probe' and does not give it*" -Terminating
        ConvertTo-PlainText (Get-TestVaultSecret)['dcr-probe'] | Should -BeExactly $before
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'has lost its probe, and is known by its registrations' {
        $server = Connect-WithTestVault
        $client = New-DcrClient @app
        $id = (ConvertTo-PlainText (Get-TestVaultSecret)['dcr-probe'] | ConvertFrom-Json).vault
        (Get-TestVaultSecret).Remove('dcr-probe')
        $null = Connect-DcrServer $server.Issuer -Vault $vault
        (ConvertTo-PlainText (Get-TestVaultSecret)['dcr-probe'] | ConvertFrom-Json).vault | Should -Be $id
        ($client | Set-DcrClient -Scope read).Scope | Should -Be 'read'
    }

    It 'and denies a registration that it lists is an error, not a client that is gone' {
        $server = Connect-WithTestVault
        $client = New-DcrClient @app
        $home1 = $env:DCRPOWERSHELL_HOME
        try {
            # A store that knows the registration from the vault alone.
            $env:DCRPOWERSHELL_HOME = New-StoreFolder
            $null = Connect-DcrServer $server.Issuer -Vault $vault
            $env:DCR_TEST_VAULT_MODE = "NotFound=$($client.SecretName)"
            $null = Assert-Failure { Set-DcrClient $client.ClientId -Scope read } -Id VaultReadFailed -Category ReadError `
                -Message "*it lists the secret '$($client.SecretName)' and does not give it*"
        } finally { $env:DCRPOWERSHELL_HOME = $home1 }
    }

    It 'and says "not found" beside an error about its runspace is asked again' {
        $server = Connect-WithTestVault
        $client = New-DcrClient @app
        $home1 = $env:DCRPOWERSHELL_HOME
        try {
            $env:DCRPOWERSHELL_HOME = New-StoreFolder
            $env:DCR_TEST_VAULT_MODE = 'RunspaceGone=3'
            $null = Connect-DcrServer $server.Issuer -Vault $vault
            (Get-DcrClient -Offline).ClientId | Should -Be $client.ClientId
            ConvertTo-PlainText (Get-DcrClient -Offline).RegistrationAccessToken |
                Should -BeExactly (Get-TestServerClient $server).registrationAccessToken
        } finally { $env:DCRPOWERSHELL_HOME = $home1 }
    }

    It 'and quotes what it was given does not bring a secret into an error' {
        $server = Connect-WithTestVault
        $env:DCR_TEST_VAULT_MODE = 'SetQuotes'
        $client = New-DcrClient @app -ErrorAction SilentlyContinue -ErrorVariable failures
        $known = Get-TestServerClient $server
        $said = Get-Everything $failures[0]
        $said | Should -BeLike '*The test vault does not take*'
        foreach ($secret in $known.registrationAccessToken, $known.clientSecret) {
            for ($at = 0; $at + 8 -le $secret.Length; $at++) { $said |
                Should -Not -BeLike "*$([WildcardPattern]::Escape($secret.Substring($at, 8)))*" }
        }
        ConvertTo-PlainText $client.RegistrationAccessToken | Should -BeExactly $known.registrationAccessToken
    }

    It 'and whose module was moved says so' {
        $folder = Join-Path $HOME moved
        Copy-Item "$PSScriptRoot/vaults/DcrTestVault" $folder/DcrTestVault -Recurse
        $server = New-TestServer
        $result = Wait-Pwsh (Start-Pwsh "
            Register-SecretVault -Name Moved -ModuleName '$folder/DcrTestVault'
            Rename-Item '$folder' elsewhere
            try { Connect-DcrServer $($server.Issuer) -Vault Moved } catch { `"`$_`"; `$_.ErrorDetails.RecommendedAction }
            Unregister-SecretVault Moved")
        $lines = $result.Output.Trim() -split '\r?\n'
        $lines[0] | Should -BeLike "Vault 'Moved' could not be read: its module is no longer in '$folder/DcrTestVault'."
        $lines[1] | Should -BeLike 'Register the vault again: *'
    }
}

Describe 'A vault that has something else than it was given' {
    It 'has half a record: the command uses what the local store has, and Restore-DcrRegistration writes it back' {
        $server = Connect-WithTestVault
        $client = New-DcrClient @app
        $whole = ConvertTo-PlainText (Get-TestVaultSecret)[$client.SecretName]
        (Get-TestVaultSecret)[$client.SecretName] = ConvertTo-Secret $whole.Substring(0, 60)
        (Get-DcrClient $client.ClientId).ClientName | Should -Be 'App'
        (Get-TestVaultSecret)[$client.SecretName] = ConvertTo-Secret $whole.Substring(0, 60)
        (Restore-DcrRegistration).ClientId | Should -Be $client.ClientId
        ConvertTo-PlainText (Get-TestVaultSecret)[$client.SecretName] | Should -BeExactly $whole
    }

    It 'has half a record that nobody else has: the error says what to do, and does not speak of an update' {
        $server = Connect-WithTestVault
        $client = New-DcrClient @app
        $home1 = $env:DCRPOWERSHELL_HOME
        try {
            $env:DCRPOWERSHELL_HOME = New-StoreFolder
            $null = Connect-DcrServer $server.Issuer -Vault $vault
            (Get-TestVaultSecret)[$client.SecretName] = ConvertTo-Secret '{"version":1,"issuer":"https://'
            $null = Assert-Failure { Set-DcrClient $client.ClientId -Scope read } -Id VaultReadFailed -Category ReadError `
                -Message '*is not a registration that this version can read*' -Action "*Remove-Secret -Vault '$vault' -Name $($client.SecretName)*"
            (Get-TestVaultSecret)[$client.SecretName] = ConvertTo-Secret '{"version":99}'
            $null = Assert-Failure { Set-DcrClient $client.ClientId -Scope read } -Id VaultReadFailed -Category ReadError `
                -Message '*layout 99*' -Action 'A newer DcrPowerShell wrote it: update this one.'
        } finally { $env:DCRPOWERSHELL_HOME = $home1 }
    }

    It 'was put back to an older copy: the newer token is used, and Restore-DcrRegistration writes it back' {
        $server = Connect-WithTestVault -Switches @{ rotateToken = 'put' }
        $client = New-DcrClient @app
        $old = (Get-TestVaultSecret)[$client.SecretName]
        $null = $client | Set-DcrClient -Scope read
        $new = ConvertTo-PlainText (Get-TestVaultSecret)[$client.SecretName]
        (Get-TestVaultSecret)[$client.SecretName] = $old
        (Restore-DcrRegistration).ClientId | Should -Be $client.ClientId
        ConvertTo-PlainText (Get-TestVaultSecret)[$client.SecretName] | Should -BeExactly $new
        (Get-TestVaultSecret)[$client.SecretName] = $old
        (Set-DcrClient $client.ClientId -SoftwareVersion 2).Scope | Should -Be 'read'
        Restore-DcrRegistration | Should -BeNullOrEmpty
    }

    It 'was put back to a copy with a removed registration: it is removed once more, and the tenant is free' {
        $server = Connect-WithTestVault
        $client = New-DcrClient @app -Tenant hill
        $before = (Get-TestVaultSecret)[$client.SecretName]
        $client | Remove-DcrClient -Confirm:$false
        (Get-TestVaultSecret)[$client.SecretName] = $before
        $null = Connect-DcrServer $server.Issuer -Vault $vault -WarningVariable told -WarningAction SilentlyContinue
        "$told" | Should -BeLike "Vault '$vault' had 1 registration again that was removed before*"
        (Get-TestVaultSecret).ContainsKey($client.SecretName) | Should -BeFalse
        (New-DcrClient @app -Tenant hill).ClientId | Should -Not -Be $client.ClientId
    }
}

Describe 'The name of an application''s copy of its secret' {
    BeforeAll {
        $server = Connect-WithTestVault
        $other = New-DcrClient @app
    }

    BeforeEach { Clear-TestServerRequest $server }

    It 'is not one of the module''s own: <_>' -ForEach 'dcr-probe', 'DCR-store-key-x', ' dcr-127-0-0-1-app' {
        $failures = Get-Failure { New-DcrClient @app -ClientSecretName $_ }
        "$failures" | Should -BeLike "*begins with dcr-*another client's registration could be there*"
        "$(Get-Failure { $other | Reset-DcrClientSecret -Force -ClientSecretName $_ })" | Should -BeLike '*begins with dcr-*'
        "$(Get-Failure { New-DcrKey -Name $_ })" | Should -BeLike '*begins with dcr-*'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'is not another client''s record, from a CSV column either' {
        $before = ConvertTo-PlainText (Get-TestVaultSecret)[$other.SecretName]
        $csv = "ClientName,RedirectUri,ClientSecretName`nApp2,https://app.example.com/,$($other.SecretName)"
        "$(Get-Failure { $csv | ConvertFrom-Csv | New-DcrClient })" | Should -BeLike '*begins with dcr-*'
        $file = Join-Path $HOME clients.csv
        Set-Content $file "client_id,client_secret,client_secret_name`nother-1,secret-of-other-1,$($other.SecretName)"
        "$(Get-Failure { Import-DcrClient -Path $file })" | Should -BeLike '*begins with dcr-*'
        ConvertTo-PlainText (Get-TestVaultSecret)[$other.SecretName] | Should -BeExactly $before
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'is not the same for two clients of one command' {
        $rows = 1..2 | ForEach-Object { [pscustomobject]@{ ClientName = "Twin$_"; RedirectUri = 'https://app.example.com/';
            ClientSecretName = 'twin-secret' } }
        $made = $rows | New-DcrClient -ErrorAction SilentlyContinue -ErrorVariable failures
        $made.ClientName | Should -Be 'Twin1'
        "$failures" | Should -BeLike "Row 2, Twin2: The secret 'twin-secret' was named for two clients, and row 1 has it. Nothing was sent."
        @(Get-TestServerRequest $server -Operation register).Count | Should -Be 1
        ConvertTo-PlainText (Get-TestVaultSecret)['twin-secret'] | Should -BeExactly (ConvertTo-PlainText $made.ClientSecret)
    }
}

Describe 'Taking in what a vault holds' {
    It 'shows progress and can be stopped where it holds much and is slow' {
        $server = Connect-WithTestVault
        $client = New-DcrClient @app
        $record = ConvertTo-PlainText (Get-TestVaultSecret)[$client.SecretName]
        $name = $client.SecretName
        $secretName = $client.GetType().Assembly.GetType('DcrPowerShell.Vaults.SecretName').GetMethod('For')
        1..1000 | ForEach-Object {
            (Get-TestVaultSecret)[$secretName.Invoke($null, @($server.Issuer,
                "other-$_"))] = ConvertTo-Secret $record.Replace("`"client_id`":`"$($client.ClientId)`"", "`"client_id`":`"other-$_`"")
        }

        $home1 = $env:DCRPOWERSHELL_HOME
        $shell = [powershell]::Create()
        try {
            $env:DCRPOWERSHELL_HOME = New-StoreFolder
            # All of it would take a minute.
            $env:DCR_TEST_VAULT_MODE = 'GetHangs=0.06'
            $calls = Get-TestVaultCallCount $vault
            $null = $shell.AddScript('param($module, $issuer, $vault) Import-Module $module; Connect-DcrServer $issuer -Vault $vault')
            $null = $shell.AddParameters(@((Get-Module DcrPowerShell).Path, $server.Issuer, $vault))
            $running = $shell.BeginInvoke()
            Wait-Until { @($shell.Streams.Progress |
                Where-Object StatusDescription -like "Reading the registrations in vault '$vault': * of 1001.").Count -ge 2 }
            $shell.Stop()
            (Get-TestVaultCallCount $vault) - $calls | Should -BeLessThan 1001
            $env:DCR_TEST_VAULT_MODE = $null

            # What was read before is known, and the next connect goes on.
            $null = Connect-DcrServer $server.Issuer -Vault $vault
            @(Get-DcrClient -Offline).Count | Should -Be 1001
        } finally {
            $shell.Dispose()
            $env:DCRPOWERSHELL_HOME = $home1
            $env:DCR_TEST_VAULT_MODE = $null
        }
    }
}

Describe 'A command on the local store' {
    It 'neither needs nor loads SecretManagement, and the completion of -Vault says nothing where there is none' {
        if (-not (Test-Unshare)) { Set-ItResult -Skipped -Because 'SecretManagement can be hidden in a mount name space alone'; return }
        $server = New-TestServer
        $hide = Get-Module Microsoft.PowerShell.SecretManagement -ListAvailable |
            ForEach-Object { "mount -t tmpfs tmpfs '$(Split-Path $_.ModuleBase)'" }
        # A store without a default vault.
        $folder = New-StoreFolder
        $result = Wait-Pwsh (Start-Pwsh -Setup ($hide -join "`n") "
            `$env:DCRPOWERSHELL_HOME = '$folder'
            `$null = Connect-DcrServer $($server.Issuer)
            `$client = New-DcrClient App https://app.example.com/ -Tenant hill -ClientSecretName app-secret 3>`$null
            `$null = `$client | Set-DcrClient -Scope read | Get-DcrClient
            `$null = Get-DcrClient -Offline; `$null = Get-DcrStore; `$null = Test-DcrServer; `$null = Find-DcrOrphan;
                `$null = Restore-DcrRegistration
            `$client | Remove-DcrClient -Confirm:`$false
            @([AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { `$_.GetName().Name -like '*SecretManagement*' }).Count
            @([DcrPowerShell.Binding.VaultNameCompleter]::new().CompleteArgument('Connect-DcrServer', 'Vault', '', `$null, @{})).Count
            @(`$Error).Count
            try { Connect-DcrServer $($server.Issuer) -Vault Any } catch { `$_.FullyQualifiedErrorId }")
        $result.Errors | Should -BeNullOrEmpty
        $result.Output.Trim() -split '\r?\n' | Should -Be '0', '0', '0',
            'SecretManagementNotFound,DcrPowerShell.Commands.ConnectDcrServerCommand'
    }
}
