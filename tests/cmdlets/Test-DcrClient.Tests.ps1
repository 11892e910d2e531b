# The command as a user has it; what it finds is tested in Core.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $web = @{ ClientName = 'Portal'; RedirectUri = 'https://app.example.com/callback'; Scope = 'read' }
    $service = @{ ClientName = 'Export'; GrantType = 'client_credentials'; ResponseType = @(); WarningAction = 'SilentlyContinue' }
}

AfterAll { Stop-DcrTest }

Describe 'Test-DcrClient' {
    It 'gives one object a check, with whose it is, and changes nothing' {
        $server = New-ConnectedServer @{ pushedAuthorization = $true } @{ Name = 'good' }
        $client = New-DcrClient @web -Tenant north
        Clear-TestServerRequest $server
        $checks = $client | Test-DcrClient
        $checks | Should -BeOfType ([DcrPowerShell.DcrCheck])
        $checks.Name | Should -Be 'Record', 'Registration', 'Authentication', 'Pushed request', 'Secret expiry', 'Posture', 'Posture'
        ($checks | Where-Object Status -NE Passed).Name | Select-Object -Unique | Should -Be 'Posture'
        foreach ($check in $checks) {
            $check.Connection, $check.ClientId, $check.ClientName, $check.Tenant | Should -Be 'good', $client.ClientId, 'Portal', 'north'
        }

        (Get-TestServerRequest $server).operation | Should -Be 'read', 'push'
    }

    It 'takes clients by <How>' -ForEach @(
        @{ How = 'id'; Test = { Test-DcrClient $clients.ClientId } }
        @{ How = 'tenant'; Test = { Test-DcrClient -Tenant one, ' TWO ' } }
        @{ How = 'object'; Test = { $clients | Test-DcrClient } }
        @{ How = 'object, without reading it twice'; Test = { Get-DcrClient -Offline | Sort-Object Tenant | Test-DcrClient } }
        @{ How = 'row'; Test = { 'Tenant,KeyName', 'one,', 'two,' | ConvertFrom-Csv | Test-DcrClient } }
        @{ How = 'check'; Test = { $clients | Test-DcrClient | Where-Object Name -EQ Record | Test-DcrClient } }
    ) {
        $server = New-ConnectedServer
        $clients = 'one', 'two' | ForEach-Object { New-DcrClient @service -Tenant $_ }
        ($checks = & $Test) | Where-Object Name -EQ Authentication | ForEach-Object Status | Should -Be 'Passed', 'Passed'
        $checks.Tenant | Select-Object -Unique | Sort-Object | Should -Be 'one', 'two'
    }

    It 'goes on after a client that is not known, and after one that fails' {
        $server = New-ConnectedServer
        $clients = 1..3 | ForEach-Object { New-DcrClient @service }
        Remove-TestServerClient $server $clients[1].ClientId
        $checks = @($clients[0].ClientId, 'nobody', $clients[1].ClientId, $clients[2].ClientId) |
            ForEach-Object { [pscustomobject]@{ ClientId = $_ } } |
            Test-DcrClient -ErrorAction SilentlyContinue -ErrorVariable failures
        $failures.FullyQualifiedErrorId | Should -Be 'ClientNotFound,DcrPowerShell.Commands.TestDcrClientCommand'
        "$failures" | Should -Match 'Row 2'
        ($checks | Where-Object { $_.Name -eq 'Registration' -and $_.Status -eq 'Failed' }).ClientId | Should -Be $clients[1].ClientId
        ($checks | Where-Object { $_.Name -eq 'Authentication' -and $_.Status -eq 'Passed' }).ClientId |
            Sort-Object | Should -Be ($clients[0, 2].ClientId | Sort-Object)
    }

    It 'makes up a code with -Probe only' {
        $server = New-ConnectedServer
        $client = New-DcrClient @web
        ($client | Test-DcrClient | Where-Object Name -EQ Authentication).Status | Should -Be 'Skipped'
        ($client | Test-DcrClient -Probe | Where-Object Name -EQ Authentication).Found | Should -Match 'invalid_grant'
        @((Get-TestServerRequest $server).operation -eq 'token').Count | Should -Be 1
    }

    It 'finds the key of the local store by itself, and another by its name' {
        $server = New-ConnectedServer
        $key, $other = 'client-key', 'other-key' | ForEach-Object { New-DcrKey $_ ES256 }
        $client = New-DcrClient @service -TokenEndpointAuthMethod private_key_jwt -Jwks $key.Jwks
        $checks = $client | Test-DcrClient
        ($checks | Where-Object Name -In Keys, Authentication).Status | Should -Be 'Passed', 'Passed'
        $checks = [pscustomobject]@{ ClientId = $client.ClientId; KeyName = 'other-key' } | Test-DcrClient
        ($checks | Where-Object Name -In Keys, Authentication).Status | Should -Be 'Failed', 'Failed'
        { Test-DcrClient $client.ClientId -KeyName dcr-probe -ErrorAction Stop } | Should -Throw '*dcr-*'
    }

    It 'shows no secret and no token in any stream' {
        $server = New-ConnectedServer @{ pushedAuthorization = $true }
        $clients = (New-DcrClient @web), (New-DcrClient @service -TokenEndpointAuthMethod client_secret_post)
        $said = $clients | Test-DcrClient -Probe -Verbose -Debug *>&1 | ForEach-Object { "$_"; $_ | Format-List * | Out-String } |
            Out-String
        $said | Should -Match 'POST .*/token - 200'
        foreach ($known in Get-TestServerClient $server) {
            $said | Should -Not -Match $known.clientSecret
            $said | Should -Not -Match $known.registrationAccessToken
        }

        $said | Should -Not -Match 'at_|request_uri:'
    }

    It 'keeps what the server replaces at the read' {
        $server = New-ConnectedServer @{ rotateToken = 'getAndPut'; rotateSecret = 'getAndPut' }
        $client = New-DcrClient @service
        ($client | Test-DcrClient -WarningAction SilentlyContinue | Where-Object Name -EQ Authentication).Status | Should -Be 'Passed'
        (Get-KeptRecord $client).client_secret | Should -BeExactly (Get-TestServerClient $server).clientSecret
    }

    It 'tests many side by side, and waits at the server''s pace' {
        $server = New-ConnectedServer
        $clients = 1..40 | ForEach-Object { New-DcrClient @service -Tenant "clinic-$_" }
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'token'; skip = 5; status = 429; retryAfter = 1; times = 3 }) }
        $checks = $clients | Test-DcrClient -ThrottleLimit 16
        @($checks | Where-Object Name -EQ Authentication | Where-Object Status -EQ Passed).Count | Should -Be 40
        @($checks.ClientId | Select-Object -Unique).Count | Should -Be 40

        # A client's checks come together.
        $last = $null
        $changes = foreach ($check in $checks) { if ($check.ClientId -ne $last) { $last = $check.ClientId; 1 } }
        $changes.Count | Should -Be 40
        ($clients | Test-DcrClient | Select-Object -First 3).Count | Should -Be 3
    }

    It 'heads each client''s checks by its name in a table, <Width> columns wide' -ForEach @{ Width = 80 }, @{ Width = 120 } {
        $null = New-ConnectedServer @{} @{ Name = 'as' }
        $clients = (New-DcrClient @service -Tenant 'St. Mary'), (New-DcrClient @service)
        $lines = ($clients | Test-DcrClient -ThrottleLimit 1 | Out-String -Width $Width) -split '\r?\n' | Where-Object { $_ }
        $lines -match '^ *Client: ' | ForEach-Object Trim | Should -Be "Client: Export ($($clients[0].ClientId)) of St. Mary at as",
            "Client: Export ($($clients[1].ClientId)) at as"
        ($lines -match '^Status +Name +Found').Count | Should -Be 2
        $lines -match '^ {30}-> ' | Should -Not -BeNullOrEmpty
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual $Width
    }

    It 'is an error where no client is named, and where nothing can be sent' {
        $server = New-ConnectedServer
        $null = Assert-Failure { Test-DcrClient } -Id InvalidClientMetadata -Category InvalidData
        $org = New-TestServer @{ dialect = 'okta'; okta = @{ apiToken = '00-not-a-real-api-token' } }
        $okta = Connect-DcrServer $org.Issuer -ApiToken (ConvertTo-Secret '00-not-a-real-api-token')
        $null = Assert-Failure { Test-DcrClient nobody -Connection $okta } -Id ClientNotFound -Category ObjectNotFound
        $null = Connect-DcrServer $server.Issuer
        $client = New-DcrClient @service
        $null = Connect-DcrServer $server.Issuer -Offline -Name offline
        Clear-TestServerRequest $server
        $null = Assert-Failure { Test-DcrClient $client.ClientId } -Id NotConnected -Category ConnectionError -Terminating
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }
}
