# What people and files give: headings, cells, dates, paths, keys and pasted addresses.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $server = New-ConnectedServer
    $key = '{ "keys": [ { "kty": "EC", "crv": "P-256", "x": "eA", "y": "eQ" } ] }'
}

AfterAll { Stop-DcrTest }

Describe 'A heading' {
    BeforeEach { Clear-TestServerRequest $server }

    It 'that is not read as it looks ends the command before anything is sent: <Name>' -ForEach @(
        @{ Name = 'a blank at its end'; Heading = 'RedirectUri '; Meant = 'RedirectUri' }
        @{ Name = 'a no-break blank'; Heading = "RedirectUri$([char] 0xA0)"; Meant = 'RedirectUri' }
        @{ Name = 'a byte order mark'; Heading = "$([char] 0xFEFF)RedirectUri"; Meant = 'RedirectUri' }
        @{ Name = 'hyphens'; Heading = 'redirect-uri'; Meant = 'RedirectUri' }
        @{ Name = 'a blank within'; Heading = 'Redirect Uri'; Meant = 'RedirectUri' }
        @{ Name = 'a registered member'; Heading = "default_max_age$([char] 0x200B)"; Meant = 'default_max_age' }
    ) {
        $row = [pscustomobject]@{ ClientName = 'App'; $Heading = 'https://app.example.com/' }
        $failure = { $row | New-DcrClient } | Should -Throw -PassThru
        $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidClientMetadata,*'
        "$failure" | Should -BeLike "*Column '*' is not read as $Meant*"
        "$failure" | Should -Not -Match '[\u00A0\u200B\uFEFF]'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'that is not read as it looks ends <Command>, too: <Heading>' -ForEach @(
        @{ Command = 'Set-DcrClient'; Heading = 'redirect-uri'; Meant = 'RedirectUri' }
        @{ Command = 'Set-DcrClient'; Heading = 'Client Id'; Meant = 'ClientId' }
        @{ Command = 'Set-DcrClient'; Heading = "Tenant$([char] 0xA0)"; Meant = 'Tenant' }
        @{ Command = 'Remove-DcrClient'; Heading = 'client-id'; Meant = 'ClientId' }
        @{ Command = 'Get-DcrClient'; Heading = 'Tenant '; Meant = 'Tenant' }
    ) {
        $client = New-DcrClient App https://app.example.com/
        Clear-TestServerRequest $server
        $row = [pscustomobject]@{ Issuer = $server.Issuer; $Heading = 'https://app.example.com/' }
        $row | Add-Member $(if ($Meant -eq 'ClientId') { 'Tenant' } else { 'ClientId' }) $client.ClientId
        $answer = if ($Command -eq 'Get-DcrClient') { @{} } else { @{ Confirm = $false } }
        $failure = { $row | & $Command @answer } | Should -Throw -PassThru
        $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidClientMetadata,*'
        "$failure" | Should -BeLike "*Column '*' is not read as $Meant*"
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'of a tenant with a no-break blank does not register tenants again' {
        $row = [pscustomobject]@{ ClientName = 'App'; RedirectUri = 'https://app.example.com/'; "Tenant$([char] 0xA0)" = 'contoso' }
        { $row | New-DcrClient } | Should -Throw "*'Tenant<U+00A0>' is not read as Tenant*"
    }

    It 'of a file with clients is read however it is written' {
        $other = New-TestServer
        $null = Connect-DcrServer $other.Issuer
        $client = New-DcrClient App https://app.example.com/
        $path = Join-Path $TestDrive 'Überblick.csv'
        "Client Id$([char] 0xA0),Registration-Access-Token,$([char] 0x200B)registration client uri,TENANT",
            "$($client.ClientId),$(ConvertTo-PlainText $client.RegistrationAccessToken),$($client.RegistrationClientUri),north" |
            Set-Content $path -Encoding utf8
        Remove-DcrClient $client.ClientId -StoreOnly -Confirm:$false
        $imported = Import-DcrClient -Path $path
        $imported.ClientId | Should -Be $client.ClientId
        $imported.Tenant | Should -Be 'north'
        (Get-DcrClient $client.ClientId).ClientName | Should -Be 'App'
        $null = Connect-DcrServer $server.Issuer
    }
}

Describe 'A cell' {
    BeforeEach { Clear-TestServerRequest $server }

    It 'is read without what nobody sees at its ends' {
        $row = [pscustomobject]@{ ClientName = "$([char] 0xFEFF) App$([char] 0xA0)";
            RedirectUri = "https://app.example.com/$([char] 0xA0)"; Scope = "read$([char] 0xA0)write";
            Contact = "$([char] 0x200B)a@example.com" }
        $null = $row | New-DcrClient -WarningAction SilentlyContinue
        $sent = Get-SentMetadata $server
        $sent.client_name | Should -BeExactly 'App'
        $sent.redirect_uris | Should -BeExactly 'https://app.example.com/'
        $sent.scope | Should -BeExactly 'read write'
        $sent.contacts | Should -BeExactly 'a@example.com'
    }

    It 'with <Name> is refused by name' -ForEach @(
        @{ Name = 'a character that nobody sees'; Cells = @{ RedirectUri = "https://a$([char] 0x200B)pp.example.com/" };
            Id = 'InvalidRedirectUri'; Words = '-RedirectUri*<U+200B>*nobody sees (U+200B)*' }
        @{ Name = 'a letter that was lost'; Cells = @{ ClientName = "Klinik M$([char] 0xFFFD)nchen" }; Id = 'InvalidClientMetadata';
            Words = '-ClientName*lost*U+FFFD*' }
        @{ Name = 'two addresses and a comma'; Cells = @{ RedirectUri = 'https://a.example.com/,https://b.example.com/' };
            Id = 'InvalidRedirectUri'; Words = '-RedirectUri*comma*' }
        @{ Name = 'two scopes and a comma'; Cells = @{ Scope = 'read,write' }; Id = 'InvalidClientMetadata'; Words = '-Scope*comma*' }
        @{ Name = 'two grant types and a comma'; Cells = @{ GrantType = 'authorization_code,refresh_token' };
            Id = 'InvalidClientMetadata'; Words = '-GrantType*comma*' }
    ) {
        $row = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/' }
        $Cells.GetEnumerator() | ForEach-Object { $row[$_.Key] = $_.Value }
        [pscustomobject] $row | New-DcrClient -ErrorAction SilentlyContinue -ErrorVariable failures -WarningAction SilentlyContinue
        $failures[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
        "$($failures[0])" | Should -BeLike "Row 1, *: $Words"
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'is left to the server with -SkipValidation' {
        $null = New-DcrClient App https://app.example.com/ -Scope 'read,write' -SkipValidation
        (Get-SentMetadata $server).scope | Should -BeExactly 'read,write'
    }

    It 'may name a host of *.localhost for a redirect' {
        New-DcrClient App http://app.localhost:8080/callback -ErrorAction SilentlyContinue
        (Get-SentMetadata $server).redirect_uris | Should -Be 'http://app.localhost:8080/callback'
    }

    It 'has a software statement in one piece, however a mail broke it' {
        $part = { [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($args[0])).TrimEnd('=').Replace('+', '-').Replace('/', '_') }
        $statement = "$(& $part '{"alg":"none"}').$(& $part '{"software_id":"from-the-statement"}')."
        $null = New-DcrClient App https://app.example.com/ -SoftwareStatement ($statement.Insert(12, "`r`n ") + "`n")
        (Get-SentMetadata $server).software_statement | Should -BeExactly $statement
    }

    It 'that is null for the keys does not register a client without them' {
        New-DcrClient App https://app.example.com/ -TokenEndpointAuthMethod private_key_jwt -Jwks $null -ErrorAction SilentlyContinue `
            -ErrorVariable failures
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'InvalidClientMetadata,*'
        "$($failures[0])" | Should -BeLike '-Jwks*private_key_jwt needs it*'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        (New-DcrClient App https://app.example.com/ -TokenEndpointAuthMethod private_key_jwt -Jwks $key).TokenEndpointAuthMethod |
            Should -Be 'private_key_jwt'
    }
}

Describe 'A date' {
    It 'is sent alike in the culture <_>, from a cell, a list, -Metadata and a parameter' -ForEach 'en-US', 'de-DE', 'th-TH', 'ar-SA' {
        $before = [cultureinfo]::CurrentCulture
        try {
            [cultureinfo]::CurrentCulture = $_
            $row = ConvertFrom-Json '{ "client_name": "App", "redirect_uris": ["https://app.example.com/"], "software_version": "2026-01-03T04:05:06Z", "client_name#x": "2026-01-03T04:05:06Z" }'
            $time = [datetime]::new(2026, 1, 3, 4, 5, 6, [DateTimeKind]::Utc)
            $null = $row | New-DcrClient -Metadata @{ valid_until = $time;
                offset = [DateTimeOffset]::new(2026, 1, 3, 4, 5, 6, [timespan]::FromHours(2)) } -Contact $time `
                -WarningAction SilentlyContinue
        } finally { [cultureinfo]::CurrentCulture = $before }

        $sent = @(Get-TestServerRequest $server -Operation register)[-1].body
        foreach ($part in '"software_version":"2026-01-03T04:05:06Z"', '"client_name#x":"2026-01-03T04:05:06Z"',
            '"valid_until":"2026-01-03T04:05:06Z"', '"offset":"2026-01-03T04:05:06\u002B02:00"', '"contacts":["2026-01-03T04:05:06Z"]') {
            ("$sent" -replace '\s').Replace('+', '\u002B') | Should -BeLike "*$([wildcardpattern]::Escape($part))*"
        }
    }
}

Describe 'A path' {
    BeforeEach { $null = Connect-DcrServer $server.Issuer }

    It 'of <Name> that is no file is refused by name, and nothing is written' -ForEach @(
        @{ Name = 'Connect-DcrServer -AuditPath'; Run = { Connect-DcrServer $server.Issuer -AuditPath env:FOO }; Id = 'AuditWriteFailed' }
        @{ Name = 'Connect-DcrServer -PrivateKeyPath'; Run = { Connect-DcrServer $server.Issuer -ClientId c -PrivateKeyPath env:FOO };
            Id = 'InvalidPrivateKey' }
        @{ Name = 'Import-DcrClient -Path'; Run = { Import-DcrClient -Path env:i.csv -ErrorAction Stop }; Id = 'InventoryReadFailed' }
        @{ Name = 'Export-DcrClient -Path'; Run = { Export-DcrClient -Path function:i.csv -ErrorAction Stop }; Id = 'InventoryWriteFailed' }
        @{ Name = 'Get-DcrAuditLog -Path'; Run = { Get-DcrAuditLog -Path variable:i -ErrorAction Stop }; Id = 'AuditReadFailed' }
        @{ Name = 'Backup-DcrStore -Path'; Run = { Backup-DcrStore -Path nodrive:backup -Passphrase (ConvertTo-Secret 'pass word') `
            -ErrorAction Stop }; Id = 'InventoryWriteFailed' }
        @{ Name = 'Import-DcrClient -Path on a drive that is not there'; Run = { Import-DcrClient -Path nodrive:i.csv -ErrorAction Stop };
            Id = 'InventoryReadFailed' }
    ) {
        Push-Location $TestDrive
        try {
            $failure = $Run | Should -Throw -PassThru
            $failure.FullyQualifiedErrorId | Should -BeLike "$Id,*"
            "$failure" | Should -Match '^-\w+: ''.+'' is no path of the file system\. Nothing was sent\.$'
            Get-ChildItem $TestDrive -Filter '*:*' | Should -BeNullOrEmpty
        } finally { Pop-Location }
    }
}

Describe 'A private key' -Skip:($PSEdition -eq 'Desktop') {
    BeforeAll {
        $rsa = [System.Security.Cryptography.RSA]::Create(2048)
        $pem = "-----BEGIN PRIVATE KEY-----`n$([Convert]::ToBase64String($rsa.ExportPkcs8PrivateKey(), 'InsertLineBreaks'))`n-----END PRIVATE KEY-----`n"
    }

    It 'with its line breaks written out is read, as an environment variable has it' {
        (Connect-DcrServer $server.Issuer -ClientId c -PrivateKey (ConvertTo-Secret ($pem -replace '\r?\n', '\n')) `
            -Name keyed).Credential | Should -Be 'PrivateKey'
    }

    It 'in a file of the encoding <_> is read' -ForEach 'utf8', 'utf8BOM', 'unicode', 'bigendianunicode' {
        $path = Join-Path $TestDrive "$_.pem"
        Set-Content $path $pem -Encoding $_
        (Connect-DcrServer $server.Issuer -ClientId c -PrivateKeyPath $path -Name keyed).Credential | Should -Be 'PrivateKey'
    }
}

Describe 'A connection' {
    It 'is not one after its way into a job, and that is said' {
        $text = [System.Management.Automation.PSSerializer]::Serialize((Get-DcrServer)[0])
        $copy = [System.Management.Automation.PSSerializer]::Deserialize($text)
        { Get-DcrClient -Connection $copy } | Should -Throw '*holds for one process*Connect-DcrServer*'
    }

    It 'is made from an address that was pasted: <_>' -ForEach ' {0} ', '{0}/.well-known/openid-configuration',
        '{0}/.well-known/oauth-authorization-server' {
        (Connect-DcrServer ($_ -f $server.Issuer)).Issuer | Should -Be $server.Issuer
    }

    It 'to a FHIR base by mistake names -Discovery Smart' {
        $null = Assert-Failure { Connect-DcrServer "$($server.Issuer)/fhir" } -Id DiscoveryFailed -Category InvalidData `
            -Action '*-Discovery Smart*' -Terminating
    }
}
