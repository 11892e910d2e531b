BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $quiet = @{ WarningAction = 'SilentlyContinue'; ErrorAction = 'SilentlyContinue' }

    function New-Row([string] $Tenant, [string] $Name = "Client of $Tenant", [string] $Uri = "https://$Tenant.example.com/") {
        [pscustomobject]@{ Tenant = $Tenant; ClientName = $Name; RedirectUri = $Uri }
    }

    # Rows come in the order in which they are done.
    function Get-Result([string] $Path) { Import-Csv $Path | Sort-Object { [int] $_.Row } | ForEach-Object { "$($_.Tenant) $($_.Result)" } }
}

AfterAll { Stop-DcrTest }

Describe '-ReportPath' {
    BeforeEach {
        Switch-TestFolder
        $server = New-ConnectedServer
        $out = Join-Path $TestDrive "out-$([guid]::NewGuid()).csv"
    }

    It 'has a row for each input row of New-DcrClient, with what came of it' {
        $null = New-Row found | New-DcrClient
        $null = New-Row differs | New-DcrClient
        $made = (New-Row new), (New-Row bad Bad not-a-uri), (New-Row found), (New-Row differs Other) | New-DcrClient -ReportPath $out @quiet
        Get-Result $out | Should -Be 'new Registered', 'bad Failed', 'found Found', 'differs Differs'
        $rows = @{}
        foreach ($row in Import-Csv $out) { $rows[$row.Tenant] = $row }
        $rows.new.ClientId | Should -Be ($made | Where-Object Tenant -EQ new).ClientId
        $rows.bad.ErrorId, $rows.bad.ClientId | Should -Be 'InvalidRedirectUri', ''
        $rows.bad.Message | Should -BeLike "Row 2, bad: -RedirectUri: *'not-a-uri'*"
        $rows.bad.NextStep | Should -Not -BeNullOrEmpty
        $rows.new.RunId | Should -Be (Get-DcrAuditLog | Where-Object Tenant -EQ new | Select-Object -First 1).Run
    }

    It 'says Changed where -Update changed a client' {
        $null = New-Row north | New-DcrClient
        $null = New-Row north Other | New-DcrClient -Update -ReportPath $out
        Get-Result $out | Should -Be 'north Changed'
    }

    It 'says Unknown where the outcome is, so that a retry leaves it alone' {
        $null = New-ConnectedServer @{ faults = @(@{ on = 'register'; drop = 'midBody' }) }
        $null = New-Row north | New-DcrClient -ReportPath $out @quiet
        Get-Result $out | Should -Be 'north Unknown'
    }

    It 'is the input of the retry' {
        $null = New-ConnectedServer @{ faults = @(@{ on = 'register'; skip = 1; status = 400; body = 'empty' }) }
        $file = Join-Path $TestDrive 'in.csv'
        Set-Content $file @'
tenant,client_name,redirect_uris,contacts
north,North,https://n.example/a;https://n.example/b,it@n.example
south,=South,https://s.example/a;https://s.example/b,it@s.example
'@
        $null = Import-Csv $file | New-DcrClient -ThrottleLimit 1 -ReportPath $out @quiet
        Get-Result $out | Should -Be 'north Registered', 'south Failed'
        $client = Import-Csv $out | Where-Object Result -EQ Failed | New-DcrClient -WarningVariable told
        $client.Tenant, $client.ClientName, "$($client.Contacts)" | Should -Be 'south', '=South', 'it@s.example'
        $client.RedirectUris | Should -Be 'https://s.example/a', 'https://s.example/b'
        $told | Should -BeNullOrEmpty
    }

    It 'stays as it is where it is there already, and nothing is sent' {
        Set-Content $out 'of an earlier run'
        $null = Assert-Failure { New-Row north | New-DcrClient -ReportPath $out } -Id InventoryWriteFailed -Category WriteError `
            -Terminating -Message '*is there already*'
        $null = Assert-Failure { New-Row north | New-DcrClient -ReportPath $out -WhatIf } -Id InventoryWriteFailed `
            -Category WriteError -Terminating -Message '*is there already*'
        Get-Content $out | Should -Be 'of an earlier run'
        Get-TestServerRequest $server -Operation register | Should -BeNullOrEmpty
    }

    It 'is refused before anything is sent: <Path>' -ForEach @(
        @{ Path = '/nowhere/at/all/out.csv'; Message = '*cannot be written*' }
        @{ Path = 'out.txt'; Message = '*whether it is to be CSV or JSON*' }
        @{ Path = 'env:out.csv'; Message = '*' }
    ) {
        foreach ($isPlan in $false, $true) {
            $null = Assert-Failure { New-Row north | New-DcrClient -ReportPath $Path -WhatIf:$isPlan } -Id InventoryWriteFailed `
                -Category WriteError -Terminating -Message $Message
        }

        Get-TestServerRequest $server -Operation register | Should -BeNullOrEmpty
    }

    It 'is not made with -WhatIf' {
        New-Row north | New-DcrClient -ReportPath $out -WhatIf
        $out | Should -Not -Exist
        Get-ChildItem $TestDrive -Force -Filter "*$(Split-Path $out -Leaf)*" | Should -BeNullOrEmpty
    }

    It 'has what Set, Reset and Remove did, also to clients that are typed or piped as objects' {
        $null = New-ConnectedServer @{ rotateSecret = 'put'; rotateToken = 'put' }
        $clients = 'one', 'two' | ForEach-Object { New-Row $_ } | New-DcrClient -ThrottleLimit 1
        $null = Set-DcrClient -Tenant one, two, three -Contact it@a.example -ReportPath $out @quiet
        Get-Result $out | Sort-Object | Should -Be 'one Changed', 'three Failed', 'two Changed'
        $null = $clients | Reset-DcrRegistrationToken -ReportPath "$out.2.csv" @quiet
        Import-Csv "$out.2.csv" | ForEach-Object { "$($_.Row) $($_.Tenant) $($_.Result) $($_.ClientId)" } | Sort-Object |
            Should -Be "1 one Reset $($clients[0].ClientId)", "2 two Reset $($clients[1].ClientId)"
        $null = Reset-DcrClientSecret -Tenant one -Force -ReportPath "$out.4.csv" @quiet
        Get-Result "$out.4.csv" | Should -Be 'one Reset'
        Remove-DcrClient $clients[0].ClientId -Force -ReportPath "$out.3.csv"
        Get-Result "$out.3.csv" | Should -Be 'one Removed'
    }

    It 'has no secret of a row or of the server' {
        $null = [pscustomobject]@{ Tenant = 'a'; ClientName = 'A'; RedirectUri = 'nowhere'; client_secret = 'canary-secret-0001' } |
            New-DcrClient -ReportPath $out @quiet
        $null = New-Row b | New-DcrClient -ReportPath "$out.json"
        $all = (Get-Content $out -Raw) + (Get-Content "$out.json" -Raw)
        $all | Should -Not -Match 'canary-secret'
        $all | Should -Not -Match ([regex]::Escape((ConvertTo-PlainText (Get-DcrClient -Tenant b).ClientSecret)))
    }

    It 'is JSON by its ending, whole at any time, with the members of each row as they came' {
        $json = "$out.json"
        $null = [pscustomobject]@{ Tenant = 'a'; ClientName = 'A'; RedirectUri = 'https://a.example/', 'nowhere' } |
            New-DcrClient -ReportPath $json @quiet
        $row = Get-Content $json -Raw | ConvertFrom-Json
        $row.RedirectUri | Should -Be 'https://a.example/', 'nowhere'
        $row.Result, $row.Row | Should -Be 'Failed', 1
    }

    It 'has of each row its own values only, where rows have other properties each' {
        $null = [pscustomobject]@{ Tenant = 'alpha'; ClientName = 'Alpha'; RedirectUri = 'https://alpha.example/' },
            [pscustomobject]@{ ClientName = 'Beta'; RedirectUri = 'nowhere' } | New-DcrClient -ReportPath $out @quiet
        $failed = Import-Csv $out | Where-Object Result -EQ Failed
        $failed.Tenant, $failed.ClientName | Should -Be '', 'Beta'
    }

    It 'gets new columns in one step, and leaves no other file' {
        $null = 1..3 | ForEach-Object { $row = New-Row "t$_"; $row | Add-Member "Scope$_" x; $row } | New-DcrClient -ReportPath $out @quiet
        Get-Result $out | Should -Be 't1 Registered', 't2 Registered', 't3 Registered'
        Get-Content $out | Should -HaveCount 4
        (Import-Csv $out)[0].PSObject.Properties.Name | Should -Contain Scope3
        Get-ChildItem $TestDrive -Force -Filter "*$(Split-Path $out -Leaf)*" | Should -HaveCount 1
    }

    It 'registers nothing in a retry that nobody wrote' {
        $null = New-Row mark "a$([char] 0x200F)b" | New-DcrClient -ReportPath $out @quiet
        Import-Csv $out | Where-Object Result -EQ Failed | New-DcrClient @quiet | Should -BeNullOrEmpty
        Get-TestServerRequest $server -Operation register | Should -BeNullOrEmpty
    }

    It 'has what was done when the pipeline was stopped' {
        $first = 1..5 | ForEach-Object { New-Row "t$_" } | New-DcrClient -ThrottleLimit 1 -ReportPath $out | Select-Object -First 1
        $kept = (Get-DcrClient -Offline).Tenant | Sort-Object
        Import-Csv $out | ForEach-Object Tenant | Sort-Object | Should -Be $kept
        $first.Tenant | Should -BeIn $kept
    }
}
