# What is special to Windows: the account's protection of the key, sharing and renaming of files that are open, killed processes.
BeforeAll {
    Import-Module "$PSScriptRoot/../cmdlets/Common.psm1"
    Start-DcrTest
    $WarningPreference = 'SilentlyContinue'

    # Waits for the end of a process, and gives the lines of its output.
    function Receive-Anew([object] $Pwsh) {
        $result = Wait-Pwsh $Pwsh
        $result.Errors | Should -BeNullOrEmpty
        $result.Output.Trim() -split '\r?\n' | Where-Object { $_ }
    }

    function New-Row([int] $Count) {
        1..$Count | ForEach-Object {
            [pscustomobject]@{ ClientName = "App $_"; RedirectUri = 'https://app.example.com/'; Tenant = "tenant-$_" }
        }
    }

    function Get-StoreFile([string] $Filter) { (Get-ChildItem $env:DCRPOWERSHELL_HOME -Filter $Filter).Name }

    # What the server has, with its newest tokens, is what is kept: no client more, and none less.
    function Assert-Kept([object] $Server) {
        $known = Get-TestServerClient $Server | ForEach-Object { "$($_.clientId) $($_.registrationAccessToken) $($_.clientSecret)" }
        $kept = Get-DcrClient -Offline | ForEach-Object {
            "$($_.ClientId) $(ConvertTo-PlainText $_.RegistrationAccessToken) $(ConvertTo-PlainText $_.ClientSecret)"
        }
        $kept | Sort-Object | Should -Be ($known | Sort-Object)
    }
}

AfterAll { Stop-DcrTest }

Describe 'Windows' {
    It 'is what this runs on, and the store is where an account keeps its local data' {
        [Environment]::OSVersion.Platform | Should -Be 'Win32NT'
        $folder = $env:DCRPOWERSHELL_HOME
        $env:DCRPOWERSHELL_HOME = $null
        try { (Get-DcrStore).Path | Should -Be (Join-Path $env:LOCALAPPDATA DcrPowerShell) } finally { $env:DCRPOWERSHELL_HOME = $folder }
    }
}

Describe 'The account''s protection of the key (DPAPI)' {
    BeforeAll {
        Switch-TestFolder
        $server = New-ConnectedServer
        $client = New-DcrClient Kept https://app.example.com/callback -Tenant kept
        $file = Join-Path $env:DCRPOWERSHELL_HOME store.key
        $content = [IO.File]::ReadAllText($file)
        $look = "try { (Get-DcrClient -Offline).ClientId } catch { `$_.FullyQualifiedErrorId -replace ',.*'; `"`$_`" }"
    }

    AfterEach { [IO.File]::WriteAllText($file, $content) }

    It 'is what the key file names, and no key of AES and HMAC stands there in clear' {
        $key = ($content | ConvertFrom-Json).keys
        $key.protection, $key.scheme | Should -Be 'User', 'dpapi'
        # A blob of DPAPI begins with its version and its provider.
        [Convert]::FromBase64String($key.key).Length | Should -BeGreaterThan 100
        $key.key | Should -BeLike 'AQAAA*'
        (Get-DcrStore).Protection | Should -Be 'User'
    }

    It 'opens for another process of this account, and for no other account' {
        $own = Start-Pwsh $look
        Receive-Anew $own | Should -Be $client.ClientId
        if (-not $env:WINEUSERNAME) { Set-ItResult -Skipped -Because 'only Wine lets a process pass for another account''s'; return }
        # Wine has the user's name from this variable, and its DPAPI the key from that name.
        $lines = Receive-Anew (Start-Pwsh "`$env:WINEUSERNAME = 'somebody'; [Environment]::UserName; $look")
        $lines[0, 1] | Should -Be 'somebody', 'StoreKeyMissing'
        $lines[2] | Should -BeLike 'The key of the local store cannot be used by this account on this machine: *. Nothing was sent.'
    }

    It 'says that the key was spoilt, and makes no new one' {
        $json = $content | ConvertFrom-Json
        $bytes = [Convert]::FromBase64String($json.keys[0].key)
        $bytes[$bytes.Length - 30] = $bytes[$bytes.Length - 30] -bxor 1
        $json.keys[0].key = [Convert]::ToBase64String($bytes)
        $spoilt = $json | ConvertTo-Json -Compress -Depth 5
        [IO.File]::WriteAllText($file, $spoilt)
        $lines = Receive-Anew (Start-Pwsh $look)
        $lines[0] | Should -Be 'StoreKeyMissing'
        [IO.File]::ReadAllText($file) | Should -Be $spoilt
    }
}

Describe 'The main job with the local store' {
    It 'registers a file, and nobody twice; changes, rotates, lists without the server, removes' {
        Switch-TestFolder
        $server = New-ConnectedServer @{ rotateToken = 'put'; rotateSecret = 'put' }
        $csv = Join-Path $TestDrive tenants.csv
        New-Row 12 | Export-Csv $csv -NoTypeInformation
        $made = @(Import-Csv $csv | New-DcrClient)
        $made | Should -HaveCount 12
        $made.Storage | Sort-Object -Unique | Should -Be 'Local'
        @(Import-Csv $csv | New-DcrClient).ClientId | Sort-Object | Should -Be ($made.ClientId | Sort-Object)
        @(Get-TestServerRequest $server -Operation register) | Should -HaveCount 12

        (Get-DcrClient -Tenant tenant-1 | Set-DcrClient -Scope read).Scope | Should -Be 'read'
        $rotated = Get-DcrClient -Tenant tenant-2 | Reset-DcrClientSecret -Force
        $former = $made | Where-Object Tenant -eq tenant-2
        ConvertTo-PlainText $rotated.ClientSecret | Should -Not -Be (ConvertTo-PlainText $former.ClientSecret)
        Get-DcrClient -Tenant tenant-3 | Remove-DcrClient -Confirm:$false
        Assert-Kept $server
        (Get-DcrAuditLog -Verify).IsIntact | Should -Not -Contain $false

        $server | Remove-TestServer
        @(Receive-Anew (Start-Pwsh '(Get-DcrClient -Offline).ClientId')) | Should -HaveCount 11
    }
}

Describe 'Processes with one store' {
    BeforeEach { Switch-TestFolder }

    It 'register two hundred tenants of one list: two hundred clients' {
        $server = New-TestServer
        $script = "`$null = Connect-DcrServer $($server.Issuer) -WarningAction SilentlyContinue -WarningVariable told
            `$null = 1..200 | Sort-Object { Get-Random } | ForEach-Object {
                [pscustomobject]@{ ClientName = `"App `$_`"; RedirectUri = 'https://app.example.com/'; Tenant = `"tenant-`$_`" }
            } | New-DcrClient -ThrottleLimit 8 -SummaryVariable summary -WarningAction Ignore -ErrorAction SilentlyContinue ``
                -ErrorVariable failures
            `"`$(`$summary.Made) `$(`$failures | ForEach-Object { `$_.FullyQualifiedErrorId -replace ',.*' } | ``
                Sort-Object -Unique) `$told`""
        $processes = 1..2 | ForEach-Object { Start-Pwsh $script }
        $lines = $processes | ForEach-Object { Receive-Anew $_ }
        @(Get-TestServerClient $server) | Should -HaveCount 200
        $made = $lines | ForEach-Object { [int]($_ -split ' ')[0] } | Measure-Object -Sum
        $made.Sum | Should -Be 200 -Because "the processes said: $($lines -join '; ')"
        $null = Connect-DcrServer $server.Issuer
        Assert-Kept $server
    }

    It 'go on in the next generation of the ledger when another one has compacted it, and the old one goes away' {
        $server = New-ConnectedServer @{ rotateToken = 'put' }
        $null = New-Row 3 | New-DcrClient
        $ready = Join-Path $TestDrive ready.txt
        $go = Join-Path $TestDrive go.txt
        $other = Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer) -WarningAction Ignore
            `$client = Get-DcrClient -Offline -Tenant tenant-1
            Set-Content '$ready' ''
            while (-not (Test-Path '$go')) { Start-Sleep -Milliseconds 20 }
            (`$client | Set-DcrClient -Scope read -WarningAction Ignore).Scope
            (New-DcrClient Late https://app.example.com/callback -Tenant late -WarningAction Ignore).Storage
            @(Get-DcrClient -Offline).Count"
        Wait-Until { (Test-Path $ready) -or $other.Process.HasExited }
        # A removal is compacted at once.
        Get-DcrClient -Tenant tenant-3 | Remove-DcrClient -Confirm:$false
        Get-StoreFile *.dcrl | Should -Contain 'ledger-000002.dcrl'
        $null = New-DcrClient Meanwhile https://app.example.com/callback -Tenant meanwhile
        Set-Content $go ''
        Receive-Anew $other | Should -Be 'read', 'Local', '4'
        Assert-Kept $server
        Get-DcrClient -Tenant late | Remove-DcrClient -Confirm:$false
        Get-StoreFile *.dcrl | Should -Be 'ledger-000003.dcrl'
    }

    It 'find what one had kept that was killed, and do the rest of its list' {
        $server = New-TestServer @{ faults = @(@{ on = 'register'; delayMs = 400; times = 200 }) }
        $script = "`$null = Connect-DcrServer $($server.Issuer) -WarningAction Ignore
            `$null = 1..20 | ForEach-Object {
                [pscustomobject]@{ ClientName = `"App `$_`"; RedirectUri = 'https://app.example.com/'; Tenant = `"tenant-`$_`" }
            } | New-DcrClient -ThrottleLimit 2"
        $killed = Start-Pwsh $script
        Wait-Until { @(Get-TestServerRequest $server -Operation register).Count -ge 6 -or $killed.Process.HasExited }
        $killed.Process.Kill()
        $null = $killed.Process.WaitForExit()
        Get-StoreFile alive-*.lock | Should -HaveCount 1
        Set-TestServerSwitch $server @{ faults = @() }

        # The outcome of what was under way is unknown: these tenants stay taken, and the others get their clients.
        $connection = Connect-DcrServer $server.Issuer
        $made = New-Row 20 | New-DcrClient -ErrorAction SilentlyContinue -ErrorVariable failures
        $failures | ForEach-Object { $_.FullyQualifiedErrorId -replace ',.*' } | Sort-Object -Unique | Should -Be 'OutcomeUnknown'
        @($failures).Count | Should -BeIn 1, 2
        @($made).Count | Should -Be (20 - @($failures).Count)
        $known = Get-TestServerClient $server
        $known.metadata.client_name | Group-Object | Where-Object Count -gt 1 | Should -BeNullOrEmpty
        $made | ForEach-Object { ConvertTo-PlainText $_.RegistrationAccessToken | Should -BeIn $known.registrationAccessToken }
        @(Find-DcrOrphan) | Should -HaveCount @($failures).Count
    }
}

Describe 'Protection and backup' {
    It 'changes to a passphrase and back while another process has the ledger open, and a backup is taken back' {
        Switch-TestFolder
        $server = New-ConnectedServer
        $null = New-Row 2 | New-DcrClient
        $passphrase = ConvertTo-Secret 'correct horse battery staple'
        $look = "try { @(Get-DcrClient -Offline).Count } catch { `$_.FullyQualifiedErrorId -replace ',.*' }"
        $backup = Join-Path $TestDrive store.dcrb
        (Backup-DcrStore $backup $passphrase).FullName | Should -Be $backup

        (Set-DcrStore -Protection Passphrase -Passphrase $passphrase).Protection | Should -Be 'Passphrase'
        $locked = Start-Pwsh $look
        $unlocked = Start-Pwsh "Unlock-DcrStore ([Net.NetworkCredential]::new('', 'correct horse battery staple').SecurePassword); $look"
        Receive-Anew $locked | Should -Be 'StoreLocked'
        Receive-Anew $unlocked | Should -Be '2'
        (Set-DcrStore -Protection User).Protection | Should -Be 'User'
        Receive-Anew (Start-Pwsh $look) | Should -Be '2'
        (Get-Content (Join-Path $env:DCRPOWERSHELL_HOME store.key) | ConvertFrom-Json).keys.scheme | Should -Be 'dpapi'

        Switch-TestFolder
        @(Restore-DcrRegistration -Path $backup -Passphrase $passphrase) | Should -HaveCount 2
        $null = Connect-DcrServer $server.Issuer
        Clear-TestServerRequest $server
        @(New-Row 2 | New-DcrClient) | Should -HaveCount 2
        Get-TestServerRequest $server -Operation register | Should -BeNullOrEmpty
        Assert-Kept $server
    }
}
