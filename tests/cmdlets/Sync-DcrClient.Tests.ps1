BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $quiet = @{ WarningAction = 'SilentlyContinue' }

    function New-Row([string] $Tenant, [string] $Name = "Client of $Tenant", [string] $Uri = "https://$Tenant.example.com/") {
        [pscustomobject]@{ Tenant = $Tenant; ClientName = $Name; RedirectUri = $Uri }
    }

    function Get-Result($Comparison) { $Comparison | ForEach-Object { "$($_.Tenant) $($_.Result)" } | Sort-Object }

    function Get-Operation($Server) {
        Get-TestServerRequest $Server | ForEach-Object operation | Where-Object { $_ -ne 'read' } | Sort-Object
    }
}

AfterAll { Stop-DcrTest }

Describe 'Sync-DcrClient' {
    BeforeEach {
        Switch-TestFolder
        $server = New-ConnectedServer
        $clients = 'same', 'differs', 'gone', 'extra' | ForEach-Object { New-Row $_ } | New-DcrClient @quiet
        Remove-TestServerClient $server ($clients | Where-Object Tenant -EQ gone).ClientId
        Clear-TestServerRequest $server
        $wanted = (New-Row same), (New-Row differs 'Another name'), (New-Row gone), (New-Row missing)
    }

    It 'registers, changes and repairs, and a second run changes nothing' {
        $done = $wanted | Sync-DcrClient -Force @quiet
        Get-Result $done | Should -Be 'differs Changed', 'gone Repaired', 'missing Registered'
        Get-Operation $server | Should -Be 'register', 'register', 'update'
        Clear-TestServerRequest $server
        $wanted | Sync-DcrClient -Force | Should -BeNullOrEmpty
        Get-Operation $server | Should -BeNullOrEmpty
        $wanted | Compare-DcrClient -TenantPattern none | ForEach-Object Status | Select-Object -Unique | Should -Be Same
    }

    It 'gives the new id and the members' {
        $done = $wanted | Sync-DcrClient -Force @quiet
        $gone = $done | Where-Object Tenant -EQ gone
        $gone.ClientId | Should -Be (Get-DcrClient -Tenant gone -Offline).ClientId
        $gone.ClientId | Should -Not -Be ($clients | Where-Object Tenant -EQ gone).ClientId
        ($done | Where-Object Tenant -EQ differs).Changes.Name | Should -Be client_name
    }

    It 'sends only what differs and keeps what a row does not name' {
        $null = Set-DcrClient -Tenant differs -Contact ops@example.com
        Clear-TestServerRequest $server
        $null = New-Row differs 'Another name' | Sync-DcrClient -TenantPattern none
        $sent = Get-SentMetadata $server update
        $sent.contacts, $sent.client_name | Should -Be 'ops@example.com', 'Another name'
    }

    It 'plans with -WhatIf: a line that counts, and a line for each client with its members' {
        $told = @($wanted | Sync-DcrClient -WhatIf -Prune -TenantPattern * 6>&1 @quiet)
        "$($told[0])" | Should -Be 'Plan: 1 to register, 1 to change, 1 extra, 1 to register again.'
        Get-Operation $server | Should -BeNullOrEmpty
        $null = Start-Transcript "$TestDrive/plan.txt"
        try { $wanted | Sync-DcrClient -WhatIf -Prune -TenantPattern * @quiet } finally { $null = Stop-Transcript }
        $shown = Get-Content "$TestDrive/plan.txt" -Raw
        $shown | Should -BeLike '*"Register client" on target "Client of missing at *'
        $shown | Should -BeLike '*"Change client (client_name: *'
        $shown | Should -BeLike '*"Register again, because the server refuses its token*" on target "Client of gone (*'
        $shown | Should -BeLike '*"Delete client" on target "Client of extra (*'
    }

    It 'removes with -Prune only within the pattern, and asks nothing with -Force' {
        $done = $wanted | Sync-DcrClient -Force -Prune -TenantPattern ex* @quiet
        ($done | Where-Object Tenant -EQ extra).Result | Should -Be Removed
        (Get-DcrClient -Offline -Tenant *).Tenant | Sort-Object | Should -Be differs, gone, missing, same
    }

    It 'removes with -Prune alone only further clients of the list''s own tenants' {
        $second = New-Row same 'Second of same' | New-DcrClient -AllowDuplicate @quiet
        $first = $clients | Where-Object Tenant -EQ same
        $rows = [pscustomobject]@{ Tenant = 'same'; ClientId = $first.ClientId; ClientName = 'Client of same' }
        $done = $rows | Sync-DcrClient -Force -Prune
        ($done | Where-Object Result -EQ Removed).ClientId | Should -Be $second.ClientId
        (Get-DcrClient -Offline -Tenant extra).Tenant | Should -Be extra
    }

    It 'removes none where more are extra than -MaxPrune' {
        $null = 'e2', 'e3' | ForEach-Object { New-Row $_ } | New-DcrClient
        $failures = $null
        New-Row same | Sync-DcrClient -Force -Prune -TenantPattern e* -MaxPrune 2 -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures.FullyQualifiedErrorId | Should -BeLike 'TooManyExtra,*'
        "$failures" | Should -BeLike '*3*'
        Get-Operation $server | Should -Not -Contain 'delete'
    }

    It 'removes none while a row failed' {
        $rows = (New-Row same), (New-Row bad Bad not-a-uri)
        $null = $rows | Sync-DcrClient -Force -Prune -TenantPattern * -ErrorAction SilentlyContinue -WarningVariable warnings @quiet
        "$warnings" | Should -BeLike '*No client was removed, because 1 row failed*'
        Get-Operation $server | Should -Not -Contain 'delete'
    }

    It 'applies the other rows where some are faulty, and tells each' {
        $rows = (New-Row bad Bad not-a-uri), (New-Row new), [pscustomobject]@{ ClientName = 'Nobody'; RedirectUri = 'https://a.example/' }
        $done = $rows | Sync-DcrClient -TenantPattern none -ErrorVariable failures -ErrorAction SilentlyContinue
        Get-Result $done | Should -Be 'new Registered'
        "$($failures[0])", "$($failures[1])" | Should -BeLike 'Row *'
    }

    It 'does not ask a session without a person before what stops no application; for the rest it says what to add' {
        $done = @(try { $wanted | Sync-DcrClient @quiet } catch { $failure = $_ })
        $failure.FullyQualifiedErrorId | Should -BeLike 'ConfirmationNotPossible,*'
        "$failure" | Should -BeLike '*Client of gone*'
        (Get-DcrClient -Offline -Tenant missing, differs).ClientName | Should -Be 'Client of missing', 'Another name'
        (Get-DcrClient -Offline -Tenant gone).ClientId | Should -Be ($clients | Where-Object Tenant -EQ gone).ClientId
    }

    It 'goes on where an interrupted run stopped' {
        $rows = 1..6 | ForEach-Object { New-Row "new$_" }
        $null = $rows | Sync-DcrClient -ThrottleLimit 1 -TenantPattern none | Select-Object -First 2
        $done = $rows | Sync-DcrClient -TenantPattern none
        $registered = @(Get-TestServerRequest $server -Operation register)
        $registered.Count | Should -Be 6 -Because 'none is registered twice'
        $done.Count | Should -BeLessThan 5
    }

    It 'puts the new secret where the application has it' {
        $row = New-Row app; $row | Add-Member ClientSecretName app-secret
        $null = $row | Sync-DcrClient -TenantPattern none
        Get-ApplicationSecret app-secret | Should -Be (ConvertTo-PlainText (Get-DcrClient -Tenant app).ClientSecret)
    }

    It 'says in a report what came of each row, and of what was removed' {
        $rows = @($wanted; New-Row bad Bad not-a-uri)
        $null = $rows | Sync-DcrClient -Force -ReportPath "$TestDrive/one.csv" -ErrorAction SilentlyContinue @quiet
        Import-Csv "$TestDrive/one.csv" | Sort-Object { [int] $_.Row } | ForEach-Object { "$($_.Row) $($_.Tenant) $($_.Result)" } |
            Should -Be '1 same Same', '2 differs Changed', '3 gone Repaired', '4 missing Registered', '5 bad Failed'
        $null = $wanted | Sync-DcrClient -Force -Prune -TenantPattern ex* -ReportPath "$TestDrive/two.csv"
        Import-Csv "$TestDrive/two.csv" | Where-Object Result -NE Same | ForEach-Object { "$($_.Row) $($_.Tenant) $($_.Result)" } |
            Should -Be ' extra Removed'
        Get-Content "$TestDrive/one.csv" -Raw | Should -BeLike '*"https://differs.example.com/"*'
    }

    It 'gets a fresh statement for each client that it registers' {
        $key = New-DcrKey "key$(Get-Random)" ES256
        $private = ConvertTo-Secret (Get-ApplicationSecret $key.SecretName)
        $null = (New-Row same), (New-Row new1), (New-Row new2) | Sync-DcrClient -TenantPattern none -SoftwareStatement {
            New-DcrSoftwareStatement -ClientName $_.ClientName -SoftwareId "for-$($_.Tenant)" -Issuer me -PrivateKey $private `
                -Algorithm ES256
        } @quiet
        $sent = Get-TestServerRequest $server -Operation register | ForEach-Object { ($_.body | ConvertFrom-Json).software_statement }
        $sent | Select-Object -Unique | Should -HaveCount 2
    }

    It 'gets a fresh statement for a client that it registers again, too' {
        $key = New-DcrKey "key$(Get-Random)" ES256
        $private = ConvertTo-Secret (Get-ApplicationSecret $key.SecretName)
        $null = New-Row gone | Sync-DcrClient -Force -TenantPattern none -SoftwareStatement {
            New-DcrSoftwareStatement -ClientName $_.ClientName -SoftwareId s1 -Issuer me -PrivateKey $private -Algorithm ES256
        } @quiet
        $sent = Get-TestServerRequest $server -Operation register | ForEach-Object { $_.body | ConvertFrom-Json }
        $sent.software_statement | Should -Not -BeNullOrEmpty
    }

    It 'takes the client whose id a row has, whatever its tenant says: <_>' -ForEach 'another', 'none' {
        $client = $clients | Where-Object Tenant -EQ same
        if ($_ -eq 'none') { $client = New-DcrClient Tenantless https://tl.example/ -WarningAction Ignore }
        Clear-TestServerRequest $server
        $failures = $null
        [pscustomobject]@{ Tenant = 'smae'; ClientId = $client.ClientId; ClientName = 'Client of same' } |
            Sync-DcrClient -Force -Prune -TenantPattern * -ErrorVariable failures @quiet -ErrorAction SilentlyContinue
        $failures.FullyQualifiedErrorId | Should -BeLike 'ClientNotFound,*'
        Get-Operation $server | Should -BeNullOrEmpty
    }

    It 'takes two clients of one tenant by their ids, and refuses a client that two rows name' {
        $two = New-Row same 'Second of same' | New-DcrClient -AllowDuplicate @quiet
        $first = $clients | Where-Object Tenant -EQ same
        $rows = $first, $two | ForEach-Object { [pscustomobject]@{ Tenant = 'same'; ClientId = $_.ClientId; ClientName = $_.ClientName } }
        $rows | Compare-DcrClient -TenantPattern none | ForEach-Object Status | Should -Be Same, Same
        $failures = $null
        $null = (New-Row differs), [pscustomobject]@{ ClientId = ($clients | Where-Object Tenant -EQ differs).ClientId; ClientName = 'B' } |
            Sync-DcrClient -TenantPattern none -ErrorVariable failures -ErrorAction SilentlyContinue
        "$failures" | Should -BeLike '*has a second row*'
    }

    It 'says which client a tenant has now where a row has the id of one that was registered again' {
        $old = ($clients | Where-Object Tenant -EQ gone).ClientId
        $new = (New-Row gone | Sync-DcrClient -Force -TenantPattern none @quiet).ClientId
        $row = [pscustomobject]@{ Tenant = 'gone'; ClientId = $old; ClientName = 'G' }
        $failure = Get-Failure { $row | Sync-DcrClient -ErrorAction Stop }
        "$failure" | Should -BeLike "*tenant 'gone' has client '$new'*"
    }

    It 'registers no more clients again than -MaxRepair, and says why they count as gone' {
        $null = $clients | Where-Object Tenant -NE gone | ForEach-Object { Reset-TestServerClientToken $server $_.ClientId }
        $failures = $null
        $rows = 'same', 'differs', 'gone' | ForEach-Object { New-Row $_ }
        $rows | Sync-DcrClient -Force -MaxRepair 2 -ErrorVariable failures -ErrorAction SilentlyContinue @quiet | Should -BeNullOrEmpty
        $failures.FullyQualifiedErrorId | Should -BeLike 'TooManyGone,*'
        Get-Operation $server | Should -BeNullOrEmpty
        $null = Start-Transcript "$TestDrive/doubt.txt"
        try { $rows | Sync-DcrClient -WhatIf @quiet } finally { $null = Stop-Transcript }
        Get-Content "$TestDrive/doubt.txt" -Raw | Should -BeLike '*refuses its token: it is gone, or the token was replaced elsewhere*'
    }

    It 'makes the copy that a row names where a client is registered again' {
        $row = New-Row gone; $row | Add-Member ClientSecretName gone-copy
        $null = $row | Sync-DcrClient -Force -TenantPattern none @quiet
        Get-ApplicationSecret gone-copy | Should -Be (ConvertTo-PlainText (Get-DcrClient -Tenant gone).ClientSecret)
    }

    It 'removes none where a row could not be compared, nor one without a tenant' {
        $null = New-DcrClient Tenantless https://tl.example/ @quiet
        $done = (New-Row same), (New-Row differs), (New-Row gone) | Sync-DcrClient -Force -Prune -TenantPattern * @quiet
        ($done | Where-Object Result -EQ Removed).Tenant | Should -Be extra
        (Get-DcrClient -Offline -ClientName Tenantless).ClientName | Should -Be Tenantless
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'read'; status = 403; times = 9 }) }
        $null = New-Row another | New-DcrClient @quiet
        $null = New-Row same | Sync-DcrClient -Force -Prune -TenantPattern * -WarningVariable told -WarningAction SilentlyContinue
        "$told" | Should -BeLike '*could not be compared*'
        Get-DcrClient -Offline -Tenant another | Should -Not -BeNullOrEmpty
    }

    It 'refuses a file before anything is sent: <Text>' -ForEach @(
        @{ Name = 'x.csv'; Text = "Tenant,Note`nsame,n`ndiffers,`"see mail`nextra,n"; Message = '*has no end*' }
        @{ Name = 'x.csv'; Text = "Tenant,ClientName`nsame,S,more"; Message = '*line 2 has more cells*' }
        @{ Name = 'x.csv'; Text = "Tenant,ClientName`na,b,c`na,b`na,b,c"; Message = '*lines 2, 4 have more cells*' }
        @{ Name = 'x.json'; Text = '[{"tenant":"same","client_name":"S"},null]'; Message = '*entry 2 is no object*' }
    ) {
        $path = Join-Path $TestDrive $Name
        Set-Content $path $Text
        $failure = Get-Failure { Sync-DcrClient -Path $path -Force -Prune -TenantPattern * -ErrorAction Stop }
        $failure.FullyQualifiedErrorId | Should -BeLike 'InventoryReadFailed,*'
        "$failure" | Should -BeLike $Message
        Sync-DcrClient -Path $path -ReportPath "$path.report.csv" -ErrorAction SilentlyContinue
        Import-Csv "$path.report.csv" | ForEach-Object { "$($_.Row)$($_.Result)" } | Should -Be Failed
        Remove-Item "$path.report.csv"
        Get-Operation $server | Should -BeNullOrEmpty
    }

    It 'takes no comparison for a row' {
        $found = New-Row same | Compare-DcrClient -TenantPattern none
        "$(Get-Failure { $found | Sync-DcrClient })" | Should -BeLike '*Compare-DcrClient gave*'
    }

    It 'leaves a tenant whose registration has an unknown outcome' {
        $null = New-ConnectedServer @{ faults = @(@{ on = 'register'; drop = 'beforeAnswer' }) }
        $null = Get-Failure { New-Row lost | New-DcrClient -ErrorAction Stop }
        $done = New-Row lost | Sync-DcrClient -Force
        $done.Status, $done.Result | Should -Be Unknown, None
    }
}

Describe 'Sync-DcrClient at a server that shows clients otherwise than it answered' {
    BeforeEach {
        Switch-TestFolder
        $server = New-ConnectedServer @{ shownAtRead = 'inItsOwnWay' }
        $wanted = 'north', 'south' | ForEach-Object { New-Row $_ -Uri "https://$_.example.com" }
    }

    It 'changes nothing in a second run, and says once what is shown otherwise' {
        $null = $wanted | Sync-DcrClient -WarningVariable told -WarningAction SilentlyContinue
        $told | Should -HaveCount 2
        "$($told[1])" | Should -BeLike '1 other client *(redirect_uris).'
        "$($told[0])" | Should -BeLike '*shows something else whenever the client is read*'
        "$($told[0])" | Should -BeLike "*: wanted ``['https://*th.example.com'``], is ``['https://*th.example.com/'``]*.*"
        Clear-TestServerRequest $server
        $wanted | Sync-DcrClient -WarningVariable told | Should -BeNullOrEmpty
        "$told" | Should -Be ''
        Get-Operation $server | Should -BeNullOrEmpty
    }

    It 'changes clients of New-DcrClient once' {
        $null = $wanted | New-DcrClient
        Get-Result ($wanted | Sync-DcrClient @quiet) | Should -Be 'north Changed', 'south Changed'
        $wanted | Sync-DcrClient | Should -BeNullOrEmpty
    }

    It 'still finds what somebody else changed' {
        $null = $wanted | Sync-DcrClient @quiet
        $south = Get-DcrClient -Tenant south
        $body = @{ client_id = $south.ClientId; client_name = $south.ClientName; redirect_uris = @('https://evil.example/') }
        $null = Invoke-RestMethod $south.RegistrationClientUri -Method Put -ContentType application/json -Body (ConvertTo-Json $body) `
            -Headers @{ Authorization = "Bearer $(ConvertTo-PlainText $south.RegistrationAccessToken)" }
        $found = $wanted | Compare-DcrClient
        $found.Status | Should -Be Same, Differs
        $found[1].Changes.Name, $found[1].Changes.HasDrifted | Should -Be redirect_uris, $true
        Get-Result ($wanted | Sync-DcrClient @quiet) | Should -Be 'south Changed'
        $wanted | Sync-DcrClient | Should -BeNullOrEmpty
    }
}

Describe 'Sync-DcrClient''s table' {
    It 'is whole at <_> columns' -ForEach 80, 120 {
        $null = New-ConnectedServer
        $table = New-Row north | Sync-DcrClient | Format-Table | Out-String -Width $_
        $table | Should -Match 'Status +Result +Tenant +ClientName +Changes'
        $table | Should -Match 'Missing +Registered +north +Client of north'
    }
}
