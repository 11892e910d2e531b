BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $redirect = @{ RedirectUri = 'https://app.example.com/callback' }
}

AfterAll { Stop-DcrTest }

Describe 'Get-DcrClient' {
    BeforeAll {
        $server = New-ConnectedServer
        $mail = New-DcrClient Mail @redirect -Tenant contoso
        $maps = New-DcrClient Maps @redirect -Tenant contoso-eu
        $other = New-DcrClient Other @redirect
    }

    BeforeEach { Clear-TestServerRequest $server }

    It 'reads a client by its id from the server' {
        $client = Get-DcrClient $mail.ClientId
        $client | Should -BeOfType DcrPowerShell.DcrClient
        $client.ClientName | Should -Be 'Mail'
        $client.Tenant | Should -Be 'contoso'
        $client.RedirectUris | Should -Be $redirect.RedirectUri
        $client.SecretName | Should -Be $mail.SecretName
        ConvertTo-PlainText $client.ClientSecret | Should -BeExactly (Get-TestServerClient $server $mail.ClientId).clientSecret
        $client.Changes.Count | Should -Be 0

        $request = Get-TestServerRequest $server
        $request.operation | Should -Be 'read'
        $request.headers.Authorization | Should -BeExactly "Bearer $((Get-TestServerClient $server $mail.ClientId).registrationAccessToken)"
    }

    It 'shows what was changed at the server meanwhile' {
        $there = New-ConnectedServer @{} @{ Name = 'there' }
        $client = New-DcrClient App @redirect
        Set-TestServerSwitch $there @{ answerOverrides = @{ read = @{ client_name = 'Renamed'; custom = 1.50 } } }
        $read = Get-DcrClient $client.ClientId
        $read.ClientName | Should -Be 'Renamed'
        $read.Metadata['custom'] | Should -Be 1.5
        (Get-KeptRecord $client).client_name | Should -Be 'Renamed'
        $null = Connect-DcrServer $server.Issuer
    }

    It 'reads several, from <How>' -ForEach @(
        @{ How = 'an array'; Get = { Get-DcrClient $mail.ClientId, $maps.ClientId -ThrottleLimit 1 } }
        @{ How = 'the alias client_id'; Get = { Get-DcrClient -client_id $mail.ClientId, $maps.ClientId -ThrottleLimit 1 } }
        @{ How = 'the pipeline, by property name'; Get = { [pscustomobject]@{ ClientId = $mail.ClientId }, [pscustomobject]@{ client_id = $maps.ClientId } | Get-DcrClient -ThrottleLimit 1 } }
        @{ How = 'the pipeline, as clients'; Get = { $mail, $maps | Get-DcrClient -ThrottleLimit 1 } }
    ) {
        (& $Get).ClientName | Should -Be 'Mail', 'Maps'
        (Get-TestServerRequest $server).operation | Should -Be 'read', 'read'
    }

    It 'reads all clients that the vault knows at this server' {
        (Get-DcrClient | Sort-Object ClientName).ClientName | Should -Be 'Mail', 'Maps', 'Other'
        (Get-TestServerRequest $server).operation | Should -Be 'read', 'read', 'read'
    }

    It 'finds clients by <Name>' -ForEach @(
        @{ Name = 'name'; Find = { Get-DcrClient -ClientName mail }; Found = 'Mail' }
        @{ Name = 'the alias Name'; Find = { Get-DcrClient -Name mail }; Found = 'Mail' }
        @{ Name = 'a pattern of names'; Find = { Get-DcrClient -ClientName Ma* }; Found = 'Mail', 'Maps' }
        @{ Name = 'tenant'; Find = { Get-DcrClient -Tenant contoso }; Found = 'Mail' }
        @{ Name = 'a pattern of tenants'; Find = { Get-DcrClient -Tenant CONTOSO* }; Found = 'Mail', 'Maps' }
        @{ Name = 'both'; Find = { Get-DcrClient -Tenant contoso* -ClientName *s }; Found = 'Maps' }
        @{ Name = 'no tenant'; Find = { Get-DcrClient -Tenant '' }; Found = 'Other' }
    ) {
        & $Find | ForEach-Object ClientName | Sort-Object | Should -Be $Found
        @(Get-TestServerRequest $server).Count | Should -Be @($Found).Count -Because 'only what was found is asked for'
    }

    It 'asks the vault alone with -Offline' {
        (Get-DcrClient -Offline | Sort-Object ClientName).ClientName | Should -Be 'Mail', 'Maps', 'Other'
        $client = Get-DcrClient $mail.ClientId -Offline
        $client.RedirectUris | Should -Be $redirect.RedirectUri
        ConvertTo-PlainText $client.ClientSecret | Should -BeExactly (ConvertTo-PlainText $mail.ClientSecret)
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'lists no clients of another issuer at the same host' {
        $null = New-ConnectedServer
        Get-DcrClient | Should -BeNullOrEmpty
        $null = Connect-DcrServer $server.Issuer
    }

    It 'goes to the server that issued a piped client, whatever the default one is' {
        $null = New-ConnectedServer
        ($mail | Get-DcrClient).ClientName | Should -Be 'Mail'
        $null = Assert-Failure { $mail | Get-DcrClient -Connection (Get-DcrServer)[-1].Name } -Id NotConnected -Category ConnectionError -Message "*$($server.Issuer)*" -Action "*Connect-DcrServer $($server.Issuer)*" -Terminating
        $null = Connect-DcrServer $server.Issuer
    }
}

Describe 'Get-DcrClient -Offline answers from its index of the vault' {
    BeforeAll {
        $index = Join-Path ([Environment]::GetFolderPath('LocalApplicationData', 'DoNotVerify')) 'DcrPowerShell/index/microsoft.powershell.secretstore.jsonl'
        $password = ConvertTo-Secret 'of the store'
    }

    BeforeEach { Reset-TestStore }

    It 'also while the store is locked; secrets then say so' {
        Reset-TestStore -Password $password
        Unlock-SecretStore -Password $password
        $server = New-ConnectedServer
        $null = New-DcrClient Mail @redirect -Tenant contoso
        $changed = New-DcrClient Maps @redirect | Set-DcrClient -TosUri https://app.example.com/terms
        # In another process, which has never read a record.
        $result = Wait-Pwsh (Start-Pwsh "Unlock-SecretStore -Password ([Net.NetworkCredential]::new('', 'of the store').SecurePassword)
            `$null = Connect-DcrServer $($server.Issuer) -Vault TestStore
            Microsoft.PowerShell.SecretStore\Set-SecretStoreConfiguration -PasswordTimeout 1 -Password ([Net.NetworkCredential]::new('', 'of the store').SecurePassword) -Confirm:`$false
            `$time = [Diagnostics.Stopwatch]::StartNew()
            while (`$time.Elapsed.TotalSeconds -lt 20) { try { `$null = Get-Secret dcr-x -Vault TestStore -ErrorAction Stop } catch { if (`$_.Exception -match 'password') { break } }; Start-Sleep -Milliseconds 100 }
            `$clients = Get-DcrClient -Offline
            (`$clients | Sort-Object ClientName).ClientName -join ','
            `$clients.Metadata.tos_uri
            `$clients | ConvertTo-Json -Depth 3 | ConvertFrom-Json | Measure-Object | ForEach-Object Count
            try { `$clients[0].ClientSecret } catch { `$_.Exception.Message }")
        $result.Errors | Should -BeNullOrEmpty
        $lines = $result.Output.Trim() -split '\r?\n'
        $lines[0, 1, 2] | Should -Be 'Mail,Maps', 'https://app.example.com/terms', '2'
        $lines[3] | Should -BeLike "*Vault 'TestStore' is locked*Unlock-SecretStore*"
    }

    It 'with the secrets that the vault has when they are asked for' {
        $server = New-ConnectedServer @{ rotateSecret = 'put'; rotateToken = 'put' }
        $null = New-DcrClient Mail @redirect
        $listed = Get-DcrClient -Offline
        $null = $listed | Reset-DcrClientSecret
        ConvertTo-PlainText $listed.ClientSecret | Should -BeExactly (Get-TestServerClient $server $listed.ClientId).clientSecret
        ConvertTo-PlainText $listed.RegistrationAccessToken | Should -BeExactly (Get-TestServerClient $server $listed.ClientId).registrationAccessToken
        $before = Get-DcrClient -Offline
        $listed | Remove-DcrClient -Confirm:$false
        { $before.ClientSecret } | Should -Throw -ExpectedMessage "*holds no registration of client*"
        Get-DcrClient -Offline | Should -BeNullOrEmpty
    }

    It 'and sees what other processes do, and what is changed without it' {
        $server = New-ConnectedServer
        $mail = New-DcrClient Mail @redirect
        (Get-DcrClient -Offline).ClientName | Should -Be 'Mail'
        (Wait-Pwsh (Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer); `$null = New-DcrClient Maps https://app.example.com/; `$null = Set-DcrClient $($mail.ClientId) -ClientName Post")).Errors | Should -BeNullOrEmpty
        (Get-DcrClient -Offline).ClientName | Sort-Object | Should -Be 'Maps', 'Post'

        # This reads the vault itself, and so renews SecretStore's copy in this process, which the next line writes.
        (Get-DcrClient $mail.ClientId -Offline).ClientName | Should -Be 'Post'
        $copied = Get-Secret $mail.SecretName -Vault TestStore
        Remove-Secret $mail.SecretName -Vault TestStore
        (Get-DcrClient -Offline).ClientName | Should -Be 'Maps'
        Set-Secret $mail.SecretName -SecureStringSecret $copied -Vault TestStore
        (Get-DcrClient -Offline).ClientName | Sort-Object | Should -Be 'Maps', 'Post'
    }

    It 'made anew where it is <Kind>' -ForEach @(
        @{ Kind = 'deleted'; Spoil = { Remove-Item $index } }
        @{ Kind = 'of another version'; Spoil = { Set-Content $index '{"index":"DcrPowerShell","version":99}' } }
        @{ Kind = 'damaged'; Spoil = { Set-Content $index 'damaged by somebody' } }
    ) {
        $null = New-ConnectedServer
        $null = New-DcrClient Mail @redirect -Tenant contoso
        & $Spoil
        (Get-DcrClient -Offline).Tenant | Should -Be 'contoso'
        (New-DcrClient Mail @redirect -Tenant contoso -WarningAction SilentlyContinue).ClientName | Should -Be 'Mail'
        @(Get-DcrClient -Offline).Count | Should -Be 1
        if ($env:OS -ne 'Windows_NT') { (Get-Item $index).UnixMode | Should -Be '-rw-------' }
    }

    It 'that other vaults have too, and where none can be written' {
        Register-TestVault Memory
        $server = New-ConnectedServer @{} @{ Vault = 'Memory' }
        1..3 | ForEach-Object { New-DcrClient "App$_" @redirect } | Out-Null
        @(Get-DcrClient -Offline).Count | Should -Be 3
        $calls = Get-TestVaultCallCount Memory
        @(Get-DcrClient -Offline).Count | Should -Be 3
        (Get-TestVaultCallCount Memory) - $calls | Should -Be 2 -Because 'it is open, and its names are as they were'

        Remove-Item (Split-Path $index) -Recurse
        Set-Content (Split-Path $index) 'in the way'
        try {
            @(Get-DcrClient -Offline -Verbose 4>&1 | Where-Object { $_ -is [DcrPowerShell.DcrClient] }).Count | Should -Be 3
            (New-DcrClient App4 @redirect).Storage | Should -Be 'Vault'
            @(Get-DcrClient -Offline).Count | Should -Be 4
        } finally { Remove-Item (Split-Path $index) }
    }
}

Describe 'Get-DcrClient keeps what an answer brings' {
    BeforeAll { Reset-TestStore }

    It 'stores a new <Name>' -ForEach @(
        @{ Name = 'token'; Switches = @{ rotateToken = 'getAndPut' }; Member = 'registration_access_token'; Known = 'registrationAccessToken' }
        @{ Name = 'secret'; Switches = @{ rotateSecret = 'getAndPut' }; Member = 'client_secret'; Known = 'clientSecret' }
    ) {
        $server = New-ConnectedServer $Switches
        $client = New-DcrClient App @redirect
        $before = (Get-KeptRecord $client).$Member
        $null = Get-DcrClient $client.ClientId
        $now = (Get-TestServerClient $server).$Known
        $now | Should -Not -Be $before
        (Get-KeptRecord $client).$Member | Should -BeExactly $now

        # The object that was given first is old by now, and yet it can be used.
        ($client | Get-DcrClient).ClientName | Should -Be 'App'
    }

    It 'keeps token and secret that an answer does not repeat' {
        $null = New-ConnectedServer @{ repeatToken = $false; repeatSecret = $false }
        $client = New-DcrClient App @redirect
        $before = Get-KeptRecord $client
        $null = Get-DcrClient $client.ClientId -WarningVariable warnings
        $warnings | Should -BeNullOrEmpty
        $after = Get-KeptRecord $client
        $after.registration_access_token | Should -BeExactly $before.registration_access_token
        $after.client_secret | Should -BeExactly $before.client_secret
    }

    It 'understands <Name>' -ForEach @(
        @{ Name = 'an authentication method in an array'; Switches = @{ authMethodAsArray = $true }; Test = { $client.TokenEndpointAuthMethod | Should -Be 'client_secret_basic' } }
        @{ Name = 'a scope in an array'; Switches = @{ scopeAsArray = $true }; Test = { $client.Scope | Should -Be 'read', 'write' } }
        @{ Name = 'one redirect URI as a text'; Switches = @{ redirectUrisAsString = $true }; Test = { $client.RedirectUris | Should -Be $redirect.RedirectUri } }
        @{ Name = 'numbers as texts'; Switches = @{ numbersAsStrings = $true; secretExpiresAt = 'future' }; Test = { $client.SecretExpiry | Should -Be 'in 90 days' } }
        @{ Name = 'an expiry in the past'; Switches = @{ secretExpiresAt = 'past' }; Test = { $client.SecretExpiry | Should -Be 'expired 24 hours ago' } }
        @{ Name = 'an expiry beyond 32 bits'; Switches = @{ secretExpiresAt = 'beyondInt32' }; Test = { $client.ClientSecretExpiresAt.Year | Should -Be 2100 } }
        @{ Name = 'an expiry beyond all dates'; Switches = @{ secretExpiresAt = 'beyondDate' }; Test = { $client.SecretExpiry | Should -Be 'unknown' } }
        @{ Name = 'an expiry of null'; Switches = @{ secretExpiresAt = 'null' }; Test = { $client.SecretExpiry | Should -Be 'unknown' } }
        @{ Name = 'empty members'; Switches = @{ emptyMembers = 'hydra' }; Test = { $client.Contacts | Should -BeNullOrEmpty } }
        @{ Name = 'a relative registration_client_uri'; Switches = @{ registrationClientUri = 'relative' }; Test = { $client.RegistrationClientUri | Should -Be "$($server.Url)/register/$($client.ClientId)" } }
        @{ Name = 'a registration_client_uri with a query'; Switches = @{ registrationClientUri = 'query' }; Test = { $client.RegistrationClientUri | Should -Be "$($server.Url)/register?client_id=$($client.ClientId)" } }
    ) {
        $server = New-ConnectedServer $Switches
        $client = New-DcrClient App @redirect -Scope read, write -WarningAction SilentlyContinue | Get-DcrClient -WarningAction SilentlyContinue
        $client.ClientName | Should -Be 'App'
        & $Test
    }
}

Describe 'Get-DcrClient fails' {
    BeforeAll { Reset-TestStore }

    It 'for a client that the vault does not know, without asking the server' {
        $server = New-ConnectedServer
        Clear-TestServerRequest $server
        $failure = Assert-Failure { Get-DcrClient no-such-client } -Id ClientNotFound -Category ObjectNotFound -Message "*TestStore*no-such-client*" -Action '*Get-DcrClient -Offline*'
        $failure.TargetObject | Should -Be 'no-such-client'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'for a client that is gone from a server that answers <Answer>' -ForEach @(
        @{ Answer = 'unauthorized'; Id = 'AccessTokenRejected'; Category = 'AuthenticationError' }
        @{ Answer = 'notFound'; Id = 'ClientNotFound'; Category = 'ObjectNotFound' }
    ) {
        $server = New-ConnectedServer @{ unknownClient = $Answer }
        $client = New-DcrClient App @redirect
        Remove-TestServerClient $server $client.ClientId
        $failure = Assert-Failure { $client | Get-DcrClient } -Id $Id -Category $Category -Action '*Remove-DcrClient -Force*'
        $failure.TargetObject.ClientId | Should -Be $client.ClientId
        (Get-KeptRecord $client).client_id | Should -Be $client.ClientId -Because 'a refusal removes nothing'
    }

    It 'for one of many, and goes on with the rest' {
        $server = New-ConnectedServer
        $clients = 1..3 | ForEach-Object { New-DcrClient "App$_" @redirect }
        Remove-TestServerClient $server $clients[1].ClientId
        $found = Get-DcrClient -ErrorAction SilentlyContinue -ErrorVariable failures
        ($found | Sort-Object ClientName).ClientName | Should -Be 'App1', 'App3'
        $failures.Count | Should -Be 1
        "$failures" | Should -BeLike "*$($clients[1].ClientId)*"
    }

    It 'for a record of a later version, which stays as it is, and goes on with the rest' {
        $null = New-ConnectedServer
        $old = New-DcrClient Old @redirect
        $new = New-DcrClient New @redirect
        $later = (Get-Secret -Vault TestStore -Name $new.SecretName -AsPlainText) -replace '"version":1', '"version":99'
        Set-Secret -Vault TestStore -Name $new.SecretName -Secret $later
        (Get-DcrClient -ErrorAction SilentlyContinue -ErrorVariable failures).ClientId | Should -Be $old.ClientId
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'VaultReadFailed,*'
        $failures[0].CategoryInfo.Category | Should -Be 'ReadError'
        "$failures" | Should -BeLike "*$($new.SecretName)*99*"
        Get-Secret -Vault TestStore -Name $new.SecretName -AsPlainText | Should -BeExactly $later
    }

    It 'when the answer is about another client, and spoils neither record' {
        $server = New-ConnectedServer
        $asked = New-DcrClient Asked @redirect
        $answered = New-DcrClient Answered @redirect
        Set-TestServerSwitch $server @{ answerOverrides = @{ read = @{ client_id = $answered.ClientId } }; repeatToken = $false }
        $null = Assert-Failure { Get-DcrClient $asked.ClientId } -Id ResponseNotConformant -Category ProtocolError -Message "*$($asked.ClientId)*$($answered.ClientId)*"
        Set-TestServerSwitch $server @{ answerOverrides = @{} }
        ($asked, $answered | Get-DcrClient -ThrottleLimit 1).ClientName | Should -Be 'Asked', 'Answered'
    }

    It 'to send a token to an origin that it was not issued for: registration_client_uri <Kind>' -ForEach @(
        @{ Kind = 'foreign'; Action = '*-AllowedOrigin*' }
        @{ Kind = 'plainHttp'; Action = "*the server's own administration*" }
    ) {
        $server = New-ConnectedServer @{ registrationClientUri = $Kind }
        $client = New-DcrClient App @redirect
        $null = Assert-Failure { Get-DcrClient $client.ClientId } -Id RegistrationUriRefused -Category SecurityError -Action $Action
        (Get-TestServerRequest $server).operation | Should -Not -Contain 'read'
    }

    It 'where the server gave out <Name>' -ForEach @(
        @{ Name = 'neither token nor URI'; Switches = @{ operations = @() } }
        @{ Name = 'no token'; Switches = @{ managementToken = 'absent' } }
        @{ Name = 'no URI'; Switches = @{ registrationClientUri = 'missing' } }
    ) {
        $null = New-ConnectedServer $Switches
        $client = New-DcrClient App @redirect
        $null = Assert-Failure { Get-DcrClient $client.ClientId } -Id OperationNotSupported -Category NotImplemented
    }

    It 'to list without a vault' {
        $null = New-ConnectedServer @{} @{ NoVault = $true }
        $null = Assert-Failure { Get-DcrClient } -Id VaultNotFound -Category ObjectNotFound -Action '*-Vault*' -Terminating
    }
}
