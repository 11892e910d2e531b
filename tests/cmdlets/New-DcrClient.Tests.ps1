BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }
}

AfterAll { Stop-DcrTest }

Describe 'New-DcrClient' {
    BeforeAll { $server = New-ConnectedServer }

    It 'registers a client, keeps it, and gives it' {
        $client = New-DcrClient App https://app.example.com/callback -Tenant contoso
        $known = Get-TestServerClient $server $client.ClientId

        $client | Should -BeOfType DcrPowerShell.DcrClient
        $client.ClientId | Should -Be $known.clientId
        $client.ClientName | Should -Be 'App'
        $client.Tenant | Should -Be 'contoso'
        $client.Issuer | Should -Be $server.Issuer
        $client.RedirectUris | Should -Be 'https://app.example.com/callback'
        $client.GrantTypes | Should -Be 'authorization_code'
        $client.ResponseTypes | Should -Be 'code'
        $client.TokenEndpointAuthMethod | Should -Be 'client_secret_basic'
        $client.ApplicationType | Should -Be 'web'
        $client.SecretExpiry | Should -Be 'never'
        $client.IssuedAt.ToUnixTimeSeconds() | Should -Be $known.clientIdIssuedAt
        $client.RegistrationClientUri | Should -Be $known.registrationClientUri
        ConvertTo-PlainText $client.ClientSecret | Should -BeExactly $known.clientSecret
        ConvertTo-PlainText $client.RegistrationAccessToken | Should -BeExactly $known.registrationAccessToken
        $client.Metadata['client_secret'] | Should -BeNullOrEmpty
        "$client" | Should -Be "App ($($client.ClientId))"

        $record = Get-KeptRecord $client
        $record.issuer | Should -Be $server.Issuer
        $record.client_id | Should -Be $client.ClientId
        $record.client_name | Should -Be 'App'
        $record.tenant | Should -Be 'contoso'
        $record.registration_client_uri | Should -Be $known.registrationClientUri
        $record.registration_access_token | Should -BeExactly $known.registrationAccessToken
        $record.client_secret | Should -BeExactly $known.clientSecret
        $record.metadata.redirect_uris | Should -Be 'https://app.example.com/callback'
        $client.SecretName | Should -Match '^dcr-127-0-0-1-[0-9a-z-]+-[a-z2-7]{10}$'
    }

    It 'sends only what was named' {
        $null = New-DcrClient @app -Tenant contoso
        (Get-SentMetadata $server).PSObject.Properties.Name | Should -Be 'client_name', 'redirect_uris'
    }

    It 'sends -<Parameter> as <Member>, and takes it under that name too' -ForEach @(
        @{ Parameter = 'ClientName'; Member = 'client_name'; Value = 'Ωmega' }
        @{ Parameter = 'RedirectUri'; Member = 'redirect_uris'; Value = 'https://a.example.com/1', 'https://a.example.com/2' }
        @{ Parameter = 'GrantType'; Member = 'grant_types'; Value = 'authorization_code', 'refresh_token' }
        @{ Parameter = 'ResponseType'; Member = 'response_types'; Value = @('code') }
        @{ Parameter = 'TokenEndpointAuthMethod'; Member = 'token_endpoint_auth_method'; Value = 'client_secret_post' }
        @{ Parameter = 'ApplicationType'; Member = 'application_type'; Value = 'web' }
        @{ Parameter = 'Scope'; Member = 'scope'; Value = 'read', 'write'; Sent = 'read write' }
        @{ Parameter = 'Contact'; Member = 'contacts'; Value = 'admin@example.com', 'help@example.com' }
        @{ Parameter = 'ClientUri'; Member = 'client_uri'; Value = 'https://app.example.com/' }
        @{ Parameter = 'LogoUri'; Member = 'logo_uri'; Value = 'https://app.example.com/logo.png' }
        @{ Parameter = 'TosUri'; Member = 'tos_uri'; Value = 'https://app.example.com/terms' }
        @{ Parameter = 'PolicyUri'; Member = 'policy_uri'; Value = 'https://app.example.com/privacy' }
        @{ Parameter = 'JwksUri'; Member = 'jwks_uri'; Value = 'https://app.example.com/keys' }
        @{ Parameter = 'SoftwareId'; Member = 'software_id'; Value = 'b7ed1bb1' }
        @{ Parameter = 'SoftwareVersion'; Member = 'software_version'; Value = '1.10' }
        @{ Parameter = 'PostLogoutRedirectUri'; Member = 'post_logout_redirect_uris'; Value = @('https://app.example.com/bye') }
    ) {
        if (-not (Test-Path variable:Sent)) { $Sent = $Value }
        foreach ($name in $Parameter, $Member) {
            $arguments = @{ RedirectUri = $app.RedirectUri }
            if ($Parameter -eq 'RedirectUri') { $arguments.Clear() }
            $arguments[$name] = $Value
            $client = New-DcrClient @arguments
            (Get-SentMetadata $server).$Member | Should -BeExactly $Sent -Because "-$name carried it"
            $client.Metadata[$Member] | Should -BeExactly $Sent
        }
    }

    It 'sends -SoftwareStatement as software_statement' {
        # A statement is a signed JWT; this server reads its claims without checking the signature.
        $part = { [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($args[0])).TrimEnd('=').Replace('+', '-').Replace('/', '_') }
        $statement = "$(& $part '{"alg":"none"}').$(& $part '{"software_id":"from-the-statement"}')."
        (New-DcrClient @app -SoftwareStatement $statement).Metadata['software_id'] | Should -Be 'from-the-statement'
        (Get-SentMetadata $server).software_statement | Should -BeExactly $statement
    }

    It 'takes -Jwks as <Form>' -ForEach @(
        @{ Form = 'a hashtable'; Jwks = @{ keys = @(@{ kty = 'EC'; crv = 'P-256'; x = 'eA'; y = 'eQ' }) } }
        @{ Form = 'an object'; Jwks = [pscustomobject]@{ keys = @([pscustomobject]@{ kty = 'EC'; crv = 'P-256'; x = 'eA'; y = 'eQ' }) } }
        @{ Form = 'JSON text'; Jwks = '{ "keys": [ { "kty": "EC", "crv": "P-256", "x": "eA", "y": "eQ" } ] }' }
    ) {
        $client = New-DcrClient @app -TokenEndpointAuthMethod private_key_jwt -Jwks $Jwks
        (Get-SentMetadata $server).jwks.keys[0].crv | Should -Be 'P-256'
        $client.ClientSecret | Should -BeNullOrEmpty
        "$($client.SecretExpiry)" | Should -BeNullOrEmpty
    }

    It 'takes no member from -Metadata under the name of a parameter: <Name>' -ForEach @(
        @{ Name = 'RedirectUri'; Member = 'redirect_uris'; Parameter = 'RedirectUri' }
        @{ Name = 'redirectUris'; Member = 'redirect_uris'; Parameter = 'RedirectUri' }
        @{ Name = 'ClientUri'; Member = 'client_uri'; Parameter = 'ClientUri' }
        @{ Name = 'Scope'; Member = 'scope'; Parameter = 'Scope' }
    ) {
        $failure = Assert-Failure { New-DcrClient @app -Metadata @{ $Name = 'x' } } -Id InvalidClientMetadata `
            -Category InvalidData -Message "*has a member '$Name', which servers know as $Member. Nothing was sent."
        $failure.ErrorDetails.RecommendedAction | Should -Be "Write $Member, or give -$Parameter."
        { New-DcrClient @app -Metadata @{ $Name = 'x' } -SkipValidation -ErrorAction Stop } | Should -Not -Throw
    }

    It 'sends any other member from -Metadata as <Form>' -ForEach @(
        @{ Form = 'a hashtable'; Metadata = @{ 'client_name#ja' = 'アプリ'; default_max_age = 300;
            custom = @{ deep = @(1, $true, $null, 'x') } } }
        @{ Form = 'an object'; Metadata = [pscustomobject]@{ 'client_name#ja' = 'アプリ'; default_max_age = 300;
            custom = [pscustomobject]@{ deep = @(1, $true, $null, 'x') } } }
        @{ Form = 'JSON text'; Metadata = '{ "client_name#ja": "アプリ", "default_max_age": 300, "custom": { "deep": [1, true, null, "x"] } }' }
    ) {
        $client = New-DcrClient @app -Metadata $Metadata
        $sent = Get-SentMetadata $server
        $sent.'client_name#ja' | Should -BeExactly 'アプリ'
        $sent.default_max_age | Should -Be 300
        ConvertTo-Json $sent.custom.deep -Compress | Should -Be '[1,true,null,"x"]'
        $client.Metadata['client_name#ja'] | Should -BeExactly 'アプリ'
        $client.Metadata['custom']['deep'] | Should -Be 1, $true, $null, 'x'
    }

    It 'splits a text with several values: <_>' -ForEach 'https://a.example.com/ https://b.example.com/',
        'https://a.example.com/;https://b.example.com/', "https://a.example.com/ ;`n https://b.example.com/" {
        (New-DcrClient App $_).RedirectUris | Should -Be 'https://a.example.com/', 'https://b.example.com/'
    }

    It 'keeps a response type of several words whole' {
        (New-DcrClient @app -GrantType authorization_code, implicit -ResponseType 'code id_token').ResponseTypes |
            Should -BeExactly 'code id_token'
    }

    It 'gives the application its own copy of the secret under -ClientSecretName' {
        $client = New-DcrClient @app -ClientSecretName app-secret
        Get-ApplicationSecret app-secret | Should -BeExactly (Get-TestServerClient $server $client.ClientId).clientSecret
    }

    It 'says so when there is no secret to copy' {
        $null = New-DcrClient @app -TokenEndpointAuthMethod none -ClientSecretName no-secret -WarningVariable warnings `
            -WarningAction SilentlyContinue
        "$warnings" | Should -BeLike '*no client secret*no-secret*'
        Get-ApplicationSecret no-secret | Should -BeNullOrEmpty
    }

    It 'uses the connection of -Connection, by <How>' -ForEach @(
        @{ How = 'name'; Given = { 'there' } }
        @{ How = 'object'; Given = { Get-DcrServer there } }
    ) {
        $there = New-ConnectedServer @{} @{ Name = 'there' }
        $null = Connect-DcrServer $server.Issuer
        (New-DcrClient @app -Connection (& $Given)).Issuer | Should -Be $there.Issuer
    }

    It 'sends nothing and keeps nothing with -WhatIf' {
        Clear-TestServerRequest $server
        $before = Get-KeptId
        New-DcrClient @app -WhatIf | Should -BeNullOrEmpty
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        Get-KeptId | Should -Be $before
    }

    It 'tells with -Verbose what it sends where, and nothing of what is in it' {
        $verbose = "$(New-DcrClient @app -Verbose 4>&1 | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] })"
        $verbose | Should -BeLike "*POST $($server.Url)/register - 201 in * ms*"
        $verbose | Should -Not -BeLike '*app.example.com*'
    }

    It 'shows in Changes, and in one warning, what was granted otherwise' {
        $null = New-ConnectedServer @{ dropScope = @('admin'); grant = @{ token_endpoint_auth_method = 'client_secret_post' } }
        $client = New-DcrClient @app -Scope read, admin -TokenEndpointAuthMethod client_secret_basic -WarningVariable warnings `
            -WarningAction SilentlyContinue
        $client.Changes.Name | Should -Be 'token_endpoint_auth_method', 'scope'
        $client.Changes[0].Asked | Should -Be 'client_secret_basic'
        $client.Changes[0].Granted | Should -Be 'client_secret_post'
        $warnings.Count | Should -Be 1
        "$warnings" | Should -BeLike "*token_endpoint_auth_method: asked for 'client_secret_basic', granted 'client_secret_post'; scope: asked for 'read admin', granted 'read'*"
        (New-DcrClient @app -Scope read).Changes.Count | Should -Be 0
    }
}
