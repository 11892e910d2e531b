# The inventory: which secrets expire, which clients are gone, and clients that go to a file or come from one.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $redirect = @{ RedirectUri = 'https://app.example.com/callback' }
}

AfterAll { Stop-DcrTest }

Describe 'Get-DcrClient -ExpiringWithin' {
    BeforeAll {
        Switch-TestFolder
        $server = New-ConnectedServer @{ secretExpiresAt = 'future'; rotateSecret = 'put' }
        $soon = New-DcrClient Soon @redirect -Tenant one
        Set-TestServerSwitch $server @{ secretExpiresAt = 'past' }
        $past = New-DcrClient Past @redirect -Tenant two
        Set-TestServerSwitch $server @{ secretExpiresAt = 'zero' }
        $never = New-DcrClient Never @redirect -Tenant three
        Set-TestServerSwitch $server @{ secretExpiresAt = 'future' }
    }

    It 'takes <Name>' -ForEach @(
        # What is typed as 91d is a decimal number to PowerShell.
        @{ Name = 'days'; Command = { Get-DcrClient -ExpiringWithin 91d -Offline }; Expected = 'Past', 'Soon' }
        @{ Name = 'days as a text'; Command = { Get-DcrClient -ExpiringWithin '91d' -Offline }; Expected = 'Past', 'Soon' }
        @{ Name = 'weeks'; Command = { Get-DcrClient -ExpiringWithin 14w -Offline }; Expected = 'Past', 'Soon' }
        @{ Name = 'hours'; Command = { Get-DcrClient -ExpiringWithin 12h -Offline }; Expected = 'Past' }
        @{ Name = 'minutes'; Command = { Get-DcrClient -ExpiringWithin 90m -Offline }; Expected = 'Past' }
        @{ Name = 'nothing but what has expired'; Command = { Get-DcrClient -ExpiringWithin 0d -Offline }; Expected = 'Past' }
        @{ Name = 'a TimeSpan'; Command = { Get-DcrClient -ExpiringWithin ([timespan]::MaxValue) -Offline }; Expected = 'Past', 'Soon' }
        @{ Name = 'a tenant beside it'; Command = { Get-DcrClient -ExpiringWithin 91d -Tenant o* -Offline }; Expected = 'Soon' }
    ) {
        (& $Command).ClientName | Sort-Object | Should -Be $Expected
    }

    It 'refuses <_>, and says what to write' -ForEach 30, '30', '-1d', '1 month', '123456d' {
        $span = $_
        { Get-DcrClient -ExpiringWithin $span } | Should -Throw '*such as ''30d'': m for minutes, h for hours, d for days, w for weeks*'
    }

    It 'reads only these at the server, and believes it' {
        Clear-TestServerRequest $server
        Get-DcrClient -ExpiringWithin 10d | Should -BeNullOrEmpty -Because 'the server says that it expires in 90 days'
        $read = @(Get-TestServerRequest $server -Operation read)
        $read | Should -HaveCount 1
        "$($read[0])" | Should -BeLike "*$($past.ClientId)*"
    }

    It 'renews them: Get-DcrClient -ExpiringWithin 91d | Reset-DcrClientSecret' {
        $before = ConvertTo-PlainText $soon.ClientSecret
        (Get-DcrClient -ExpiringWithin 91d -Tenant one | Reset-DcrClientSecret -Force).ClientId | Should -Be $soon.ClientId
        (Get-KeptRecord $soon).client_secret | Should -Not -Be $before
        (Get-KeptRecord $never).client_secret | Should -Be (ConvertTo-PlainText $never.ClientSecret)
    }
}

Describe 'Get-DcrClient -State' {
    BeforeEach {
        Switch-TestFolder
        $server = New-ConnectedServer
        $there = New-DcrClient There @redirect -Tenant one
        $gone = New-DcrClient Gone @redirect -Tenant two
        Remove-TestServerClient $server $gone.ClientId
    }

    It 'tells those that are gone, and that HTTP 401 is no proof' {
        $there.State | Should -Be 'Active'
        $found = Get-DcrClient -State Gone -WarningVariable warnings -WarningAction SilentlyContinue
        $found.ClientName, $found.State, $found.Tenant | Should -Be 'Gone', 'Gone', 'two'
        "$warnings" | Should -BeLike 'The server refused the token of 1 client.*HTTP 401*Make sure*'
        (Get-DcrClient -State Active -WarningAction SilentlyContinue).ClientName | Should -Be 'There'
        (Get-DcrClient -State Active, Gone -WarningAction SilentlyContinue).Count | Should -Be 2
        (Get-DcrClient -Offline).State | Should -Be 'Unknown', 'Unknown'
    }

    It 'is not told of a client by a page in front of the server, nor by HTTP 403' {
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'read'; status = 404; content = '<html><title>404</title>nginx</html>';
            times = 2 }) }
        Get-Failure { Get-DcrClient -State Gone } | ForEach-Object FullyQualifiedErrorId | Should -BeLike 'ResponseNotConformant,*'
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'read'; status = 403; content = '{}'; times = 2 }) }
        Get-DcrClient -State Gone -WarningVariable warnings -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        "$warnings" | Should -BeLike 'The server refused the tokens of 2 clients.*After HTTP 403 the state is Unknown.'
    }

    It 'drops what is kept of them: | Remove-DcrClient -StoreOnly' {
        Get-DcrClient -State Gone -WarningAction SilentlyContinue | Remove-DcrClient -StoreOnly -Force
        Get-KeptId | Should -Be $there.ClientId
    }

    It 'is an error for a server that is down, unless Unknown is asked for' {
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'read'; status = 503; times = 100 }) }
        $failures = @(Get-Failure { Get-DcrClient -State Gone })
        $failures | Should -HaveCount 2
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'ServerUnavailable,*'
        (Get-DcrClient -State Unknown).State | Should -Be 'Unknown', 'Unknown'
    }

    It 'says why it cannot be asked offline' {
        $null = Assert-Failure { Get-DcrClient -State Gone -Offline } -Id OperationNotSupported -Category NotImplemented `
            -Message '*only the server knows*' -Action 'Leave out -Offline*' -Terminating
    }
}

Describe 'Export-DcrClient' {
    BeforeAll {
        Switch-TestFolder
        $server = New-ConnectedServer @{ secretExpiresAt = 'future' }
        $one = New-DcrClient 'Lab "Ünï", main' https://a.example.com/cb, https://b.example.com/cb -Tenant one -Scope openid, profile `
            -TosUri https://a.example.com/tos
        $two = New-DcrClient '=HYPERLINK("https://evil.example")' https://c.example.com/cb -Tenant two
    }

    BeforeEach {
        $folder = New-Item "$TestDrive/$([guid]::NewGuid())" -ItemType Directory
        Push-Location $folder
    }

    AfterEach { Pop-Location }

    It 'writes what is kept as CSV that New-DcrClient takes, and asks nobody' {
        Clear-TestServerRequest $server
        Export-DcrClient inventory.csv | Should -BeNullOrEmpty
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        $rows = Import-Csv "$folder/inventory.csv" -Encoding UTF8 | Sort-Object Tenant
        $rows[0].ClientName, $rows[0].RedirectUri, $rows[0].Scope, $rows[0].ClientId |
            Should -Be 'Lab "Ünï", main', 'https://a.example.com/cb;https://b.example.com/cb', 'openid profile', $one.ClientId
        $rows[0].State, $rows[0].SecretName | Should -Be 'Unknown', $one.SecretName
        $rows[1].ClientName | Should -Be "'=HYPERLINK(""https://evil.example"")"

        $other = New-ConnectedServer
        $copy = $rows[0] | New-DcrClient
        $copy.RedirectUris + $copy.Scope | Should -Be ($one.RedirectUris + $one.Scope)
        (Get-SentMetadata $other).tos_uri | Should -Be 'https://a.example.com/tos'
        $null = Connect-DcrServer $server.Issuer
    }

    It 'registers no client of it again at its own server, although it has no tenant' {
        $alone = New-DcrClient Alone https://d.example.com/cb
        Clear-TestServerRequest $server
        Export-DcrClient inventory.csv
        Export-DcrClient inventory.json
        foreach ($rows in (Import-Csv inventory.csv), (Get-Content inventory.json -Raw | ConvertFrom-Json), (Get-DcrClient -Offline)) {
            $rows | New-DcrClient -SummaryVariable summary -WarningVariable warnings -WarningAction SilentlyContinue |
                Where-Object ClientName -eq Alone | ForEach-Object ClientId | Should -Be $alone.ClientId
            $summary.Made, $summary.Found | Should -Be 0, 3
            $warnings | Should -BeNullOrEmpty
        }
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        $row = [pscustomobject]@{ ClientId = $alone.ClientId; RedirectUri = 'https://e.example.com/cb' }
        ($row | New-DcrClient -Update).RedirectUris | Should -Be https://e.example.com/cb
        ($row | New-DcrClient -AllowDuplicate).ClientId | Should -Not -Be $alone.ClientId
        Get-DcrClient -Offline | Where-Object Tenant -eq $null | Remove-DcrClient -Force
    }

    It 'writes what is piped as JSON in wire names' {
        $one | Get-DcrClient | Export-DcrClient inventory.json
        $client = Get-Content inventory.json -Raw | ConvertFrom-Json
        $client.client_id, $client.client_name, $client.tenant, $client.state | Should -Be $one.ClientId, $one.ClientName, 'one', 'Active'
        $client.redirect_uris | Should -Be $one.RedirectUris
        [IO.File]::ReadAllBytes("$folder/inventory.json")[0] | Should -Be 0x5B -Because 'JSON has no byte order mark'
    }

    It 'keeps <Name>' -ForEach @(
        @{ Name = 'the old file where the pipeline fails'; Command = { $one, $two |
            ForEach-Object { if ($_ -eq $two) { throw 'upstream' }; $_ } | Export-DcrClient inventory.csv }; Id = 'upstream*' }
        @{ Name = 'the old file where it is stopped'; Command = { $one, 'no client' | Export-DcrClient inventory.csv -ErrorAction Stop };
            Id = 'InvalidClientMetadata,*' }
        @{ Name = 'a file with -NoClobber'; Command = { Export-DcrClient inventory.csv -NoClobber }; Id = 'InventoryWriteFailed*' }
        @{ Name = 'a read-only file'; Command = { Set-ItemProperty inventory.csv IsReadOnly $true; Export-DcrClient inventory.csv };
            Id = 'InventoryWriteFailed*' }
        @{ Name = 'a file with -WhatIf'; Command = { Export-DcrClient inventory.csv -WhatIf } ; Id = $null }
    ) {
        Set-Content inventory.csv 'as it was'
        $failures = @(Get-Failure $Command)
        if ($Id) { $failures[0].FullyQualifiedErrorId | Should -BeLike $Id } else { $failures | Should -BeNullOrEmpty }
        Get-Content inventory.csv | Should -Be 'as it was'
        Get-ChildItem . -Force | ForEach-Object Name | Should -Be 'inventory.csv'
    }

    It 'fails for <Name>, and leaves nothing' -ForEach @(
        @{ Name = 'an ending that says nothing'; Path = 'inventory.txt'; Action = '*-Format Csv*' }
        @{ Name = 'a folder that is not there'; Path = 'none/inventory.csv'; Action = '*' }
    ) {
        $null = Assert-Failure { Export-DcrClient $Path } -Id InventoryWriteFailed -Category WriteError -Action $Action -Terminating
        Get-ChildItem . -Force | Should -BeNullOrEmpty
    }

    It 'gives a spreadsheet nothing to run, and New-DcrClient and Import-DcrClient the names as they were' {
        $names = '=HYPERLINK("https://evil.example")', '+49 89 Praxis', '-1+1', '@SUM(A1)', 'Clinic;=1+1', 'O''Neil; @home (2)'
        $hostile = New-ConnectedServer
        $names | ForEach-Object { $null = New-DcrClient $_ https://a.example.com/cb -Tenant $_ }
        Export-DcrClient inventory.csv
        $lines = Get-Content inventory.csv -Encoding UTF8
        $lines | Should -HaveCount 7
        # As a spreadsheet reads them whose language has semicolons between cells, and as others do.
        foreach ($separator in ',', ';') {
            $cells = $lines | ForEach-Object { $_ -split $separator } | ForEach-Object { $_.Trim('"') }
            $cells | Where-Object { $_ -match '^\s*[=+@-].*[(+=]' } | Should -BeNullOrEmpty
        }
        Import-Csv inventory.csv -Encoding UTF8 |
            New-DcrClient -SummaryVariable summary -WarningVariable warnings -WarningAction SilentlyContinue
        $summary.Made, $summary.Found, $warnings.Count | Should -Be 0, 6, 0 -Because 'tenants and names are what they were'

        Switch-TestFolder
        $null = Connect-DcrServer $hostile.Issuer
        Import-DcrClient -Path inventory.csv -WarningAction Ignore | ForEach-Object Tenant | Sort-Object |
            Should -Be ($names | Sort-Object)
        New-ConnectedServer | Out-Null
        Import-Csv inventory.csv -Encoding UTF8 | Select-Object ClientName, RedirectUri | New-DcrClient | ForEach-Object ClientName |
            Sort-Object | Should -Be ($names | Sort-Object)
        $null = Connect-DcrServer $server.Issuer
    }

    It 'gives the file with -PassThru, in the format that is named' {
        $file = @() | Export-DcrClient inventory.txt -Format Json -PassThru
        $file | Should -BeOfType IO.FileInfo
        Get-Content $file | Should -Be '[]'
    }
}

Describe 'Export-DcrClient as a page' {
    BeforeAll {
        Switch-TestFolder
        $server = New-ConnectedServer @{ secretExpiresAt = 'future'; dropScope = @('profile') }
        $one = New-DcrClient '<script>alert(1)</script>' @redirect -Tenant one -Scope openid, profile -WarningAction Ignore
        $gone = New-DcrClient Gone @redirect -Tenant two
        Remove-TestServerClient $server $gone.ClientId
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'register'; status = 500 }) }
        $null = Get-Failure { New-DcrClient Lost @redirect -Tenant lost }
        $page = "$TestDrive/page.html"

        function Get-Section([string] $Id) {
            if ((Get-Content $page -Raw -Encoding UTF8) -match "(?s)<h2 id=""$Id"">(.*?)</section>") { $Matches[1] }
        }
    }

    It 'shows what is kept, and asks nobody' {
        Clear-TestServerRequest $server
        Export-DcrClient $page
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        [IO.File]::ReadAllBytes($page)[0] | Should -Be ([byte][char] '<') -Because 'HTML needs no byte order mark'
        Get-Section clients | Should -BeLike '*&lt;script&gt;alert(1)&lt;/script&gt;*'
        Get-Section servers | Should -Match "$([regex]::Escape($server.Issuer)).*>0<.*>0<.*>2<.*>2<"
        Get-Section expiry | Should -BeLike '*2 in the week from*'
        Get-Section unfinished | Should -BeLike '*Register, outcome unknown*Lost*lost*Find-DcrOrphan*'
        Get-Section differences | Should -BeLike '*scope: granted &#39;openid&#39;*1: &lt;script&gt;*'
        Get-Section runs | Should -BeLike '*Register: 2 Succeeded*Register: 1 Unknown (OutcomeUnknown)*'
        $text = Get-Content $page -Raw
        foreach ($secret in $one.ClientSecret, $one.RegistrationAccessToken) {
            $text.Contains((ConvertTo-PlainText $secret)) | Should -BeFalse }
    }

    It 'shows the states of the clients that are piped, and the same of their server' {
        Get-DcrClient -State Active, Gone, Unknown -WarningAction SilentlyContinue | Export-DcrClient $page
        Get-Section servers | Should -Match '>1<.*>1<.*>0<.*>2<'
        Get-Section attention | Should -BeLike '*1 client is gone at its server*1 request has an unknown outcome*'
        Get-Section runs | Should -BeLike '*Register: 2 Succeeded*'
    }

    It 'says what was asked where the command that made a client was told' {
        $one | Export-DcrClient $page
        Get-Section differences | Should -BeLike '*scope: asked for &#39;openid profile&#39;, granted &#39;openid&#39;*'
    }

    It 'needs no connection for clients of the local store' {
        Get-DcrServer | Disconnect-DcrServer
        Get-DcrClient -Offline | Export-DcrClient $page
        Get-Section servers | Should -Match '>2<.*>2<'
        Get-Section unfinished | Should -BeLike '*outcome unknown*'
        Get-Section runs | Should -BeLike '*Register: 2 Succeeded*'
        $null = Connect-DcrServer $server.Issuer
    }

    It 'is written although the audit log cannot be read, and says so' {
        $log = (Get-DcrServer | Select-Object -Last 1).AuditPath
        Move-Item $log "$log.away"
        try {
            Export-DcrClient $page
            Get-Section runs | Should -BeLike '*None.*'
            $null = New-Item $log -ItemType Directory
            Export-DcrClient $page -WarningVariable warnings -WarningAction SilentlyContinue
            "$warnings" | Should -BeLike 'The page lacks the last runs. The audit log*'
            Get-Section runs | Should -BeLike '*The audit log cannot be read.*'
        } finally { Remove-Item $log; Move-Item "$log.away" $log }
    }

    It 'has the whole server where nothing is piped, though no client' {
        $empty = New-ConnectedServer
        Export-DcrClient $page
        Get-Section servers | Should -BeLike "*$($empty.Issuer)*"
        Get-Section attention | Should -BeLike '*Nothing.*'
        $null = Connect-DcrServer $server.Issuer
    }
}

Describe 'Export-DcrClient -Template' {
    BeforeAll {
        Switch-TestFolder
        $server = New-ConnectedServer
        Export-DcrClient "$TestDrive/wanted.csv" -Template
        $headings = (Get-Content "$TestDrive/wanted.csv" -Encoding UTF8).Split(',').Trim('"')
    }

    It 'writes headings that New-DcrClient takes, and no client' {
        $parameters = (Get-Command New-DcrClient).Parameters
        foreach ($heading in $headings) {
            $parameters[$heading].ParameterSets.Values.ValueFromPipelineByPropertyName | Should -BeTrue -Because $heading }
        # What a row of its own seldom has.
        $parameters.Values | Where-Object { $_.ParameterSets.Values.ValueFromPipelineByPropertyName } | ForEach-Object Name |
            Where-Object { $headings -notcontains $_ } | Sort-Object | Should -Be 'Certification', 'DocumentUri', 'SoftwareStatement'
        Import-Csv "$TestDrive/wanted.csv" | Should -BeNullOrEmpty
    }

    It 'registers the rows that are added' {
        Add-Content "$TestDrive/wanted.csv" 'north,Portal,https://a.example.com/cb;https://b.example.com/cb' -Encoding UTF8
        $client = Import-Csv "$TestDrive/wanted.csv" -Encoding UTF8 | New-DcrClient -WarningVariable warnings
        $client.Tenant, $client.ClientName, $client.RedirectUris.Count | Should -Be 'north', 'Portal', 2
        $warnings | Should -BeNullOrEmpty
    }

    It 'needs no connection and writes CSV only' {
        Get-DcrServer | Disconnect-DcrServer
        Export-DcrClient "$TestDrive/other.csv" -Template -PassThru | Should -BeOfType IO.FileInfo
        $null = Assert-Failure { Export-DcrClient "$TestDrive/other.json" -Template } -Id InventoryWriteFailed -Category WriteError `
            -Message '*a template is a CSV file*' -Action '*.csv*' -Terminating
        Export-DcrClient "$TestDrive/none.csv" -Template -WhatIf
        Test-Path "$TestDrive/none.csv", "$TestDrive/other.json" | Should -Be $false, $false
    }
}

Describe 'Import-DcrClient' {
    BeforeEach {
        Switch-TestFolder
        $server = New-TestServer @{ secretExpiresAt = 'future'; rotateToken = 'getAndPut' }
        $elsewhere = Connect-DcrServer $server.Issuer -Name elsewhere
        $clients = 1..3 | ForEach-Object { New-DcrClient "App$_" @redirect -Connection $elsewhere }
        # Another machine from here on: nothing is known of them.
        Switch-TestFolder
        $with = Connect-DcrServer $server.Issuer

        function Get-Row([object[]] $Clients) {
            foreach ($client in $Clients) {
                [pscustomobject]@{
                    client_id = $client.ClientId
                    registration_access_token = ConvertTo-PlainText $client.RegistrationAccessToken
                    registration_client_uri = $client.RegistrationClientUri
                    client_secret = ConvertTo-PlainText $client.ClientSecret
                    tenant = "of $($client.ClientName)"
                }
            }
        }
    }

    It 'takes a client with its SecureStrings, one by one or piped' {
        $one = Import-DcrClient $clients[0].ClientId -RegistrationAccessToken $clients[0].RegistrationAccessToken `
            -RegistrationClientUri $clients[0].RegistrationClientUri -ClientSecret $clients[0].ClientSecret -Tenant one `
            -ClientSecretName app-secret
        $one.ClientName, $one.Tenant, $one.State | Should -Be 'App1', 'one', 'Active'
        Get-ApplicationSecret app-secret | Should -Be (ConvertTo-PlainText $clients[0].ClientSecret)
        $clients[1] | Import-DcrClient -Connection $with | ForEach-Object ClientName | Should -Be 'App2'
        (Get-DcrClient | Sort-Object ClientName).ClientName | Should -Be 'App1', 'App2' -Because 'the rotated tokens are kept'
    }

    It 'takes a file of them, and tells what is wrong with which line' {
        $rows = @(Get-Row $clients)
        $rows[1].registration_access_token = 'rat_wrong'
        $rows += [pscustomobject]@{ client_id = ''; registration_access_token = 'rat_x'; registration_client_uri = ''; client_secret = '';
            tenant = '' }
        $rows += [pscustomobject]@{ client_id = 'c9'; registration_access_token = 'rat_x';
            registration_client_uri = 'https://evil.example.com/c9'; client_secret = ''; tenant = '' }
        $rows | Export-Csv "$TestDrive/handover.csv" -NoTypeInformation
        Push-Location $TestDrive
        try { $taken = Import-DcrClient -Path handover.csv -ErrorVariable failures -ErrorAction SilentlyContinue } finally { Pop-Location }
        ($taken | Sort-Object ClientName).Tenant | Should -Be 'of App1', 'of App3'
        $failures | ForEach-Object { "$($_.FullyQualifiedErrorId.Split(',')[0]) $($_.TargetObject)" } |
            Should -Be 'InvalidClientMetadata handover.csv, line 5', 'RegistrationUriRefused handover.csv, line 6',
            'AccessTokenRejected handover.csv, line 3'
        $failures | ForEach-Object { $_.ErrorDetails.Message } | Should -BeLike 'handover.csv, line *'
        (Get-TestServerRequest $server -Operation read).Count | Should -Be 3
        Get-KeptId | Should -HaveCount 2

        # What is put right is taken, and what is there stays.
        Get-Row $clients | ConvertTo-Json | Set-Content "$TestDrive/handover.json"
        $again = Get-Item "$TestDrive/handover.json" | Import-DcrClient -WarningVariable warnings -WarningAction SilentlyContinue
        ($again | Sort-Object ClientName).State | Should -Be 'Unknown', 'Active', 'Unknown'
        "$warnings" | Should -BeLike '2 clients were known already with another token*'
    }

    It 'says that a file has no client in it' {
        Set-Content "$TestDrive/none.csv" 'client_id,registration_access_token'
        Import-DcrClient -Path "$TestDrive/none.csv" -WarningVariable warnings -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        "$warnings" | Should -BeLike 'There is no client in *none.csv*, only the heading line.'
    }

    It 'sends nothing with -WhatIf' {
        Clear-TestServerRequest $server
        Get-Row $clients | ConvertTo-Json | Set-Content "$TestDrive/whatif.json"
        Import-DcrClient -Path "$TestDrive/whatif.json" -WhatIf | Should -BeNullOrEmpty
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        Get-KeptId | Should -BeNullOrEmpty
    }

    It 'says that a client was stored as it was given' {
        $client = Import-DcrClient c9 -Tenant nine -WarningVariable warnings -WarningAction SilentlyContinue
        $client.State | Should -Be 'Unknown'
        "$warnings" | Should -BeLike '1 client was stored as given, and not read*'
        (Get-DcrClient -Offline).Tenant | Should -Be 'nine'
    }

    It 'fails for <Name>' -ForEach @(
        @{ Name = 'a file that is not there'; Text = $null }
        @{ Name = 'a file without clients'; Text = 'name,token' }
    ) {
        if ($Text) { Set-Content "$TestDrive/bad.csv" $Text } else { Remove-Item "$TestDrive/bad.csv" -ErrorAction Ignore }
        $null = Assert-Failure { Import-DcrClient -Path "$TestDrive/bad.csv" } -Id InventoryReadFailed -Category ReadError `
            -Action '*ClientId or client_id*'
    }

    It 'does not repeat plain text that was given for a secret' {
        $null = Assert-Failure { Import-DcrClient c9 -RegistrationAccessToken rat_canary } -Id InvalidSetup -Category InvalidArgument `
            -Message '-RegistrationAccessToken: plain text is not taken for a secret, because it would be shown*' -Action '*-Path*'
        $Error.Clear()
        $row = Get-Row $clients[0]
        $nameless = $row | Select-Object * -ExcludeProperty ClientId, client_id
        $failures = @(Get-Failure { $row, $nameless | Import-DcrClient })
        $failures | Should -HaveCount 2
        $secret = ConvertTo-PlainText $clients[0].ClientSecret
        foreach ($failure in $failures + @($Error)) {
            "$failure" | Should -Not -BeLike "*$secret*"
            $failure.TargetObject | Format-List * -Force | Out-String | Should -Not -BeLike "*$secret*"
        }
    }
}
