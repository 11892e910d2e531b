BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
}

AfterAll { Stop-DcrTest }

Describe 'Rows of a CSV file' {
    BeforeAll { $server = New-ConnectedServer }

    BeforeEach { Clear-TestServerRequest $server }

    It 'become clients' {
        $file = Join-Path $TestDrive clients.csv
        Set-Content $file -Encoding utf8 -Value @(
            'ClientName,RedirectUri,Scope,Tenant,ClientSecretName,SoftwareId,LogoUri'
            'One,https://one.example.com/a;https://one.example.com/b,read write,clinic-1,one-secret,,'
            'Zwölf,https://two.example.com/a https://two.example.com/b,,clinic-2,,soft-2,https://two.example.com/logo.png'
        )
        $clients = Import-Csv $file -Encoding utf8 | New-DcrClient -ThrottleLimit 1
        $clients.ClientName | Should -Be 'One', 'Zwölf'
        $clients.Tenant | Should -Be 'clinic-1', 'clinic-2'
        $clients[0].RedirectUris | Should -Be 'https://one.example.com/a', 'https://one.example.com/b'
        $clients[1].RedirectUris | Should -Be 'https://two.example.com/a', 'https://two.example.com/b'
        $clients[0].Scope | Should -Be 'read', 'write'
        Get-ApplicationSecret one-secret | Should -BeExactly (ConvertTo-PlainText $clients[0].ClientSecret)

        $sent = Get-TestServerRequest $server | ForEach-Object { ($_.body | ConvertFrom-Json).PSObject.Properties.Name -join ' ' }
        $sent | Should -Be 'client_name redirect_uris scope', 'client_name redirect_uris logo_uri software_id'
    }

    It 'carry nothing over from one row to the next' {
        $rows = 'ClientName,RedirectUri,Scope', 'One,https://one.example.com/,read', 'Two,https://two.example.com/,' | ConvertFrom-Csv
        ($rows | New-DcrClient -ThrottleLimit 1)[1].Scope | Should -BeNullOrEmpty
        (Get-SentMetadata $server).PSObject.Properties.Name | Should -Be 'client_name', 'redirect_uris'
    }

    It 'may have columns that mean nothing here' {
        $row = 'ClientName,RedirectUri,Region,Owner', 'One,https://one.example.com/,EU,me' | ConvertFrom-Csv
        $null = $row | New-DcrClient
        (Get-SentMetadata $server).PSObject.Properties.Name | Should -Be 'client_name', 'redirect_uris'
    }

    It 'go together with what was typed, which holds for all' {
        $rows = 'ClientName,RedirectUri', 'One,https://one.example.com/', 'Two,https://two.example.com/' | ConvertFrom-Csv
        $clients = $rows | New-DcrClient -Scope read -Tenant shared
        $clients.Tenant | Should -Be 'shared', 'shared'
        $clients.Scope | Should -Be 'read', 'read'
    }

    It 'fail one by one: the other rows go on' {
        $rows = 'ClientName,RedirectUri', 'One,https://one.example.com/', 'Two,https://two.example.com/', 'Three,three',
            'Four,https://four.example.com/', 'Five,https://five.example.com/' | ConvertFrom-Csv
        $clients = $rows | New-DcrClient -ErrorAction SilentlyContinue -ErrorVariable failures
        $clients.ClientName | Sort-Object { $rows.ClientName.IndexOf($_) } | Should -Be 'One', 'Two', 'Four', 'Five'
        $failures.Count | Should -Be 1
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'InvalidRedirectUri,*'
        $failures[0].TargetObject.ClientName | Should -Be 'Three' -Because 'the row itself is what has to be run again'
        Get-KeptId | Where-Object { $_ -in $clients.ClientId } | Should -HaveCount 4
    }

    It 'end at the first failure with -ErrorAction Stop, and what was made before is kept' {
        $refusing = New-ConnectedServer @{ faults = @(@{ on = 'register'; status = 400; error = 'invalid_client_metadata';
            errorDescription = 'no more'; skip = 1 }) }
        $rows = 'ClientName,RedirectUri', 'One,https://one.example.com/', 'Two,https://two.example.com/',
            'Three,https://three.example.com/' | ConvertFrom-Csv
        $made = [System.Collections.ArrayList]::new()
        { $rows | New-DcrClient -ThrottleLimit 1 -ErrorAction Stop | ForEach-Object { $null = $made.Add($_) } } | Should -Throw '*no more*'
        $made.ClientName | Should -Be 'One'
        (Get-KeptRecord $made[0]).client_name | Should -Be 'One'
        @(Get-TestServerRequest $refusing -Operation register).Count | Should -Be 2 -Because 'the third is not sent'
        $null = Connect-DcrServer $server.Issuer
    }
}

Describe 'JSON objects with wire names' {
    BeforeAll { $server = New-ConnectedServer }

    BeforeEach { Clear-TestServerRequest $server }

    It 'become clients, with further registered members and language tags' {
        $client = '{
            "client_name": "App", "client_name#ja": "アプリ", "client_name#de-AT": "Anwendung",
            "redirect_uris": ["https://app.example.com/1", "https://app.example.com/2"],
            "grant_types": ["authorization_code", "refresh_token"], "scope": "read write", "contacts": ["admin@example.com"],
            "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [ { "kty": "EC", "crv": "P-256", "x": "eA", "y": "eQ" } ] },
            "default_max_age": 300, "require_auth_time": true, "subject_type": "pairwise", "default_acr_values": ["a", "b"],
            "backchannel_logout_uri": "https://app.example.com/logout", "owner": "not client metadata"
        }' | ConvertFrom-Json | New-DcrClient

        $sent = Get-SentMetadata $server
        $sent.PSObject.Properties.Name | Sort-Object | Should -Be @('backchannel_logout_uri', 'client_name', 'client_name#de-AT',
            'client_name#ja', 'contacts', 'default_acr_values', 'default_max_age', 'grant_types', 'jwks', 'redirect_uris',
            'require_auth_time', 'scope', 'subject_type', 'token_endpoint_auth_method' | Sort-Object)
        $sent.'client_name#ja' | Should -BeExactly 'アプリ'
        $sent.default_max_age | Should -Be 300
        $sent.require_auth_time | Should -BeTrue
        $sent.jwks.keys[0].kty | Should -Be 'EC'
        $client.RedirectUris.Count | Should -Be 2
        (Get-KeptRecord $client).metadata.'client_name#de-AT' | Should -BeExactly 'Anwendung'
    }

    It 'that are null or empty texts are not sent' {
        $null = '{ "client_name": "App", "redirect_uris": ["https://app.example.com/"], "scope": null, "tos_uri": "", "subject_type": null, "contacts": null }' |
            ConvertFrom-Json | New-DcrClient
        (Get-SentMetadata $server).PSObject.Properties.Name | Should -Be 'client_name', 'redirect_uris'
    }

    It 'that are empty arrays are sent as such' {
        $null = '{ "client_name": "Service", "grant_types": ["client_credentials"], "response_types": [], "redirect_uris": [] }' |
            ConvertFrom-Json | New-DcrClient
        $sent = Get-SentMetadata $server
        $sent.PSObject.Properties.Name | Should -Contain 'response_types'
        $sent.PSObject.Properties.Name | Should -Contain 'redirect_uris'
    }

    It 'round a trip: what Get-DcrClient has as Metadata makes another client' {
        $first = New-DcrClient App https://app.example.com/ -Scope read -Metadata @{ custom = @{ deep = 1 } }
        $metadata = @{}
        $first.Metadata.GetEnumerator() | Where-Object Key -notmatch '^(client_id|client_secret|registration_)' |
            ForEach-Object { $metadata[$_.Key] = $_.Value }
        $second = New-DcrClient -Metadata $metadata
        $second.ClientId | Should -Not -Be $first.ClientId
        $second.Scope | Should -Be 'read'
        $second.Metadata['custom']['deep'] | Should -Be 1
    }
}

Describe 'From cmdlet to cmdlet' {
    It 'changes what was found: Get | Set' {
        $server = New-ConnectedServer @{ rotateToken = 'getAndPut' }
        $null = 1..3 | ForEach-Object { New-DcrClient "App$_" https://app.example.com/ `
            -Tenant "$(if ($_ -lt 3) { 'clinic' } else { 'practice' })-$_" }
        $null = Get-DcrClient -Tenant clinic-? | Set-DcrClient -Contact admin@example.com
        Get-TestServerClient $server | Where-Object { $_.metadata.PSObject.Properties['contacts'] } |
            ForEach-Object { $_.metadata.client_name } | Should -Be 'App1', 'App2'
    }

    It 'deletes nothing with -WhatIf: Get -Tenant | Remove -WhatIf' {
        $server = New-ConnectedServer
        $clients = 1..3 | ForEach-Object { New-DcrClient "App$_" https://app.example.com/ -Tenant "x-clinic-$_" }
        $before = Get-KeptId
        Clear-TestServerRequest $server
        Get-DcrClient -Tenant x* | Remove-DcrClient -WhatIf
        (Get-TestServerRequest $server).operation | Select-Object -Unique |
            Should -Be 'read' -Because 'that is what Get-DcrClient sends, and nothing else is sent'
        Get-KeptId | Should -Be $before
        Get-TestServerClient $server | ForEach-Object clientId | Should -Be $clients.ClientId

        Get-DcrClient -Tenant x* -Offline | Remove-DcrClient -Confirm:$false
        Get-TestServerClient $server | Should -BeNullOrEmpty
    }

    It 'resets the secrets of all that were found: Get | Reset' {
        $server = New-ConnectedServer @{ rotateSecret = 'put' }
        $clients = 1..2 | ForEach-Object { New-DcrClient "App$_" https://app.example.com/ }
        $reset = Get-DcrClient -Offline | Reset-DcrClientSecret -Force
        $reset | Should -HaveCount 2
        $clients | ForEach-Object { (Get-KeptRecord $_).client_secret } | Should -Be (Get-TestServerClient $server).clientSecret
    }
}

Describe 'What comes after in the pipeline' {
    BeforeAll { $server = New-ConnectedServer }

    It 'may take one client and stop: it is kept' {
        $client = 1..5 | ForEach-Object { [pscustomobject]@{ ClientName = "First$_"; RedirectUri = 'https://app.example.com/' } } |
            New-DcrClient -ThrottleLimit 1 | Select-Object -First 1
        $client.ClientName | Should -Be 'First1'
        (Get-KeptRecord $client).client_id | Should -Be $client.ClientId
        Get-TestServerClient $server | Where-Object { $_.metadata.client_name -like 'First*' } | Should -HaveCount 1
    }

    It 'may throw: the client is kept' {
        { New-DcrClient Thrown https://app.example.com/ | ForEach-Object { throw 'downstream' } } | Should -Throw 'downstream'
        $known = Get-TestServerClient $server | Where-Object { $_.metadata.client_name -eq 'Thrown' }
        (Get-DcrClient $known.clientId -Offline).ClientName | Should -Be 'Thrown'
    }

    It 'may stop at a warning: the client is kept' {
        $odd = New-ConnectedServer @{ secretExpiresAt = 'absent' }
        { New-DcrClient Warned https://app.example.com/ -WarningAction Stop } | Should -Throw
        $known = Get-TestServerClient $odd
        (Get-DcrClient $known.clientId -Offline).ClientName | Should -Be 'Warned'
    }
}
