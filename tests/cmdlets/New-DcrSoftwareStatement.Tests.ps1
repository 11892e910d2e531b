# Software statements that we make, judged by another implementation of JWTs: jose of npm.
# Needs: Node
BeforeDiscovery {
    Import-Module "$PSScriptRoot/NodeServer.psm1"
    $obstacle = Install-NodeServer oidc-provider
    if ($obstacle) { Write-Host "SKIPPED jose: $obstacle" }
}

Describe 'New-DcrSoftwareStatement' -Skip:([bool] $obstacle) {
    BeforeAll {
        Import-Module "$PSScriptRoot/Common.psm1"
        Start-DcrTest
        $folder = Join-Path (Split-Path $PSScriptRoot) servers/oidc-provider
        function Test-Jwt ($Jwt, $Jwks, $Options = @{}) {
            $asked = @{ jwt = $Jwt; jwks = $Jwks; options = $Options } | ConvertTo-Json -Depth 9
            Push-Location $folder
            try { $asked | node verify-jwt.mjs | ConvertFrom-Json } finally { Pop-Location }
        }

        function Get-PrivateKey ($Name) { ConvertTo-Secret (Get-ApplicationSecret $Name) }
    }

    AfterAll { Stop-DcrTest }

    BeforeEach { Switch-TestFolder }

    It 'makes one that jose takes: <_>' -ForEach 'PS256', 'RS256', 'ES256', 'ES384', 'ES512' {
        $key = New-DcrKey directory $_
        $statement = @{
            ClientName = 'Portal'; RedirectUri = 'https://a.example/1', 'https://a.example/2'; SoftwareId = 's-1'
            Scope = 'openid', 'payments'; Metadata = @{ tls_client_certificate_bound_access_tokens = $true }
            Claim = @{ aud = 'https://bank.example'; software_roles = @('DADOS') }
        }
        $jwt = New-DcrSoftwareStatement @statement -Issuer https://directory.example -PrivateKey (Get-PrivateKey directory) -Algorithm $_
        $jwt | Should -BeOfType string

        $judged = Test-Jwt $jwt $key.Jwks @{
            issuer = 'https://directory.example'; audience = 'https://bank.example'; algorithms = @($_); typ = 'JWT'
            maxTokenAge = '10 minutes'; requiredClaims = 'iss', 'iat', 'exp', 'jti', 'software_id'
        }
        $judged.PSObject.Properties.Name | Should -Not -Contain refused -Because "$($judged | ConvertTo-Json)"
        $judged.header.kid | Should -Be $key.KeyId
        $judged.payload.client_name | Should -BeExactly 'Portal'
        $judged.payload.redirect_uris | Should -Be 'https://a.example/1', 'https://a.example/2'
        $judged.payload.scope | Should -Be 'openid payments'
        $judged.payload.software_roles | Should -Be @('DADOS')
        $judged.payload.tls_client_certificate_bound_access_tokens | Should -BeTrue
        $judged.payload.exp - $judged.payload.iat | Should -Be 600
    }

    It 'makes one that no other key signed' {
        $null = New-DcrKey directory PS256
        $other = New-DcrKey other PS256
        $jwt = New-DcrSoftwareStatement App -Issuer me -PrivateKey (Get-PrivateKey directory) -Algorithm PS256 -KeyId $other.KeyId
        (Test-Jwt $jwt $other.Jwks).refused | Should -Be 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'
    }

    It 'takes the key from a file, and -Lifetime as a span' {
        $key = New-DcrKey directory ES256
        $file = Join-Path $HOME "$([guid]::NewGuid()).jwk"
        [IO.File]::WriteAllText($file, (Get-ApplicationSecret directory))
        $payload = (Test-Jwt (New-DcrSoftwareStatement App -Issuer me -PrivateKeyPath $file -Lifetime 1h) $key.Jwks).payload
        $payload.exp - $payload.iat | Should -Be 3600
    }
}
