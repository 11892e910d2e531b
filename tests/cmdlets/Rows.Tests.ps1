# Files that are run again: rows that differ from what is registered, rows that say nothing, and columns that nobody reads.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $quiet = @{ WarningVariable = 'warnings'; WarningAction = 'SilentlyContinue' }

    function New-Tenant([string] $Tenant, [string] $Uri = 'cb', [hashtable] $More = @{}) {
        $row = @{ Tenant = $Tenant; ClientName = "Client of $Tenant"; RedirectUri = "https://app.example.com/$Uri" }
        $More.Keys | ForEach-Object { $row[$_] = $More[$_] }
        [pscustomobject] $row
    }
}

AfterAll { Stop-DcrTest }

Describe 'A row of a known tenant that differs from what is registered' {
    BeforeEach {
        $server = New-ConnectedServer
        $first = New-Tenant a; $second = New-Tenant b
        $null = $first, $second | New-DcrClient
        Clear-TestServerRequest $server
        $changed = (New-Tenant a v2), (New-Tenant b v2 @{ Scope = 'read' }), (New-Tenant c)
    }

    It 'is said in one warning that names the members, and counted' {
        $clients = $changed | New-DcrClient -SummaryVariable summary @quiet
        $warnings | Should -HaveCount 1
        "$warnings" | Should -Be "2 rows differ from the clients of their tenants in redirect_uris (2), scope (1): tenants 'a', 'b'. The clients were left as they are; -Update applies the rows."
        $summary.Made, $summary.Found, $summary.Differs, $summary.Failed, $summary.Unknown | Should -Be 1, 0, 2, 0, 0
        "$summary" | Should -BeLike '1 made, 0 found, 2 differ, 0 failed, 0 unknown in *'
        ($clients | Where-Object Tenant -eq a).Changes.Name | Should -Be redirect_uris
        (Get-TestServerRequest $server).operation | Should -Be register
    }

    It 'is applied with -Update' {
        $clients = $changed | New-DcrClient -Update -SummaryVariable summary @quiet
        $warnings | Should -BeNullOrEmpty
        $clients.Tenant | Sort-Object | Should -Be a, b, c
        ($clients | Where-Object Tenant -eq b).RedirectUris | Should -Be https://app.example.com/v2
        $summary.Made, $summary.Differs | Should -Be 1, 2
        (Get-TestServerClient $server | Where-Object { $_.metadata.client_name -eq 'Client of b' }).metadata.scope | Should -Be read

        $null = $changed | New-DcrClient -Update -SummaryVariable again @quiet
        $again.Found, $again.Differs | Should -Be 3, 0
        @(Get-TestServerRequest $server -Operation update).Count | Should -Be 2
    }

    It 'that -Update cannot apply is a failure' {
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'update'; status = 400 }) }
        $null = $changed | New-DcrClient -Update -ThrottleLimit 1 -SummaryVariable summary -ErrorAction SilentlyContinue @quiet
        $summary.Made, $summary.Differs, $summary.Failed | Should -Be 1, 1, 1
    }

    It 'sends nothing with -WhatIf' {
        $changed | New-DcrClient -Update -WhatIf @quiet | Should -BeNullOrEmpty
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'and names less than what is registered differs in nothing' {
        $null = [pscustomobject]@{ Tenant = 'a'; ClientName = 'Client of a'; Scope = '' } | New-DcrClient @quiet
        $warnings | Should -BeNullOrEmpty
    }

    It 'of a tenant that stands in the file twice is said, and not applied over the first' {
        $rows = (New-Tenant d), (New-Tenant D v2 @{ ClientName = 'Client of d' })
        $clients = $rows | New-DcrClient -Update -SummaryVariable summary @quiet
        "$warnings" | Should -Be "Tenant 'd' has two rows that differ in redirect_uris. The first one counts."
        @($clients.ClientId | Sort-Object -Unique).Count | Should -Be 1
        (Get-TestServerClient $server $clients[0].ClientId).metadata.redirect_uris | Should -Be https://app.example.com/cb
        $summary.Made, $summary.Differs | Should -Be 1, 1
    }
}

Describe 'The same rows again' {
    It 'say nothing where the server granted otherwise, and -Update sends nothing' {
        $server = New-ConnectedServer @{ dropScope = @('write') }
        $row = New-Tenant a cb @{ Scope = 'read write' }
        $null = $row | New-DcrClient @quiet
        "$warnings" | Should -BeLike '*granted otherwise*'
        Clear-TestServerRequest $server
        $null = $row | New-DcrClient -Update @quiet
        $warnings | Should -BeNullOrEmpty
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }
}

Describe 'Rows' {
    BeforeEach { $server = New-ConnectedServer }

    It 'that end the command stop the time of its summary' {
        $rows = 1..3 | ForEach-Object { [pscustomobject]@{ ClientName = "c$_"; RedirectUri = 'http://app.example.com/'; Tenant = "t$_" } }
        { $rows | New-DcrClient -MaxFailures 2 -SummaryVariable script:summary -ErrorAction SilentlyContinue } | Should -Throw
        $summary.Time | Should -Be $summary.Time
    }

    It 'that say nothing are skipped' {
        $csv = Join-Path $TestDrive blank.csv
        [IO.File]::WriteAllText($csv, "ClientName,RedirectUri,Tenant`nA,https://app.example.com/,a`n,,`n`" `",,`nB,https://app.example.com/,b`n")
        (Import-Csv $csv | New-DcrClient -SummaryVariable summary @quiet).ClientName | Sort-Object | Should -Be A, B
        $warnings | Should -BeNullOrEmpty
        $summary.Made, $summary.Failed | Should -Be 2, 0
    }

    It 'that name no metadata say which columns were seen' {
        $null = Assert-Failure { [pscustomobject]@{ Naam = 'x'; Tenant = 'a' } | New-DcrClient -WarningAction SilentlyContinue } `
            -Id InvalidClientMetadata -Category InvalidData `
            -Message '*No metadata was named for the client; the row has the columns Naam, Tenant. Nothing was sent.'
    }

    It 'of a database are read as those of a file' {
        $table = [Data.DataTable]::new()
        'ClientName', 'redirect_uris', 'Tenant', 'id_token_signed_response_alg', 'Note' | ForEach-Object { $null = $table.Columns.Add($_) }
        $null = $table.Rows.Add('A', 'https://app.example.com/cb', 'a', 'RS256', 'x')
        $null = $table.Rows.Add('B', 'https://app.example.com/cb', [DBNull]::Value, [DBNull]::Value, 'y')
        $null = $table.Rows.Add()
        $clients = $table.Rows | New-DcrClient -ThrottleLimit 1 @quiet
        $clients.ClientName | Should -Be A, B
        $clients[0].Metadata['id_token_signed_response_alg'] | Should -Be RS256
        "$warnings" | Should -BeLike "*takes nothing from column 'Note'.*"
        "$warnings" | Should -BeLike '*1 row has no tenant*'
    }

    It 'of any type are counted where they have no tenant' {
        class Row { [string] $Name; [string[]] $RedirectUri }
        $row = [Row]::new()
        $row.Name = 'Portal'; $row.RedirectUri = 'https://app.example.com/cb'
        ($row | New-DcrClient @quiet).ClientName | Should -Be Portal
        "$warnings" | Should -BeLike '*1 row has no tenant*'
    }

    It 'are no files: <_> refuses one' -ForEach 'New-DcrClient', 'Get-DcrClient', 'Remove-DcrClient' {
        $file = Join-Path $TestDrive clients.csv
        Set-Content $file "ClientName,RedirectUri`na,https://app.example.com/cb"
        Get-Item $file | & $_ -ErrorVariable failures -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failures.Exception.Message | Should -Be "The file 'clients.csv' is no row of a client. Nothing was sent."
        $failures.ErrorDetails.RecommendedAction | Should -Be "Pipe the rows in it: Import-Csv <path> | $_."
        Get-TestServerRequest $server -Operation register, read, delete | Should -BeNullOrEmpty
    }

    It 'without a tenant are counted, and a misspelt heading is named' {
        $null = 1..3 | ForEach-Object { [pscustomobject]@{ ClientName = "App $_"; RedirectUri = 'https://app.example.com/';
            Tenat = "t$_" } } | New-DcrClient @quiet
        $warnings | Should -HaveCount 2
        "$($warnings[0])" | Should -BeLike "*'Tenat' (is Tenant meant?)*"
        "$($warnings[1])" | Should -BeLike '3 rows have no tenant*'
    }

    It 'to Set-DcrClient name the columns that are not used, once' {
        $null = New-Tenant a | New-DcrClient
        $null = 1..2 | ForEach-Object { [pscustomobject]@{ Tenant = 'a'; Scope = 'read', 'write' |
            Select-Object -Index ($_ - 1); Contakt = 'x@example.com' } } | Set-DcrClient @quiet
        "$warnings" | Should -BeLike "*column 'Contakt' (is Contact meant?)*"
        $warnings | Should -HaveCount 1
    }

    It 'with a heading that has a character nobody sees are refused by name: <_>' `
        -ForEach 'Get-DcrClient', 'Set-DcrClient', 'Remove-DcrClient' {
        $command = $_
        $null = Assert-Failure { [pscustomobject]@{ "Tenant$([char]0xA0)" = 'a' } | & $command } -Id InvalidClientMetadata `
            -Category InvalidData -Message "*'Tenant<U+00A0>'*" -Terminating
    }

    It 'of a file with another delimiter are refused once, with the way to read it: <Name>' -ForEach @(
        @{ Name = 'semicolons'; Text = "ClientName;RedirectUri;Tenant`nA;https://app.example.com/;a`nB;https://app.example.com/;b";
            Fix = "*Import-Csv -Delimiter ';'." }
        @{ Name = 'tabs'; Text = "client_name`tredirect_uris`nA`thttps://app.example.com/"; Fix = '*Import-Csv -Delimiter "*t".' }
    ) {
        $null = Assert-Failure { $Text | ConvertFrom-Csv | New-DcrClient } -Id InvalidClientMetadata -Category InvalidData `
            -Message '*one column*' -Action $Fix -Terminating
        Get-TestServerRequest $server -Operation register | Should -BeNullOrEmpty
    }

    It 'whose tenant has a letter that was lost on the way register nobody: <_>' `
        -ForEach "M$([char]0xFFFD)ller", "hill$([char]27)[31mtop", "hill`ntop" {
        $tenant = $_
        $null = Assert-Failure { [pscustomobject]@{ ClientName = 'A'; RedirectUri = 'https://app.example.com/'; Tenant = $tenant } |
            New-DcrClient } -Id InvalidClientMetadata -Category InvalidData -Message '*-Tenant: *Nothing was sent.'
        $null = Assert-Failure { [pscustomobject]@{ ClientId = 'a'; Tenant = $tenant } | Import-DcrClient } -Id InvalidClientMetadata `
            -Category InvalidData -Message '*-Tenant: *'
        Get-TestServerRequest $server -Operation register | Should -BeNullOrEmpty
    }

    It 'whose tenants look alike are one' {
        $rows = "hill$([char]0x200B)top", 'hilltop', "hill$([char]0xAD)top", "St.$([char]0xA0)Mary", 'St. Mary', 'St.  Mary' |
            ForEach-Object { [pscustomobject]@{ ClientName = 'A'; RedirectUri = 'https://app.example.com/'; Tenant = $_ } }
        $null = $rows | New-DcrClient -SummaryVariable summary @quiet
        $summary.Made, $summary.Found | Should -Be 2, 4
        (Get-DcrClient -Tenant "hilltop$([char]0x200B)" -Offline).Tenant | Should -HaveCount 1
    }

    It 'of an inventory find their clients again, whatever their names begin with' {
        $rows = '=1+1 Clinic', '+49 89 Praxis', '-1 (test)', '@home clinic', "'quoted' name", "'=2" |
            ForEach-Object { [pscustomobject]@{ ClientName = $_; RedirectUri = 'https://app.example.com/'; Tenant = "$_ tenant" } }
        $null = $rows | New-DcrClient @quiet
        Export-DcrClient "$TestDrive/round.csv"
        $null = Import-Csv "$TestDrive/round.csv" | New-DcrClient -SummaryVariable summary @quiet
        $summary.Made, $summary.Found, $summary.Differs | Should -Be 0, 6, 0
        Get-Content "$TestDrive/round.csv" -Raw | Should -Not -Match '"[=+@-]'
    }

    It 'with contacts are read whole: <Cell>' -ForEach @(
        @{ Cell = 'Jane Doe <jane@example.com>'; Sent = @('Jane Doe <jane@example.com>') }
        @{ Cell = '+1 555 123 4567'; Sent = @('+1 555 123 4567') }
        @{ Cell = 'a@example.com b@example.com'; Sent = 'a@example.com', 'b@example.com' }
        @{ Cell = 'Jane <a@example.com>; b@example.com'; Sent = 'Jane <a@example.com>', 'b@example.com' }
    ) {
        (New-Tenant contact cb @{ Contact = $Cell } | New-DcrClient).Contacts | Should -Be $Sent
    }

    It 'with a name for a copy that nobody may use are failures of their own' {
        $rows = 'one', 'dcr-probe', 'two' | ForEach-Object { New-Tenant "t-$_" cb @{ ClientSecretName = $_ } }
        $null = $rows | New-DcrClient -SummaryVariable summary -ErrorVariable failures -ErrorAction SilentlyContinue @quiet
        $summary.Made, $summary.Failed | Should -Be 2, 1
        "$failures" | Should -BeLike "Row 2, t-dcr-probe: -ClientSecretName: 'dcr-probe' *"
    }

    It 'of one tenant are one registration under -WhatIf' {
        $log = Join-Path $TestDrive "$([guid]::NewGuid()).txt"
        Start-Transcript $log | Out-Null
        try { (New-Tenant twice), (New-Tenant twice), (New-Tenant once) | New-DcrClient -WhatIf @quiet } finally { Stop-Transcript |
            Out-Null }
        [regex]::Matches((Get-Content $log -Raw), 'Performing the operation "Register client"').Count | Should -Be 2
    }

    It 'to Set-DcrClient set what New-DcrClient registers' {
        $null = New-Tenant further | New-DcrClient
        $null = [pscustomobject]@{ Tenant = 'further'; 'client_name#de' = 'Klinik'; default_max_age = 5 } | Set-DcrClient @quiet
        $warnings | Should -BeNullOrEmpty
        $sent = (Get-TestServerRequest $server -Operation update).body | ConvertFrom-Json
        $sent.'client_name#de', $sent.default_max_age | Should -Be 'Klinik', 5
    }

    It 'are in no file whose name is in the place of an id, whether the file exists or not: <Name>' -ForEach @(
        @{ Name = 'clients.csv' }
        @{ Name = './exported/clients.JSON' }
        @{ Name = 'clients.jsonl' }
        @{ Name = 'ids.txt' }
        @{ Name = 'report.html' }
    ) {
        $null = Assert-Failure { Import-DcrClient $Name } -Id InvalidClientMetadata -Category InvalidData `
            -Message "-ClientId: '$Name' is the name of a file. Nothing was sent." -Action 'Import-DcrClient -Path takes a file*'
        Get-DcrClient -Offline | Where-Object ClientId -eq $Name | Should -BeNullOrEmpty
    }

    It 'may have an id that looks like the name of a file, and an id may be the URL of a document' {
        $given = [pscustomobject] @{ ClientId = 'odd.txt' } | Import-DcrClient @quiet
        $given.ClientId | Should -Be 'odd.txt'
        (Import-DcrClient https://app.example.com/client.json @quiet).ClientId | Should -Be 'https://app.example.com/client.json'
        'odd.txt', 'https://app.example.com/client.json' | ForEach-Object { Remove-DcrClient $_ -StoreOnly -Force }
    }

    It 'that -Update would apply to one of two clients are refused' {
        $row = New-Tenant two
        $null = $row | New-DcrClient
        $null = $row | New-DcrClient -AllowDuplicate
        $null = Assert-Failure { New-Tenant two v2 | New-DcrClient -Update } -Id TenantNotUnique -Category InvalidArgument `
            -Message "*Tenant 'two' has several clients: *"
        @(Get-TestServerRequest $server -Operation update).Count | Should -Be 0
    }

    It 'with <Name> are refused alone, with row and column: <Json>' -ForEach @(
        @{ Name = 'two texts for one'; Json = '"tenant": ["a", "b"]'; Column = 'tenant' }
        @{ Name = 'an object for a text'; Json = '"tenant": "a", "client_name": { "en": "K" }'; Column = 'client_name' }
        @{ Name = 'an object in a list'; Json = '"tenant": "a", "redirect_uris": [{ "u": "https://app.example.com/" }]';
            Column = 'redirect_uris' }
        @{ Name = 'an object for a list'; Json = '"tenant": "a", "redirect_uris": { "u": "https://app.example.com/" }';
            Column = 'redirect_uris' }
    ) {
        $null = New-Tenant a | New-DcrClient
        $rows = New-Tenant good; $bad = "{ $Json }" | ConvertFrom-Json
        $made = $rows, $bad | New-DcrClient -ErrorVariable failures -ErrorAction SilentlyContinue @quiet
        $made.Tenant | Should -Be good
        "$failures" | Should -BeLike "Row 2*Column '$Column' has *where a text*"
        if ($bad.tenant -is [string]) {
            $null = Assert-Failure { $bad | Set-DcrClient } -Id InvalidClientMetadata -Category InvalidData `
                -Message "Row 1*Column '$Column' has *"
            Get-TestServerRequest $server -Operation update | Should -BeNullOrEmpty
        }
    }

    It 'with a SecureString or a second column for a text are refused' {
        $row = [pscustomobject]@{ Tenant = 'a'; ClientName = (ConvertTo-SecureString canary -AsPlainText -Force);
            RedirectUri = 'https://app.example.com/' }
        $null = Assert-Failure { $row | New-DcrClient } -Id InvalidClientMetadata -Category InvalidData `
            -Message "*'ClientName' has a SecureString*"
        $row = [pscustomobject]@{ Tenant = 'a'; ClientName = 'A'; client_name = 'B'; RedirectUri = 'https://app.example.com/' }
        $null = Assert-Failure { $row | New-DcrClient } -Id InvalidClientMetadata -Category InvalidData `
            -Message "*'ClientName' and 'client_name' both stand for ClientName*"
    }

    It 'with a list of one have that one' {
        $null = '{ "client_name": ["K"], "redirect_uris": ["https://app.example.com/"], "tenant": ["one"], "client_uri": ["https://app.example.com"] }' |
            ConvertFrom-Json | New-DcrClient @quiet
        (Get-DcrClient -Tenant one).ClientName | Should -Be K
        $warnings | Should -BeNullOrEmpty
    }

    It 'with a number that JSON does not have, or a tenant that would be shown otherwise, are errors of their own' {
        $rows = (New-Tenant n1), (New-Tenant n2 cb @{ default_max_age = [double]::NaN }),
            (New-Tenant "bidi$([char]0x202E)x"), (New-Tenant n3)
        $clients = $rows | New-DcrClient -SummaryVariable summary -ErrorVariable failures -ErrorAction SilentlyContinue
        $clients.Tenant | Sort-Object | Should -Be n1, n3
        $summary.Made, $summary.Failed | Should -Be 2, 2
        "$($failures[0])" | Should -BeLike 'Row 2, n2: default_max_age cannot be sent*Nothing was sent.'
        "$($failures[1])" | Should -BeLike 'Row 3, *nobody sees (U+202E). Nothing was sent.'
    }

    It 'that are texts register nobody' {
        $null = Assert-Failure { 'Hilltop' | New-DcrClient -RedirectUri https://app.example.com/ } -Id InvalidClientMetadata `
            -Category InvalidData -Message "*'Hilltop' is no row of a client*" -Action '*Import-Csv*'
        $null = Assert-Failure { 'Hilltop' | Import-DcrClient } -Id InvalidClientMetadata -Category InvalidData `
            -Message "*'Hilltop' is no row of a client*"
        ('Hilltop' | New-DcrClient -ClientName { $_ } -RedirectUri https://app.example.com/).ClientName | Should -Be Hilltop
    }

    It 'to Import-DcrClient are checked as elsewhere, and its files too' {
        $null = Assert-Failure { [pscustomobject]@{ 'ClientId ' = 'i1' } | Import-DcrClient } -Id InvalidClientMetadata `
            -Category InvalidData -Message "*'ClientId '*" -Terminating
        $null = [pscustomobject]@{ ClientId = 'i2'; Tenat = 't'; RegistrationAcessToken = 'rat_canary' } | Import-DcrClient @quiet
        "$($warnings[0])" | Should -BeLike "*'Tenat' (is Tenant meant?), 'RegistrationAcessToken' (is RegistrationAccessToken meant?)*"
        $failure = Assert-Failure { [pscustomobject]@{ ClientId = ''; Tenant = 't' } | Import-DcrClient } -Id InvalidClientMetadata `
            -Category InvalidData -Message 'Row 1: there is no client id*'
        Set-Content "$TestDrive/near.csv" "ClientId,Tenat,State`ni3,t,Active"
        $null = Import-DcrClient -Path "$TestDrive/near.csv" @quiet
        "$($warnings[0])" | Should -BeLike "*takes nothing from column 'Tenat' (is Tenant meant?)*"
        Set-Content "$TestDrive/shape.json" '[{ "client_id": "i4", "tenant": ["a"] }, { "client_id": "i5" }]'
        (Import-DcrClient -Path "$TestDrive/shape.json" -ErrorVariable failures -ErrorAction SilentlyContinue @quiet).ClientId |
            Should -Be i5
        "$failures" | Should -BeLike '*object 1: tenant is a list or an object*'
    }
}

Describe 'Rows of an inventory of two servers' {
    BeforeEach {
        Get-DcrServer | Disconnect-DcrServer
        $there = New-ConnectedServer
        $null = New-Tenant both | New-DcrClient
        $here = New-ConnectedServer
        $null = New-Tenant both | New-DcrClient
        $rows = $there, $here | ForEach-Object { [pscustomobject]@{ Tenant = 'both'; Issuer = $_.Issuer; Contact = 'a@example.com' } }
    }

    It 'go to the server of each: <_>' -ForEach 'Get-DcrClient', 'Set-DcrClient', 'New-DcrClient -Update' {
        $command, $update = -split $_
        $parameters = if ($update) { @{ Update = $true } } else { @{} }
        $done = $rows | & $command @parameters @quiet
        $done.Issuer | Sort-Object | Should -Be ($there.Issuer, $here.Issuer | Sort-Object)
        if ($command -ne 'Get-DcrClient') {
            foreach ($server in $there, $here) { @(Get-TestServerRequest $server -Operation update).Count | Should -Be 1 }
        }
    }

    It 'of a server that is not connected are errors, and the others are worked on' {
        Disconnect-DcrServer (Get-DcrServer | Where-Object Issuer -eq $there.Issuer).Name
        foreach ($command in 'Get-DcrClient', 'Set-DcrClient', 'New-DcrClient', 'Remove-DcrClient') {
            $more = switch ($command) { New-DcrClient { @{ Update = $true } } Remove-DcrClient { @{ WhatIf = $true } } default { @{} } }
            $null = $rows | & $command @more -ErrorVariable failures -ErrorAction SilentlyContinue @quiet
            $failures.FullyQualifiedErrorId | Should -BeLike 'NotConnected,*'
            "$failures" | Should -BeLike 'Row 1*'
        }

        @(Get-TestServerRequest $here -Operation update).Count | Should -Be 1
        Set-Content "$TestDrive/two.json" (ConvertTo-Json @(@{ client_id = 'x1'; issuer = $there.Issuer },
            @{ client_id = 'x2'; issuer = $here.Issuer }))
        (Import-DcrClient -Path "$TestDrive/two.json" -ErrorVariable failures -ErrorAction SilentlyContinue @quiet).ClientId | Should -Be x2
        $failures.FullyQualifiedErrorId | Should -BeLike 'NotConnected,*'
    }
}

Describe 'The error of a row' {
    It 'has the row without its secrets, in whatever column, and the row can be piped again' {
        $server = New-ConnectedServer @{ faults = @(@{ on = 'register'; status = 400; error = 'invalid_client_metadata' }) }
        $row = New-Tenant a cb @{
            client_secret = 'row-secret-1'; RegistrationAccessToken = 'row-secret-2'; password = 'row-secret-3'
            Notes = '{"api_token":"row-secret-4"}'; Vendor = [pscustomobject]@{ accounts = @(@{ private_key = 'row-secret-5' }) }; Cost = 12
        }
        $row | New-DcrClient -ErrorAction SilentlyContinue -ErrorVariable failures @quiet
        $failures | Should -HaveCount 1
        $target = $failures[0].TargetObject
        $target.client_secret, $target.Notes, $target.Vendor | Should -Be '***', '***', '***'
        $target.Tenant, $target.ClientName, $target.Cost | Should -Be 'a', 'Client of a', 12
        $texts = @($failures[0] | Format-List * -Force | Out-String -Width 500; $failures[0] |
            ConvertTo-Json -Depth 6 -WarningAction SilentlyContinue
            [System.Management.Automation.PSSerializer]::Serialize($failures[0], 5); "$($failures[0].CategoryInfo)")
        $texts | Should -Not -Match 'row-secret'
        ($target | New-DcrClient @quiet).Tenant | Should -Be a
    }

    It 'has a mask that is refused where a secret was part of the metadata' {
        $null = New-ConnectedServer
        $row = New-Tenant a bad^uri @{ Jwks = '{"keys":[{"kty":"oct","k":"row-secret-1"}]}' }
        $row | New-DcrClient -ErrorAction SilentlyContinue -ErrorVariable failures @quiet
        $failures[0].TargetObject.Jwks | Should -Be '***'
        $null = Assert-Failure { $failures[0].TargetObject | New-DcrClient } -Id InvalidClientMetadata -Category InvalidData `
            -Message '*Jwks*'
    }

    It 'has no row of a database with its secrets' {
        $null = New-ConnectedServer
        $table = [Data.DataTable]::new()
        'ClientName', 'RedirectUri', 'Tenant', 'client_secret' | ForEach-Object { $null = $table.Columns.Add($_) }
        $null = $table.Rows.Add('A', 'bad uri', 'a', 'row-secret-12345')
        $table.Rows | New-DcrClient -ErrorAction SilentlyContinue -ErrorVariable failures @quiet
        $failures[0].TargetObject.Tenant | Should -Be a
        $failures[0].TargetObject.PSObject.Properties.Name | Should -Be ClientName, RedirectUri, Tenant, client_secret
        [System.Management.Automation.PSSerializer]::Serialize($failures[0].TargetObject, 9) | Should -Not -Match 'row-secret-12345'
    }

    It 'steers no terminal' {
        $null = New-ConnectedServer
        $escape = [char] 27
        [pscustomobject]@{ ClientName = "N$escape[31m"; RedirectUri = "bad$escape]0;x"; Tenant = "t$escape[2J" } |
            New-DcrClient -ErrorAction SilentlyContinue -ErrorVariable failures @quiet
        "$($failures[0].TargetObject) $($failures[0].CategoryInfo) $($failures[0])" | Should -Not -Match $escape
    }
}
