# Needs: Node
BeforeDiscovery {
    Import-Module "$PSScriptRoot/NodeServer.psm1"
    $obstacle = Install-NodeServer oidc-provider
    if ($obstacle) { Write-Host "SKIPPED oidc-provider: $obstacle" }
}

Describe 'The certified oidc-provider' -Skip:([bool] $obstacle) {
    BeforeAll {
        Import-Module "$PSScriptRoot/Common.psm1"
        Import-Module "$PSScriptRoot/NodeServer.psm1"
        Start-DcrTest
        . "$PSScriptRoot/WholeLife.ps1"
        $servers = Start-OidcProvider @(
            @{ name = 'rotating'; rotate = $true }
            @{ name = 'keeping'; rotate = $false }
            @{ name = 'guarded'; initialAccessToken = $true; rotate = $true }
            @{ name = 'guarded and keeping'; initialAccessToken = $true; rotate = $false }
            @{ name = 'path'; issuerPath = '/tenant1' }
            @{ name = 'expiring'; secretTtl = 12 * 24 * 3600 }
            @{ name = 'unmanaged'; management = $false }
            @{ name = 'forgetful'; registrationAccessToken = $false }
            @{ name = 'strict'; initialAccessToken = $true; policies = @('no-public-clients') }
            @{ name = 'credentialed'; initialAccessToken = $true; registrationScope = 'dcr'; scopes = @('dcr') }
        )
        $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }
        function Connect-OidcProvider([string] $Name, [hashtable] $Parameters = @{}) {
            $server = $servers[$Name]
            if ($server.InitialAccessToken) { $Parameters['InitialAccessToken'] = ConvertTo-Secret $server.InitialAccessToken }
            $null = Connect-DcrServer $server.Issuer @Parameters
        }
    }

    AfterAll {
        Stop-NodeServer
        Stop-DcrTest
    }

    It 'sees the whole life of a client: <Name>, initial token <Needed>' -ForEach @(
        @{ Name = 'rotating'; Needed = 'not needed' }
        @{ Name = 'keeping'; Needed = 'not needed' }
        @{ Name = 'guarded'; Needed = 'needed' }
        @{ Name = 'guarded and keeping'; Needed = 'needed' }
        @{ Name = 'path'; Needed = 'not needed' }
    ) {
        $server = $servers[$Name]
        [bool] $server.InitialAccessToken | Should -Be ($Needed -eq 'needed')
        $connect = if ($server.InitialAccessToken) { @{ InitialAccessToken = ConvertTo-Secret $server.InitialAccessToken } } else { @{} }
        Test-WholeLife -Issuer $server.Issuer -Connect $connect
    }

    It 'takes sixteen at once: each row has its own client, what fails is its own row''s, and what was stopped is kept' {
        Connect-OidcProvider 'rotating'
        $rows = 1..48 | ForEach-Object { [pscustomobject]@{ ClientName = "Many $_"; RedirectUri = "https://many-$_.example.com/callback";
            Tenant = "many-$_"; TokenEndpointAuthMethod = '' } }
        $rows[10, 30] | ForEach-Object { $_.TokenEndpointAuthMethod = 'none-such' }
        $clients = $rows | New-DcrClient -ThrottleLimit 16 -SkipValidation -ErrorAction SilentlyContinue -ErrorVariable failures
        $failures.TargetObject.ClientName | Sort-Object | Should -Be 'Many 11', 'Many 31'
        $clients.Count | Should -Be 46
        foreach ($client in $clients) {
            $client.RedirectUris | Should -Be "https://$($client.Tenant).example.com/callback"
            $client.ClientName | Should -Be ($client.Tenant -replace 'many-', 'Many ')
        }

        # Each is managed with its own token, which every change replaces.
        $changed = $clients | Set-DcrClient -ThrottleLimit 16 -LogoUri https://app.example.com/logo.png
        @($changed.ClientId | Sort-Object -Unique).Count | Should -Be 46
        $clients | Get-DcrClient -ThrottleLimit 16 | Select-Object -First 5 | Should -HaveCount 5
        $clients | Remove-DcrClient -ThrottleLimit 16 -Confirm:$false
        Get-DcrClient -Tenant many-* -Offline | Should -BeNullOrEmpty
    }

    It 'replaces the token at updates where it rotates: <Name>' -ForEach @(
        @{ Name = 'rotating'; IsSame = $false }
        @{ Name = 'keeping'; IsSame = $true }
    ) {
        Connect-OidcProvider $Name
        $client = New-DcrClient @app
        $before = (Get-KeptRecord $client).registration_access_token
        $null = Set-DcrClient $client.ClientId -LogoUri https://app.example.com/logo.png
        ((Get-KeptRecord $client).registration_access_token -ceq $before) | Should -Be $IsSame
        (Get-DcrClient $client.ClientId).Metadata['logo_uri'] | Should -Be 'https://app.example.com/logo.png'
    }

    It 'registers nothing without its initial access token' {
        $null = Connect-DcrServer $servers['guarded'].Issuer
        $null = Assert-Failure { New-DcrClient @app } -Id AccessTokenRejected -Category AuthenticationError -Action '*-InitialAccessToken*'
    }

    It 'rejects a wrong initial access token' {
        $null = Connect-DcrServer $servers['guarded'].Issuer -InitialAccessToken (ConvertTo-Secret 'not-the-right-token')
        $failure = Assert-Failure { New-DcrClient @app } -Id AccessTokenRejected -Category AuthenticationError `
            -Message '*wrong, expired or used up*'
        "$failure" | Should -Not -BeLike '*not-the-right-token*'
    }

    It 'drops members that it does not know, and Changes tells' {
        Connect-OidcProvider rotating
        $client = New-DcrClient @app -Metadata @{ unknown_member = 'x'; tenant_code = 'CLINIC-1' } -WarningVariable warnings `
            -WarningAction SilentlyContinue
        $client.Changes.Name | Should -Be 'unknown_member'
        $client.Metadata['tenant_code'] | Should -Be 'CLINIC-1'
        (Set-DcrClient $client.ClientId -Contact admin@example.com).Metadata['tenant_code'] | Should -Be 'CLINIC-1'
    }

    It 'names what it does not accept' {
        Connect-OidcProvider rotating
        $null = Assert-Failure { New-DcrClient @app -Metadata @{ tenant_code = 'no spaces allowed' } } -Id InvalidClientMetadata `
            -Category InvalidData -Message '*tenant_code*'
        $null = Assert-Failure { New-DcrClient App https://app.example.com/#top -SkipValidation } -Id InvalidRedirectUri `
            -Category InvalidArgument
    }

    It 'forbids by policy, at registration and at updates' {
        Connect-OidcProvider strict
        $null = Assert-Failure { New-DcrClient @app -TokenEndpointAuthMethod none } -Id InvalidClientMetadata -Category InvalidData
        $client = New-DcrClient @app
        $null = Assert-Failure { Set-DcrClient $client.ClientId -TokenEndpointAuthMethod none } -Id InvalidClientMetadata `
            -Category InvalidData
        (Get-DcrClient $client.ClientId).TokenEndpointAuthMethod | Should -Be 'client_secret_basic'
    }

    It 'says when a secret expires' {
        Connect-OidcProvider expiring
        (New-DcrClient @app).SecretExpiry | Should -Be 'in 12 days'
    }

    It 'lets clients be read and no more where management is off' {
        Connect-OidcProvider unmanaged
        $client = New-DcrClient @app
        (Get-DcrClient $client.ClientId).ClientName | Should -Be 'App'
        $null = Assert-Failure { Set-DcrClient $client.ClientId -Scope openid } -Id OperationNotSupported -Category NotImplemented
        $null = Assert-Failure { Remove-DcrClient $client.ClientId -Confirm:$false } -Id OperationNotSupported -Category NotImplemented
    }

    It 'lets nothing be managed where it gives out no registration access token' {
        Connect-OidcProvider forgetful
        $client = New-DcrClient @app -WarningAction SilentlyContinue
        "$((Get-DcrClient $client.ClientId -WarningAction SilentlyContinue).State)" | Should -Be 'Unknown'
        $null = Assert-Failure { Set-DcrClient $client.ClientId -Scope openid } -Id OperationNotSupported -Category NotImplemented
    }

    It 'keeps its secrets at updates, so that a reset is refused' {
        Connect-OidcProvider rotating
        $client = New-DcrClient @app
        $null = Assert-Failure { Reset-DcrClientSecret -Force $client.ClientId } -Id OperationNotSupported -Category NotImplemented
        (Get-DcrClient $client.ClientId).ClientName | Should -Be 'App' -Because 'the token that the attempt brought was kept'
    }

    It 'registers what piped objects say' {
        Connect-OidcProvider keeping
        $clients = '[{ "client_name": "One", "redirect_uris": ["https://one.example.com/cb"], "subject_type": "public" },
            { "client_name": "Service", "grant_types": ["client_credentials"], "response_types": [],
                "redirect_uris": [] }]' | ConvertFrom-Json | New-DcrClient -ThrottleLimit 1
        $clients.ClientName | Should -Be 'One', 'Service'
        $clients[0].Metadata['subject_type'] | Should -Be 'public'
        $clients[1].GrantTypes | Should -Be 'client_credentials'
        $clients[1].RedirectUris | Should -BeNullOrEmpty
    }

    It 'registers for a client that proves itself with a key of the store' {
        $key = New-DcrKey operations-key ES256
        Connect-OidcProvider credentialed
        $operations = New-DcrClient Operations -GrantType client_credentials -ResponseType @() -TokenEndpointAuthMethod private_key_jwt `
            -Jwks $key.Jwks -Metadata @{ redirect_uris = @() }
        $null = Connect-DcrServer $servers['credentialed'].Issuer -ClientId $operations.ClientId `
            -PrivateKey (ConvertTo-Secret (Get-ApplicationSecret operations-key)) -Scope dcr
        (New-DcrClient @app).ClientName | Should -Be 'App'
    }

    It 'proves clients by keys that are published, by pushed requests and by tokens, and finds what does not work' {
        $key = New-DcrKey portal-key ES256
        $pages = New-TestServer @{ clientDocument = @{ text = $key.Jwks | ConvertTo-Json -Depth 5 } }
        Connect-OidcProvider keeping
        $clients = @(
            @{ ClientName = 'Portal'; GrantType = 'authorization_code', 'refresh_token'
                RedirectUri = 'https://a.example.com/cb', 'https://b.example.com/cb' }
            @{ ClientName = 'Export'; GrantType = 'client_credentials'; ResponseType = @(); Metadata = @{ redirect_uris = @() } }
        ) | ForEach-Object { New-DcrClient @_ -TokenEndpointAuthMethod private_key_jwt -JwksUri "$($pages.Url)/client.json" }
        $checks = $clients | Test-DcrClient -ThrottleLimit 1
        ($checks | Where-Object Name -NE Posture).Name | Should -Be 'Record', 'Registration', 'Authentication', 'Pushed request', 'Keys',
            'Record', 'Registration', 'Authentication', 'Keys'
        $checks | Where-Object { $_.Name -ne 'Posture' -and $_.Status -ne 'Passed' } | Should -BeNullOrEmpty

        # A made-up code says the same; another key is refused.
        ($clients[0] | Test-DcrClient -Probe | Where-Object Name -EQ Authentication).Found | Should -Match 'invalid_grant'
        $null = New-DcrKey other-key ES256
        ($clients | ForEach-Object { Test-DcrClient $_.ClientId -KeyName other-key } | Where-Object Name -EQ Authentication).Status |
            Should -Be 'Failed', 'Failed'
        Remove-TestServer $pages
        ($clients[1] | Test-DcrClient | Where-Object Name -EQ Keys).Status | Should -Be 'Failed'
    }
}
