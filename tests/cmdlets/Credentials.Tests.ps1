# What an administrator connects with: a client's secret or private key in each of its forms, against a real token endpoint.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest

    function ConvertTo-Base64Url([byte[]] $Bytes) { [Convert]::ToBase64String($Bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_') }
    function ConvertTo-Secure([string] $Text) { ConvertTo-SecureString $Text -AsPlainText -Force }

    # A key made for this run, with the certificate and the JWK of it.
    $key = [System.Security.Cryptography.ECDsa]::Create([System.Security.Cryptography.ECCurve+NamedCurves]::nistP256)
    $numbers = $key.ExportParameters($true)
    $jwk = [ordered]@{ kty = 'EC'; crv = 'P-256'; x = ConvertTo-Base64Url $numbers.Q.X; y = ConvertTo-Base64Url $numbers.Q.Y;
        kid = 'key-of-this-run' }
    $privateJwk = $jwk + @{ d = ConvertTo-Base64Url $numbers.D } | ConvertTo-Json
    $request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=ops', $key,
        [System.Security.Cryptography.HashAlgorithmName]::SHA256)
    $certificate = $request.CreateSelfSigned([DateTimeOffset]::UtcNow.AddDays(-1), [DateTimeOffset]::UtcNow.AddDays(1))
    $pem = $key.ExportPkcs8PrivateKeyPem()
    $pfx = $certificate.Export('Pfx', 'pfx-password')

    $server = New-TestServer @{ tokenClient = @{ clientId = 'ops'; clientSecret = 'cs_ops-secret'; jwks = @{ keys = @($jwk) } };
        dpop = 'nonce' }
    $redirect = 'https://app.example/cb'
    $files = New-Item (Join-Path $HOME keys) -ItemType Directory
    Set-Content (Join-Path $files key.pem) $pem
    Set-Content (Join-Path $files key.jwk) $privateJwk
    [IO.File]::WriteAllBytes((Join-Path $files key.pfx), $pfx)
}

AfterAll {
    Stop-DcrTest
}

Describe 'Connect-DcrServer -ManageBy' {
    It 'Connection registers and manages with a password, in UTF-8' {
        $wso2 = New-TestServer @{ managementToken = 'accessToken'; basicUser = @{ userName = 'admin'; password = "p$([char]0xe4)ss:word" };
            registrationClientUri = 'missing' }
        $null = Connect-DcrServer $wso2.Issuer -ManageBy Connection -Credential (
            [pscredential]::new('admin', (ConvertTo-Secure "p$([char]0xe4)ss:word")))
        $client = New-DcrClient App $redirect -WarningVariable warned
        $warned | Should -BeNullOrEmpty
        ($client | Set-DcrClient -Contact a@example.com).Contacts | Should -Be 'a@example.com'
        (Get-DcrClient).State | Should -Be 'Active'
        $client | Remove-DcrClient -Force
        (Get-TestServerRequest $wso2 | Where-Object operation -ne discovery).headers.Authorization | Sort-Object -Unique |
            Should -Be 'Basic YWRtaW46cMOkc3M6d29yZA=='
        (Get-DcrServer).Credential | Should -Be 'Credential'
    }

    It 'ClientToken has each client get a token for itself' {
        $bank = New-TestServer @{ managementToken = 'clientToken' }
        $null = Connect-DcrServer $bank.Issuer -ManageBy ClientToken -PrivateKeyPath (Join-Path $files key.jwk) -Scope cdr:registration
        $clients = @(
            New-DcrClient Secret $redirect
            New-DcrClient Key $redirect -TokenEndpointAuthMethod private_key_jwt -Jwks @{ keys = @($jwk) }
        )
        (Get-DcrClient).ClientId | Sort-Object | Should -Be ($clients.ClientId | Sort-Object)
        $tokens = Get-TestServerRequest $bank -Operation token
        $tokens.body | Should -BeLike '*scope=cdr%3Aregistration*'
        $tokens | Should -HaveCount 2
        @($tokens.body) -like '*client_assertion=*' | Should -HaveCount 1
    }

    It 'Connection without a credential, and a second credential, are refused before anything is sent' {
        Clear-TestServerRequest $server
        $null = Assert-Failure { Connect-DcrServer $server.Issuer -ManageBy Connection } -Id AccessTokenRejected `
            -Category AuthenticationError -Message '-ManageBy Connection*' -Terminating
        $null = Assert-Failure {
            Connect-DcrServer $server.Issuer -InitialAccessToken (ConvertTo-Secure t) -Credential (
                [pscredential]::new('admin', (ConvertTo-Secure p)))
        } -Id AccessTokenRejected -Category AuthenticationError -Message '*-InitialAccessToken, -Credential*' -Terminating
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }
}

Describe 'Connect-DcrServer gets access tokens' {
    BeforeEach {
        Clear-TestServerRequest $server
    }

    It 'with <How>' -ForEach @(
        @{ How = 'a client secret'; Arguments = { @{ ClientCredential = [pscredential]::new('ops', (ConvertTo-Secure 'cs_ops-secret')) } } }
        @{ How = 'a PEM file'; Arguments = { @{ ClientId = 'ops'; PrivateKeyPath = Join-Path $files key.pem; KeyId = 'key-of-this-run' } } }
        @{ How = 'a JWK file'; Arguments = { @{ ClientId = 'ops'; PrivateKeyPath = Join-Path $files key.jwk } } }
        @{ How = 'a PFX file'; Arguments = { @{ ClientId = 'ops'; PrivateKeyPath = Join-Path $files key.pfx;
            PrivateKeyPassword = ConvertTo-Secure 'pfx-password'; KeyId = 'key-of-this-run' } } }
        @{ How = 'a certificate'; Arguments = { @{ ClientId = 'ops'; Certificate = $certificate; KeyId = 'key-of-this-run' } } }
        @{ How = "a vault's secret"; Arguments = { @{ ClientId = 'ops'; PrivateKey = ConvertTo-Secure $privateJwk } } }
    ) {
        $named = & $Arguments
        $connection = Connect-DcrServer $server.Issuer @named
        (Get-TestServerRequest $server).operation | Should -Be 'discovery'

        (New-DcrClient App $redirect -Connection $connection).ClientId | Should -Not -BeNullOrEmpty
        (Get-TestServerRequest $server -Operation token)[-1].status | Should -Be 200
        (Get-TestServerRequest $server -Operation register).headers.Authorization | Should -BeLike 'DPoP at_*'
        $connection.Credential | Should -Be $(if ($named.ContainsKey('ClientId')) { 'PrivateKey' } else { 'ClientCredential' })
    }

    It 'for the scope and audience that are named' {
        $null = Connect-DcrServer $server.Issuer -ClientId ops -PrivateKeyPath (Join-Path $files key.jwk) -Scope dcr, admin `
            -Audience https://api.example
        $null = New-DcrClient App $redirect
        (Get-TestServerRequest $server -Operation token)[-1].body | Should -BeLike '*scope=dcr+admin&audience=https%3A%2F%2Fapi.example*'
    }

    It 'and shows none of it' {
        $null = Connect-DcrServer $server.Issuer -ClientCredential ([pscredential]::new('ops', (ConvertTo-Secure 'cs_ops-secret')))
        $shown = New-DcrClient App $redirect -Verbose *>&1 | Out-String
        $shown | Should -Match 'POST http.*token'
        $shown | Should -Not -Match 'cs_ops|at_|eyJ'
    }
}

Describe 'Connect-DcrServer refuses, and sends nothing,' {
    It '<What>' -ForEach @(
        @{ What = 'two credentials'; Id = 'AccessTokenRejected'; Category = 'AuthenticationError';
            Message = '*-InitialAccessToken, -ClientId*'; Arguments = {
            @{ InitialAccessToken = ConvertTo-Secure 'token'; ClientId = 'ops' } } }
        @{ What = 'a key without a client'; Id = 'InvalidPrivateKey'; Category = 'InvalidArgument';
            Message = '*client that it belongs to*'; Arguments = { @{ PrivateKeyPath = Join-Path $files key.pem } } }
        @{ What = 'a client without a proof'; Id = 'InvalidPrivateKey'; Category = 'InvalidArgument'; Message = '*-ClientId*';
            Arguments = { @{ ClientId = 'ops' } } }
        @{ What = 'a file that is not there'; Id = 'InvalidPrivateKey'; Category = 'InvalidArgument'; Message = '*-PrivateKeyPath*';
            Arguments = { @{ ClientId = 'ops'; PrivateKeyPath = Join-Path $files nothing.pem } } }
        @{ What = 'a wrong password'; Id = 'InvalidPrivateKey'; Category = 'InvalidArgument'; Message = '*password*';
            Arguments = { @{ ClientId = 'ops'; PrivateKeyPath = Join-Path $files key.pfx;
            PrivateKeyPassword = ConvertTo-Secure 'wrong' } } }
        @{ What = 'an algorithm that the key does not have'; Id = 'InvalidPrivateKey'; Category = 'InvalidArgument'; Message = '*RS256*';
            Arguments = { @{ ClientId = 'ops'; PrivateKeyPath = Join-Path $files key.pem; Algorithm = 'RS256' } } }
    ) {
        Clear-TestServerRequest $server
        $named = & $Arguments
        $null = Assert-Failure { Connect-DcrServer $server.Issuer @named } -Id $Id -Category $Category -Message $Message -Terminating
        @(Get-TestServerRequest $server).Count | Should -Be 0
    }
}
