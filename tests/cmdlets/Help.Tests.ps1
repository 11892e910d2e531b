# Every example of the help parses and runs, against loopback servers in the place of https://as.example.com and
# https://example.us.auth0.com.
# Needs: SecretManagement, SecretStore
BeforeDiscovery {
    Import-Module "$PSScriptRoot/Samples.psm1"
    $docs = Join-Path (Split-Path (Split-Path $PSScriptRoot)) 'docs/en-US'
    $examples = foreach ($page in Get-ChildItem $docs -Filter *-*.md) { Get-CodeBlock $page.FullName |
        ForEach-Object { $_ + @{ Page = $page.BaseName } } }
}

BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Import-Module "$PSScriptRoot/Samples.psm1"
    Start-DcrTest -Vault
    Unregister-SecretVault TestStore
    Register-SecretVault DcrVault -ModuleName Microsoft.PowerShell.SecretStore -DefaultVault
    $script:ConfirmPreference = 'None'

    $curve = [Security.Cryptography.ECCurve+NamedCurves]::nistP256
    $adminKey = [Security.Cryptography.ECDsa]::Create($curve).ExportPkcs8PrivateKeyPem()

    # Runspaces that an example makes find the module as an installed one is found.
    $env:PSModulePath = (Join-Path (Split-Path (Split-Path $PSScriptRoot)) 'out') + [IO.Path]::PathSeparator + $env:PSModulePath
}

AfterAll {
    Stop-DcrTest
}

Describe 'The help' {
    It 'has examples' {
        @(Get-Command -Module DcrPowerShell | Where-Object { -not (Get-Help $_.Name).examples }) | Should -BeNullOrEmpty
    }

    It 'has words for <_>' -ForEach @('Connect-DcrServer', 'New-DcrClient', 'about_DcrPowerShell') {
        Get-Help $_ -Full | Out-String | Should -Match 'registration access token'
    }
}

Describe '<Page>' -ForEach ($examples | Group-Object { $_.Page } | ForEach-Object { @{ Page = $_.Name; Examples = $_.Group } }) {
    BeforeEach {
        # A local store of its own, because an example may protect or lock it; and somebody who types a passphrase.
        $env:DCRPOWERSHELL_HOME = Join-Path $HOME ([guid]::NewGuid())
        function Read-Host { ConvertTo-SecureString 'correct horse battery staple' -AsPlainText -Force }

        # What the pages take for granted: an open server with two clients, one with an initial access token, and credentials in the vault.
        # Of servers and vault, what the example names.
        $isReset = $Page -eq 'Reset-DcrClientSecret'
        if ($isReset -or $Code -match 'Vault|Secret') { Reset-TestStore -KeepLedger }
        $okta = $gated = $tenant = $fhir = $null
        $switches = @{ secretExpiresAt = 'future'; rotateSecret = if ($isReset) { 'put' } else { 'none' } }
        $open = New-TestServer ($switches + @{ resourcePath = '/mcp'; clientDocument = @{} })
        # As Epic does: the registration of the software says the rest.
        $grant = if ($Page -eq 'New-DcrClient') { @{ redirect_uris = @('https://app.example.com/cb');
            token_endpoint_auth_method = 'none' } }
        if ($Code.Contains('https://as.example.com/tenant1')) {
            $gated = New-TestServer ($switches + @{ issuerPath = '/tenant1'; initialToken = 'initial-token-0001'; grant = $grant })
        }

        $document = @{ client_id = 'https://app.example.com/client.json'; client_name = 'My agent'; grant_types = @('authorization_code')
            redirect_uris = @('https://app.example.com/callback'); token_endpoint_auth_method = 'none' }
        if ($Code -match 'auth0') {
            $tenant = New-TestServer @{ dialect = 'auth0';
                auth0 = @{ managementToken = @{}; documents = @{ $document.client_id = $document } } }
        }

        $secrets = @{ 'as-initial-access-token' = 'initial-token-0001'; 'okta-api-token' = '00-not-a-real-api-token';
            'auth0-management-token' = if ($tenant) { $tenant.ManagementToken }; 'admin-key' = $adminKey;
            'backup-passphrase' = 'correct horse battery staple';
            'wso2-admin' = [pscredential]::new('admin', (ConvertTo-SecureString admin -AsPlainText -Force)) }
        foreach ($secret in $secrets.Keys | Where-Object { $secrets[$_] -and ($Code.Contains($_) -or $isReset) }) {
            Set-Secret $secret -Vault DcrVault -Secret $secrets[$secret] }
        Get-DcrServer | Disconnect-DcrServer
        $null = Connect-DcrServer $open.Issuer
        $seeds = @(
            @{ ClientId = 's6BhdRkq'; ClientName = 'Patient Portal'; Tenant = 'st-mary'; Host = 'portal.st-mary.example' }
            @{ ClientId = 'kQXli5ll'; ClientName = 'Lakeside Portal'; Tenant = 'lakeside'; Host = 'portal.lakeside.example' }
        )
        foreach ($seed in $seeds | Where-Object { $Page -ne 'New-DcrClient' }) {
            Set-TestServerSwitch $open @{ fixedClientId = $seed.ClientId }
            $null = New-DcrClient $seed.ClientName "https://$($seed.Host)/callback" -Tenant $seed.Tenant -Scope openid, profile `
                -TosUri "https://$($seed.Host)/terms"
        }

        Set-TestServerSwitch $open @{ fixedClientId = $null }
        if ($isReset -or $Code.Contains('okta')) {
            $okta = New-TestServer @{ dialect = 'okta'; fixedClientId = '0oa1gjh63g214q0Hq0g4';
                okta = @{ apiToken = '00-not-a-real-api-token' } }
        }

        if ($Code -match 'fhir\.example\.org|certificate\.pem') { $fhir = New-TestServer @{ fhirPath = '/r4'; udap = @{} } }
        if ($isReset) {
            $organisation = Connect-DcrServer $okta.Issuer -ApiToken (Get-Secret okta-api-token)
            $null = New-DcrClient 'Patient Portal' https://portal.example.com/cb -Connection $organisation
            Disconnect-DcrServer $organisation
            $null = Connect-DcrServer $open.Issuer
        }

        $folder = New-Item (Join-Path $HOME ([guid]::NewGuid())) -ItemType Directory
        Push-Location $folder
        Set-Content clients.csv 'Tenant,ClientName,RedirectUri', 'st-mary,Patient Portal,https://portal.st-mary.example/callback',
            'lakeside,Lakeside Portal,https://new.lakeside.example/callback'
        if ($Code.Contains('certificate.pem')) {
            $null = New-TestUdapCertificate $fhir https://app.example.com/client -Path $folder.FullName
            Set-Content root.pem $fhir.Communities[0].Anchor
            Set-Secret community-key -Vault DcrVault -Secret (Get-Content key.pem -Raw)
        }
    }

    AfterEach {
        Pop-Location
        $open, $gated, $tenant, $okta, $fhir | Where-Object { $_ } | Remove-TestServer
        $env:DCRPOWERSHELL_HOME = $null
    }

    It 'runs: <Title>' -ForEach $Examples {
        $places = @{
            'https://as.example.com/tenant1' = $gated
            'https://as.example.com'         = $open
            'https://example.okta.com'       = $okta
            'https://example.us.auth0.com'   = $tenant
            'https://mcp.example.com'        = $open
            'https://fhir.example.org'       = $fhir
            'https://agent.example.com'      = $open
        }
        $addresses = @{}
        foreach ($name in $places.Keys | Where-Object { $places[$_] }) { $addresses[$name] = $places[$name].Issuer }
        $local = Use-TestAddress $Code $addresses
        Get-SyntaxError $local | Should -BeNullOrEmpty

        $ErrorActionPreference = 'Continue'
        $output = . ([scriptblock]::Create($local)) 2>&1

        # An example may show a failure: then its page shows the words of it too.
        $shown = $Text -replace '\s+', ' '
        $unexpected = $output | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] } |
            Where-Object { -not $shown.Contains(("$_" -replace '\s+', ' ').Substring(0, [Math]::Min(40, "$_".Length))) }
        $unexpected | ForEach-Object { "$_" } | Should -BeNullOrEmpty
    }
}
