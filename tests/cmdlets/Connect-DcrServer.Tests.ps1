BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }
}

AfterAll { Stop-DcrTest }

Describe 'Connect-DcrServer' {
    It 'finds the registration endpoint of an issuer' {
        $server = New-TestServer
        $connection = Connect-DcrServer $server.Issuer

        $connection | Should -BeOfType DcrPowerShell.DcrConnection
        $connection.Issuer | Should -BeExactly $server.Issuer
        $connection.RegistrationEndpoint | Should -Be "$($server.Url)/register"
        $connection.Provider | Should -Be 'Standard'
        $connection.Credential | Should -Be 'None'
        $connection.Vault | Should -BeNullOrEmpty
        "$($connection.Capabilities)" | Should -Be 'Register, Read, Update, Delete'
        Get-TestServerRequest $server | ForEach-Object operation | Should -Be 'discovery'
    }

    It 'makes the connection the default one of this runspace' {
        $first = New-ConnectedServer
        $second = New-ConnectedServer
        (New-DcrClient @app).Issuer | Should -Be $second.Issuer
        Get-DcrServer | ForEach-Object Issuer | Should -Contain $first.Issuer
    }

    It 'finds the metadata of an issuer with a path at <_>' -ForEach 'oauthInsertion', 'openidInsertion', 'openidAppend' {
        $server = New-TestServer @{ issuerPath = '/tenant1'; discovery = @($_) }
        (Connect-DcrServer $server.Issuer).RegistrationEndpoint | Should -Be "$($server.Url)/tenant1/register"
    }

    It 'accepts an issuer that differs by its trailing slash, and says so' {
        $server = New-TestServer @{ issuerTrailingSlash = $true }
        $asked = $server.Issuer.TrimEnd('/')
        $verbose = Connect-DcrServer $asked -Verbose 4>&1 | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }
        (Get-DcrServer ([uri] $asked).Authority).Issuer | Should -BeExactly "$asked/"
        "$verbose" | Should -BeLike '*trailing slash*'
    }

    It 'asks nobody when the registration endpoint is given' {
        $server = New-TestServer @{ discovery = @() }
        $connection = Connect-DcrServer -RegistrationEndpoint "$($server.Url)/register"
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        $connection.Issuer | Should -Be "$($server.Url)/register"
        (New-DcrClient @app).Issuer | Should -Be "$($server.Url)/register"
    }

    It 'knows the connection by -Name, or else by host and path' {
        $server = New-TestServer @{ issuerPath = '/tenant1' }
        (Connect-DcrServer $server.Issuer).Name | Should -Be "$(([uri] $server.Url).Authority)/tenant1"
        (Connect-DcrServer $server.Issuer -Name test).Name | Should -Be 'test'
    }

    It 'puts a connection into the place of one with the same name' {
        $null = New-ConnectedServer @{} @{ Name = 'same' }
        $server = New-ConnectedServer @{} @{ Name = 'same' }
        (Get-DcrServer same).Issuer | Should -Be $server.Issuer
    }

    It 'sends the initial access token with registrations and nowhere else' {
        $server = New-ConnectedServer @{ initialToken = 'initial-token-of-the-test' } @{
            InitialAccessToken = ConvertTo-Secret 'initial-token-of-the-test' }
        (Get-DcrServer).Where({ $_.Issuer -eq $server.Issuer }).Credential | Should -Be 'InitialAccessToken'
        $null = New-DcrClient @app | Get-DcrClient | Set-DcrClient -Scope read

        $requests = Get-TestServerRequest $server
        $requests.Where({ $_.headers.PSObject.Properties['Authorization'] -and $_.headers.Authorization -eq 'Bearer initial-token-of-the-test' }).operation | Should -Be 'register'
        $requests.operation | Should -Contain 'update'
    }

    It 'takes no token as plain text' {
        $null = Assert-Failure { Connect-DcrServer https://as.example.com -InitialAccessToken 'text' } -Id InvalidSetup `
            -Category InvalidArgument -Message '-InitialAccessToken: plain text*' -Action '*AsSecureString*' -Terminating
    }

    It 'keeps what is registered in the local store, where no vault is named' {
        $server = New-ConnectedServer
        $client = New-DcrClient @app
        $client.Storage | Should -Be 'Local'
        (Get-KeptRecord $client).registration_access_token | Should -BeExactly (Get-TestServerClient $server).registrationAccessToken
        $connection = Get-DcrServer | Where-Object Issuer -eq $server.Issuer
        $connection.Vault | Should -BeNullOrEmpty
        $connection.Store | Should -Be $env:DCRPOWERSHELL_HOME
    }

    It 'takes either a vault or the local store, and either an issuer or an endpoint' {
        $null = Assert-Failure { Connect-DcrServer https://as.example.com -Vault TestStore -LocalStore } -Id VaultNotFound `
            -Category ObjectNotFound -Message '*-LocalStore*' -Terminating
        { Connect-DcrServer -Issuer https://as.example.com -RegistrationEndpoint https://as.example.com/register } |
            Should -Throw '*Parameter set cannot be resolved*'
    }

    It 'lets registration access tokens go to an -AllowedOrigin' {
        $other = New-TestServer
        $switches = @{ registrationClientUri = 'foreign'; foreignOrigin = $other.Url }
        $null = New-ConnectedServer $switches
        $client = New-DcrClient @app
        $null = Assert-Failure { Get-DcrClient $client.ClientId } -Id RegistrationUriRefused -Category SecurityError `
            -Message "*$($other.Url)*" -Action "*-AllowedOrigin $($other.Url)*"
        Get-TestServerRequest $other | Should -BeNullOrEmpty

        $null = New-ConnectedServer $switches @{ AllowedOrigin = $other.Url }
        $client = New-DcrClient @app
        # The other server does not know the client; that it was asked is the point.
        $null = Get-Failure { Get-DcrClient $client.ClientId }
        Get-TestServerRequest $other | ForEach-Object operation | Should -Be 'read'
    }

    It 'waits for an answer no longer than -TimeoutSec' {
        $server = New-TestServer @{ latencyMs = 60000 }
        $null = Assert-Failure { Connect-DcrServer $server.Issuer -TimeoutSec 1 } -Id RequestTimedOut -Category OperationTimeout `
            -Terminating
        $request = @(Get-TestServerRequest $server)
        $request | Should -HaveCount 1
        $request.status | Should -BeNullOrEmpty -Because 'the server has not answered yet'
    }

    It 'goes through -Proxy' {
        $server = New-TestServer
        $proxy = New-TestServer @{ issuer = $server.Issuer; discoveryOverrides = @{ registration_endpoint = "$($server.Url)/register" } }
        $null = Connect-DcrServer $server.Issuer -Proxy $proxy.Url
        (Get-TestServerRequest $proxy).target | Should -BeLike "$($server.Url)/.well-known/*"
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'gives a proxy the password of its address, and takes host:port' {
        $server = New-TestServer
        $proxy = New-TestServer @{ proxyCredential = 'us er:pass word'; issuer = $server.Issuer;
            discoveryOverrides = @{ registration_endpoint = "$($server.Url)/register" } }
        $address = "$($proxy.Url)" -replace '^http://' -replace '/$'
        (Connect-DcrServer $server.Issuer -Proxy "http://us%20er:pass%20word@$address").Issuer | Should -Be $server.Issuer
        $open = New-TestServer @{ issuer = $server.Issuer; discoveryOverrides = @{ registration_endpoint = "$($server.Url)/register" } }
        (Connect-DcrServer $server.Issuer -Proxy ("$($open.Url)" -replace '^http://' -replace '/$')).Issuer | Should -Be $server.Issuer
        $null = Assert-Failure { Connect-DcrServer $server.Issuer -Proxy 'ftp://proxy.example.com' } -Id ConnectionFailed `
            -Category ConnectionError -Message '-Proxy*' -Action '*http://host:port*' -Terminating
    }

    It 'says so where the proxy wants a password' {
        $proxy = New-TestServer @{ proxyCredential = 'user:password' }
        $null = Assert-Failure { Connect-DcrServer -RegistrationEndpoint "$($proxy.Url)/register" -Proxy $proxy.Url; New-DcrClient @app } `
            -Id ConnectionFailed -Category ConnectionError -Message '*407*' -Action '*-Proxy*'
    }
}

Describe 'A Connect-DcrServer that fails' {
    It 'leaves no default connection: <Name>' -ForEach @(
        @{ Name = 'no such server'; Connect = { Connect-DcrServer http://127.0.0.1:9/ } }
        @{ Name = 'no https'; Connect = { Connect-DcrServer http://as.example.com } }
        @{ Name = 'no URL at all'; Connect = { Connect-DcrServer '' } }
        @{ Name = 'a column that is not there'; Connect = { Connect-DcrServer $null } }
        @{ Name = 'a text that is no URL'; Connect = { Connect-DcrServer 'http://[' } }
        @{ Name = 'a token that is not there'; Connect = { Connect-DcrServer $issuer -InitialAccessToken $null } }
        @{ Name = 'a token in plain text'; Connect = { Connect-DcrServer $issuer -InitialAccessToken token-of-the-test } }
        @{ Name = 'a parameter that there is not'; Connect = { Connect-DcrServer $issuer -Bogus } }
        @{ Name = 'a provider that there is not'; Connect = { Connect-DcrServer $issuer -Provider Bogus } }
        @{ Name = 'a log that cannot be written'; Connect = { Connect-DcrServer $issuer -AuditPath "$TestDrive/none/audit.jsonl" } }
        @{ Name = 'nothing known offline'; Connect = { Connect-DcrServer https://as.example.com -Offline } }
    ) {
        $server = New-TestServer
        $connection = Connect-DcrServer $server.Issuer
        $issuer = $server.Issuer
        Get-Failure $Connect | Should -Not -BeNullOrEmpty
        Clear-TestServerRequest $server
        $null = Assert-Failure { New-DcrClient @app } -Id NotConnected -Category ConnectionError -Terminating
        Get-TestServerRequest $server | Should -BeNullOrEmpty

        # What was named is meant.
        New-DcrClient @app -Connection $connection | Should -BeOfType DcrPowerShell.DcrClient
        (Get-DcrServer).Name | Should -Contain $connection.Name
    }

    It 'shows no password of the URL and no plain text in the error: <Name>' -ForEach @(
        @{ Name = 'https'; Connect = { Connect-DcrServer 'https://ops:pa55word@as.example.com/' } }
        @{ Name = 'an endpoint'; Connect = { Connect-DcrServer -RegistrationEndpoint 'https://ops:pa55word@as.example.com/register' } }
        @{ Name = 'http'; Connect = { Connect-DcrServer 'http://ops:pa55word@as.example.com/?token=pa55word' } }
        @{ Name = 'no scheme'; Connect = { Connect-DcrServer 'ops:pa55word@as.example.com' } }
        @{ Name = 'a query'; Connect = { Connect-DcrServer 'http://as.example.com/?token=pa55word' } }
        @{ Name = 'a proxy, with a slash in it'; Connect = { Connect-DcrServer https://as.example.com -Proxy 'http://a:b/pa55word@p' } }
        @{ Name = 'an issuer likewise'; Connect = { Connect-DcrServer 'https://ops:x/pa55word@as.example.com' } }
        @{ Name = 'an initial access token'; Connect = { Connect-DcrServer https://as.example.com -InitialAccessToken pa55word } }
        @{ Name = 'an API token'; Connect = { Connect-DcrServer https://as.example.com -ApiToken pa55word } }
        @{ Name = 'a private key'; Connect = { Connect-DcrServer https://as.example.com -ClientId ops -PrivateKey pa55word } }
    ) {
        $Error.Clear()
        $failures = @(Get-Failure $Connect)
        foreach ($failure in $failures + @($Error)) {
            "$failure $($failure.TargetObject) $($failure.Exception) $($failure.ErrorDetails | Out-String)" |
                Should -Not -BeLike '*pa55word*'
            $failure | Select-Object * -ExcludeProperty InvocationInfo, ScriptStackTrace | Format-List * -Force | Out-String -Width 500 |
                Should -Not -BeLike '*pa55word*'
        }
    }

    It 'says that a placeholder is still in the URL: <_>' -ForEach 'Issuer', 'Resource', 'RegistrationEndpoint', 'Proxy' {
        $parameter = $_
        $url = @{ $parameter = 'https://<your-tenant>.example.com' }
        if ($parameter -eq 'Proxy') { $url.Issuer = 'https://as.example.com' }
        { Connect-DcrServer @url } | Should -Throw "*'$parameter'*Replace a placeholder*"
    }

    It 'is not what completion does' {
        $null = New-ConnectedServer
        $null = TabExpansion2 'Connect-DcrServer -Iss'
        $null = TabExpansion2 'Connect-DcrServer https://as.example.com -Provider A'
        $null = Get-Command Connect-DcrServer -Syntax
        $null = Get-Help Connect-DcrServer -Full
        New-DcrClient @app | Should -BeOfType DcrPowerShell.DcrClient
    }
}

Describe 'Connect-DcrServer refuses' {
    It 'an issuer that is not where it says: <Name>' -ForEach @(
        @{ Name = 'no metadata'; Switches = @{ discovery = @() };
            Message = '*/.well-known/oauth-authorization-server, */.well-known/openid-configuration (HTTP 404, not_found.*' }
        @{ Name = 'a page instead of JSON'; Switches = @{ faults = @(@{ on = 'discovery'; body = 'html'; times = 9 }) };
            Message = '*HTML*' }
        @{ Name = 'no registration endpoint'; Switches = @{ registrationEndpoint = 'missing' }; Message = '*no registration_endpoint*' }
        @{ Name = 'a registration endpoint over http'; Switches = @{ registrationEndpoint = 'plainHttp' };
            Message = '*not an absolute https URL*' }
    ) {
        $server = New-TestServer $Switches
        $null = Assert-Failure { Connect-DcrServer $server.Issuer } -Id DiscoveryFailed -Category InvalidData -Message $Message `
            -Action '*-RegistrationEndpoint*' -Terminating
    }

    It 'metadata of another issuer' {
        $server = New-TestServer @{ issuer = 'https://other.example.com' }
        $null = Assert-Failure { Connect-DcrServer $server.Url } -Id IssuerMismatch -Category InvalidData `
            -Message "*$($server.Url)*https://other.example.com*" -Action '*Connect-DcrServer https://other.example.com*' -Terminating
    }

    It 'plain http to another machine, before anything is sent' {
        $null = Assert-Failure { Connect-DcrServer http://as.example.com } -Id ConnectionFailed -Category ConnectionError `
            -Message '-Issuer*' -Action '*https*' -Terminating
    }

    It 'a certificate that this machine does not trust' {
        $server = New-TestServer @{ https = 'valid' }
        $null = Assert-Failure { Connect-DcrServer $server.Issuer } -Id TlsFailed -Category SecurityError -Action '*certificate*' `
            -Terminating
    }

    It 'to wait for a server that is not there' {
        $server = New-TestServer
        $server | Remove-TestServer
        $failure = Assert-Failure { Connect-DcrServer $server.Issuer } -Id ConnectionFailed -Category ConnectionError -Action '*network*' `
            -Terminating
        $failure.TargetObject | Should -Be $server.Issuer
    }

    It 'a token that is no bearer token: <Name>' -ForEach @(
        @{ Name = 'with a line break'; Token = "token-of-the-test`n" }
        @{ Name = 'with its scheme'; Token = 'Bearer token-of-the-test' }
        @{ Name = 'empty'; Token = '' }
    ) {
        $server = New-TestServer
        $secret = [Net.NetworkCredential]::new('', $Token).SecurePassword
        $failure = Assert-Failure { Connect-DcrServer $server.Issuer -InitialAccessToken $secret } -Id AccessTokenRejected `
            -Category AuthenticationError -Message '-InitialAccessToken*' -Terminating
        "$failure" | Should -Not -BeLike '*token-of-the-test*'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }
}
