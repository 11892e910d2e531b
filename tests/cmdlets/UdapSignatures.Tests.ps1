# What UDAP signs, judged by other implementations: the JWTs by jose of npm, the certificates by Node.js.
# Needs: Node
BeforeDiscovery {
    Import-Module "$PSScriptRoot/NodeServer.psm1"
    $obstacle = Install-NodeServer oidc-provider
    if ($obstacle) { Write-Host "SKIPPED jose: $obstacle" }
}

Describe 'What UDAP signs' -Skip:([bool] $obstacle) {
    BeforeAll {
        Import-Module "$PSScriptRoot/Common.psm1"
        Import-Module "$PSScriptRoot/Udap.psm1"
        Start-DcrTest
        $folder = Join-Path (Split-Path $PSScriptRoot) servers/oidc-provider
        $uri = 'https://app.example.com/client'
        function Test-Jwt ($Jwt, $Anchor, $Options) {
            $asked = @{ jwt = $Jwt; anchor = $Anchor; options = $Options } | ConvertTo-Json -Depth 9
            Push-Location $folder
            try { $asked | node verify-x5c.mjs | ConvertFrom-Json } finally { Pop-Location }
        }
    }

    AfterAll { Stop-DcrTest }

    It 'is a statement and an assertion that jose takes: <Algorithm>' -ForEach @(
        @{ Algorithm = 'RS256'; Key = 'rsa' }
        @{ Algorithm = 'RS384'; Key = 'rsa' }
        @{ Algorithm = 'ES256'; Key = 'p256' }
        @{ Algorithm = 'ES384'; Key = 'p384' }
    ) {
        Switch-TestFolder
        $server = New-UdapServer @{ algorithms = @($Algorithm) }
        $connection = Connect-Udap $server @{ CertificatePath = New-UdapPfx $server -Algorithm $Key }
        $client = New-DcrClient 'Acme B2B' -GrantType client_credentials -Scope system/Patient.read -Contact ops@example.com `
            -WarningAction SilentlyContinue
        $anchor = $server.Communities[0].Anchor
        $rules = @{ algorithms = @($Algorithm); issuer = $uri; subject = $uri; audience = $connection.RegistrationEndpoint
            maxTokenAge = '5 minutes'; requiredClaims = @('iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'client_name', 'contacts', 'scope') }
        $statement = (Get-SentMetadata $server).software_statement
        $judged = Test-Jwt $statement $anchor $rules
        $judged.PSObject.Properties.Name | Should -Not -Contain refused -Because "$($judged | ConvertTo-Json -Depth 5)"
        $judged.subjectAltName | Should -BeLike "*URI:$uri*"
        $judged.header.PSObject.Properties.Name | Sort-Object | Should -Be 'alg', 'x5c'
        $judged.payload.exp - $judged.payload.iat | Should -BeLessOrEqual 300

        $extension = @{ 'hl7-b2b' = @{ version = '1'; organization_id = 'https://example.org'; purpose_of_use = @('TREAT') } }
        $null = Test-DcrClient $client.ClientId -AuthorizationExtension $extension
        $form = (Get-TestServerRequest $server -Operation token | Select-Object -Last 1).body
        $assertion = [regex]::Match($form, 'client_assertion=([^&]+)').Groups[1].Value
        $rules = @{ algorithms = @($Algorithm); issuer = $client.ClientId; subject = $client.ClientId; audience = "$($server.Url)/udap/token"
            maxTokenAge = '5 minutes'; requiredClaims = @('exp', 'iat', 'jti', 'extensions') }
        $judged = Test-Jwt $assertion $anchor $rules
        $judged.PSObject.Properties.Name | Should -Not -Contain refused -Because "$($judged | ConvertTo-Json -Depth 5)"
        $judged.payload.extensions.'hl7-b2b'.organization_id | Should -Be 'https://example.org'
        $judged.payload.exp - $judged.payload.iat | Should -BeLessOrEqual 300

        # Whoever changes it, or takes another anchor, is refused: these rules can fail.
        (Test-Jwt ($assertion.Substring(0, $assertion.Length - 8) + 'AAAAAAAA') $anchor @{}).refused |
            Should -Be ERR_JWS_SIGNATURE_VERIFICATION_FAILED
        (Test-Jwt $statement $server.Communities[1].Anchor @{}).refused | Should -BeLike 'certificate 1 of x5c was not issued*'
    }
}
