# A client's life in Auth0's dialect, through the cmdlets.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $tenant = @{ settings = @{ flags = @{ enable_dynamic_client_registration = $true } }; clients = @(@{ name = 'By hand' }) }
    $server = New-TestServer @{ dialect = 'auth0'; auth0 = @{ managementToken = @{}; tenant = $tenant; registerLimit = $null; managementLimit = $null } }
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
        $app = New-DcrClient 'My Dynamic Application' https://application.example.com/callback -GrantType authorization_code, refresh_token -Tenant clinic
        (Get-DcrClient).ClientName | Should -Be 'By hand', 'My Dynamic Application'
        (Get-DcrClient -ClientName 'My*').ClientId | Should -Be $app.ClientId
        (Get-DcrClient -Tenant clinic).RedirectUris | Should -Be 'https://application.example.com/callback'

        $changed = $app | Set-DcrClient -RedirectUri https://application.example.com/cb2 -Contact ops@example.com -WarningVariable warnings
        $changed.RedirectUris | Should -Be 'https://application.example.com/cb2'
        $changed.Contacts | Should -Be 'ops@example.com'
        $warnings | Should -BeNullOrEmpty

        $new = Reset-DcrClientSecret $app.ClientId -ClientSecretName app-secret
        Get-Secret app-secret -AsPlainText | Should -Be ($new.ClientSecret | ConvertFrom-SecureString -AsPlainText)
        Get-Secret app-secret -AsPlainText | Should -Be (Get-TestServerClient $server -ClientId $app.ClientId).clientSecret

        Get-DcrClient -ClientName 'My*' | Remove-DcrClient -Confirm:$false
        (Get-DcrClient).ClientName | Should -Be 'By hand'
    }

    It 'does not send a management token to another service' {
        $okta = New-TestServer @{ dialect = 'okta' }
        $null = Assert-Failure { Connect-DcrServer $okta.Issuer -ManagementToken $token } -Id AccessTokenRejected -Category AuthenticationError -Message '*-ManagementToken*Auth0*' -Action '*-Provider Auth0*' -Terminating
        @(Get-TestServerRequest $okta).Where{ $_.operation -ne 'discovery' } | Should -BeNullOrEmpty
        $okta | Remove-TestServer
    }
}
