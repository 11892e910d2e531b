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
        @{ How = 'the pipeline, by property name'; Get = { [pscustomobject]@{ ClientId = $mail.ClientId },
            [pscustomobject]@{ client_id = $maps.ClientId } | Get-DcrClient -ThrottleLimit 1 } }
        @{ How = 'the pipeline, as clients'; Get = { $mail, $maps | Get-DcrClient -ThrottleLimit 1 } }
    ) {
        (& $Get).ClientName | Should -Be 'Mail', 'Maps'
        (Get-TestServerRequest $server).operation | Should -Be 'read', 'read'
    }

    It 'reads all clients that are kept of this server' {
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
        @{ Name = 'several tenants and names'; Find = { Get-DcrClient -Tenant contoso, contoso* -ClientName mail, *s };
            Found = 'Mail', 'Maps' }
    ) {
        & $Find | ForEach-Object ClientName | Sort-Object | Should -Be $Found
        @(Get-TestServerRequest $server).Count | Should -Be @($Found).Count -Because 'only what was found is asked for'
    }

    It 'finds a client by a name with brackets, as it stands and as completion writes it' {
        $null = New-DcrClient 'App [1]' @redirect
        Get-DcrClient -ClientName 'App [1]', 'app `[1`]', 'App ?1?' -Offline | ForEach-Object ClientName | Should -Be 'App [1]'
        Remove-DcrClient (Get-DcrClient -ClientName 'App [1]' -Offline).ClientId -Force
        Clear-TestServerRequest $server
    }

    It 'says which names no client has' {
        $failures = $null
        (Get-DcrClient -ClientName mail, nope, x*, 'No such' -ErrorAction SilentlyContinue -ErrorVariable failures).ClientName |
            Should -Be Mail
        "$failures" | Should -BeLike "*is named 'nope'. Nothing was sent.*is named 'No such'. Nothing was sent."
        $failures.FullyQualifiedErrorId | Should -BeLike 'ClientNotFound,*'
        $null = Assert-Failure { Get-DcrClient -ClientName nope -Offline } -Id ClientNotFound -Category ObjectNotFound `
            -Message "No client at * is named 'nope'. Nothing was sent." -Action '*Tab*'
        Get-DcrClient -ClientName mail -ExpiringWithin 1d | Should -BeNullOrEmpty
    }

    It 'asks the store alone with -Offline' {
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
        $null = Assert-Failure { $mail | Get-DcrClient -Connection (Get-DcrServer)[-1].Name } -Id NotConnected -Category ConnectionError `
            -Message "*$($server.Issuer)*" -Action "*Connect-DcrServer $($server.Issuer)*"
        $null = Connect-DcrServer $server.Issuer
    }
}

Describe 'Get-DcrClient -Offline answers from what is kept' {
    BeforeEach { Switch-TestFolder }

    It 'with the secrets that are kept when they are asked for' {
        $server = New-ConnectedServer @{ rotateSecret = 'put'; rotateToken = 'put' }
        $null = New-DcrClient Mail @redirect
        $listed = Get-DcrClient -Offline
        $null = $listed | Reset-DcrClientSecret -Force
        ConvertTo-PlainText $listed.ClientSecret | Should -BeExactly (Get-TestServerClient $server $listed.ClientId).clientSecret
        ConvertTo-PlainText $listed.RegistrationAccessToken |
            Should -BeExactly (Get-TestServerClient $server $listed.ClientId).registrationAccessToken
        $before = Get-DcrClient -Offline
        $listed | Remove-DcrClient -Confirm:$false
        { $before.ClientSecret } | Should -Throw -ExpectedMessage '*no registration of client*'
        Get-DcrClient -Offline | Should -BeNullOrEmpty
    }

    It 'and sees at once what other processes do' {
        $server = New-ConnectedServer
        $mail = New-DcrClient Mail @redirect
        (Get-DcrClient -Offline).ClientName | Should -Be 'Mail'
        $changed = Wait-Pwsh (Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer)
            `$null = New-DcrClient Maps https://app.example.com/
            `$null = Set-DcrClient $($mail.ClientId) -ClientName Post")
        $changed.Errors | Should -BeNullOrEmpty
        (Get-DcrClient -Offline).ClientName | Sort-Object | Should -Be 'Maps', 'Post'
        (Get-DcrClient $mail.ClientId -Offline).ClientName | Should -Be 'Post'
        $removed = Wait-Pwsh (Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer)
            Remove-DcrClient $($mail.ClientId) -Confirm:`$false")
        $removed.Errors | Should -BeNullOrEmpty
        (Get-DcrClient -Offline).ClientName | Should -Be 'Maps'
    }

    It 'without any connection: of all servers' {
        $null = New-ConnectedServer
        $null = New-DcrClient Mail @redirect
        $null = New-ConnectedServer
        $null = New-DcrClient Maps @redirect
        Get-DcrServer | Disconnect-DcrServer
        (Get-DcrClient -Offline).ClientName | Sort-Object | Should -Be 'Mail', 'Maps'
        (Get-DcrClient -Offline -ClientName Ma?l).ClientName | Should -Be 'Mail'
    }
}

Describe 'Get-DcrClient keeps what an answer brings' {
    It 'stores a new <Name>' -ForEach @(
        @{ Name = 'token'; Switches = @{ rotateToken = 'getAndPut' }; Member = 'registration_access_token';
            Known = 'registrationAccessToken' }
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
        @{ Name = 'an authentication method in an array'; Switches = @{ authMethodAsArray = $true };
            Test = { $client.TokenEndpointAuthMethod | Should -Be 'client_secret_basic' } }
        @{ Name = 'a scope in an array'; Switches = @{ scopeAsArray = $true }; Test = { $client.Scope | Should -Be 'read', 'write' } }
        @{ Name = 'one redirect URI as a text'; Switches = @{ redirectUrisAsString = $true };
            Test = { $client.RedirectUris | Should -Be $redirect.RedirectUri } }
        @{ Name = 'numbers as texts'; Switches = @{ numbersAsStrings = $true; secretExpiresAt = 'future' };
            Test = { $client.SecretExpiry | Should -Be 'in 90 days' } }
        @{ Name = 'an expiry in the past'; Switches = @{ secretExpiresAt = 'past' };
            Test = { $client.SecretExpiry | Should -Be 'expired 24 hours ago' } }
        @{ Name = 'an expiry beyond 32 bits'; Switches = @{ secretExpiresAt = 'beyondInt32' };
            Test = { $client.ClientSecretExpiresAt.Year | Should -Be 2100 } }
        @{ Name = 'an expiry beyond all dates'; Switches = @{ secretExpiresAt = 'beyondDate' };
            Test = { $client.SecretExpiry | Should -Be 'unknown' } }
        @{ Name = 'an expiry of null'; Switches = @{ secretExpiresAt = 'null' }; Test = { $client.SecretExpiry | Should -Be 'unknown' } }
        @{ Name = 'empty members'; Switches = @{ emptyMembers = 'hydra' }; Test = { $client.Contacts | Should -BeNullOrEmpty } }
        @{ Name = 'a relative registration_client_uri'; Switches = @{ registrationClientUri = 'relative' };
            Test = { $client.RegistrationClientUri | Should -Be "$($server.Url)/register/$($client.ClientId)" } }
        @{ Name = 'a registration_client_uri with a query'; Switches = @{ registrationClientUri = 'query' };
            Test = { $client.RegistrationClientUri | Should -Be "$($server.Url)/register?client_id=$($client.ClientId)" } }
    ) {
        $server = New-ConnectedServer $Switches
        $client = New-DcrClient App @redirect -Scope read, write -WarningAction SilentlyContinue |
            Get-DcrClient -WarningAction SilentlyContinue
        $client.ClientName | Should -Be 'App'
        & $Test
    }
}

Describe 'Get-DcrClient fails' {
    It 'for a client that is not known here, without asking the server' {
        $server = New-ConnectedServer
        Clear-TestServerRequest $server
        $failure = Assert-Failure { Get-DcrClient no-such-client } -Id ClientNotFound -Category ObjectNotFound `
            -Message '*no-such-client*local store*' -Action '*Get-DcrClient -Offline*'
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
        $failure = Assert-Failure { $client | Get-DcrClient } -Id $Id -Category $Category -Action '*Remove-DcrClient -StoreOnly*'
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

    It 'when the answer is about another client, and spoils neither record' {
        $server = New-ConnectedServer
        $asked = New-DcrClient Asked @redirect
        $answered = New-DcrClient Answered @redirect
        Set-TestServerSwitch $server @{ answerOverrides = @{ read = @{ client_id = $answered.ClientId } }; repeatToken = $false }
        $null = Assert-Failure { Get-DcrClient $asked.ClientId } -Id ResponseNotConformant -Category ProtocolError `
            -Message "*$($asked.ClientId)*$($answered.ClientId)*"
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
        (Get-TestServerRequest $server).operation | Should -Be 'discovery', 'register'
    }

    It 'where the server gave out <Name>' -ForEach @(
        @{ Name = 'neither token nor URI'; Switches = @{ operations = @() } }
        @{ Name = 'no token'; Switches = @{ managementToken = 'absent' } }
        @{ Name = 'no URI'; Switches = @{ registrationClientUri = 'missing' } }
    ) {
        $null = New-ConnectedServer $Switches
        $client = New-DcrClient App @redirect -WarningAction SilentlyContinue
        $kept = Get-DcrClient $client.ClientId -WarningVariable warnings -WarningAction SilentlyContinue
        "$($kept.State)", $kept.ClientId | Should -Be 'Unknown', $client.ClientId
        "$warnings" | Should -BeLike '1 client could not be read*'
        $null = Assert-Failure { Set-DcrClient $client.ClientId -ClientName Other } -Id OperationNotSupported -Category NotImplemented
    }
}
