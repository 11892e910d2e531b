# SMART on FHIR: a FHIR base URL to connect by, and Epic's way to register.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
}

AfterAll { Stop-DcrTest }

Describe 'Connect-DcrServer -Discovery Smart' {
    It 'finds the registration endpoint in the SMART configuration of a FHIR base' {
        $server = New-TestServer @{ issuerPath = '/oauth2'; fhirPath = '/api/FHIR/R4' }
        $connection = Connect-DcrServer "$($server.Issuer)/api/FHIR/R4/" -Discovery Smart
        $connection.RegistrationEndpoint | Should -Be "$($server.Url)/oauth2/register"
        $connection.Issuer | Should -BeExactly $server.Issuer
    }

    It 'goes with an issuer only, not with an endpoint that is given' {
        { Connect-DcrServer -RegistrationEndpoint https://as.example.com/register -Discovery Smart } |
            Should -Throw '*Parameter set cannot be resolved*'
    }
}

Describe 'New-DcrClient for Epic' {
    It 'sends the software id and the keys alone, with the token of this registration' {
        $answer = @{
            grant          = @{ redirect_uris = @('https://app.example.com/smart'); token_endpoint_auth_method = 'none';
                grant_types = @('urn:ietf:params:oauth:grant-type:jwt-bearer') }
            operations     = @()
            omitFromAnswer = 'application_type', 'response_types'
        }
        $server = New-TestServer ($answer + @{ initialToken = 'token-of-the-login'; initialTokenUses = 1 })
        $null = Connect-DcrServer "$($server.Issuer)/fhir" -Discovery Smart
        $key = New-DcrKey device-key RS384
        $device = @{ SoftwareId = 'd45049c3-3441-40ef-ab4d-b9cd86a17225'; Jwks = $key.Jwks;
            InitialAccessToken = ConvertTo-Secret 'token-of-the-login' }
        $client = New-DcrClient @device -WarningVariable warnings -WarningAction SilentlyContinue

        "$warnings" | Should -BeLike "Client '$($client.ClientId)': the server gave no registration access token*"
        $sent = Get-TestServerRequest $server -Operation register
        ($sent.body | ConvertFrom-Json).PSObject.Properties.Name | Sort-Object | Should -Be 'jwks', 'software_id'
        $sent.headers.Authorization | Should -Be 'Bearer token-of-the-login'
        "$client" | Should -Be $client.ClientId
        ($client | Format-Table | Out-String -Width 120) | Should -Match "(?m)^$($client.ClientId)\s*$"
        (Get-DcrClient -Offline).ClientId | Should -Be $client.ClientId

        # The token was good for one registration; a faulty one does not get that far.
        $null = Assert-Failure { New-DcrClient @device } -Id AccessTokenRejected -Category AuthenticationError `
            -Action '*one registration only*New-DcrClient -InitialAccessToken*'
        $device.InitialAccessToken = ConvertTo-Secret "token-of-the-login`n"
        $null = Assert-Failure { New-DcrClient @device } -Id AccessTokenRejected -Category AuthenticationError `
            -Message '-InitialAccessToken*'
        (Get-TestServerRequest $server -Operation register).Count | Should -Be 2
    }
}
