# Client ID metadata documents through the cmdlets; their rules are tested in Core, servers from npm that take them in Mcp.Tests.ps1.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $url = 'https://app.example.com/client.json'
    $agent = @{ ClientName = 'Agent'; RedirectUri = 'https://app.example.com/callback' }
}

AfterAll { Stop-DcrTest }

Describe 'New-DcrClientDocument' {
    It 'gives the text, without a connection' {
        $document = New-DcrClientDocument @agent -Uri $url -Scope mcp:tools, mcp:resources | ConvertFrom-Json
        $document.client_id | Should -BeExactly $url
        $document.scope | Should -Be 'mcp:tools mcp:resources'
        $document.token_endpoint_auth_method | Should -Be none
    }

    It 'writes a file that is ready to be published, and no half of one' {
        $path = Join-Path $TestDrive client.json
        $file = New-DcrClientDocument @agent -Uri $url -Path $path
        $file.FullName | Should -Be (Get-Item $path).FullName
        [IO.File]::ReadAllBytes($path)[0] | Should -Be ([byte][char] '{')
        $before = [IO.File]::ReadAllText($path)
        $null = Assert-Failure { New-DcrClientDocument @agent -Uri http://app.example.com/client.json -Path $path } `
            -Id InvalidClientMetadata -Category InvalidData -Message '*scheme is http*'
        New-DcrClientDocument @agent -Uri $url -Path $path -Scope other -WhatIf
        [IO.File]::ReadAllText($path) | Should -BeExactly $before
        $null = Assert-Failure { New-DcrClientDocument @agent -Uri $url -Path (Join-Path $TestDrive no/folder.json) } `
            -Id InventoryWriteFailed -Category WriteError
    }

    It 'makes one of each row, and of a client that is registered' {
        $rows = 'Uri,ClientName,RedirectUri,Path',
            "https://north.example/c.json,North,https://north.example/cb,$TestDrive/north.json",
            "https://hill.example/c.json,Hill,https://hill.example/cb,$TestDrive/hill.json" | ConvertFrom-Csv
        ($rows | New-DcrClientDocument).Name | Should -Be north.json, hill.json
        (Get-Content "$TestDrive/hill.json" -Raw | ConvertFrom-Json).client_id | Should -Be https://hill.example/c.json

        $null = New-ConnectedServer @{}
        $text = New-DcrClient @agent | New-DcrClientDocument -Uri $url -TokenEndpointAuthMethod none
        $document = $text | ConvertFrom-Json
        $document.client_name | Should -Be Agent
        $text | Should -Not -Match 'secret|registration_'
    }

    It 'keeps what a registered client has and no parameter names' {
        $null = New-ConnectedServer @{}
        $client = New-DcrClient @agent -LogoUri https://app.example.com/logo.png -Metadata @{ 'client_name#fr' = 'Agente' }
        $document = $client | New-DcrClientDocument -Uri $url -TokenEndpointAuthMethod none | ConvertFrom-Json
        $document.logo_uri | Should -Be https://app.example.com/logo.png
        $document.'client_name#fr' | Should -Be Agente
        $document.PSObject.Properties.Name | Should -Not -Contain contacts
    }

    It 'writes no second document where the first is, and none in the place of a folder' {
        $path = Join-Path $TestDrive one.json
        $rows = 'North', 'Hill' | ForEach-Object { [pscustomobject]@{ ClientName = $_; Path = $path } }
        $null = Assert-Failure { $rows | New-DcrClientDocument -Uri $url -RedirectUri https://app.example.com/cb } `
            -Id InventoryWriteFailed -Category WriteError -Message '*earlier row*'
        (Get-Content $path -Raw | ConvertFrom-Json).client_name | Should -Be North
        $null = Assert-Failure { New-DcrClientDocument @agent -Uri $url -Path $TestDrive } `
            -Id InventoryWriteFailed -Category WriteError -Message '*is a folder*'
    }

    It 'takes the public half of a key, and never the private one' {
        $key = New-DcrKey document-key ES256
        $document = New-DcrClientDocument @agent -Uri $url -Jwks $key.Jwks -WarningVariable warnings -WarningAction SilentlyContinue |
            ConvertFrom-Json
        $document.token_endpoint_auth_method | Should -Be private_key_jwt
        $document.jwks.keys[0].PSObject.Properties.Name | Should -Not -Contain d
        "$warnings" | Should -BeLike '*Auth0*'
        $private = @{ keys = @(Get-ApplicationSecret document-key | ConvertFrom-Json) }
        foreach ($skips in $false, $true) {
            $null = Assert-Failure { New-DcrClientDocument @agent -Uri $url -Jwks $private -SkipValidation:$skips } `
                -Id InvalidClientMetadata -Category InvalidData -Message '*private or symmetric*' }
    }

    It 'has no parameter that is of no use' {
        (Get-Command New-DcrClientDocument).Parameters.Keys | Where-Object { $_ -in 'Connection', 'ThrottleLimit', 'MaxFailures' } |
            Should -BeNullOrEmpty
    }
}

Describe 'Test-DcrClientDocument' {
    It 'judges a file, one object for each fault' {
        $path = Join-Path $TestDrive judged.json
        $null = New-DcrClientDocument @agent -Uri $url -Path $path
        $checks = Test-DcrClientDocument $url -Path $path
        $checks | Should -BeOfType ([DcrPowerShell.DcrCheck])
        $checks.Status | Select-Object -Unique | Should -Be Passed
        $checks.Connection | Select-Object -Unique | Should -Be $url
        (Test-DcrClientDocument https://app.example.com/other.json -Path $path | Where-Object Status -EQ Failed).Name | Should -Be client_id
        $null = Assert-Failure { Test-DcrClientDocument $url -Path (Join-Path $TestDrive none.json) } -Id InventoryReadFailed `
            -Category ReadError
    }

    It 'fetches what is published, as a server does: <Name>' -ForEach @(
        @{ Name = 'as it should be'; Document = @{}; Failed = 'URL', 'Address' }
        @{ Name = 'a redirect'; Document = @{ status = 302 }; Failed = 'URL', 'Address', 'Answer' }
        @{ Name = 'missing'; Document = @{ status = 404 }; Failed = 'URL', 'Address', 'Answer' }
        @{ Name = 'as text'; Document = @{ contentType = 'text/plain' }; Failed = 'URL', 'Address', 'Content type' }
        @{ Name = 'of no type'; Document = @{ contentType = $null }; Failed = 'URL', 'Address', 'Content type' }
        @{ Name = 'too long'; Document = @{ text = '{"client_id":"{url}","client_name":"' + 'a' * 5000 + '",' +
            '"redirect_uris":["https://app.example.com/cb"],"token_endpoint_auth_method":"none"}' }; Failed = 'URL', 'Address', 'Size' }
    ) {
        # Loopback addresses and http are faults of their own.
        $server = New-TestServer @{ clientDocument = $Document }
        $checks = Test-DcrClientDocument "$($server.Url)/client.json"
        ($checks | Where-Object Status -EQ Failed).Name | Should -Be $Failed
        $requests = @(Get-TestServerRequest $server)
        $requests.method | Should -Be GET
        $requests[0].headers.PSObject.Properties.Name | Should -Not -Contain Authorization
    }

    It 'says with -Connection what that server does with documents' {
        $path = Join-Path $TestDrive connected.json
        $null = New-DcrClientDocument @agent -Uri $url -Path $path
        $null = New-ConnectedServer @{ discoveryOverrides = @{ client_id_metadata_document_supported = $true } } @{ Name = 'takes' }
        $null = New-ConnectedServer @{} @{ Name = 'takes not' }
        (Test-DcrClientDocument $url -Path $path -Connection takes)[-1].Status | Should -Be Passed
        (Test-DcrClientDocument $url -Path $path -Connection 'takes not')[-1].Status | Should -Be Skipped

        $null = New-ConnectedServer @{ discoveryOverrides = @{ client_id_metadata_document_supported = $true
            scopes_supported = @('openid') } } @{ Name = 'listing' }
        $null = New-DcrClientDocument @agent -Uri $url -Path $path -Scope openid, mcp:tools
        $check = (Test-DcrClientDocument $url -Path $path -Connection listing)[-1]
        "$($check.Status): $($check.Found)" | Should -Be "Warning: The server's scopes_supported does not list mcp:tools (scope)."
    }

    It 'shows no password of a URL' {
        Test-DcrClientDocument https://me:hunter2@app.example.com/client.json | Format-List | Out-String | Should -Not -Match hunter2
    }
}

Describe 'New-DcrClient -DocumentUri' {
    BeforeAll {
        $document = @{ client_id = $url; client_name = 'Agent'; redirect_uris = @('https://app.example.com/callback')
            grant_types = @('authorization_code'); token_endpoint_auth_method = 'none' }
        $server = New-TestServer @{ dialect = 'auth0'; auth0 = @{ managementToken = @{}; managementLimit = $null
            documents = @{ $url = $document }; tenant = @{ settings = @{ client_id_metadata_document_supported = $true } } } }
        $null = Connect-DcrServer $server.Issuer -ManagementToken (ConvertTo-Secret $server.ManagementToken) -Name auth0
    }

    It 'has Auth0 register the client of a document, once for a tenant' {
        (Get-DcrServer -Name auth0).TakesClientDocuments | Should -BeTrue
        New-DcrClient -DocumentUri $url -Connection auth0 -WhatIf
        Get-TestServerRequest $server -Operation registerDocument | Should -BeNullOrEmpty
        $client = New-DcrClient -DocumentUri $url -Tenant st-mary -Connection auth0
        $client.ClientName | Should -Be Agent
        $client.Metadata['external_client_id'] | Should -Be $url
        (New-DcrClient -DocumentUri $url -Tenant st-mary -Connection auth0).ClientId | Should -Be $client.ClientId
        @(Get-TestServerRequest $server -Operation registerDocument).Count | Should -Be 1
        (Get-DcrClient $client.ClientId -Connection auth0).RedirectUris | Should -Be https://app.example.com/callback
        Remove-DcrClient $client.ClientId -Connection auth0 -Confirm:$false
        Get-TestServerClient $server | Should -BeNullOrEmpty
    }

    It 'refuses what cannot be, before anything is sent' {
        Clear-TestServerRequest $server
        $null = Assert-Failure { New-DcrClient Agent -DocumentUri $url -Connection auth0 } -Id InvalidClientMetadata -Category InvalidData `
            -Message '*client_name*cannot be used together*'
        $null = Assert-Failure { New-DcrClient -DocumentUri https://app.example.com/c.json?x=1 -Connection auth0 } `
            -Id InvalidClientMetadata -Category InvalidData -Message '*query*'
        $token = ConvertTo-SecureString secret -AsPlainText -Force
        $null = Assert-Failure { New-DcrClient -DocumentUri $url -InitialAccessToken $token -Connection auth0 } `
            -Id InvalidClientMetadata -Category InvalidData -Message '*and -DocumentUri cannot be used together*' `
            -Action '*-InitialAccessToken*'
        Get-TestServerRequest $server | Should -BeNullOrEmpty

        $other = New-ConnectedServer @{} @{ Name = 'standard' }
        $null = Assert-Failure { New-DcrClient -DocumentUri $url -Connection standard } -Id OperationNotSupported -Category NotImplemented `
            -Action '*TakesClientDocuments*'
        Get-TestServerRequest $other -Operation register | Should -BeNullOrEmpty
    }
}
