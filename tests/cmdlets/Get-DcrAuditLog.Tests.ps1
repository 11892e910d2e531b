# The records of what was done, the proof that nobody changed them, and what happens where they cannot be written.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/cb' }

    # A connection with a log of its own. Gives the server and the log's path.
    function Connect-WithLog([hashtable] $Switches = @{}) {
        $path = Join-Path $TestDrive "$([guid]::NewGuid().ToString('n')).jsonl"
        $server = New-ConnectedServer $Switches @{ AuditPath = $path }
        $server, $path
    }
}

AfterAll { Stop-DcrTest }

Describe 'Get-DcrAuditLog' {
    It 'has the whole life of a client, also after its end' {
        $server, $path = Connect-WithLog @{ rotateToken = 'put' }
        $client = New-DcrClient @app -Tenant clinic
        $client | Set-DcrClient -Scope read | Out-Null
        $client | Remove-DcrClient -WhatIf
        $client | Remove-DcrClient -Confirm:$false
        $client | Remove-DcrClient -Confirm:$false -ErrorAction SilentlyContinue

        $records = Get-DcrAuditLog
        $records | Should -BeOfType DcrPowerShell.DcrAuditRecord
        $records.Operation | Should -Be Connect, Register, Update, Delete, Delete
        $records.Outcome | Should -Be Succeeded, Succeeded, Succeeded, Succeeded, Refused
        $records[4].ErrorId | Should -Be AccessTokenRejected
        $records[2].Changed | Should -Be scope, registration_access_token
        ($records | Select-Object -Skip 1).ClientId | Sort-Object -Unique | Should -Be $client.ClientId
        $records.Run | Sort-Object -Unique | Should -HaveCount 1
        $records.Host | Sort-Object -Unique | Should -Be ([Environment]::MachineName)
        $records[3].Time | Should -BeGreaterThan ([DateTimeOffset]::UtcNow.AddMinutes(-5))
        (Get-DcrServer | Where-Object Issuer -eq $server.Issuer).AuditPath | Should -Be $path
        ($records | Format-Table | Out-String) | Should -BeLike '*Delete*App*clinic*Refused*'
    }

    It 'finds records by <_>' -ForEach 'ClientId', 'Tenant', 'Server', 'Operation', 'Run', 'Since', 'Until', 'a piped client',
        'a piped connection' {
        $server, $path = Connect-WithLog
        $one = New-DcrClient @app -Tenant north-1
        $two = New-DcrClient @app -Tenant south-1
        $all = Get-DcrAuditLog
        $found = switch ($_) {
            'ClientId' { Get-DcrAuditLog -ClientId $two.ClientId }
            'Tenant' { Get-DcrAuditLog -Tenant south-* }
            'Server' { Get-DcrAuditLog -Server http://elsewhere*; Get-DcrAuditLog $path -Server "$($server.Issuer)*" `
                -ClientId $two.ClientId }
            'Operation' { Get-DcrAuditLog -Operation Register, Delete | Select-Object -Last 1; Get-DcrAuditLog -Operation Update }
            'Run' { Get-DcrAuditLog -Run other; Get-DcrAuditLog -Run $all[0].Run | Select-Object -Last 1 }
            'Since' { Get-DcrAuditLog -Since (Get-Date).AddMinutes(5); Get-DcrAuditLog -Since $all[2].Time | Select-Object -Last 1 }
            'Until' { Get-DcrAuditLog -Until (Get-Date).AddMinutes(-5); Get-DcrAuditLog -Until (Get-Date) | Select-Object -Last 1 }
            'a piped client' { $two | Get-DcrAuditLog }
            'a piped connection' { Get-DcrServer | Where-Object AuditPath -eq $path | Get-DcrAuditLog -Tenant south-1 }
        }
        $found | Should -HaveCount 1
        $found.ClientId | Should -Be $two.ClientId
        $all.ClientId | Should -Contain $one.ClientId
    }

    It 'is kept in the local data where no path is given' {
        $null = New-ConnectedServer
        $path = (Get-DcrServer | Select-Object -Last 1).AuditPath
        $path | Should -Be (Join-Path $env:DCRPOWERSHELL_HOME audit.jsonl)
        if ([Environment]::OSVersion.Platform -ne 'Win32NT') { (Get-Item $path).UnixMode | Should -Be '-rw-------' }
        Get-DcrAuditLog | Select-Object -Last 1 | ForEach-Object Operation | Should -Be Connect
    }

    It 'says that there is no log' {
        $null = Assert-Failure { Get-DcrAuditLog "$TestDrive/none.jsonl" } -Id AuditReadFailed -Category ReadError `
            -Message '*There is no audit log*' -Action '*AuditPath*'
    }

    It 'goes on behind a line that it cannot read, and says so' {
        $null, $path = Connect-WithLog
        Add-Content $path '{"time":"2026-'
        $null = New-DcrClient @app
        (Get-DcrAuditLog -WarningVariable warnings -WarningAction SilentlyContinue).Operation | Should -Be Connect, Register
        $warnings | Should -BeLike '1 line of * cannot be read*'
        (Get-DcrAuditLog -Verify).IsIntact | Should -BeTrue
        (Get-DcrAuditLog -Verify).TornLines | Should -Be 1
    }
}

Describe 'The chain' {
    It 'holds' {
        $null, $path = Connect-WithLog
        $null = New-DcrClient @app
        $check = Get-DcrAuditLog -Verify
        $check.IsIntact | Should -BeTrue
        $check.Path, $check.Records, $check.FirstBrokenLine, $check.Reason, $check.NotChecked | Should -Be $path, 3, $null, $null, 0
        $check.LastHash | Should -Be (Get-DcrAuditLog)[1].Hash
    }

    It 'breaks where a line was changed' {
        $null, $path = Connect-WithLog
        $null = New-DcrClient @app
        $text = [IO.File]::ReadAllText($path)
        [IO.File]::WriteAllText($path, $text.Replace('"App"', '"Axx"'))
        $check = Get-DcrAuditLog -Verify
        $check.IsIntact, $check.FirstBrokenLine | Should -Be $false, 2
        $check.Reason | Should -BeLike '*changed*'
    }

    It 'holds where several processes write at once' {
        $server, $path = Connect-WithLog
        $script = "`$null = Connect-DcrServer $($server.Issuer) -AuditPath '$path'
            1..10 | ForEach-Object { `$null = New-DcrClient App https://app.example.com/cb }"
        $others = 1..2 | ForEach-Object { Start-Pwsh $script }
        1..10 | ForEach-Object { $null = New-DcrClient @app; Get-DcrAuditLog -Tenant none }
        $others | ForEach-Object { (Wait-Pwsh $_).Errors | Should -BeNullOrEmpty }
        $check = Get-DcrAuditLog -Verify
        $check.IsIntact, $check.Records, $check.TornLines | Should -Be $true, 63, 0
        Get-DcrAuditLog | Group-Object Run | Should -HaveCount 3
    }
}

Describe 'What could not be checked' {
    BeforeEach {
        $ownStore = $env:DCRPOWERSHELL_HOME
        $null, $path = Connect-WithLog
        $null = New-DcrClient @app
    }

    AfterEach { $env:DCRPOWERSHELL_HOME = $ownStore }

    It 'is said where another store wrote the log' {
        $env:DCRPOWERSHELL_HOME = "$TestDrive/another-$([guid]::NewGuid().ToString('n'))"
        $check = Get-DcrAuditLog $path -Verify -WarningVariable warnings -WarningAction SilentlyContinue
        $check.IsIntact, $check.NotChecked, $check.FirstBrokenLine | Should -Be $null, 3, $null
        $warnings | Should -BeLike 'Of 3 records in * 3 could not be checked: *key*not in this account*Only their order was checked.'
        "$env:DCRPOWERSHELL_HOME/store.key" | Should -Not -Exist -Because 'to look at a log makes no store'

        $lines = Get-Content $path
        $lines[0], $lines[2] | Set-Content $path
        (Get-DcrAuditLog $path -Verify -WarningAction SilentlyContinue).IsIntact | Should -BeFalse
    }

    It 'is said where the store is locked' {
        try {
            Unlock-DcrStore -Lock
            $check = Get-DcrAuditLog $path -Verify -WarningVariable warnings -WarningAction SilentlyContinue
            $check.IsIntact, $check.NotChecked | Should -Be $null, 3
            $warnings | Should -BeLike '*cannot be opened: *locked*'
        } finally { Unlock-DcrStore }
        (Get-DcrAuditLog $path -Verify).IsIntact | Should -BeTrue
    }

    It 'can be checked by a store that took a backup back' {
        $passphrase = ConvertTo-Secret 'correct horse battery staple'
        $null = Backup-DcrStore "$TestDrive/audit.backup" -Passphrase $passphrase
        $env:DCRPOWERSHELL_HOME = "$TestDrive/another-$([guid]::NewGuid().ToString('n'))"
        $null = Restore-DcrRegistration -Path "$TestDrive/audit.backup" -Passphrase $passphrase
        (Get-DcrAuditLog $path -Verify).IsIntact | Should -BeTrue
    }
}

Describe 'The information stream' {
    It 'has the same records' {
        $null = Connect-WithLog
        $client = New-DcrClient @app -InformationVariable notes
        $client | Should -BeOfType DcrPowerShell.DcrClient
        $notes | Should -HaveCount 1
        $notes[0].Tags | Should -Be DcrAudit
        $notes[0].MessageData.Hash | Should -Be (Get-DcrAuditLog | Select-Object -Last 1).Hash
        "$($notes[0])" | Should -BeLike "*Register App ($($client.ClientId)) at *: Succeeded: client_name, redirect_uris*"
    }
}

Describe 'A log that cannot be written' {
    It 'ends Connect-DcrServer where its path was given: <Name>' -ForEach @(
        @{ Name = 'no such folder'; Path = 'none/audit.jsonl' }
        @{ Name = 'a folder'; Path = '' }
    ) {
        $server = New-TestServer
        $null = Assert-Failure { Connect-DcrServer $server.Issuer -AuditPath "$TestDrive/$Path" } -Id AuditWriteFailed `
            -Category WriteError -Message '*Nothing was sent.' -Action '*-AuditPath*' -Terminating
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'is no pipe and no device, which keep nothing' -Skip:(-not $IsLinux) {
        $server = New-TestServer
        & mkfifo "$TestDrive/pipe"
        foreach ($path in "$TestDrive/pipe", '/dev/null') {
            $null = Assert-Failure { Connect-DcrServer $server.Issuer -AuditPath $path } -Id AuditWriteFailed -Category WriteError `
                -Message '*pipe or a device*Nothing was sent.' -Action '*-AuditPath*' -Terminating
        }
        { Get-DcrAuditLog -Path "$TestDrive/pipe" -ErrorAction Stop } | Should -Throw '*pipe or a device*'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'lets nothing be done, and readers read' {
        $server, $path = Connect-WithLog
        $client = New-DcrClient @app
        Remove-Item $path
        $null = New-Item $path -ItemType Directory
        $null = Assert-Failure { New-DcrClient @app } -Id AuditWriteFailed -Category WriteError -Message '*Nothing was sent.'
        $null = Assert-Failure { $client | Remove-DcrClient -Confirm:$false } -Id AuditWriteFailed -Category WriteError
        Get-TestServerRequest $server -Operation register | Should -HaveCount 1
        Get-TestServerRequest $server -Operation delete | Should -BeNullOrEmpty
        ($client | Get-DcrClient).ClientId | Should -Be $client.ClientId
    }

    It 'is done without where no path was given and the usual place will not do' {
        $server = New-TestServer
        $null = New-ConnectedServer
        $usual = (Get-DcrServer | Select-Object -Last 1).AuditPath
        Rename-Item $usual "$usual.old"
        $null = New-Item $usual -ItemType Directory
        try {
            $connection = Connect-DcrServer $server.Issuer -WarningVariable warnings -WarningAction SilentlyContinue
            $warnings | Should -BeLike 'There is no audit log: *'
            $connection.AuditPath | Should -BeNullOrEmpty
            $null = New-DcrClient @app -InformationVariable notes
            $notes.MessageData.Operation | Should -Be Register
        } finally {
            Remove-Item $usual
            Rename-Item "$usual.old" $usual
        }
    }
}
