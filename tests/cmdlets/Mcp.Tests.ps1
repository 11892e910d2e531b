# Real MCP servers from npm, and servers from npm that take client ID metadata documents.
# Needs: Node
BeforeDiscovery {
    Import-Module "$PSScriptRoot/NodeServer.psm1"
    $obstacle = @('mcp', 'oidc-provider' | ForEach-Object { Install-NodeServer $_ })[0]
    if ($obstacle) { Write-Host "SKIPPED MCP servers: $obstacle" }
}

Describe 'An MCP server' -Skip:([bool] $obstacle) {
    BeforeAll {
        Import-Module "$PSScriptRoot/Common.psm1"
        Import-Module "$PSScriptRoot/NodeServer.psm1"
        Start-DcrTest
        $documents = (New-Item (Join-Path $TestDrive documents) -ItemType Directory).FullName
        $servers = Start-NodeServer mcp @{ MCP_SERVER_OPTIONS = @{ documents = $documents } }
        $oidc = (Start-OidcProvider @{ name = 'documents'; clientDocuments = $documents; scopes = 'openid', 'mcp:tools' }).documents.issuer

        # The code challenge and its verifier of RFC 7636, appendix B.
        $verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
        function Get-AuthorizeUrl ($Endpoint, $ClientId, $RedirectUri, $Scope) {
            "${Endpoint}?response_type=code&client_id=$([uri]::EscapeDataString($ClientId))&scope=$([uri]::EscapeDataString($Scope))" +
            "&redirect_uri=$([uri]::EscapeDataString($RedirectUri))&code_challenge_method=S256" +
            '&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&state=x'
        }

        # The answer to a GET, whatever its status, with no redirect followed.
        function Get-Answer ($Url) {
            $handler = [Net.Http.HttpClientHandler]::new()
            $handler.AllowAutoRedirect = $false
            $client = [Net.Http.HttpClient]::new($handler)
            try {
                $response = $client.GetAsync($Url).GetAwaiter().GetResult()
                [pscustomobject]@{ Status = [int] $response.StatusCode; Location = "$($response.Headers.Location)"
                    Body = $response.Content.ReadAsStringAsync().GetAwaiter().GetResult() }
            } finally { $client.Dispose() }
        }
    }

    AfterAll {
        Stop-NodeServer
        Stop-DcrTest
    }

    It 'of the SDK is connected to by its resource, and a client that is registered there gets in' {
        $resource = $servers.sdk.resource
        $connection = Connect-DcrServer -Discovery Resource $resource
        $connection.Resource | Should -BeExactly $resource
        $connection.Issuer | Should -BeExactly "$($servers.sdk.origin)/"
        $connection.ScopesSupported | Should -Be mcp:tools
        $connection.TakesClientDocuments | Should -BeFalse

        $client = New-DcrClient 'My agent' http://127.0.0.1:7777/callback -TokenEndpointAuthMethod none -Scope mcp:tools `
            -Tenant st-mary -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -BeLike '*no registration access token*' -Because 'the SDK has RFC 7591 alone'
        $client.RedirectUris | Should -Be http://127.0.0.1:7777/callback
        $client.Scope | Should -Be mcp:tools

        $callback = 'http://127.0.0.1:7777/callback'
        $code = (Get-Answer (Get-AuthorizeUrl "$($servers.sdk.origin)/authorize" $client.ClientId $callback mcp:tools)).Location
        $code | Should -BeLike 'http://127.0.0.1:7777/callback?code=*'
        $token = Invoke-RestMethod "$($servers.sdk.origin)/token" -Method Post -Body @{ grant_type = 'authorization_code'
            code = ([uri] $code).Query -replace '.*code=([^&]+).*', '$1'; client_id = $client.ClientId; code_verifier = $verifier
            redirect_uri = 'http://127.0.0.1:7777/callback' }
        $initialize = @{ jsonrpc = '2.0'; id = 1; method = 'initialize'; params = @{ protocolVersion = '2025-06-18'; capabilities = @{}
            clientInfo = @{ name = 'tests'; version = '0' } } } | ConvertTo-Json -Depth 5
        $answer = Invoke-RestMethod $resource -Method Post -ContentType application/json -Body $initialize -Headers @{
            Accept = 'application/json, text/event-stream'; Authorization = "Bearer $($token.access_token)" }
        $answer.result.serverInfo.name | Should -Be tests
    }

    It 'of the SDK says no more of a client: it is known here, and can be dropped' {
        $null = Connect-DcrServer -Discovery Resource $servers.sdk.resource
        $client = New-DcrClient 'Other agent' http://127.0.0.1:7777/callback -TokenEndpointAuthMethod none -WarningAction SilentlyContinue
        "$((Get-DcrClient $client.ClientId -WarningAction SilentlyContinue).State)" | Should -Be Unknown
        $null = Assert-Failure { Remove-DcrClient $client.ClientId -Confirm:$false } -Id OperationNotSupported -Category NotImplemented
        Remove-DcrClient $client.ClientId -StoreOnly -Confirm:$false
        Get-DcrClient -Offline | Where-Object ClientId -EQ $client.ClientId | Should -BeNullOrEmpty
    }

    It 'of the SDK gives a confidential client its secret' {
        $null = Connect-DcrServer -Discovery Resource $servers.sdk.resource
        $client = New-DcrClient Service https://app.example.com/callback -TokenEndpointAuthMethod client_secret_post `
            -WarningAction SilentlyContinue
        $client.SecretExpiry | Should -Be 'in 30 days'
        (ConvertTo-PlainText $client.ClientSecret).Length | Should -Be 64
    }

    It 'of workers-oauth-provider is connected to by its resource, and says that it takes documents' {
        $connection = Connect-DcrServer -Discovery Resource $servers.workers.resource
        $connection.TakesClientDocuments | Should -BeTrue
        (Test-DcrServer | Where-Object Name -EQ 'Client documents').Status | Should -Be Passed
        (New-DcrClient Agent https://app.example.com/callback -WarningAction SilentlyContinue).ClientName | Should -Be Agent
    }

    Context 'that takes documents' {
        BeforeAll {
            $key = New-DcrKey document-key ES256
            $key.Jwks | ConvertTo-Json -Depth 5 | Set-Content (Join-Path $documents jwks.json)
            $callback = 'https://app.example.com/callback'
            $common = @{ ClientName = 'My agent'; RedirectUri = $callback; ClientUri = 'https://app.example.com/' }
            function New-Document ($Name, [hashtable] $Further = @{}) {
                if (-not $Further['Scope']) { $Further['Scope'] = 'mcp:tools' }
                $null = New-DcrClientDocument -Uri "https://app.example.com/$Name.json" -Path (Join-Path $documents "$Name.json") `
                    @common @Further -WarningAction SilentlyContinue
            }
        }

        It 'takes one that was made here: <Name>' -ForEach @(
            @{ Name = 'public'; Further = @{} }
            @{ Name = 'named'; Further = @{ TokenEndpointAuthMethod = 'none'; GrantType = 'authorization_code', 'refresh_token' } }
            @{ Name = 'published-key'; Further = @{ JwksUri = 'https://app.example.com/jwks.json' } }
            @{ Name = 'own-key'; Further = @{ Jwks = '*' } }
        ) {
            if ($Further['Jwks']) { $Further['Jwks'] = $key.Jwks }
            New-Document $Name $Further
            $url = "https://app.example.com/$Name.json"
            $checks = Test-DcrClientDocument $url -Path (Join-Path $documents "$Name.json")
            $checks.Status | Should -Not -Contain Failed

            $known = Get-Answer (Get-AuthorizeUrl "$($servers.workers.origin)/authorize" $url $callback mcp:tools)
            $known.Status | Should -Be 200 -Because $known.Body
            $known = ConvertFrom-Json $known.Body
            $known.clientId | Should -BeExactly $url
            $known.clientName | Should -Be 'My agent'
            $known.redirectUris | Should -Be $callback
            $known.tokenEndpointAuthMethod | Should -Be $(if ($Name -like '*key') { 'private_key_jwt' } else { 'none' })

            # A redirect to where the user would sign in: the client is known.
            $answer = Get-Answer (Get-AuthorizeUrl "$oidc/auth" $url $callback mcp:tools)
            $answer.Status | Should -Be 303 -Because $answer.Body
            $answer.Location | Should -BeLike '*/interaction/*'
        }

        It 'refuses what Test-DcrClientDocument fails: <Why>' -ForEach @(
            @{ Why = 'another client_id'; Members = @{ client_id = 'https://app.example.com/other.json' }; Name = 'client_id' }
            @{ Why = 'a secret'; Members = @{ client_secret = 'not-a-real-secret' }; Name = 'Secrets' }
            @{ Why = 'a method with a secret'; Members = @{ token_endpoint_auth_method = 'client_secret_post' }; Name = 'Authentication' }
        ) {
            New-Document refused
            $path = Join-Path $documents refused.json
            $document = Get-Content $path -Raw | ConvertFrom-Json
            # Of a name of its own, because servers keep what they have fetched.
            $file = "refused-$($Name.ToLowerInvariant()).json"
            $document.client_id = "https://app.example.com/$file"
            foreach ($member in $Members.Keys) { $document | Add-Member $member $Members[$member] -Force }
            $document | ConvertTo-Json -Depth 5 | Set-Content (Join-Path $documents $file)

            $checks = Test-DcrClientDocument "https://app.example.com/$file" -Path (Join-Path $documents $file)
            ($checks | Where-Object Status -EQ Failed).Name | Should -Be $Name
            foreach ($endpoint in "$($servers.workers.origin)/authorize", "$oidc/auth") {
                $answer = Get-Answer (Get-AuthorizeUrl $endpoint "https://app.example.com/$file" $callback mcp:tools)
                $answer.Status | Should -BeGreaterOrEqual 400 -Because $answer.Location
            }
        }

        It 'refuses a scope that it does not know, which -Connection tells before' {
            $connection = Connect-DcrServer $oidc
            $connection.TakesClientDocuments | Should -BeTrue
            New-Document unknown-scope @{ Scope = 'mcp:tools', 'other' }
            $url = 'https://app.example.com/unknown-scope.json'
            (Test-DcrClientDocument $url -Path (Join-Path $documents unknown-scope.json) -Connection $connection)[-1].Found |
                Should -BeLike '*scopes_supported does not list other*'
            (Get-Answer (Get-AuthorizeUrl "$oidc/auth" $url $callback mcp:tools)).Body | Should -BeLike '*scope*'
        }
    }
}
