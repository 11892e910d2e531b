# UDAP: registering by a certificate of a trust community, at a FHIR server of HL7's UDAP Security guide.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Import-Module "$PSScriptRoot/Udap.psm1"
    Start-DcrTest
    $quiet = @{ WarningAction = 'SilentlyContinue' }
    $service = @{ ClientName = 'Acme B2B'; GrantType = 'client_credentials'; Scope = 'system/Patient.read'; Contact = 'ops@example.com' }
    $uri = 'https://app.example.com/client'
    $b2b = @{ 'hl7-b2b' = @{ version = '1'; organization_id = 'https://example.org'
            purpose_of_use = @('urn:oid:2.16.840.1.113883.5.8#TREAT') } }

    # A server and a connection to it; the store is empty.
    function Start-Udap ([hashtable] $Udap = @{}, [hashtable] $Connect = @{}) {
        Switch-TestFolder
        $server = New-UdapServer $Udap
        $null = Connect-Udap $server $Connect @quiet
        $server
    }

    function Get-Registration ($Server) { @(Get-TestServerRequest $Server -Operation register) }
}

AfterAll { Stop-DcrTest }

Describe 'Connect-DcrServer -Discovery Udap' {
    BeforeAll { $server = New-UdapServer }

    BeforeEach {
        Switch-TestFolder
        Clear-TestServerRequest $server
    }

    It 'takes the certificate from <Name>, and registers with it' -ForEach @(
        @{ Name = 'a PFX'; Given = { @{ CertificatePath = New-UdapPfx $server } } }
        @{ Name = 'a PFX with a password'; Given = {
                $path = Join-Path $HOME "$([guid]::NewGuid()).pfx"
                $all = [Security.Cryptography.X509Certificates.X509Certificate2Collection]::new()
                Get-UdapCertificate (New-UdapPfx $server) | ForEach-Object { $null = $all.Add($_) }
                [IO.File]::WriteAllBytes($path, $all.Export('Pfx', 'correct horse'))
                @{ CertificatePath = $path; PrivateKeyPassword = ConvertTo-Secret 'correct horse' }
            } }
        @{ Name = 'PEM files'; Given = {
                $pem = New-UdapPem $server
                @{ CertificatePath = "$pem/certificate.pem"; PrivateKeyPath = "$pem/key.pem" }
            } }
        @{ Name = 'one PEM file'; Given = {
                $pem = New-UdapPem $server
                $path = "$pem/all.pem"
                [IO.File]::WriteAllText($path, [IO.File]::ReadAllText("$pem/key.pem") + "`n" + [IO.File]::ReadAllText("$pem/certificate.pem"))
                @{ CertificatePath = $path }
            } }
        @{ Name = 'a PEM file of UTF-16'; Given = {
                $pem = New-UdapPem $server
                $path = "$pem/wide.pem"
                [IO.File]::WriteAllText($path, [IO.File]::ReadAllText("$pem/certificate.pem"), [Text.Encoding]::Unicode)
                @{ CertificatePath = $path; PrivateKeyPath = "$pem/key.pem" }
            } }
        @{ Name = 'a secret''s text beside a file'; Given = {
                $pem = New-UdapPem $server
                @{ CertificatePath = "$pem/certificate.pem"; PrivateKey = ConvertTo-Secret ([IO.File]::ReadAllText("$pem/key.pem")) }
            } }
        @{ Name = 'a secret''s text alone'; Given = {
                $pem = New-UdapPem $server
                @{ PrivateKey = ConvertTo-Secret ([IO.File]::ReadAllText("$pem/key.pem") + "`n" +
                        [IO.File]::ReadAllText("$pem/certificate.pem")) }
            } }
        @{ Name = 'a certificate object, its issuers beside it'; Given = {
                $pfx = New-UdapPfx $server
                @{ Certificate = @(Get-UdapCertificate $pfx)[0]; CertificatePath = $pfx }
            } }
        @{ Name = 'a file, its key being in the local store'; Given = {
                $path = New-UdapPfx $server
                $key = [Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPrivateKey(@(Get-UdapCertificate $path)[0])
                $jwk = @{ kty = 'RSA'; alg = 'RS256'; use = 'sig' }
                $numbers = $key.ExportParameters($true)
                $members = @{ n = 'Modulus'; e = 'Exponent'; d = 'D'; p = 'P'; q = 'Q'; dp = 'DP'; dq = 'DQ'; qi = 'InverseQ' }
                foreach ($member in $members.Keys) {
                    $jwk[$member] = [Convert]::ToBase64String($numbers.($members[$member])).TrimEnd('=').Replace('+', '-').Replace('/', '_') }
                $ledger = (Get-ProcessState Stores).Current.OpenAsync($null).GetAwaiter().GetResult()
                $null = $ledger.Secrets.KeepAsync('community-key', (ConvertTo-Json $jwk)).GetAwaiter().GetResult()
                $certificates = "$path.pem"
                [IO.File]::WriteAllText($certificates, [string]::Concat(@(Get-UdapCertificate $path | ForEach-Object {
                                "-----BEGIN CERTIFICATE-----`n$([Convert]::ToBase64String($_.RawData))`n-----END CERTIFICATE-----`n" })))
                @{ CertificatePath = $certificates }
            } }
    ) {
        $given = & $Given
        $connection = Connect-Udap $server $given
        $connection.Provider, $connection.Credential, $connection.Udap.SubjectUri, $connection.Udap.SigningAlgorithm |
            Should -Be 'Udap', 'Certificate', $uri, 'RS256'
        $null = New-DcrClient @service @quiet
        $header = Get-JwtPart (Get-SentMetadata $server).software_statement 0
        $header.PSObject.Properties.Name | Sort-Object | Should -Be 'alg', 'x5c'
        $header.x5c.Count | Should -Be 2 -Because 'whoever judges the chain has its root'
    }

    It 'says before anything is sent that a certificate <Name>' -ForEach @(
        @{ Name = 'has expired'; Fault = 'expired'; Message = "*'DcrPowerShell throw-away member' expired on 20*"; Action = '*clock*' }
        @{ Name = 'is not valid yet'; Fault = 'notYetValid'; Message = '*is not valid before 20*'; Action = '*clock*' }
        @{ Name = 'names no URI'; Fault = 'noUri'; Message = '*no URI in its subject alternative name*'; Action = '*community*' }
        @{ Name = 'is not for signing'; Fault = 'noDigitalSignature'; Message = '*key usage lacks digitalSignature*'; Action = '*for signing*' }
        @{ Name = 'has an issuer that has expired'; Fault = 'intermediateExpired'; Message = "*alpha intermediate' expired on 20*"
            Action = '*Get a new one*' }
        @{ Name = 'has a weak key'; Fault = 'weakKey'; Message = '*1024 bits*'; Action = 'Make a new key*' }
        @{ Name = 'names another URI'; Fault = 'good'; More = @{ SubjectUri = 'https://app.example.com/other' }
            Message = "*'https://app.example.com/other'*'https://app.example.com/client'*"; Action = '*-SubjectUri*' }
        @{ Name = 'names several URIs'; Fault = 'good'; Uris = 'https://a.example/1', 'https://a.example/2'
            Message = "*'https://a.example/1', 'https://a.example/2'*"; Action = '*-SubjectUri*' }
    ) {
        $given = @{ CertificatePath = New-UdapPfx $server -Fault $Fault -Uri @(if ($Name -eq 'names several URIs') { $Uris } else { $uri }) }
        if ($Name -eq 'names another URI') { $given += $More }
        $null = Assert-Failure { Connect-Udap $server $given } -Id InvalidCertificate -Category InvalidArgument `
            -Message "$Message Nothing was sent." -Action $Action -Terminating
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }
}

Describe 'What a connection by UDAP needs' {
    BeforeAll {
        $server = New-UdapServer
        $pfx = New-UdapPfx $server
    }

    BeforeEach { Clear-TestServerRequest $server }

    It 'is said where it is missing, and where it does not belong: <Name>' -ForEach @(
        @{ Name = 'no anchor'; Given = { @{ CertificatePath = $pfx } }; Message = '*whom to trust*'; Action = '*-TrustAnchor*' }
        @{ Name = 'no certificate'; Given = { @{ TrustAnchor = $server.Anchor } }; Message = '*needs the certificate*'
            Action = '*-CertificatePath*' }
        @{ Name = 'a token'; Given = { @{ CertificatePath = $pfx; TrustAnchor = $server.Anchor; InitialAccessToken = ConvertTo-Secret x } }
            Message = '-InitialAccessToken does not go with -Discovery Udap*'; Action = 'Leave out -InitialAccessToken*' }
        @{ Name = 'another dialect'; Given = { @{ CertificatePath = $pfx; TrustAnchor = $server.Anchor; Provider = 'Okta' } }
            Message = '-Provider*'; Action = '*-Provider*' }
        @{ Name = 'no file'; Given = { @{ CertificatePath = "$pfx.gone"; TrustAnchor = $server.Anchor } }; Message = '-CertificatePath:*'
            Action = '*path*' }
        @{ Name = 'no certificate of this key'
            Given = {
                $pem, $other = (New-UdapPem $server), (New-UdapPem $server)
                @{ CertificatePath = "$pem/certificate.pem"; PrivateKeyPath = "$other/key.pem"; TrustAnchor = $server.Anchor }
            }
            Message = "None of the certificates is the private key's*"; Action = '*was issued for this key*' }
        @{ Name = 'no key'; Given = { @{ CertificatePath = "$(New-UdapPem $server)/certificate.pem"; TrustAnchor = $server.Anchor } }
            Message = 'The private key of the certificate * was not given*'; Action = '*-PrivateKeyPath*' }
    ) {
        $given = & $Given
        $null = Assert-Failure { Connect-DcrServer $server.FhirBase -Discovery Udap @given } -Id InvalidCertificate `
            -Category InvalidArgument -Message "$Message Nothing was sent." -Action $Action -Terminating
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'goes with nothing else: -<_>' -ForEach 'CertificatePath', 'TrustAnchor', 'Community', 'SubjectUri' {
        $given = @{ $_ = if ($_ -eq 'CertificatePath') { $pfx } elseif ($_ -eq 'TrustAnchor') { $server.Anchor } else { 'urn:x' } }
        $null = Assert-Failure { Connect-DcrServer $server.FhirBase @given } -Id InvalidCertificate -Category InvalidArgument `
            -Message "-$_ goes with -Discovery Udap alone*" -Terminating
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'takes -SubjectUri where the certificate names several, and each is a client of its own' {
        $uris = 'https://app.example.com/one', 'https://app.example.com/two'
        $pfx = New-UdapPfx $server -Uri $uris
        $clients = $uris | ForEach-Object {
            $null = Connect-Udap $server @{ CertificatePath = $pfx; SubjectUri = $_ }
            New-DcrClient @service @quiet
        }
        $clients.Tenant | Should -Be $uris
        $clients[0].ClientId | Should -Not -Be $clients[1].ClientId
        @(Get-TestServerClient $server).Count | Should -Be 2
    }

    It 'takes anchors as a file of several, and as certificates' {
        $path = Join-Path $HOME 'roots.pem'
        [IO.File]::WriteAllText($path, $server.Communities[1].Anchor + "`n" + $server.Communities[0].Anchor)
        $roots = [Security.Cryptography.X509Certificates.X509Certificate2]::new($server.Anchor), @(Get-UdapCertificate $pfx)[1]
        foreach ($given in $path, $roots) {
            (Connect-DcrServer $server.FhirBase -Discovery Udap -CertificatePath $pfx -TrustAnchor $given).Provider | Should -Be Udap }
    }

    It 'cannot be forgotten with -Provider Udap' {
        $null = Assert-Failure { Connect-DcrServer (New-TestServer).Issuer -Provider Udap } `
            -Id InvalidCertificate -Category InvalidArgument -Message '-Provider Udap goes with -Discovery Udap*' -Terminating
    }
}

Describe 'A FHIR server whose metadata nobody vouches for' {
    BeforeAll {
        $server = New-UdapServer
        $pfx = New-UdapPfx $server
    }

    It 'is refused: <Name>' -ForEach @(
        @{ Name = 'its certificate expired'; Udap = @{ certificate = 'expired' }; Message = '*expired on 20*' }
        @{ Name = 'its certificate is not valid yet'; Udap = @{ certificate = 'notYetValid' }; Message = '*not valid before 20*' }
        @{ Name = 'its certificate has no URI'; Udap = @{ certificate = 'noUri' }; Message = '*does not name http*' }
        @{ Name = 'its certificate is not for signing'; Udap = @{ certificate = 'noDigitalSignature' }; Message = '*lacks digitalSignature*' }
        @{ Name = 'its certificate is of another community'; Udap = @{ certificate = 'unknownRoot' }; Message = '*stranger root*' }
        @{ Name = 'its certificate is its own issuer'; Udap = @{ certificate = 'selfSigned' }; Message = '*none of the trust anchors*' }
        @{ Name = 'its issuer expired'; Udap = @{ certificate = 'intermediateExpired' }; Message = '*alpha intermediate*expired on 20*' }
        @{ Name = 'its issuer may not issue'; Udap = @{ certificate = 'intermediateNotCa' }; Message = '*may not issue certificates*' }
        @{ Name = 'its key is weak'; Udap = @{ certificate = 'weakKey' }; Message = '*RSA key of 1024 bits*' }
        @{ Name = 'its certificate was revoked'; Udap = @{ certificate = 'revoked' }; Message = '*was revoked*' }
        @{ Name = 'its issuer was revoked'; Udap = @{ certificate = 'intermediateRevoked' }; Message = '*was revoked*' }
        @{ Name = 'its certificate names another'; Udap = @{ certificateUri = 'https://fhir.example.com/other' }; Message = '*does not name*' }
        @{ Name = 'no certificate comes along'; Udap = @{ chain = 'absent' }; Message = '*without the certificate*' }
        @{ Name = 'the signature is broken'; Udap = @{ signature = 'broken' }; Message = '*signature that the certificate in it did not make*' }
        @{ Name = 'another key signed'; Udap = @{ signature = 'otherKey' }; Message = '*signature that the certificate in it did not make*' }
        @{ Name = 'nobody signed'; Udap = @{ signature = 'none' }; Message = "*signed by 'none'*" }
        @{ Name = 'the public key is taken for a secret'; Udap = @{ signature = 'hs256' }; Message = "*signed by 'HS256'*" }
        @{ Name = 'it is about another server'; Udap = @{ claimOverrides = @{ iss = 'https://other.example.com' } }; Message = '*not about that base*' }
        @{ Name = 'it has expired'; Udap = @{ claimOverrides = @{ exp = 1700000000 } }; Message = '*expired at 2023*' }
        @{ Name = 'there is no signature'; Udap = @{ metadataOverrides = @{ signed_metadata = $null } }; Message = '*is missing*' }
    ) {
        $faulty = New-UdapServer $Udap
        $null = Assert-Failure { Connect-Udap $faulty @{ CertificatePath = $pfx } } -Id UntrustedMetadata -Category SecurityError `
            -Message $Message -Terminating
        (Get-TestServerRequest $faulty).operation | Sort-Object -Unique | Where-Object { $_ -notin 'discovery', 'revocationList' } |
            Should -BeNullOrEmpty
        $null = Assert-Failure { New-DcrClient @service } -Id NotConnected -Category ConnectionError -Terminating
    }

    It 'is refused with the anchor of another community, and the error says whose anchor is wanted' {
        $server.Anchor, $good = (Join-Path $HOME 'beta.pem'), $server.Anchor
        [IO.File]::WriteAllText($server.Anchor, $server.Communities[1].Anchor)
        try {
            $null = Assert-Failure { Connect-Udap $server @{ CertificatePath = $pfx; Community = $server.Communities[0].Uri } } `
                -Id UntrustedMetadata -Category SecurityError -Message "*alpha root*'DcrPowerShell throw-away beta root'*" `
                -Action "*root certificate of the community '$($server.Communities[0].Uri)'*-TrustAnchor*" -Terminating
        } finally { $server.Anchor = $good }
    }

    It 'may be one that is in no such community, or that speaks no UDAP' {
        $null = Assert-Failure { Connect-Udap $server @{ CertificatePath = $pfx; Community = 'urn:nobody' } } -Id DiscoveryFailed `
            -Category InvalidData -Message "*does not take part in the trust community 'urn:nobody' (HTTP 204)*" -Terminating
        $other = New-TestServer @{ fhirPath = '/fhir' }
        $other | Add-Member Anchor $server.Anchor
        $null = Assert-Failure { Connect-Udap $other @{ CertificatePath = $pfx } } -Id DiscoveryFailed -Category InvalidData `
            -Message '*does not support UDAP*404*' -Action '*-Discovery Smart*' -Terminating
    }

    It 'is taken where revocation could not be found out, and that is said' {
        $silent = New-UdapServer @{ certificate = 'crlUnanswered' }
        $connection = Connect-Udap $silent @{ CertificatePath = $pfx } -WarningVariable told -WarningAction SilentlyContinue
        "$told" | Should -BeLike "*'DcrPowerShell throw-away member' was revoked is not known*"
        "$($connection.Udap.NotChecked)" | Should -BeLike '*is not known*'
        $check = Test-DcrServer @quiet | Where-Object Name -EQ 'Signed metadata'
        $check.Status | Should -Be Warning
        $check.RecommendedAction | Should -BeLike '*revocation lists*'
        $null = Test-DcrServer -WarningVariable told -WarningAction SilentlyContinue
        $told | Should -BeNullOrEmpty -Because 'a check has it'
    }

    It 'is taken without a word where the lists say that it is good' {
        $listed = New-UdapServer @{ certificate = 'goodByCrl' }
        $connection = Connect-Udap $listed @{ CertificatePath = $pfx } -WarningVariable told
        $told | Should -BeNullOrEmpty
        $connection.Udap.NotChecked | Should -BeNullOrEmpty
        @(Get-TestServerRequest $listed -Operation revocationList).Count | Should -BeGreaterThan 0
    }
}

Describe 'A UDAP client' {
    BeforeAll { $pfx = New-UdapPfx (New-UdapServer) }

    It 'is registered by a software statement that says what the guide wants, and by nothing beside it' {
        $server = Start-Udap -Connect @{ CertificatePath = $pfx }
        $client = New-DcrClient @service @quiet
        $client.ClientId, $client.Tenant, "$($client.Contacts)" | Should -Be (Get-TestServerClient $server).clientId, $uri, 'mailto:ops@example.com'
        "$($client.RegistrationAccessToken)$($client.ClientSecret)" | Should -BeNullOrEmpty
        $client.Changes | Should -BeNullOrEmpty

        $sent = Get-Registration $server
        $sent.headers.PSObject.Properties.Name | Should -Not -Contain Authorization
        $body = $sent.body | ConvertFrom-Json
        $body.PSObject.Properties.Name | Sort-Object | Should -Be 'software_statement', 'udap'
        $body.udap | Should -BeExactly '1'
        $claims = Get-JwtPart $body.software_statement 1
        $claims.iss, $claims.sub, $claims.aud | Should -Be $uri, $uri, (Get-DcrServer | Select-Object -Last 1).RegistrationEndpoint
        $claims.exp - $claims.iat | Should -BeLessOrEqual 300
        $claims.client_name, $claims.token_endpoint_auth_method, $claims.scope | Should -Be 'Acme B2B', 'private_key_jwt', 'system/Patient.read'
        $claims.contacts, $claims.grant_types | Should -Be 'mailto:ops@example.com', 'client_credentials'
        $claims.PSObject.Properties.Name | Should -Not -Contain response_types
        $claims.PSObject.Properties.Name | Should -Not -Contain redirect_uris
    }

    It 'is registered for users with what they see and where they come back' {
        $server = Start-Udap -Connect @{ CertificatePath = $pfx }
        $client = New-DcrClient 'Acme' https://app.example.com/cb -Scope user/Patient.read -Contact mailto:a@example.com `
            -LogoUri https://app.example.com/logo.png @quiet
        $claims = Get-SentStatement $server
        $claims.grant_types, $claims.response_types, $claims.redirect_uris, $claims.logo_uri |
            Should -Be 'authorization_code', 'code', 'https://app.example.com/cb', 'https://app.example.com/logo.png'
        "$($client.GrantTypes)" | Should -Be authorization_code
    }

    It 'lacks nothing that the guide wants, or that is said and nothing sent: <Name>' -ForEach @(
        @{ Name = 'no grant'; Client = @{ GrantType = $null }; Id = 'InvalidClientMetadata'; Message = '*grant_types is missing*' }
        @{ Name = 'both grants'; Client = @{ GrantType = 'authorization_code', 'client_credentials'; RedirectUri = 'https://a.example/cb' }
            Id = 'InvalidClientMetadata'; Message = '*has both*' }
        @{ Name = 'no scope'; Client = @{ Scope = $null }; Id = 'InvalidClientMetadata'; Message = '*scope is missing*' }
        @{ Name = 'no contact'; Client = @{ Contact = $null }; Id = 'InvalidClientMetadata'; Message = '*contacts is missing*' }
        @{ Name = 'no e-mail address'; Client = @{ Contact = 'https://example.com/help' }; Id = 'InvalidClientMetadata'
            Message = '*no e-mail address*' }
        @{ Name = 'a redirect URI of a service'; Client = @{ RedirectUri = 'https://a.example/cb' }; Id = 'InvalidClientMetadata'
            Message = '*redirect_uris does not go with client_credentials*' }
        @{ Name = 'a redirect URI without https'; Id = 'InvalidRedirectUri'; Message = '*not an https URL*'
            Client = @{ RedirectUri = 'http://localhost/cb'; GrantType = 'authorization_code'; LogoUri = 'https://a.example/l.png' } }
        @{ Name = 'no logo'; Client = @{ RedirectUri = 'https://a.example/cb'; GrantType = 'authorization_code' }
            Id = 'InvalidClientMetadata'; Message = '*logo_uri is missing*' }
        @{ Name = 'a logo that is no picture'; Client = @{ LogoUri = 'https://a.example/logo.svg' }; Id = 'InvalidClientMetadata'
            Message = '*PNG, JPG or GIF*' }
        @{ Name = 'a secret'; Client = @{ TokenEndpointAuthMethod = 'client_secret_basic' }; Id = 'InvalidClientMetadata'
            Message = '*cannot be client_secret_basic*' }
        @{ Name = 'a statement of others'; Client = @{ SoftwareStatement = 'a.b.c' }; Id = 'InvalidClientMetadata'
            Message = '*software_statement cannot be given*' }
    ) {
        $server = Start-Udap -Connect @{ CertificatePath = $pfx }
        $all = $service.Clone()
        foreach ($name in $Client.Keys) { if ($null -eq $Client[$name]) { $all.Remove($name) } else { $all[$name] = $Client[$name] } }
        $category = if ($Id -eq 'InvalidRedirectUri') { 'InvalidArgument' } else { 'InvalidData' }
        $null = Assert-Failure { New-DcrClient @all } -Id $Id -Category $category -Message "$Message Nothing was sent."
        Get-Registration $server | Should -BeNullOrEmpty
    }

    It 'is found when it is registered again, and is the one for each tenant' {
        $server = Start-Udap -Connect @{ CertificatePath = $pfx }
        $first = New-DcrClient @service -Tenant st-mary @quiet
        (New-DcrClient @service -Tenant 'St-Mary ' @quiet).ClientId | Should -Be $first.ClientId
        (New-DcrClient @service @quiet).Tenant | Should -Be st-mary -Because 'no tenant was named'
        $null = Assert-Failure { New-DcrClient @service -Tenant lakeside } -Id TenantNotUnique -Category InvalidArgument `
            -Message "$uri has one client at this server, '$($first.ClientId)', which belongs to tenant 'st-mary'*" -Action '*-SubjectUri*'
        $null = Assert-Failure { New-DcrClient @service -AllowDuplicate } -Id OperationNotSupported -Category NotImplemented `
            -Message '-AllowDuplicate:*' -Action '*another URI*'
        (Get-Registration $server).Count | Should -Be 1
    }

    It 'that was registered without a tenant is not given one without a word, and can be: <_>' -ForEach 'New', 'Update', 'WhatIf' {
        $server = Start-Udap -Connect @{ CertificatePath = $pfx }
        $first = New-DcrClient @service @quiet
        $more = if ($_ -eq 'New') { @{} } else { @{ $_ = $true; Scope = 'system/Observation.read' } }
        $named = $service.Clone()
        $more.Keys | ForEach-Object { $named[$_] = $more[$_] }
        $again = New-DcrClient @named -Tenant st-mary -WarningVariable told -WarningAction SilentlyContinue 6>$null
        $again.ClientId, $again.Tenant | Should -Be $first.ClientId, $uri
        if ($_ -eq 'Update') { "$($again.Scope)" | Should -Be system/Observation.read }
        "$told" | Should -BeLike "*Client '$($first.ClientId)' was registered without a tenant, and was not given 'st-mary'*-StoreOnly*"
        $null = New-DcrClient @named -Tenant $uri.ToUpperInvariant() -WarningVariable told -WarningAction SilentlyContinue 6>$null
        "$told" | Should -Not -BeLike '*without a tenant*' -Because 'that is what it is kept under'

        Remove-DcrClient $first.ClientId -StoreOnly -Confirm:$false
        $again = New-DcrClient @service -Tenant st-mary -WarningVariable told -WarningAction SilentlyContinue
        $again.ClientId, $again.Tenant | Should -Be $first.ClientId, 'st-mary'
        $told | Should -BeNullOrEmpty
    }

    It 'is known by its certificate''s URI, the server and the community' {
        $server = Start-Udap -Connect @{ CertificatePath = $pfx }
        $other = New-UdapServer
        $null = New-DcrClient @service @quiet
        $null = Connect-Udap $other @{ CertificatePath = $pfx }
        (New-DcrClient @service @quiet).ClientId | Should -Be (Get-TestServerClient $other).clientId
        $null = Connect-Udap $server @{ CertificatePath = $pfx; Community = $server.Communities[0].Uri }
        $null = New-DcrClient @service @quiet
        (Get-Registration $server).Count | Should -Be 2 -Because 'a community that was not named before is another one'
        $null = Connect-Udap $server @{ CertificatePath = $pfx }
        @(Get-DcrClient -Offline).Count | Should -Be 1
    }

    It 'is changed by another registration, which says all of it again' {
        $server = Start-Udap -Connect @{ CertificatePath = $pfx }
        $client = New-DcrClient @service -Metadata @{ client_note = 'kept' } @quiet
        $changed = Set-DcrClient $client.ClientId -ClientName 'Acme 2'
        $changed.ClientId, $changed.ClientName, "$($changed.Scope)" | Should -Be $client.ClientId, 'Acme 2', 'system/Patient.read'
        $claims = Get-SentStatement $server
        $claims.client_name, $claims.client_note, $claims.contacts | Should -Be 'Acme 2', 'kept', 'mailto:ops@example.com'
        $claims.PSObject.Properties.Name | Should -Not -Contain client_id
        $statements = Get-Registration $server | ForEach-Object { ($_.body | ConvertFrom-Json).software_statement }
        @($statements | ForEach-Object { (Get-JwtPart $_ 1).jti } | Sort-Object -Unique).Count | Should -Be 2
        (Get-TestServerClient $server).clientId | Should -Be $client.ClientId
        $null = Assert-Failure { Set-DcrClient $client.ClientId -LogoUri https://a.example/logo.svg } `
            -Id InvalidClientMetadata -Category InvalidData
        (Get-Registration $server).Count | Should -Be 2
    }

    It 'may get a new id by a change: the former one is gone, and that is said' {
        $server = Start-Udap @{ modification = 'newClient' } @{ CertificatePath = $pfx }
        $client = New-DcrClient @service -Tenant st-mary @quiet
        $changed = Set-DcrClient $client.ClientId -ClientName 'Acme 2' -WarningVariable told -WarningAction SilentlyContinue
        $changed.ClientId | Should -Not -Be $client.ClientId
        "$told" | Should -BeLike "*Client '$($client.ClientId)': the server registered it again, as '$($changed.ClientId)': *no longer had it*"
        (Get-DcrClient -Offline).ClientId | Should -Be (Get-TestServerClient $server).clientId
        (Get-DcrClient -Offline).Tenant | Should -Be st-mary
        (New-DcrClient @service -ClientName 'Acme 2' -Tenant st-mary @quiet).ClientId | Should -Be $changed.ClientId
    }

    It 'is cancelled by Remove-DcrClient, and can be registered again' {
        $server = Start-Udap -Connect @{ CertificatePath = $pfx }
        $client = New-DcrClient @service @quiet
        $client | Remove-DcrClient -Confirm:$false
        (Get-SentStatement $server).grant_types.Count | Should -Be 0
        Get-DcrClient -Offline | Should -BeNullOrEmpty
        Get-TestServerClient $server | Should -BeNullOrEmpty
        (New-DcrClient @service @quiet).ClientId | Should -Not -Be $client.ClientId
    }

    It 'is kept where nobody confirms the cancellation: <_>' -ForEach 'noContent', 'withoutGrantTypes' {
        $server = Start-Udap @{ cancellation = $_ } @{ CertificatePath = $pfx }
        $client = New-DcrClient @service @quiet
        $null = Assert-Failure { Remove-DcrClient $client.ClientId -Confirm:$false } -Id OutcomeUnknown -Category InvalidResult `
            -Message '*without the empty grant_types that confirm it*' -Action '*-StoreOnly*'
        (Get-DcrClient -Offline).ClientId | Should -Be $client.ClientId
        Remove-DcrClient $client.ClientId -StoreOnly -Confirm:$false
        Get-DcrClient -Offline | Should -BeNullOrEmpty
    }

    It 'is kept where the server refuses to cancel' {
        $server = Start-Udap @{ cancellation = 'refused' } @{ CertificatePath = $pfx }
        $client = New-DcrClient @service @quiet
        $null = Assert-Failure { Remove-DcrClient $client.ClientId -Confirm:$false } -Id InvalidClientMetadata -Category InvalidData
        (Get-DcrClient -Offline).ClientId, (Get-TestServerClient $server).clientId | Should -Be $client.ClientId, $client.ClientId
    }

    It 'can be read by nobody: what is kept is given, and a warning says so' {
        $server = Start-Udap -Connect @{ CertificatePath = $pfx }
        $client = New-DcrClient @service @quiet
        Clear-TestServerRequest $server
        $listed = Get-DcrClient -WarningVariable told -WarningAction SilentlyContinue
        $listed.ClientId, "$($listed.State)" | Should -Be $client.ClientId, 'Unknown'
        "$told" | Should -BeLike '*UDAP has no request that reads a client*Set-DcrClient registers it again*'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'has nothing to reset, and the error says what to do instead: <_>' -ForEach 'Reset-DcrClientSecret', 'Reset-DcrRegistrationToken' {
        $server = Start-Udap -Connect @{ CertificatePath = $pfx }
        $client = New-DcrClient @service @quiet
        Clear-TestServerRequest $server
        $command = $_
        $null = Assert-Failure { & $command $client.ClientId -Confirm:$false } -Id OperationNotSupported -Category NotImplemented `
            -Message '*no client secret and no registration access token*' -Action '*one with the same URI*Set-DcrClient*'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'goes on with the next certificate of the same URI' {
        $server = Start-Udap -Connect @{ CertificatePath = $pfx }
        $client = New-DcrClient @service @quiet
        $null = Connect-Udap $server @{ CertificatePath = New-UdapPfx $server -Algorithm p384 }
        $changed = Get-DcrClient -Offline | Set-DcrClient -Contact new@example.com
        $changed.ClientId | Should -Be $client.ClientId
        (Get-JwtPart (Get-SentMetadata $server).software_statement 0).alg | Should -Be ES384
        (Test-DcrClient $client.ClientId @quiet | Where-Object Name -EQ Authentication).Status | Should -Be Passed
    }

    It 'is compared with a list, and made alike; a second run changes nothing' {
        $server = Start-Udap -Connect @{ CertificatePath = $pfx }
        $row = [pscustomobject]@{ Tenant = 'st-mary'; ClientName = 'Acme'; GrantType = 'client_credentials'; Scope = 'system/Patient.read'
            Contact = 'ops@example.com' }
        ($row | Compare-DcrClient).Status | Should -Be Missing
        ($row | Sync-DcrClient @quiet).Result | Should -Be Registered
        ($row | Compare-DcrClient).Status | Should -Be Same
        $row.ClientName = 'Acme 2'
        $compared = $row | Compare-DcrClient
        "$($compared.Status)", "$($compared.Changes.Name)" | Should -Be Differs, client_name
        $compared.Why | Should -BeLike '*what was last registered*'
        ($row | Sync-DcrClient @quiet).Result | Should -Be Changed
        Clear-TestServerRequest $server
        $row | Sync-DcrClient -Force @quiet | Should -BeNullOrEmpty
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        $row | New-DcrClient -Update @quiet | ForEach-Object ClientName | Should -Be 'Acme 2'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'is left alone with -WhatIf: <Name>' -ForEach @(
        @{ Name = 'New'; Command = { New-DcrClient @service -Tenant other -WhatIf } }
        @{ Name = 'Set'; Command = { Set-DcrClient $client.ClientId -ClientName Other -WhatIf } }
        @{ Name = 'Remove'; Command = { Remove-DcrClient $client.ClientId -WhatIf } }
        @{ Name = 'Sync'; Command = { [pscustomobject]@{ Tenant = $uri; ClientName = 'Other' } | Sync-DcrClient -WhatIf } }
    ) {
        $server = Start-Udap -Connect @{ CertificatePath = $pfx }
        if ($Name -ne 'New') { $client = New-DcrClient @service @quiet }
        Clear-TestServerRequest $server
        $null = & $Command 6>&1
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        @(Get-DcrClient -Offline).Count | Should -Be $(if ($Name -eq 'New') { 0 } else { 1 })
    }

    It 'of a lost answer is not sent again until it is settled; then the server gives the same one: <_>' -ForEach 'beforeAnswer', 'midBody' {
        $server = Start-Udap -Connect @{ CertificatePath = $pfx }
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'register'; drop = $_ }) }
        $null = Assert-Failure { New-DcrClient @service } -Id OutcomeUnknown -Category InvalidResult
        $null = Assert-Failure { New-DcrClient @service } -Id OutcomeUnknown -Category InvalidResult
        (Get-Registration $server).Count | Should -Be 1
        $orphan = Find-DcrOrphan @quiet
        $orphan.RecommendedAction | Should -BeLike '*Resolve-DcrOrphan -Dismiss*same client*'
        $orphan | Resolve-DcrOrphan -Dismiss -Confirm:$false @quiet
        (New-DcrClient @service @quiet).ClientId | Should -Be (Get-TestServerClient $server).clientId
    }

    It 'goes to another machine by a backup, and is changed and cancelled there' {
        $server = Start-Udap -Connect @{ CertificatePath = $pfx }
        $client = New-DcrClient @service -Tenant st-mary @quiet
        $backup = Join-Path $TestDrive "$([guid]::NewGuid()).dcr"
        $null = Backup-DcrStore $backup -Passphrase (ConvertTo-Secret 'correct horse battery')

        Switch-TestFolder
        $null = Restore-DcrRegistration -Path $backup -Passphrase (ConvertTo-Secret 'correct horse battery') -Confirm:$false
        $null = Connect-Udap $server @{ CertificatePath = $pfx }
        Clear-TestServerRequest $server
        (New-DcrClient @service -Tenant st-mary).ClientId | Should -Be $client.ClientId
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        (Set-DcrClient $client.ClientId -ClientName 'Acme 2').ClientId | Should -Be $client.ClientId
        Remove-DcrClient $client.ClientId -Confirm:$false
        Get-TestServerClient $server | Should -BeNullOrEmpty
        $null = Restore-DcrRegistration -Path $backup -Passphrase (ConvertTo-Secret 'correct horse battery') -Confirm:$false @quiet
        Get-DcrClient -Offline | Should -BeNullOrEmpty -Because 'what was cancelled does not come back'
    }

    It 'whose change or cancellation a killed process leaves open is not guessed about: <_>' -ForEach 'Set', 'Remove' {
        $server = Start-Udap -Connect @{ CertificatePath = $pfx }
        $client = New-DcrClient @service @quiet
        $command = if ($_ -eq 'Set') { "Set-DcrClient $($client.ClientId) -ClientName Other" }
        else { "Remove-DcrClient $($client.ClientId) -Confirm:`$false" }
        Clear-TestServerRequest $server
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'register'; drop = 'stallMidBody' }) }
        $killed = Start-Pwsh "`$null = Connect-DcrServer $($server.FhirBase) -Discovery Udap -TrustAnchor '$($server.Anchor)' ``
            -CertificatePath '$pfx'; $command"
        Wait-Until { Get-Registration $server }
        $killed.Process.Kill()
        $killed.Process.WaitForExit()

        $null = Connect-Udap $server @{ CertificatePath = $pfx } @quiet
        $orphan = Find-DcrOrphan @quiet
        $orphan.ClientId | Should -Be $client.ClientId
        $orphan.RecommendedAction | Should -BeLike "This server cannot be asked*Run $_-DcrClient again*"
        $orphan.RecommendedAction | Should -Not -BeLike '*most likely deleted*'
    }

    It 'stands in the report and in the audit log' {
        $server = Start-Udap -Connect @{ CertificatePath = $pfx }
        $out = Join-Path $TestDrive "out-$([guid]::NewGuid()).csv"
        $row = [pscustomobject](@{ Tenant = 'st-mary' } + $service)
        $client = $row | New-DcrClient -ReportPath $out @quiet
        $null = Set-DcrClient $client.ClientId -ClientName 'Acme 2'
        Remove-DcrClient $client.ClientId -Confirm:$false
        (Import-Csv $out).Result, (Import-Csv $out).ClientId | Should -Be Registered, $client.ClientId
        $records = Get-DcrAuditLog
        $records.Operation | Should -Be Connect, Register, Update, Delete
        $records.Outcome | Should -Be Succeeded, Succeeded, Succeeded, Succeeded
        $records[2].Changed | Should -Be client_name
        $text = [IO.File]::ReadAllText((Get-DcrServer | Select-Object -Last 1).AuditPath) + [IO.File]::ReadAllText($out)
        $text | Should -Not -Match 'eyJ' -Because 'a software statement is nobody''s to replay'
    }
}

Describe 'A server that requires certifications' {
    BeforeAll {
        $wanted = 'https://community.example/basic-app'
        $server = Start-Udap @{ certificationsRequired = @($wanted) }
        $good = New-Certification $server $wanted
    }

    BeforeEach { Clear-TestServerRequest $server }

    It 'says so' {
        (Get-DcrServer | Select-Object -Last 1).Udap.CertificationsRequired | Should -Be $wanted
        (Get-DcrServer | Select-Object -Last 1 | Format-List | Out-String) | Should -BeLike "*CertificationsRequired*: $wanted*"
        $check = Test-DcrServer @quiet | Where-Object Name -EQ Certifications
        $check.Status | Should -Be Warning
        "$($check.Found) $($check.RecommendedAction)" | Should -BeLike "*$wanted*-Certification*"
    }

    It 'is sent no registration with <Name>' -ForEach @(
        @{ Name = 'none'; Given = { @() }; Message = '*lacks https*basic-app, which the server requires*'; Action = '*-Certification*' }
        @{ Name = 'another'; Given = { New-Certification $server urn:other }; Message = '*lacks https*basic-app, which the server requires*'; Action = '*-Certification*' }
        @{ Name = 'one that has expired'; Given = { New-Certification $server $wanted ([DateTimeOffset]::UtcNow.AddDays(-1)) }
            Message = '*place 1 that expired at *'; Action = '*-Certification*' }
        @{ Name = 'a text that is none'; Given = { $good, 'certification.pdf' }; Message = '*place 2 that is no signed JWT*'
            Action = 'Give each certification as its issuer wrote it*' }
    ) {
        $given = @(& $Given)
        $certification = if ($given) { @{ Certification = $given } } else { @{} }
        $null = Assert-Failure { New-DcrClient @service @certification } -Id InvalidClientMetadata -Category InvalidData -Message $Message `
            -Action $Action
        Get-Registration $server | Should -BeNullOrEmpty
    }

    It 'gets it beside the statement, again with each change and with the cancellation; a new one takes its place' {
        $client = New-DcrClient @service -Certification $good -WarningVariable told
        $null = Set-DcrClient $client.ClientId -ClientName 'Acme 2' -WarningVariable +told
        $next = New-Certification $server $wanted
        $null = Set-DcrClient $client.ClientId -Certification $next -WarningVariable +told
        $told | Should -BeNullOrEmpty -Because 'no answer repeats them'
        Remove-DcrClient $client.ClientId -Confirm:$false
        $sent = Get-Registration $server | ForEach-Object { $_.body | ConvertFrom-Json }
        $sent | ForEach-Object { "$($_.certifications)" } | Should -Be $good, $good, $next, $next
        (Get-JwtPart $sent[0].software_statement 1).PSObject.Properties.Name | Should -Not -Contain certifications
    }

    It 'is the only kind that takes them' {
        $other = New-ConnectedServer
        $null = Assert-Failure { New-DcrClient App https://app.example.com/cb -Certification $good } -Id InvalidClientMetadata `
            -Category InvalidData -Message '*for servers that register by UDAP*' -Action '*-Discovery Udap*'
        Get-TestServerRequest $other -Operation register | Should -BeNullOrEmpty
    }
}

Describe 'Test-DcrServer over UDAP' {
    It 'passes what is right' {
        $null = Start-Udap
        $checks = Test-DcrServer
        $checks.Name | Should -Contain 'Certificate'
        $checks | Where-Object Status -NotIn Passed, Skipped | Should -BeNullOrEmpty
        ($checks | Where-Object Name -EQ 'Profiles').Found | Should -BeLike '*UDAP 1*udap_dcr*'
    }

    It 'sees a certificate of ours that the server will refuse: <Fault>, and the refusal names it' -ForEach @(
        @{ Fault = 'unknownRoot'; Status = 'Warning'; Message = "*issuer 'DcrPowerShell throw-away stranger root' is neither*" }
        @{ Fault = 'selfSigned'; Status = 'Warning'; Message = '*none of the trust anchors*' }
        @{ Fault = 'intermediateNotCa'; Status = 'Warning'; Message = '*may not issue certificates*' }
        @{ Fault = 'revoked'; Status = 'Failed'; Message = '*was revoked*' }
    ) {
        $server = New-UdapServer
        $server = Start-Udap -Connect @{ CertificatePath = New-UdapPfx $server -Fault $Fault }
        $check = Test-DcrServer @quiet | Where-Object Name -EQ Certificate
        "$($check.Status)" | Should -Be $Status
        $check.Found | Should -BeLike $Message
        $null = Assert-Failure { New-DcrClient @service } -Id UnapprovedSoftwareStatement -Category PermissionDenied `
            -Message "*'DcrPowerShell throw-away member' of $uri*unapproved_software_statement*" -Action '*-Community*'
        Get-DcrClient -Offline | Should -BeNullOrEmpty
    }

    It 'sees what the server does not speak' {
        $null = Start-Udap @{ metadataOverrides = @{ udap_versions_supported = @('2'); udap_profiles_supported = @('udap_authn') } }
        $check = Test-DcrServer @quiet | Where-Object Name -EQ Profiles
        "$($check.Status) $($check.Found)" | Should -BeLike 'Failed*version 1*'
    }
}

Describe 'A software statement' {
    It 'is signed by an algorithm that server and key have in common: <Key>, <Algorithms>' -ForEach @(
        @{ Key = 'rsa'; Algorithms = 'RS256', 'ES256'; Expected = 'RS256' }
        @{ Key = 'rsa'; Algorithms = 'ES384', 'RS384'; Expected = 'RS384' }
        @{ Key = 'p256'; Algorithms = 'RS256', 'ES256'; Expected = 'ES256' }
        @{ Key = 'p384'; Algorithms = 'RS256', 'ES384'; Expected = 'ES384' }
    ) {
        $server = New-UdapServer
        $pfx = New-UdapPfx $server -Algorithm $Key
        $server = Start-Udap @{ algorithms = @($Algorithms) } @{ CertificatePath = $pfx }
        $client = New-DcrClient @service @quiet
        (Get-JwtPart (Get-SentMetadata $server).software_statement 0).alg | Should -Be $Expected
        (Test-DcrClient $client.ClientId @quiet | Where-Object Name -EQ Authentication).Status | Should -Be Passed
    }

    It 'cannot be made where they have none' {
        $server = New-UdapServer @{ algorithms = @('ES384') }
        $null = Assert-Failure { Connect-Udap $server } -Id InvalidCertificate -Category InvalidArgument `
            -Message '*an RSA key, and the server takes signatures by ES384 only*' -Terminating
    }

    It 'is made again for each try: the server takes each once' {
        $server = Start-Udap
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'register'; status = 503; headers = @{ 'Retry-After' = '0' } }) }
        $null = New-DcrClient @service @quiet
        $statements = Get-Registration $server | ForEach-Object { ($_.body | ConvertFrom-Json).software_statement }
        $statements.Count | Should -Be 2
        @($statements | ForEach-Object { (Get-JwtPart $_ 1).jti } | Sort-Object -Unique).Count | Should -Be 2
    }

    It 'may not be approved: the error names the certificate and what to ask' {
        $server = Start-Udap
        Set-TestServerSwitch $server @{ unapprovedSoftwareStatement = $true }
        $failure = Assert-Failure { New-DcrClient @service } -Id UnapprovedSoftwareStatement -Category PermissionDenied `
            -Message "*'DcrPowerShell throw-away member' of $uri signed*" -Action '*trusts the community*'
        $failure.Exception.ServerError.Code | Should -Be unapproved_software_statement
        Set-TestServerSwitch $server @{ unapprovedSoftwareStatement = $false }
        (New-DcrClient @service @quiet).ClientName | Should -Be 'Acme B2B' -Because 'the tenant is free again'
    }
}

Describe 'Test-DcrClient over UDAP' {
    It 'proves a service at the token endpoint, with what the server wants to know of each request' {
        $server = Start-Udap @{ requireB2b = $true }
        $client = New-DcrClient @service @quiet
        $check = Test-DcrClient $client.ClientId @quiet | Where-Object Name -EQ Authentication
        "$($check.Status) $($check.Found) $($check.RecommendedAction)" | Should -BeLike 'Skipped*hl7-b2b*-AuthorizationExtension*'
        Get-TestServerRequest $server -Operation token | Should -BeNullOrEmpty
        foreach ($given in $b2b, (ConvertTo-Json $b2b -Depth 5), ([pscustomobject] $b2b)) {
            $check = Test-DcrClient $client.ClientId -AuthorizationExtension $given @quiet | Where-Object Name -EQ Authentication
            "$($check.Status)" | Should -Be Passed -Because $check.Found
        }

        $assertion = [regex]::Match((Get-TestServerRequest $server -Operation token)[-1].body, 'client_assertion=([^&]+)').Groups[1].Value
        $claims = Get-JwtPart $assertion 1
        $claims.iss, $claims.sub, $claims.extensions.'hl7-b2b'.version | Should -Be $client.ClientId, $client.ClientId, '1'
    }

    It 'says what the server has against an extension' {
        $null = Start-Udap @{ requireB2b = $true }
        $client = New-DcrClient @service @quiet
        $check = Test-DcrClient $client.ClientId -AuthorizationExtension @{ 'hl7-b2b' = @{ version = '2' } } @quiet |
            Where-Object Name -EQ Authentication
        $check.Found | Should -BeLike '*version must be*'
    }

    It 'tries a client for users with -Probe only' {
        $server = Start-Udap
        $client = New-DcrClient Acme https://app.example.com/cb -Scope user/Patient.read -Contact a@example.com `
            -LogoUri https://app.example.com/logo.png @quiet
        (Test-DcrClient $client.ClientId @quiet | Where-Object Name -EQ Authentication).Status | Should -Be Skipped
        Get-TestServerRequest $server -Operation token | Should -BeNullOrEmpty
        $check = Test-DcrClient $client.ClientId -Probe @quiet | Where-Object Name -EQ Authentication
        "$($check.Status) $($check.Found)" | Should -BeLike 'Passed*invalid_grant*'
    }

    It 'finds a client that the server has no more' {
        $server = Start-Udap
        $client = New-DcrClient @service @quiet
        Remove-TestServerClient $server $client.ClientId
        $check = Test-DcrClient $client.ClientId @quiet | Where-Object Name -EQ Authentication
        "$($check.Status) $($check.Found)" | Should -BeLike 'Failed*invalid_client*'
    }

    It 'takes extensions over UDAP only' {
        $null = New-ConnectedServer
        $client = New-DcrClient App https://app.example.com/cb @quiet
        $failures = @(Get-Failure { Test-DcrClient $client.ClientId -AuthorizationExtension $b2b })
        "$failures" | Should -BeLike '*-AuthorizationExtension*-Discovery Udap*'
    }
}

Describe 'One certificate at several FHIR bases' {
    It 'has a client at each, in one loop; each connection knows its own' {
        Switch-TestFolder
        $servers = 1..3 | ForEach-Object { New-UdapServer }
        $pfx = New-UdapPfx $servers[0]
        $clients = foreach ($server in $servers) {
            $connection = Connect-Udap $server @{ CertificatePath = $pfx }
            New-DcrClient @service -Connection $connection @quiet
        }
        $clients.ClientId | Should -Be ($servers | ForEach-Object { (Get-TestServerClient $_).clientId })
        @($clients.Issuer | Sort-Object -Unique).Count | Should -Be 3
        $null = $clients | Set-DcrClient -ClientName 'Acme 2'
        $servers | ForEach-Object { (Get-TestServerClient $_).metadata.client_name } | Should -Be 'Acme 2', 'Acme 2', 'Acme 2'
    }

    It 'is listed while a server is down' {
        $server = Start-Udap
        $client = New-DcrClient @service @quiet
        Remove-TestServer $server
        $null = Connect-DcrServer $server.FhirBase -Offline
        (Get-DcrClient -Offline).ClientId | Should -Be $client.ClientId
        $null = Connect-DcrServer $server.FhirBase -Discovery Udap -Offline
        (Get-DcrClient -Offline).ClientId | Should -Be $client.ClientId
    }

    It 'is listed by -Offline -Community and -SubjectUri, which choose among several' {
        $server = Start-Udap
        $community = $server.Communities[0].Uri
        $first = New-DcrClient @service @quiet
        $null = Connect-Udap $server @{ Community = $community } @quiet
        $null = New-DcrClient @service -ClientName 'In the community' @quiet
        $null = Assert-Failure { Connect-DcrServer $server.FhirBase -Offline } -Id DiscoveryFailed -Category InvalidData `
            -Message "*clients of several names: $uri; $uri in $community.*" -Action '*-Community*' -Terminating
        $null = Connect-DcrServer $server.FhirBase -Offline -Community $community
        (Get-DcrClient -Offline).ClientName | Should -Be 'In the community'
        $null = Connect-DcrServer $server.FhirBase -Discovery Udap -Offline -SubjectUri $uri -Community $community
        (Get-DcrClient -Offline).ClientName | Should -Be 'In the community'
        $null = Connect-DcrServer $first.Issuer -Offline
        (Get-DcrClient -Offline).ClientName | Should -Be $service.ClientName
        $null = Assert-Failure { Connect-DcrServer $server.FhirBase -Offline -Community urn:nobody } -Id DiscoveryFailed `
            -Category InvalidData -Message "*in the community 'urn:nobody' is kept here*" -Terminating
    }
}
