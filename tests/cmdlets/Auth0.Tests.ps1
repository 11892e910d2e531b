# A client's life in Auth0's dialect, through the cmdlets.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $tenant = @{ settings = @{ flags = @{ enable_dynamic_client_registration = $true } }; clients = @(@{ name = 'By hand' }) }
    $server = New-TestServer @{ dialect = 'auth0'; auth0 = @{ managementToken = @{}; tenant = $tenant; registerLimit = $null;
        managementLimit = $null } }
    $token = ConvertTo-SecureString $server.ManagementToken -AsPlainText -Force
    $null = Connect-DcrServer $server.Issuer.TrimEnd('/') -ManagementToken $token
}

AfterAll {
    Stop-DcrTest
}

Describe 'Auth0' {
    It 'is found from what the server says of itself' {
        $connection = Get-DcrServer
        $connection.Provider | Should -Be 'Auth0'
        $connection.Credential | Should -Be 'ManagementToken'
        $connection.Issuer | Should -BeLike '*/'
    }

    It 'registers, lists, changes, resets and removes' {
        $app = New-DcrClient 'My Dynamic Application' https://application.example.com/callback `
            -GrantType authorization_code, refresh_token -Tenant clinic
        (Get-DcrClient).ClientName | Should -Be 'By hand', 'My Dynamic Application'
        (Get-DcrClient -ClientName 'My*').ClientId | Should -Be $app.ClientId
        (Get-DcrClient -Tenant clinic).RedirectUris | Should -Be 'https://application.example.com/callback'

        $changed = $app | Set-DcrClient -RedirectUri https://application.example.com/cb2 -Contact ops@example.com -WarningVariable warnings
        $changed.RedirectUris | Should -Be 'https://application.example.com/cb2'
        $changed.Contacts | Should -Be 'ops@example.com'
        $warnings | Should -BeNullOrEmpty
        $changed = $app | Set-DcrClient -AddRedirectUri https://application.example.com/cb3 -RemoveRedirectUri `
            https://application.example.com/cb2
        $changed.RedirectUris | Should -Be 'https://application.example.com/cb3'
        $changed.Contacts | Should -Be 'ops@example.com'

        $new = Reset-DcrClientSecret -Force $app.ClientId -ClientSecretName app-secret
        Get-ApplicationSecret app-secret | Should -Be ($new.ClientSecret | ConvertFrom-SecureString -AsPlainText)
        Get-ApplicationSecret app-secret | Should -Be (Get-TestServerClient $server -ClientId $app.ClientId).clientSecret

        Get-DcrClient -ClientName 'My*' | Remove-DcrClient -Confirm:$false
        (Get-DcrClient).ClientName | Should -Be 'By hand'
    }

    It 'goes from a secret to a key pair, to the next one, and back' {
        $app = New-DcrClient 'My Dynamic Application' https://application.example.com/callback
        $first, $second = 'RS384', 'PS256' | ForEach-Object { New-DcrKey -Name "app-$_" -Algorithm $_ }
        $changed = $app | Set-DcrClient -TokenEndpointAuthMethod private_key_jwt -Jwks $first.Jwks -WarningVariable warnings
        $changed.TokenEndpointAuthMethod | Should -Be 'private_key_jwt'
        (Get-TestServerState $server).credentials.kid | Should -Be $first.KeyId

        $null = $app | Set-DcrClient -Jwks $second.Jwks -WarningVariable +warnings
        (Get-TestServerState $server).credentials.kid | Should -Be $second.KeyId
        (Get-DcrClient $app.ClientId).TokenEndpointAuthMethod | Should -Be 'private_key_jwt'

        $curve = New-DcrKey -Name app-curve -Algorithm ES256
        $null = Assert-Failure { $app | Set-DcrClient -Jwks $curve.Jwks } -Id InvalidClientMetadata -Category InvalidData `
            -Message "*-Jwks: jwks holds a key of the type 'EC'*" -Action '*RS256*'
        $null = Assert-Failure { $app | Set-DcrClient -JwksUri https://app.example.com/jwks.json } -Id InvalidClientMetadata `
            -Category InvalidData -Message '*jwks_uri*Auth0*' -Action '*-Jwks*'

        ($app | Set-DcrClient -TokenEndpointAuthMethod client_secret_post -WarningVariable +warnings).TokenEndpointAuthMethod |
            Should -Be 'client_secret_post'
        (Get-TestServerState $server).credentials | Should -BeNullOrEmpty
        $warnings | Should -BeNullOrEmpty
        $app | Remove-DcrClient -Confirm:$false
    }

    It 'does not send a management token to another service' {
        $okta = New-TestServer @{ dialect = 'okta' }
        $null = Assert-Failure { Connect-DcrServer $okta.Issuer -ManagementToken $token } -Id AccessTokenRejected `
            -Category AuthenticationError -Message '*-ManagementToken*Auth0*' -Action '*-Provider Auth0*' -Terminating
        @(Get-TestServerRequest $okta).Where{ $_.operation -ne 'discovery' } | Should -BeNullOrEmpty
        $okta | Remove-TestServer
    }
}
