# Every PowerShell block of README, CONTRIBUTING, docs and about_DcrPowerShell, typed page by page, one block after the other, as they
# stand:
# each page into a PowerShell of its own, with an empty home folder and nothing but the installed modules. Loopback servers, a person's
# answers and a cloud's commands are put in their places. A block that says above itself that it is not run is skipped by name.
# Needs: SecretManagement, SecretStore
BeforeDiscovery {
    Import-Module "$PSScriptRoot/Samples.psm1"
    $root = Split-Path (Split-Path $PSScriptRoot)
    $files = @(Get-Item "$root/README.md", "$root/CONTRIBUTING.md") + @(Get-ChildItem "$root/docs" `
        -Filter *.md) + @(Get-Item "$root/docs/en-US/about_DcrPowerShell.md")
    $pages = foreach ($file in $files) { @{ Page = $file.BaseName; Path = $file.FullName; Blocks = @(Get-CodeBlock $file.FullName) } }
}

BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Import-Module "$PSScriptRoot/Samples.psm1"
    Start-DcrTest
    $root = Split-Path (Split-Path $PSScriptRoot)
    $prompt = [regex]::new('^PS> (.*)$', 'Multiline')
    $tenant = @{
        connections     = @(@{ id = 'con_1'; name = 'Username-Password-Authentication'; strategy = 'auth0' })
        resourceServers = @(@{ identifier = 'https://api.example.com'; scopes = @(@{ value = 'read:items' }, @{ value = 'write:items' }) })
    }

    $document = @{ client_id = 'https://app.example.com/client.json'; client_name = 'My agent'; grant_types = @('authorization_code')
        redirect_uris = @('https://app.example.com/callback'); token_endpoint_auth_method = 'none' }

    function New-PageServer {
        $epic = @{
            grant          = @{ redirect_uris = @('https://app.example.com/smart'); token_endpoint_auth_method = 'none';
                grant_types = @('urn:ietf:params:oauth:grant-type:jwt-bearer') }
            operations     = @()
            omitFromAnswer = 'application_type', 'response_types'
            initialToken   = 'access-token-of-the-login'
        }
        # Where this machine's other authorities are not asked: elsewhere than on Linux the bank is met without TLS.
        $tls = @{}
        if (Get-Variable IsLinux -ValueOnly -ErrorAction SilentlyContinue) { $tls = @{ https = 'valid'; requireClientCertificate = $true } }
        @{
            'https://bank.example.com'      = New-TestServer ($tls + @{ statementAgeSeconds = 300; oneClientPerSoftware = $true;
                rotateToken = 'put' })
            'https://as.example.com'        = New-TestServer @{ secretExpiresAt = 'future' }
            'https://mcp.example.com'       = New-TestServer @{ resourcePath = '/mcp' }
            'https://ehr.example.com'       = New-TestServer @{ fhirPath = '/fhir/R4' }
            'https://fhir.example.org'      = New-TestServer @{ fhirPath = '/r4'; udap = @{} }
            'https://epic.example.com'      = New-TestServer $epic
            'https://example.okta.com'      = New-TestServer @{ dialect = 'okta'; okta = @{ apiToken = '00-not-a-real-api-token' } }
            'https://example.us.auth0.com'  = New-TestServer @{ dialect = 'auth0';
                tokenClient = @{ clientId = 'xTb6VAmq5r1JkR2eXyP0nZ8u'; clientSecret = 'cs-not-a-real-secret' };
                auth0 = @{ tenant = $tenant; documents = @{ $document.client_id = $document } } }
        }
    }

    # A line without what differs from run to run: ids, addresses, colours, the width of columns.
    function Get-Shape ($Line) {
        $Line -replace '\x1b\[[\d;]*m' -replace '(http://)?127\.0\.0\.1:\d+|(https://)?as\.example\.com',
            'SERVER' -creplace '\b[A-Za-z0-9]{20}\b', 'ID' -replace '\s+', ' ' -replace '-{3,}', '---' |
            ForEach-Object Trim
    }

    # What a person and the world outside do, said in PowerShell for the session that a page is typed into.
    $world = @'
        $ErrorActionPreference = 'Continue'
        $ConfirmPreference = 'None'    # a person says yes
        function Read-Host ($Prompt, [switch] $AsSecureString) {
            $answer = switch -Wildcard ($Prompt) {
                'API token' { '00-not-a-real-api-token' }
                'Client secret' { 'cs-not-a-real-secret' }
                'Initial access token' { 'any-token' }
                'Access token of the login' { 'access-token-of-the-login' }
                'Pass*' { 'correct horse battery staple' }
            }
            if ($AsSecureString) { ConvertTo-SecureString $answer -AsPlainText -Force } else { $answer }
        }

        function Install-Module ($Name) { if (-not (Get-Module $Name -ListAvailable)) { throw "There is no module $Name." } }

        # Azure.
        $env:TEMP = (New-Item $HOME/temp -ItemType Directory).FullName
        function Connect-AzAccount ([switch] $Identity) { }
        function Get-AzContext { [pscustomobject]@{ Subscription = [pscustomobject]@{ Id = [guid]::Empty } } }
        function New-AzStorageContext ($StorageAccountName, [switch] $UseConnectedAccount) { 'storage' }
        function Get-AzStorageBlobContent ($Context, $Container, $Blob, $Destination) { Copy-Item $Blob $Destination -Force }
        function Set-AzStorageBlobContent ($Context, $Container, $File, $Blob) { Copy-Item $File $Blob }
'@

    # What a page takes for granted, by the words of the block that it is done before.
    $before = @{
        # The administrator adds the key that was just made to the app.
        'Connect-DcrServer https://example.okta.com -ClientId' = {
            Set-TestServerSwitch $okta @{ tokenClient = @{ clientId = '0oa1gjh63g214q0Hq0g4'; jwks = @{ keys = @($key.Jwks.keys) } } }
        }
        # A resource of two authorization servers.
        '-Discovery Resource -Issuer https://as.example.com'   = {
            Set-TestServerSwitch $mcp @{ resourceOverrides = @{ authorization_servers = @($mcp.Issuer, $as.Issuer) } }
        }
        # What a trust community has issued.
        "CertificatePath = './certificate.pem'"                = {
            $null = New-TestUdapCertificate $udap https://app.acme.example/b2b -Path $PWD.Path
            Set-Content root.pem $udap.Communities[0].Anchor
        }
        './certification.jwt'                                  = {
            $certifier = ConvertTo-SecureString ([IO.File]::ReadAllText("$PWD/key.pem")) -AsPlainText -Force
            New-DcrSoftwareStatement Acme -Issuer certifier -PrivateKey $certifier | Set-Content certification.jwt
        }
        'Import-Csv ./servers.csv'                             = { Set-Content servers.csv FhirBase, "$($udap.Issuer)/r4" }
        './next/certificate.pem'                               = {
            $null = New-TestUdapCertificate $udap https://app.acme.example/b2b -Path "$PWD/next"
        }
        # Epic's CapabilityStatement.
        'Invoke-RestMethod "$fhirBase/metadata"'               = {
            function Invoke-RestMethod ($Uri, $Headers) {
                $register = @{ url = 'register'; valueUri = "$(([uri] $Uri).GetLeftPart('Authority'))/register" }
                $uris = @{ url = 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris'; extension = @($register) }
                @{ rest = @(@{ security = @{ extension = @($uris) } }) } | ConvertTo-Json -Depth 9 | ConvertFrom-Json
            }
        }
        # What the directory has issued, and the directory itself.
        'Convert-Path ./transport.pfx'                         = {
            $rsa = [Security.Cryptography.RSA]::Create(2048)
            $request = [Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=app', $rsa, 'SHA256',
                [Security.Cryptography.RSASignaturePadding]::Pkcs1)
            $made = $request.CreateSelfSigned([DateTimeOffset]::Now.AddDays(-1), [DateTimeOffset]::Now.AddDays(1))
            [IO.File]::WriteAllBytes((Join-Path $PWD transport.pfx), $made.Export('Pfx', 'correct horse battery staple'))
            Set-Content directory.pem @(
                '-----BEGIN PRIVATE KEY-----', [Convert]::ToBase64String($rsa.ExportPkcs8PrivateKey()), '-----END PRIVATE KEY-----')
            function Invoke-RestMethod ($Uri, $Method, $Certificate, $Body, $Headers) {
                if (-not $Certificate.HasPrivateKey) { throw 'a certificate is wanted' }
                if ($Uri -like '*/token' -and $Body.scope -eq 'directory:software') { return @{ access_token = 'directory-token' } }
                if ($Headers.Authorization -ne 'Bearer directory-token') { throw 'a token is wanted' }
                New-DcrSoftwareStatement -SoftwareId $software -Issuer directory -PrivateKeyPath directory.pem -Algorithm PS256
            }
        }
        'Import-Module ./tests/cmdlets/TestServer.psm1'        = { Set-Location $root }
        "-SummaryVariable summary`n`$summary"                  = {
            Set-Content tenants.csv 'ClientName,RedirectUri,Tenant', 'Bay,https://bay.example/cb,bay' }
        '# columns ClientName, RedirectUri and Tenant'         = {
            Set-Content tenants.csv 'ClientName,RedirectUri,Tenant', 'Bay,https://bay.example/cb,bay' }
        '$env:DCR_PASSPHRASE'                                  = {
            $env:DCR_PASSPHRASE = 'correct horse battery staple'
            Set-DcrStore -Protection Passphrase -Passphrase (ConvertTo-SecureString $env:DCR_PASSPHRASE -AsPlainText -Force)
        }
        'Get-Secret -Vault DcrStore -Name st-mary-portal-secret' = { $null = New-DcrClient 'St. Mary' https://st-mary.example/cb `
            -ClientSecretName st-mary-portal-secret }
        'Import-Csv ./clients.csv'                              = {
            Set-Content clients.csv 'ClientName,RedirectUri,Tenant', 'Hill,https://hill.example/cb,hill'
            Set-Content clients.json '[{"client_name":"Lake","redirect_uris":["https://lake.example/cb"],"tenant":"lake"}]'
            $moved = New-DcrClient Moved https://old.example/cb -Tenant moved
            Set-Content off.txt moved
            Set-Content off.csv Tenant, hill
            Set-Content moves.csv 'ClientId,RedirectUri', "$($moved.ClientId),https://new.example/cb"
        }
        'Get-Secret initial-access-token'                      = {
            Register-SecretVault DcrVault -ModuleName $testVault -AllowClobber
            Set-Secret initial-access-token any-token -Vault DcrVault
            Unregister-SecretVault DcrVault
        }
    }
}

AfterAll { Stop-DcrTest }

Describe '<Page>' -ForEach $pages {
    BeforeAll {
        if (-not $Blocks) { return }
        $servers = New-PageServer
        $addresses = @{}
        foreach ($name in $servers.Keys) { $addresses[$name] = $servers[$name].Issuer }
        $testVault = "$PSScriptRoot/vaults/DcrTestVault"
        $addresses['-ModuleName Az.KeyVault'] = "-ModuleName '$testVault'"

        $account = (New-Item (Join-Path $TestDrive "account-$Page") -ItemType Directory).FullName
        $results = Join-Path $account results.jsonl
        $script = [Text.StringBuilder]::new("$world`n")
        $null = $script.AppendLine("Import-Module '$PSScriptRoot/TestServer.psm1'; Start-TestServerHost")
        $null = $script.AppendLine("`$okta = [pscustomobject]@{ Id = '$($servers['https://example.okta.com'].Id)' }; `$testVault = '$testVault'; `$root = '$root'; Set-Location '$account'")
        foreach ($name in 'mcp', 'as') {
            $server = $servers["https://$name.example.com"]
            $null = $script.AppendLine("`$$name = [pscustomobject]@{ Id = '$($server.Id)'; Issuer = '$($server.Issuer)' }")
        }
        $null = $script.AppendLine("`$udap = ConvertFrom-Json '$($servers['https://fhir.example.org'] | ConvertTo-Json -Depth 3 -Compress)'")
        foreach ($block in $Blocks | Where-Object { -not $_.NotRun }) {
            # Of a session that is shown, what is typed.
            $typed = if ($prompt.IsMatch($block.Code)) { $prompt.Matches($block.Code).ForEach{ $_.Groups[1].Value } } else { , $block.Code }
            $preparation = $before.Keys | Where-Object { $block.Code.Contains($_) } | ForEach-Object { $before[$_] }
            $file = Join-Path $account "block-$($block.Number).json"
            [IO.File]::WriteAllText($file, (ConvertTo-Json @($typed | ForEach-Object { Use-TestAddress $_ $addresses })))
            $null = $script.AppendLine(@"
                Write-Host '@@ $($block.Number)'
                `$failed = [Collections.Generic.List[string]]::new()
                try {
                    $preparation
                    foreach (`$typed in ConvertFrom-Json ([IO.File]::ReadAllText('$file'))) {
                        . ([scriptblock]::Create(`$typed)) 2>&1 | ForEach-Object {
                            if (`$_ -is [Management.Automation.ErrorRecord]) { `$failed.Add("`$_") } else { `$_ }
                        } | Out-Default
                    }
                } catch { `$failed.Add("`$_") }
                `$ErrorActionPreference = 'Continue'
                [IO.File]::AppendAllText('$results', (ConvertTo-Json -Compress @{ number = $($block.Number); failed = @(`$failed) }) + "``n")
"@)
        }

        $control = & (Get-Module TestServer) { $script:Control }
        Save-TestServerCertificate (Join-Path $account authority.pem)
        $environment = @{
            SSL_CERT_FILE = Join-Path $account authority.pem
            HOME = $account; DCR_TEST_SERVER = $control; DCRPOWERSHELL_HOME = $null; XDG_DATA_HOME = $null; XDG_CONFIG_HOME = $null
            PSModulePath = (Join-Path $root out) + [IO.Path]::PathSeparator + $env:PSModulePath
        }
        $session = Wait-Pwsh (Start-Pwsh $script.ToString() -Module DcrPowerShell -Environment $environment)
        $outputs = @{}
        foreach ($part in [regex]::Matches($session.Output, '(?ms)^@@ (\d+)\n(.*?)(?=^@@ |\z)')) {
            $outputs[[int] $part.Groups[1].Value] = $part.Groups[2].Value }
        $failures = @{}
        Get-Content $results | ConvertFrom-Json | ForEach-Object { $failures[[int] $_.number] = @($_.failed) }
    }

    It 'works when typed: <Number>. <Title>' -ForEach $Blocks {
        if ($NotRun) {
            Get-SyntaxError $Code | Should -BeNullOrEmpty
            Set-ItResult -Skipped -Because $NotRun
        }

        $failures.Keys | Should -Contain $Number -Because "the session ended before it: $($session.Errors)"
        $failures[$Number] | Should -BeNullOrEmpty

        # What a page shows of a session is what comes; ids and addresses differ. Behind three dots there is more.
        if ($prompt.IsMatch($Code)) {
            $shown = $Code.Split("`n") | Where-Object { $_ -and -not $_.StartsWith('PS>') } | ForEach-Object { Get-Shape $_ } |
                ForEach-Object { $_ -replace ' \.\.\.$', '*' }
            $came = $outputs[$Number].Split("`n") | ForEach-Object { Get-Shape $_ }
            $shown | Where-Object { -not ($came -like $_) } | Should -BeNullOrEmpty -Because "this came: $($outputs[$Number])"
        }
    }

    It 'leads nowhere that is not there' {
        $folder = Split-Path $Path
        $links = [regex]::Matches([IO.File]::ReadAllText($Path), '\]\((?!https?:|#)(?<to>[^)#]+)').ForEach{ $_.Groups['to'].Value }
        $links | Where-Object { -not (Test-Path (Join-Path $folder $_)) } | Should -BeNullOrEmpty
    }
}

Describe 'The picture of README' {
    It 'shows what the commands write: tools/Picture/Picture.ps1 draws it' -Skip:($PSVersionTable.PSEdition -eq 'Desktop') {
        $drawn = Join-Path $TestDrive session.svg
        $output = Invoke-Pwsh -NoProfile -File (Join-Path $root tools/Picture/Picture.ps1) -Path $drawn
        $LASTEXITCODE | Should -Be 0 -Because "$output"
        [IO.File]::ReadAllText($drawn) | Should -BeExactly ([IO.File]::ReadAllText((Join-Path $root docs/session.svg)).Replace("`r`n",
            "`n"))
    }
}

Describe 'The help that is installed' {
    It 'names no file that only the repository has' {
        Get-ChildItem (Join-Path $root out/DcrPowerShell/en-US) -File | Select-String '\b\w+\.md\b' | ForEach-Object Line |
            Where-Object { $_ -notlike '*https://*' } |
            Should -BeNullOrEmpty
    }
}
