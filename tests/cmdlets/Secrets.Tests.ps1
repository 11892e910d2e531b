# Looks for secrets everywhere that a person or a file may see them. The test server's secrets have a look of their own (rat_..., cs_...).
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }
    $initialToken = "initial-token-$([guid]::NewGuid())"

    # In clear text, and as PowerShell writes a SecureString to a file where the system has no encryption for it: hexadecimal UTF-16.
    $hexadecimal = { ([Text.Encoding]::Unicode.GetBytes($args[0]) | ForEach-Object { $_.ToString('x2') }) -join '' }
    $secretPattern = '(rat|cs|at)_[0-9A-Za-z]{43}', [regex]::Escape($initialToken), "$(& $hexadecimal 'rat_')([0-9a-f]{4}){43}",
        "$(& $hexadecimal 'cs_')([0-9a-f]{4}){43}" -join '|'

    function Assert-NoSecret([string] $Text) {
        $Text | Should -Not -BeNullOrEmpty -Because 'else nothing was looked at'
        [regex]::Matches($Text, $secretPattern) | ForEach-Object Value | Should -BeNullOrEmpty
    }

    function Connect-WithInitialToken([hashtable] $Switches) {
        New-ConnectedServer ($Switches + @{ initialToken = $initialToken }) @{ InitialAccessToken = ConvertTo-Secret $initialToken }
    }

    # A whole life with everything switched on that talks, failures too. All six streams, in the order they came.
    function Invoke-TalkativeLife {
        $server = New-TestServer @{ initialToken = $initialToken; rotateToken = 'getAndPut'; rotateSecret = 'put'; dropScope = @('admin');
            secretExpiresAt = 'absent' }
        $talk = @{ Verbose = $true; Debug = $true; ErrorAction = 'Continue'; InformationAction = 'Continue'; WarningAction = 'Continue' }
        & {
            Connect-DcrServer $server.Issuer -InitialAccessToken (ConvertTo-Secret $initialToken) @talk
            Get-DcrServer @talk
            $client = New-DcrClient @app -Scope read, admin -ClientSecretName app-secret @talk
            $client
            $client | Get-DcrClient @talk
            $client | Set-DcrClient -Scope read, admin @talk
            $client | Set-DcrClient -Scope write -WhatIf @talk
            $client | Reset-DcrClientSecret -Force -ClientSecretName app-secret @talk
            Get-DcrClient -Offline @talk
            Set-TestServerSwitch $server @{ faults = @(@{ on = 'register'; status = 400; body = 'echo' },
                @{ on = 'update'; drop = 'beforeAnswer' }, @{ on = 'register'; body = 'half' }) }
            New-DcrClient @app @talk
            $client | Set-DcrClient -Scope write @talk
            New-DcrClient @app @talk
            $null = Reset-TestServerClientToken $server $client.ClientId
            $client | Get-DcrClient @talk
            Remove-DcrClient $client.ClientId -StoreOnly -Force @talk
            Disconnect-DcrServer @talk
        } *>&1
    }
}

AfterAll { Stop-DcrTest }

Describe 'No secret is' {
    BeforeAll {
        $Error.Clear()
        $everything = Invoke-TalkativeLife
        $clients = $everything | Where-Object { $_ -is [DcrPowerShell.DcrClient] }
        $connections = $everything | Where-Object { $_ -is [DcrPowerShell.DcrConnection] }
        $failures = $everything | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] }
        $errorVariable = @($Error)
    }

    It 'missed by this search' {
        $clients | Should -HaveCount 5
        $failures | Should -HaveCount 4
        ConvertTo-PlainText $clients[0].RegistrationAccessToken | Should -Match $secretPattern
        ConvertTo-PlainText $clients[0].ClientSecret | Should -Match $secretPattern
        & $hexadecimal (ConvertTo-PlainText $clients[0].ClientSecret) | Should -Match $secretPattern
        $initialToken | Should -Match $secretPattern
    }

    It 'in the text of any stream' {
        $text = $everything | Out-String -Width 500
        $text | Should -BeLike '*POST http*- 201*'
        Assert-NoSecret $text
        Assert-NoSecret ($everything | ForEach-Object { "$_" } | Out-String -Width 500)
    }

    It 'in an object shown as <_>' -ForEach 'Format-Table', 'Format-List', 'Format-Custom', 'Format-Wide' {
        Assert-NoSecret ($clients | & $_ | Out-String -Width 500)
        if ($_ -ne 'Format-Wide') { Assert-NoSecret ($clients + $connections | & $_ -Property * -Force | Out-String -Width 500) }
    }

    It 'in an object as JSON' {
        Assert-NoSecret ($clients | ConvertTo-Json -Depth 10)
        Assert-NoSecret ($connections | ConvertTo-Json -Depth 10)
    }

    It 'in an object as CSV' {
        Assert-NoSecret ($clients | ConvertTo-Csv | Out-String)
    }

    It 'in an object as CliXml, which has no encryption on Linux and macOS' {
        $file = Join-Path $TestDrive clients.xml
        $clients | Export-Clixml $file -Depth 5
        Assert-NoSecret (Get-Content $file -Raw)
        $read = Import-Clixml $file
        $read[0].ClientId | Should -Be $clients[0].ClientId
        $read[0].Metadata['redirect_uris'] | Should -Be $app.RedirectUri
    }

    It 'in an error, however deep one looks' {
        $text = $failures | ForEach-Object {
            $_ | Format-List * -Force
            for ($exception = $_.Exception; $exception; $exception = $exception.InnerException) { $exception | Format-List * -Force }
            $_.TargetObject | Format-List * -Force
            $_ | Format-Custom * -Depth 4
            "$_", "$($_.Exception)", "$($_.ErrorDetails)", $_.ScriptStackTrace, "$($_.InvocationInfo.Line)"
        } | Out-String -Width 500
        Assert-NoSecret $text
        Assert-NoSecret ($failures | Get-Error | Out-String -Width 500)
        Assert-NoSecret ([System.Management.Automation.PSSerializer]::Serialize($failures, 5))
    }

    It 'in the audit log' {
        $records = Get-DcrAuditLog
        $records.Outcome | Should -Contain Unknown
        Assert-NoSecret ($records | Format-List * | Out-String -Width 500)
        Assert-NoSecret ($records | ConvertTo-Json -Depth 5)
    }

    It 'in $Error' {
        $errorVariable.Count | Should -BeGreaterOrEqual $failures.Count
        Assert-NoSecret ($errorVariable | Format-List * -Force | Out-String -Width 500)
    }
}

Describe 'A secret stays hidden' {
    It 'in the result of a job' {
        $server = Connect-WithInitialToken @{}
        $client = New-DcrClient @app
        $module, $issuer, $clientId = (Get-Module DcrPowerShell).Path, $server.Issuer, $client.ClientId
        $result = Start-Job {
            Import-Module $using:module
            $null = Connect-DcrServer $using:issuer
            Get-DcrClient $using:clientId
        } | Receive-Job -Wait -AutoRemoveJob
        $result.ClientId | Should -Be $client.ClientId
        Assert-NoSecret ($result | Format-List * -Force | Out-String)
        Assert-NoSecret ([System.Management.Automation.PSSerializer]::Serialize($result, 5))
    }

    It 'in a transcript, and on the screen' {
        $server = New-TestServer @{ initialToken = $initialToken; rotateToken = 'put';
            faults = @(@{ on = 'register'; skip = 1; status = 400; body = 'echo' }) }
        $env:DCR_TEST_TOKEN = $initialToken
        try {
            $result = Wait-Pwsh (Start-Pwsh "`$ErrorActionPreference = 'Continue'; `$VerbosePreference = `$DebugPreference = 'Continue'
                `$null = Start-Transcript '$TestDrive/transcript.txt'
                Connect-DcrServer $($server.Issuer) -InitialAccessToken (ConvertTo-SecureString `$env:DCR_TEST_TOKEN -AsPlainText -Force)
                `$client = New-DcrClient App https://app.example.com/
                `$client | Set-DcrClient -Scope read | Format-List *
                New-DcrClient App https://app.example.com/
                `$null = Stop-Transcript")
        } finally { $env:DCR_TEST_TOKEN = $null }

        $transcript = Get-Content $TestDrive/transcript.txt -Raw
        $transcript | Should -BeLike '*PUT http*- 200*'
        $transcript | Should -BeLike '*The server does not accept*'
        Assert-NoSecret $transcript
        Assert-NoSecret ($result.Output + $result.Errors)
    }

    It 'when a private key stands where the path of <Parameter> is to stand' -ForEach @(
        @{ Parameter = 'PrivateKeyPath'; Text = "-----BEGIN PRIVATE KEY-----`nSECRETxyz`n-----END PRIVATE KEY-----" }
        @{ Parameter = 'PrivateKeyPath'; Text = "{`n  ""kty"":""EC"",""d"":""SECRETxyz""}" }
        @{ Parameter = 'CertificatePath'; Text = "-----BEGIN CERTIFICATE-----`n-----BEGIN PRIVATE KEY-----`nSECRETxyz" }
        @{ Parameter = 'TrustAnchor'; Text = "-----BEGIN CERTIFICATE-----`n-----BEGIN PRIVATE KEY-----`nSECRETxyz" }
    ) {
        $given = @{ TrustAnchor = [Security.Cryptography.X509Certificates.X509Certificate2]::new() }
        $given[$Parameter] = $Text
        $failure = { Connect-DcrServer https://as.example.com/fhir -Discovery Udap @given } | Should -Throw -PassThru
        Out-String -InputObject ($failure | Format-List -Property * -Force) -Width 1000 | Should -Not -Match SECRETxyz
        "$failure" | Should -BeLike "*-$Parameter takes the path of a file*"
    }

    It 'when the server quotes the initial access token in its refusal' {
        $null = Connect-WithInitialToken @{ faults = @(@{ on = 'register'; status = 401; error = 'invalid_token';
            errorDescription = "the token $initialToken is used up" }) }
        $failure = Assert-Failure { New-DcrClient @app } -Id AccessTokenRejected -Category AuthenticationError `
            -Message '*the token `*`*`* is used up*'
        Assert-NoSecret ($failure | Format-List * -Force | Out-String -Width 500)
    }

    It 'when the server quotes the <Name> in its refusal of an update' -ForEach @(
        @{ Name = 'registration access token'; Known = 'registrationAccessToken' }
        @{ Name = 'client secret'; Known = 'clientSecret' }
    ) {
        $server = Connect-WithInitialToken @{}
        $client = New-DcrClient @app
        $secret = (Get-TestServerClient $server).$Known
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'update'; status = 403; error = 'forbidden';
            errorDescription = "not with $secret" }) }
        $failure = Assert-Failure { $client | Set-DcrClient -Scope read } -Id AccessTokenRejected -Category AuthenticationError `
            -Message '*not with `*`*`**'
        Assert-NoSecret ($failure.Exception.ServerError | Format-List * | Out-String -Width 500)
    }

    It 'when the server quotes it in the address of a redirect' {
        $null = Connect-WithInitialToken @{ faults = @(@{ on = 'register'; status = 302;
            headers = @{ Location = "https://login.example.com/$($initialToken)?token=$initialToken" } }) }
        $failure = Assert-Failure { New-DcrClient @app } -Id ResponseNotConformant -Category ProtocolError
        Assert-NoSecret ($failure | Format-List * -Force | Out-String -Width 500)
    }

    It 'in what Import-DcrClient says of a file full of them' {
        $server = New-TestServer @{ rotateToken = 'getAndPut' }
        $client = New-DcrClient @app -Connection (Connect-DcrServer $server.Issuer)
        Switch-TestFolder
        $null = Connect-DcrServer $server.Issuer -AuditPath "$TestDrive/import.jsonl"
        $token, $secret = (ConvertTo-PlainText $client.RegistrationAccessToken), (ConvertTo-PlainText $client.ClientSecret)
        $good = [ordered]@{ client_id = $client.ClientId; registration_access_token = $token;
            registration_client_uri = $client.RegistrationClientUri; client_secret = $secret; client_secret_expires_at = '' }
        $rows = @($good)
        foreach ($change in @{ client_id = '' }, @{ registration_access_token = "Bearer $token" },
            @{ registration_client_uri = "https://x:$secret@as.example.com/" },
            @{ registration_client_uri = "https://as.example.com/$token" }, @{ client_secret_expires_at = $secret }) {
            $row = [ordered]@{} + $good
            foreach ($name in $change.Keys) { $row[$name] = $change[$name] }
            $rows += $row
        }

        $rows | ForEach-Object { [pscustomobject]$_ } | Export-Csv "$TestDrive/import.csv" -NoTypeInformation
        $rows[0..1] | ConvertTo-Json | Set-Content "$TestDrive/import.json"
        Set-Content "$TestDrive/torn.json" "[{`"client_id`":`"c1`",`"client_secret`":$secret}]"
        $Error.Clear()
        $said = & { foreach ($file in 'import.csv', 'import.json', 'torn.json') { Import-DcrClient -Path "$TestDrive/$file" -Verbose `
            -Debug -ErrorAction Continue -WarningAction Continue -InformationAction Continue } } *>&1
        $failures = @($said | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })
        $failures | Should -HaveCount 7
        Assert-NoSecret ($said | Out-String -Width 500)
        Assert-NoSecret ($failures + @($Error) | ForEach-Object { $_ | Format-List * -Force; "$($_.TargetObject)"; "$($_.Exception)" } |
            Out-String -Width 500)
        Assert-NoSecret (Get-Content "$TestDrive/import.jsonl" -Raw)
    }

    It 'in members that a server adds of its own' {
        $token = 'rat_' + 'x' * 43
        $null = Connect-WithInitialToken @{ answerOverrides = @{
            any = @{ master_api_token = $token; management = @{ password = $token; api_secret = $token };
            admin = @(@{ access_token = $token }) } } }
        $client = New-DcrClient @app
        $client.Metadata['master_api_token'] | Should -Be '***'
        $client.Metadata['management']['password'] | Should -Be '***'
        Assert-NoSecret ($client.Metadata | ConvertTo-Json -Depth 10)
    }
}

# Secrets of this run's own making, one for each place where an administrator or a server can put one.
Describe 'A planted secret is' {
    BeforeAll {
        function New-Canary { "canary$([guid]::NewGuid().ToString('n'))" }
        function ConvertTo-Base64Url([byte[]] $Bytes) { [Convert]::ToBase64String($Bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_') }

        # In clear, also cut off, as hexadecimal UTF-16, and as base64 in each of the three places that it can begin at.
        $canaryPattern = 'canary[0-9a-f]{16,}', '(?i)(630061006e00610072007900)', 'Y2FuYXJ5', 'NhbmFye', 'jYW5hcn' -join '|'

        function Assert-NoCanary([string] $Text) {
            $Text | Should -Not -BeNullOrEmpty -Because 'else nothing was looked at'
            [regex]::Matches($Text, "$canaryPattern|$secretPattern|$([regex]::Escape($keyText))|$([regex]::Escape($keyNumber))") |
                ForEach-Object Value | Should -BeNullOrEmpty
        }

        $key = [System.Security.Cryptography.ECDsa]::Create([System.Security.Cryptography.ECCurve+NamedCurves]::nistP256)
        $numbers = $key.ExportParameters($true)
        $keyNumber = ConvertTo-Base64Url $numbers.D
        $jwk = [ordered]@{ kty = 'EC'; crv = 'P-256'; x = ConvertTo-Base64Url $numbers.Q.X; y = ConvertTo-Base64Url $numbers.Q.Y;
            kid = 'key-of-this-run' }
        $keyPassword = New-Canary
        $pem = $key.ExportEncryptedPkcs8PrivateKeyPem($keyPassword,
            [System.Security.Cryptography.PbeParameters]::new('Aes256Cbc', 'SHA256', 1000))
        $keyText = ($pem -split "`n")[1].Substring(0, 40)

        # What servers might call a secret, and where they might put it.
        $odd = @{
            clientSecret = New-Canary; registrationAccessToken = New-Canary; api_keys = @((New-Canary), (New-Canary));
                signing_key = New-Canary
            credentials = @{ client_secret = New-Canary; list = @(@{ secret_value = New-Canary }) };
                client_secrets = @(@{ id = '1'; value = New-Canary })
            secretText = New-Canary; client_secret_old = New-Canary; client_secret_2 = New-Canary; passwd = New-Canary; pwd = New-Canary;
                userPin = New-Canary
            authorization = New-Canary; bearer = New-Canary; secret_base64 = New-Canary; private_key_pem = New-Canary
            tokens = @{ access = New-Canary; refresh = @(New-Canary) }; secrets = @(@{ id = '1'; text = New-Canary })
            attributes = @(@{ name = 'client_secret'; value = New-Canary })
            private = "-----BEGIN PRIVATE KEY-----`n$(New-Canary)`n-----END PRIVATE KEY-----"
            jwks = @{ keys = @(@{ kty = 'oct'; k = New-Canary }, @{ kty = 'EC'; crv = 'P-256'; x = 'eA'; y = 'eQ'; d = New-Canary }) }
        }
        $quoting = @{ status = 400; body = 'echo'; skip = 2 }

        function Invoke-PlantedLife {
            $talk = @{ Verbose = $true; Debug = $true; ErrorAction = 'Continue'; InformationAction = 'Continue';
                WarningAction = 'Continue' }
            $token = @{ Initial = New-Canary; Client = New-Canary; Api = New-Canary; Management = New-Canary;
                Password = New-Canary }
            $redirect = 'https://app.example.com/callback'
            & {
                $server = New-TestServer @{ initialToken = $token.Initial; answerOverrides = @{ any = $odd } }
                Connect-DcrServer $server.Issuer -InitialAccessToken (ConvertTo-Secret $token.Initial) @talk
                New-DcrClient Odd $redirect -Metadata @{ vendor_api_token = New-Canary } @talk
                Get-DcrClient @talk
                # It repeats in its success what it was sent, in several writings.
                $nested = New-Canary
                $base64 = { [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($args[0])) }
                Set-TestServerSwitch $server @{ answerOverrides = @{ any = $odd; register = $odd + @{
                            contacts = @("$($token.Initial)@example.com"); tos_uri = "https://as.example.com/?t=$($token.Initial)";
                                policy_uri = "https://as.example.com/?t=$(& $base64 "ops:$($token.Initial)")"
                            seen = @{ headers = @(@{ name = 'X'; line = "Bearer $($token.Initial)" });
                                body = (@{ x = $nested } | ConvertTo-Json -Compress); cut = $token.Initial.Substring(0, 30) } } } }
                New-DcrClient Echo $redirect -Contact a@example.com -Metadata @{ vendor = @{ list = @(@{ password = $nested }) } } @talk
                Get-DcrClient -ClientName Echo -Offline @talk
                Get-DcrClient -ClientName Echo @talk
                Set-TestServerSwitch $server @{ faults = @(@{ on = 'register'; status = 400; error = 'invalid_client_metadata'
                            errorDescription = "bad: $nested $(& $base64 $nested) $($nested.Substring(0, 30))... &#x$('{0:x}' -f [int]$nested[0]);$($nested.Substring(1))" }) }
                New-DcrClient Refused $redirect -Metadata @{ vendor = @{ list = @(@{ password = $nested }) } } @talk
                Set-TestServerSwitch $server @{ faults = @(
                        @{ on = 'register'; status = 400; error = 'invalid_client_metadata';
                            errorDescription = "not $($token.Initial) in a form: $([uri]::EscapeDataString($token.Initial))" }
                        @{ on = 'register'; drop = 'beforeAnswer' }) }
                New-DcrClient Refused $redirect @talk
                New-DcrClient Lost $redirect -Metadata @{ vendor_api_token = New-Canary } @talk
                Find-DcrOrphan @talk

                $server = New-TestServer @{ tokenClient = @{ clientId = 'ops'; clientSecret = $token.Client; jwks = @{ keys = @($jwk) } };
                    dpop = 'nonce'; faults = @(@{ on = 'token' } + $quoting) }
                Connect-DcrServer $server.Issuer -ClientCredential ([pscredential]::new('ops', (ConvertTo-Secret $token.Client))) @talk
                New-DcrClient Quoted $redirect @talk
                New-DcrClient Credential $redirect @talk
                Test-DcrServer @talk
                Connect-DcrServer $server.Issuer -ClientCredential ([pscredential]::new('ops', (ConvertTo-Secret (New-Canary)))) @talk
                New-DcrClient Wrong $redirect @talk
                Connect-DcrServer $server.Issuer -ClientId ops -PrivateKey (ConvertTo-Secret $pem) `
                    -PrivateKeyPassword (ConvertTo-Secret $keyPassword) -KeyId key-of-this-run @talk
                New-DcrClient Key $redirect @talk
                try { Connect-DcrServer $server.Issuer -ClientId ops -PrivateKey (ConvertTo-Secret $pem) `
                    -PrivateKeyPassword (ConvertTo-Secret (New-Canary)) @talk } catch { $_ }
                try { Connect-DcrServer $server.Issuer -ClientId ops `
                    -PrivateKey (ConvertTo-Secret ($jwk + @{ d = "$keyNumber!" } | ConvertTo-Json)) @talk } catch { $_ }
                try { Connect-DcrServer $server.Issuer -InitialAccessToken (ConvertTo-Secret "$(New-Canary)`nX: y") @talk } catch { $_ }

                $server = New-TestServer @{ managementToken = 'accessToken';
                    basicUser = @{ userName = 'admin'; password = $token.Password };
                    faults = @(@{ on = 'register'; status = 400; body = 'echo'; skip = 1 }) }
                Connect-DcrServer $server.Issuer -ManageBy Connection `
                    -Credential ([pscredential]::new('admin', (ConvertTo-Secret $token.Password))) @talk
                New-DcrClient Password $redirect @talk
                New-DcrClient Quoted $redirect @talk
                Get-DcrClient @talk
                Test-DcrServer @talk
                Connect-DcrServer $server.Issuer -ManageBy Connection `
                    -Credential ([pscredential]::new('admin', (ConvertTo-Secret (New-Canary)))) @talk
                New-DcrClient Wrong $redirect @talk
                try { Connect-DcrServer $server.Issuer -Credential (
                    [pscredential]::new('admin', (ConvertTo-Secret "$(New-Canary)`n"))) @talk } catch { $_ }

                $server = New-TestServer @{ managementToken = 'clientToken'; faults = @(@{ on = 'token'; status = 400; body = 'echo' }) }
                Connect-DcrServer $server.Issuer -ManageBy ClientToken @talk
                $client = New-DcrClient Bank $redirect @talk
                $client | Get-DcrClient @talk
                $client | Get-DcrClient @talk

                $server = New-TestServer @{ pushedAuthorization = $true; answerOverrides = @{ any = $odd };
                    faults = 'token', 'push' | ForEach-Object { @{ on = $_; status = 400; body = 'echo'; times = 2 } } }
                Connect-DcrServer $server.Issuer @talk
                $tested = @{ ClientName = 'Tested'; RedirectUri = $redirect; GrantType = 'client_credentials', 'authorization_code' }
                'client_secret_basic', 'client_secret_post' | ForEach-Object { New-DcrClient @tested -TokenEndpointAuthMethod $_ @talk } |
                    Test-DcrClient @talk
                Get-DcrClient -ClientName Tested @talk | Test-DcrClient -Probe @talk
                $held = New-DcrKey tested-key ES256
                $server = New-TestServer @{ pushedAuthorization = $true;
                    faults = @(@{ on = 'token'; status = 401; body = 'echo'; times = 2 }) }
                Connect-DcrServer $server.Issuer @talk
                $client = New-DcrClient @tested -TokenEndpointAuthMethod private_key_jwt -Jwks $held.Jwks @talk
                $client
                $client, $client | Test-DcrClient -ThrottleLimit 1 @talk

                $server = New-TestServer @{ dialect = 'okta'; okta = @{ apiToken = $token.Api; secretInRead = $true };
                    faults = @(@{ on = 'any'; status = 500; body = 'echo'; skip = 7 }) }
                Connect-DcrServer $server.Issuer -ApiToken (ConvertTo-Secret $token.Api) @talk
                $client = New-DcrClient Okta $redirect @talk
                $client
                $client | Get-DcrClient @talk
                $client | Reset-DcrClientSecret -Force -Overlap @talk
                $client | Reset-DcrClientSecret -Force -CompleteOverlap @talk
                $client | Reset-DcrClientSecret -Force -CompleteOverlap @talk
                Test-DcrServer @talk

                $tenant = @{ settings = @{ flags = @{ enable_dynamic_client_registration = $true } };
                    clients = @(@{ name = 'By hand'; client_secret = New-Canary }) }
                $server = New-TestServer @{ dialect = 'auth0';
                    auth0 = @{ managementToken = @{ value = $token.Management }; tenant = $tenant } }
                Connect-DcrServer $server.Issuer.TrimEnd('/') -ManagementToken (ConvertTo-Secret $token.Management) @talk
                New-DcrClient Auth0 $redirect @talk
                Get-DcrClient @talk
                Get-DcrClient -ClientName Auth0 @talk | Reset-DcrClientSecret -Force @talk
                Test-DcrServer @talk
            } *>&1
        }

        $Error.Clear()
        $everything = @(Invoke-PlantedLife)
        $found = $everything | Where-Object { $_.GetType().Namespace -eq 'DcrPowerShell' }
        $failures = @($everything | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })
        $errorVariable = @($Error)
    }

    It 'found by this search, and the lives went as they should' {
        { Assert-NoCanary (New-Canary) } | Should -Throw
        { Assert-NoCanary ([Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes("ops:$(New-Canary)"))) } | Should -Throw
        { Assert-NoCanary (& $hexadecimal (New-Canary)) } | Should -Throw
        { Assert-NoCanary $pem } | Should -Throw
        ($everything | Where-Object { $_ -is [DcrPowerShell.DcrClient] }).ClientName | Sort-Object -Unique |
            Should -Be 'Auth0', 'Bank', 'By hand', 'Credential', 'Echo', 'Key', 'Odd', 'Okta', 'Password', 'Tested'
        $failures.FullyQualifiedErrorId -replace ',.*' | Sort-Object -Unique |
            Should -Be 'AccessTokenRejected', 'InvalidClientMetadata', 'InvalidPrivateKey', 'OutcomeUnknown'
        ($everything | Where-Object { $_ -is [DcrPowerShell.DcrCheck] -and $_.Name -eq 'Authentication' }).Status |
            Sort-Object -Unique | Should -Be 'Passed', 'Warning', 'Failed'
    }

    It 'in no stream' {
        Assert-NoCanary ($everything | Out-String -Width 500)
        Assert-NoCanary ($everything | ForEach-Object { "$_" } | Out-String -Width 500)
    }

    It 'in no object, shown or serialised' {
        Assert-NoCanary ($found | Format-List * -Force | Out-String -Width 500)
        Assert-NoCanary ($found | Format-Custom * -Force -Depth 6 | Out-String -Width 500)
        Assert-NoCanary ($found | ForEach-Object { ConvertTo-Json $_ -Depth 10 -WarningAction SilentlyContinue } | Out-String)
        Assert-NoCanary ($found | ForEach-Object { [System.Management.Automation.PSSerializer]::Serialize($_, 10) } | Out-String)
        $found | Export-Clixml $TestDrive/found.xml -Depth 10
        Assert-NoCanary (Get-Content $TestDrive/found.xml -Raw)
    }

    It 'in no inventory: <_>' -ForEach 'csv', 'json', 'html' {
        $clients = $found | Where-Object { $_ -is [DcrPowerShell.DcrClient] }
        $clients | Export-DcrClient "$TestDrive/inventory.$_"
        $text = Get-Content "$TestDrive/inventory.$_" -Raw
        $text.Contains($clients[0].ClientId) | Should -BeTrue
        Assert-NoCanary $text
        Assert-NoCanary ([System.Management.Automation.PSSerializer]::Serialize((Import-Clixml $TestDrive/found.xml), 10))
    }

    It 'in no error' {
        $text = $failures + $errorVariable | ForEach-Object {
            $_ | Format-List * -Force
            for ($exception = $_.Exception; $exception; $exception = $exception.InnerException) { $exception |
                Format-List * -Force; "$exception" }
            $_.TargetObject | Format-List * -Force
            $_.InvocationInfo.BoundParameters | Format-List * -Force
        } | Out-String -Width 500
        Assert-NoCanary $text
        Assert-NoCanary ($failures | Get-Error | Out-String -Width 500)
    }

    It 'in no file that the module writes, while something is open in the ledger' -Skip:($PSEdition -eq 'Desktop' -or $IsWindows) {
        Find-DcrOrphan -Connection (Get-DcrServer | Where-Object Issuer -eq ($found |
            Where-Object { $_ -is [DcrPowerShell.DcrOrphan] }).Issuer | Select-Object -First 1) | Should -Not -BeNullOrEmpty
        # The modules of PowerShell write caches. What is open is locked: a copy can be read.
        $files = @(Get-ChildItem $HOME -Recurse -File -Force | Where-Object FullName -NotMatch '\.cache/powershell|/keys/')
        ($files | Where-Object Extension -eq '.dcrl' | Measure-Object Length -Sum).Sum |
            Should -BeGreaterThan 5000 -Because 'the ledger is among them'
        $files.Name | Should -Contain 'audit.jsonl'
        foreach ($file in $files) {
            & cp $file.FullName $TestDrive/copy
            $bytes = [IO.File]::ReadAllBytes("$TestDrive/copy")
            [regex]::Matches([Text.Encoding]::Latin1.GetString($bytes) + [Text.Encoding]::Unicode.GetString($bytes),
                "$canaryPattern|$secretPattern") | ForEach-Object Value | Should -BeNullOrEmpty -Because $file.FullName
        }
    }

    It 'in no progress, and in nothing that the binder of parameters writes' {
        $token = New-Canary
        $server = New-TestServer @{ initialToken = $token; faults = @(@{ on = 'register'; status = 429;
            rateLimitHeaders = 'retryAfterSeconds'; retryAfter = 1 }) }
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript('param($module, $issuer, $token, $password, $trace)
                Import-Module $module
                # What event 4103 of module logging has of each command: its parameters as they were bound. Off Windows that goes to the
                # system log.
                (Get-Module DcrPowerShell).LogPipelineExecutionDetails = $true
                Trace-Command -Name ParameterBinding, ParameterBinderBase, ParameterBinderController, TypeConversion -FilePath $trace `
                    -Expression {
                    Connect-DcrServer $issuer -InitialAccessToken $token
                    New-DcrClient App https://app.example.com/ -InitialAccessToken $token
                    Connect-DcrServer $issuer -ClientCredential ([pscredential]::new("ops", $password))
                }')
            $null = $shell.AddParameters(@((Get-Module DcrPowerShell).Path, $server.Issuer, (ConvertTo-Secret $token),
                (ConvertTo-Secret (New-Canary)), "$TestDrive/trace.txt"))
            $null = $shell.Invoke()
            $shell.Streams.Error | Should -BeNullOrEmpty
            $shell.Streams.Progress | Where-Object Activity -eq DcrPowerShell | Should -Not -BeNullOrEmpty
            Assert-NoCanary ($shell.Streams.Progress | Format-List * -Force | Out-String -Width 500)
        } finally { $shell.Dispose() }

        $trace = Get-Content $TestDrive/trace.txt -Raw
        $trace | Should -Match 'InitialAccessToken'
        Assert-NoCanary $trace
    }

    It 'on no command line' -Skip:($PSEdition -eq 'Desktop' -or $IsWindows) {
        $server = New-TestServer @{ initialToken = $initialToken }
        $env:DCR_TEST_TOKEN = $initialToken
        try {
            $result = Wait-Pwsh (Start-Pwsh "
                `$token = ConvertTo-SecureString `$env:DCR_TEST_TOKEN -AsPlainText -Force
                `$null = Connect-DcrServer $($server.Issuer) -InitialAccessToken `$token
                `$null = New-DcrClient App https://app.example.com/
                'lines:'
                foreach (`$process in [IO.Directory]::GetDirectories('/proc')) {
                    try { [IO.File]::ReadAllText(`"`$process/cmdline`") } catch { } }")
        } finally { $env:DCR_TEST_TOKEN = $null }

        $result.Output | Should -Match 'lines:[\s\S]*NonInteractive'
        Assert-NoSecret $result.Output
    }
}

Describe 'No parameter takes a secret as plain text' {
    It '<_>' -ForEach @((Get-Content "$PSScriptRoot/../../module/DcrPowerShell.psd1" -Raw |
        Select-String "'([A-Z][a-z]+-(Dcr|Auth0)\w+)'" -AllMatches).Matches.ForEach{ $_.Groups[1].Value }) {
        # Names and addresses of things; and a software statement, which is signed and not secret: the server shows it to whoever may read
        # the client.
        $plain = 'ClientSecretName', 'PrivateKeyPath', 'KeyPath', 'KeyId', 'KeyName', 'TokenEndpointAuthMethod', 'Jwks', 'JwksUri',
            'SoftwareStatement'
        $parameters = (Get-Command $_).Parameters.Values
        $parameters | Should -Not -BeNullOrEmpty
        $parameters | Where-Object { "$($_.Name) $($_.Aliases)" -match 'secret|token|password|key|jwk|credential|statement|assertion' } |
            Where-Object { $_.ParameterType -notin [securestring], [pscredential], [switch] -and $_.Name -notin $plain } |
            ForEach-Object Name | Should -BeNullOrEmpty
    }
}
