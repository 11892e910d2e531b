BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest

    function New-Row([string] $Tenant, [string] $Name = "Client of $Tenant", [string] $Uri = "https://$Tenant.example.com/") {
        [pscustomobject]@{ Tenant = $Tenant; ClientName = $Name; RedirectUri = $Uri }
    }

    function Get-Status($Comparison) { $Comparison | ForEach-Object { "$($_.Tenant) $($_.Status)" } | Sort-Object }
}

AfterAll { Stop-DcrTest }

Describe 'Compare-DcrClient' {
    BeforeAll {
        $server = New-ConnectedServer
        $rows = New-Row same; $rows = @($rows; New-Row differs; New-Row gone; New-Row extra; New-Row other)
        $clients = $rows | New-DcrClient -WarningAction Ignore
        Remove-TestServerClient $server ($clients | Where-Object Tenant -EQ gone).ClientId
        $wanted = @(
            New-Row same
            New-Row differs 'Another name'
            New-Row gone
            New-Row missing
        )
    }

    It 'tells of each row how it compares, and of each client that no row names' {
        $found = $wanted | Compare-DcrClient
        Get-Status $found | Should -Be 'differs Differs', 'extra Extra', 'gone Gone', 'missing Missing', 'other Extra', 'same Same'
        $change = ($found | Where-Object Status -EQ Differs).Changes
        $change.Name, $change.Wanted, $change.Server, $change.LastGranted, $change.HasDrifted |
            Should -Be 'client_name', 'Another name', 'Client of differs', 'Client of differs', $false
        ($found | Where-Object Status -EQ Missing).ClientId | Should -BeNullOrEmpty
        ($found | Where-Object Status -EQ Gone).Why | Should -BeLike '*the client does not exist*'
    }

    It 'changes no client' {
        Clear-TestServerRequest $server
        $null = $wanted | Compare-DcrClient
        (Get-TestServerRequest $server).operation | Sort-Object -Unique | Should -Be read
        @(Get-TestServerRequest $server).Count | Should -Be 3 -Because 'a client that no row names is not asked for'
    }

    It 'counts as extra only what -TenantPattern names' {
        Get-Status ($wanted | Compare-DcrClient -TenantPattern ex*, same | Where-Object Status -EQ Extra) | Should -Be 'extra Extra'
    }

    It 'takes a CSV file by -Path, as the pipeline does' {
        $path = Join-Path $TestDrive 'clients.csv'
        $wanted | Export-Csv $path -NoTypeInformation
        Get-Status (Compare-DcrClient -Path $path) | Should -Be (Get-Status ($wanted | Compare-DcrClient))
    }

    It 'takes a JSON file by -Path, with wire names' {
        $path = Join-Path $TestDrive 'clients.json'
        Set-Content $path '[{"tenant":"same","client_name":"Client of same","redirect_uris":["https://same.example.com/"]},
            {"tenant":"differs","redirect_uris":["https://differs.example.com/","https://b.example.com/"]}]'
        Get-Status (Compare-DcrClient -Path $path -TenantPattern none) | Should -Be 'differs Differs', 'same Same'
    }

    It 'adds what is typed to each row of the file' {
        $path = Join-Path $TestDrive 'few.csv'
        New-Row same | Export-Csv $path -NoTypeInformation
        $found = Compare-DcrClient -Path $path -Contact ops@example.com -TenantPattern none
        $found.Changes.Name | Should -Be contacts
    }

    It 'tells all that is wrong with the lines of a file, with the row and its tenant' {
        $path = Join-Path $TestDrive 'faulty.csv'
        Set-Content $path 'Tenant,ClientName,RedirectUri
north,North,http://north.example.com/
,Nobody,https://a.example.com/
same,Client of same,https://same.example.com/
Same,Client of same,https://b.example.com/
,,
south,South,not-a-uri'
        $found = Compare-DcrClient -Path $path -TenantPattern none -ErrorVariable failures -ErrorAction SilentlyContinue
        Get-Status $found | Should -Be 'same Same'
        $failures | Should -HaveCount 4
        "$($failures[0])" | Should -BeLike 'Row 1, north: *uses http*'
        "$($failures[1])" | Should -BeLike 'Row 2, Nobody: *neither a tenant nor a client id*'
        "$($failures[2])" | Should -BeLike "Row 4, Same: Tenant 'Same' has a second row*"
        "$($failures[3])" | Should -BeLike "Row 6, south: *'not-a-uri'*"
    }

    It 'refuses a file that it cannot read: <Text>' -ForEach @(
        @{ Text = '[{"tenant":'; Message = '*cannot be read*' }
        @{ Text = "Tenant;ClientName`nnorth;North"; Message = "*names with ';'*" }
        @{ Text = "Tenant;RedirectUri`nnorth;https://a.example/,https://b.example/"; Message = "*names with ';'*" }
        @{ Text = "Tenant,Client-Name`nnorth,North"; Message = "*'Client-Name' is not read as ClientName*" }
    ) {
        $path = Join-Path $TestDrive 'broken.csv'
        Set-Content $path $Text
        "$(Get-Failure { Compare-DcrClient -Path $path })" | Should -BeLike $Message
    }

    It 'refuses a file whose letters are not UTF-8, and names the line' {
        $path = Join-Path $TestDrive 'latin.csv'
        [IO.File]::WriteAllBytes($path, [Text.Encoding]::GetEncoding(28591).GetBytes("Tenant,ClientName`nz,Z`nz$([char] 0xFC)rich,Z"))
        $failure = Get-Failure { Compare-DcrClient -Path $path }
        $failure.FullyQualifiedErrorId | Should -BeLike 'InventoryReadFailed*'
        "$failure" | Should -BeLike '*line 3*UTF-8*'
    }

    It 'finds a client by its id where a row has no tenant' {
        $id = ($clients | Where-Object Tenant -EQ same).ClientId
        $found = [pscustomobject]@{ client_id = $id; client_name = 'Client of same' } | Compare-DcrClient -TenantPattern none
        $found.Tenant, $found.Status | Should -Be same, Same
    }

    It 'lists both clients of a tenant that has two' {
        $two = New-Row two | New-DcrClient; $null = New-Row two | New-DcrClient -AllowDuplicate
        $failure = Get-Failure { New-Row two | Compare-DcrClient -ErrorAction Stop }
        $failure.FullyQualifiedErrorId | Should -BeLike 'TenantNotUnique*'
        $found = $two | Select-Object Tenant, ClientName, ClientId | Compare-DcrClient -TenantPattern two
        Get-Status $found | Should -Be 'two Extra', 'two Same'
    }

    It 'gives objects from which nothing is registered, and by which no name is changed' {
        $missing = New-Row north | Compare-DcrClient -TenantPattern none
        "$(Get-Failure { $missing | New-DcrClient })" | Should -BeLike '*Compare-DcrClient gave*'
        $changed = New-Row same 'Not wanted now' | Compare-DcrClient -TenantPattern none | Set-DcrClient -Contact ops@example.com
        $changed.ClientName, "$($changed.Contacts)" | Should -Be 'Client of same', 'ops@example.com'
        $null = Set-DcrClient -Tenant same -Contact @()
    }

    It 'gives objects that name their clients to other commands' {
        $named = New-Row other | Compare-DcrClient -TenantPattern none | Get-DcrClient
        $named.Tenant | Should -Be other
    }
}

Describe 'Compare-DcrClient of a tenant whose registration has an unknown outcome' {
    It 'says so, and how to settle it' {
        $server = New-ConnectedServer @{ faults = @(@{ on = 'register'; drop = 'beforeAnswer' }) }
        $null = Get-Failure { New-Row lost | New-DcrClient -ErrorAction Stop }
        $found = New-Row lost | Compare-DcrClient
        $found.Status | Should -Be Unknown
        $found.Why | Should -BeLike '*Find-DcrOrphan*'
    }
}

Describe 'Compare-DcrClient in a table' {
    It 'is whole at <_> columns' -ForEach 80, 120 {
        $server = New-ConnectedServer
        $null = New-Row north | New-DcrClient
        $table = New-Row north 'New name' | Compare-DcrClient | Format-Table | Out-String -Width $_
        $table | Should -Match 'Status +Result +Tenant +ClientName +Changes'
        $table | Should -Match 'Differs +north +New name +client_name'
    }
}
