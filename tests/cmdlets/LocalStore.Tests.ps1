# The local store as a new user meets it: nothing is set up, and everything is kept.
BeforeDiscovery {
    Import-Module "$PSScriptRoot/Common.psm1"
    $isOnWindows = [Environment]::OSVersion.Platform -eq 'Win32NT'
    $canMount = Test-Unshare
    $canBeAlone = $canMount -or -not (Get-Module -ListAvailable Microsoft.PowerShell.SecretManagement)
}

BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }

    # Runs a script in a process of its own, which has the same store, and gives the lines of its output.
    function Invoke-Anew([string] $Script, [string] $Setup, [switch] $Alone) {
        $result = Wait-Pwsh (Start-Pwsh $Script -Setup $Setup -Alone:$Alone)
        $result.Errors | Should -BeNullOrEmpty
        $result.Output.Trim() -split '\r?\n' | Where-Object { $_ }
    }

    # Starts a process that runs a script and then, or where that says Wait-Here, waits until it is killed. Gives it when it has got there.
    function Start-Waiting([string] $Script) {
        $marker = Join-Path $HOME "$([guid]::NewGuid().ToString('n')).txt"
        $pwsh = Start-Pwsh "function Wait-Here { Set-Content '$marker' ready; `$null = [Console]::In.ReadLine() }
            $Script
            Wait-Here"
        Wait-Until { (Test-Path $marker) -or $pwsh.Process.HasExited }
        $pwsh
    }

    # Kills it, as the operating system would.
    function Stop-Waiting([object] $Pwsh) {
        $Pwsh.Process.Kill()
        $null = $Pwsh.Process.WaitForExit()
        $Pwsh.Errors.Result | Should -BeNullOrEmpty
    }

    # Registers a client from here, and closes the store: whoever opens it next finds what is in its files.
    function Add-Client([string] $Name, [string] $Tenant, [object] $Server = $server) {
        $null = Connect-DcrServer $Server.Issuer
        $null = New-DcrClient $Name https://app.example.com/callback -Tenant $Tenant -ErrorAction SilentlyContinue
        Get-DcrServer | Disconnect-DcrServer
    }

    function Get-LedgerFile { Get-ChildItem $env:DCRPOWERSHELL_HOME -Filter *.dcrl }
}

AfterAll { Stop-DcrTest }

Describe 'A new user' {
    BeforeAll {
        Switch-TestFolder (Join-Path $HOME new)
        $server = New-TestServer @{ rotateSecret = 'put'; rotateToken = 'put' }
    }

    It 'connects, registers, reads, changes and removes, and sets nothing up' {
        $lines = Invoke-Anew "`$connection = Connect-DcrServer $($server.Issuer)
            `"`$(`$connection.Store)|`$(`$connection.Vault)`"
            `$client = New-DcrClient 'Patient portal' https://portal.example.com/callback -Tenant north -WarningVariable warnings ``
                -WarningAction SilentlyContinue
            `"`$warnings`"
            `"`$(`$client.Storage)`"
            (Get-DcrClient -Tenant north).ClientName
            (`$client | Set-DcrClient -Scope read -WarningAction Ignore).Scope
            `"`$((`$client | Reset-DcrClientSecret -Force).ClientSecret.Length -gt 0)`"
            Remove-DcrClient `$client.ClientId -Confirm:`$false
            @(Get-DcrClient).Count"
        $lines[1] | Should -BeLike 'The local store holds 1 registration and has no backup.*Backup-DcrStore*'
        $lines | Where-Object { $_ -ne $lines[1] } | Should -Be "$env:DCRPOWERSHELL_HOME|", 'Local', 'Patient portal', 'read', 'True', '0'
        Get-TestServerClient $server | Should -BeNullOrEmpty
    }

    It 'goes on in another process where the last one stopped: nothing is sent for a tenant that has its client' {
        $csv = Join-Path $TestDrive clients.csv
        Set-Content $csv 'ClientName,RedirectUri,Tenant', 'One,https://one.example.com/,one', 'Two,https://two.example.com/,two'
        $null = Connect-DcrServer $server.Issuer
        $first = Import-Csv $csv | New-DcrClient -SummaryVariable summary -WarningAction Ignore | Sort-Object Tenant
        "$($summary.Made) $($summary.Found)" | Should -Be '2 0'
        $second = Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer)
            (Import-Csv '$csv' | New-DcrClient -SummaryVariable summary -WarningAction Ignore | Sort-Object Tenant).ClientId
            `"`$(`$summary.Made) `$(`$summary.Found)`""
        $second | Should -Be $first[0].ClientId, $first[1].ClientId, '0 2'
        @(Get-TestServerRequest $server -Operation register).Count | Should -Be 3
    }

    It 'changes and removes what an earlier process registered, with its newest token' {
        $lines = Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer)
            (Get-DcrClient -Tenant one | Set-DcrClient -Scope read -WarningAction Ignore).Scope
            (Get-DcrClient -Tenant one | Set-DcrClient -Scope write -WarningAction Ignore).Scope
            Get-DcrClient -Tenant one | Remove-DcrClient -Confirm:`$false"
        $lines | Should -Be 'read', 'write'
        (Get-TestServerClient $server).metadata.client_name | Should -Be 'Two'
    }

    Context 'when the server is down' {
        BeforeAll {
            $known = Get-TestServerClient $server
            $server | Remove-TestServer
            # First what has to find the server's metadata in the files.
            $seen = Invoke-Anew "
                function Show-Client {
                    `$client = Get-DcrClient -Offline
                    `"`$(`$client.ClientName)|`$(`$client.ClientId)|`$(`$client.Issuer)|`$(`$client.State)|`" +
                        [Net.NetworkCredential]::new('', `$client.RegistrationAccessToken).Password
                }

                `$connection = Connect-DcrServer $($server.Issuer) -Offline
                Show-Client
                foreach (`$command in { New-DcrClient App https://app.example.com/ }, { Get-DcrClient },
                    { Get-DcrClient -Offline | Set-DcrClient -Scope read }) {
                    try { & `$command -ErrorAction Stop } catch { `$_.FullyQualifiedErrorId -replace ',.*' }
                }
                Disconnect-DcrServer `$connection
                Show-Client
                `$null = Connect-DcrServer $($server.Issuer)/ -Offline
                Show-Client"
        }

        It 'sees what is kept: <Name>' -ForEach @(
            @{ Name = 'Connect-DcrServer -Offline'; Line = 0 }
            @{ Name = 'Get-DcrClient -Offline without a connection'; Line = 4 }
            @{ Name = 'Connect-DcrServer -Offline, with a slash at the end'; Line = 5 }
        ) {
            $seen.Count | Should -Be 6
            $seen[$Line] | Should -Be "Two|$($known.clientId)|$($server.Issuer)|Unknown|$($known.registrationAccessToken)"
        }

        It 'is told that an offline connection sends nothing' {
            $seen[1..3] | Should -Be 'NotConnected', 'NotConnected', 'NotConnected'
        }
    }

    It 'is told which servers are known, where nothing is known of one' {
        $null = Assert-Failure { Connect-DcrServer https://never.example.com -Offline } -Id DiscoveryFailed -Category InvalidData `
            -Message '*https://never.example.com*' -Terminating
    }
}

Describe 'Without SecretManagement' -Skip:(-not $canBeAlone) {
    BeforeAll {
        Switch-TestFolder
        $server = New-TestServer
        $unasked = New-TestServer
        $lines = @(Invoke-Anew -Alone "
            @(Get-Module -ListAvailable Microsoft.PowerShell.Secret*).Count
            `$connection = Connect-DcrServer $($server.Issuer)
            `$client = New-DcrClient App https://app.example.com/ -Tenant one -ClientSecretName app-secret
            (`$client | Get-DcrClient | Set-DcrClient -Scope read).Scope
            (Get-DcrStore).Registrations
            `$client | Remove-DcrClient -Confirm:`$false
            (Get-DcrStore).Registrations
            Disconnect-DcrServer `$connection
            foreach (`$command in { Connect-DcrServer $($unasked.Issuer) -Vault Any }, { Set-DcrStore -DefaultVault Any },
                { Set-DcrStore -Protection Vault -Vault Any }, { Move-DcrRegistration -To Any }, { New-DcrKey app-key -Vault Any }) {
                try { & `$command } catch { `"`$(`$_.FullyQualifiedErrorId -replace ',.*') `$(`$_.ErrorDetails.RecommendedAction)`" }
            }")
    }

    It 'the module does its main job' {
        $lines[0..3] | Should -Be '0', 'read', '1', '0'
    }

    It '<Name> says how to install it, and sends nothing' -ForEach @(
        @{ Name = 'Connect-DcrServer -Vault'; Line = 4 }
        @{ Name = 'Set-DcrStore -DefaultVault'; Line = 5 }
        @{ Name = 'Set-DcrStore -Protection Vault'; Line = 6 }
        @{ Name = 'Move-DcrRegistration -To'; Line = 7 }
        @{ Name = 'New-DcrKey -Vault'; Line = 8 }
    ) {
        $lines.Count | Should -Be 9
        $lines[$Line] | Should -BeLike 'SecretManagementNotFound *Install-*Microsoft.PowerShell.SecretManagement*'
        Get-TestServerRequest $unasked | Should -BeNullOrEmpty
    }
}

Describe 'The files of the store' {
    BeforeAll { $server = New-TestServer @{ rotateToken = 'put' } }

    BeforeEach {
        Switch-TestFolder
        $waiting = $null
    }

    AfterEach { if ($waiting -and -not $waiting.Process.HasExited) { $waiting.Process.Kill() } }

    It 'are for this user alone, and what is in them nobody can read' -Skip:$isOnWindows {
        $env:DCRPOWERSHELL_HOME = Join-Path $HOME "made-$([guid]::NewGuid())/by/the/module"
        $waiting = Start-Waiting "`$null = Connect-DcrServer $($server.Issuer)
            `$client = New-DcrClient CanaryClinic https://app.example.com/callback -Tenant CanaryTenant
            `$null = Set-DcrClient `$client.ClientId -ClientName CanaryRenamed"
        $files = @(Get-ChildItem $env:DCRPOWERSHELL_HOME -Force -Recurse)
        $files.Name | Should -Contain 'ledger-000001.dcrl'
        $files.Name | Should -Contain 'store.key'
        (Get-Item $env:DCRPOWERSHELL_HOME).UnixMode | Should -Be 'drwx------'
        $files | Where-Object UnixMode -ne '-rw-------' | ForEach-Object Name | Should -BeNullOrEmpty

        $client = Get-TestServerClient $server | Select-Object -Last 1
        $sent = Get-TestServerRequest $server | ForEach-Object { $_.headers.PSObject.Properties['Authorization'] } | Where-Object { $_ } |
            ForEach-Object { $_.Value -replace '^Bearer ' }
        $sent | Should -Not -BeNullOrEmpty
        $canaries = @('Canary', $client.clientId, $client.clientSecret, $client.registrationAccessToken, $server.Issuer, 'register',
            'callback') + @($sent)
        $file = Get-LedgerFile
        $file.Length | Should -BeGreaterThan 1500
        Copy-Item $file.FullName (Join-Path $TestDrive copy)
        $bytes = [Text.Encoding]::Latin1.GetString([IO.File]::ReadAllBytes((Join-Path $TestDrive copy)))
        foreach ($canary in $canaries) { $bytes.Contains($canary) | Should -BeFalse -Because "it holds '$canary'" }
    }

    Context 'in a folder that does not do' {
        BeforeAll {
            $server = New-TestServer
            $folders = @{}
            foreach ($name in 'open to the group', 'open to all', 'of a link', 'of an open key', 'of an open ledger') {
                Switch-TestFolder
                $null = New-DcrKey any
                $folders[$name] = $env:DCRPOWERSHELL_HOME
            }

            Switch-TestFolder
            if ([Environment]::OSVersion.Platform -ne 'Win32NT') {
                chmod 750 $folders['open to the group']
                chmod 701 $folders['open to all']
                chmod 640 "$($folders['of an open key'])/store.key"
                chmod 640 (Get-ChildItem $folders['of an open ledger'] -Filter *.dcrl).FullName
                $target = $folders['of a link']
                $folders['of a link'] = (New-Item "$target-link" -ItemType SymbolicLink -Target $target).FullName
            }

            $folders['in the current one'] = 'relative/folder'
            $folders['in the home folder'] = '~/folder'
            $list = Join-Path $TestDrive folders.json
            [IO.File]::WriteAllText($list, (ConvertTo-Json $folders))
            $answers = Invoke-Anew "
                (ConvertFrom-Json ([IO.File]::ReadAllText('$list'))).PSObject.Properties | ForEach-Object {
                    `$name = `$_.Name
                    `$env:DCRPOWERSHELL_HOME = `$_.Value
                    try { `$connection = Connect-DcrServer $($server.Issuer); Disconnect-DcrServer `$connection } catch {
                        ConvertTo-Json -Compress @{ Folder = `$name; Id = `$_.FullyQualifiedErrorId -replace ',.*'; Message = `"`$_`" }
                    }
                }" | ConvertFrom-Json
        }

        It 'are refused before anything is sent: <Name>' -Skip:$isOnWindows -ForEach @(
            @{ Name = 'the group may look into it'; Folder = 'open to the group'; Words = '*other accounts have rights on*chmod go=*' }
            @{ Name = 'everybody may look into it'; Folder = 'open to all'; Words = '*other accounts have rights on*' }
            @{ Name = 'it is a link'; Folder = 'of a link'; Words = '*is a link*' }
            @{ Name = 'the group can read its key'; Folder = 'of an open key'; Words = '*other accounts have rights on*store.key*' }
            @{ Name = 'the group can read its ledger'; Folder = 'of an open ledger'; Words = '*other accounts have rights on*ledger-*' }
        ) {
            $answer = $answers | Where-Object Folder -EQ $Folder
            $answer.Id | Should -Be 'StoreReadOnly'
            $answer.Message | Should -BeLike $Words
            Get-TestServerRequest $server | Should -BeNullOrEmpty
        }

        It 'are not there where it depends on the current one: <Path>' -ForEach @(
            @{ Path = 'relative/folder'; Folder = 'in the current one' }
            @{ Path = '~/folder'; Folder = 'in the home folder' }
        ) {
            $answer = $answers | Where-Object Folder -EQ $Folder
            $answer.Id | Should -Be 'InvalidSetup'
            $answer.Message | Should -BeLike "*DCRPOWERSHELL_HOME*$Path*"
        }
    }

    It 'of a folder of another account are refused' -Skip:($isOnWindows -or -not $canMount) {
        # Who may change owners is root, to whom the files of others are open.
        $lines = Invoke-Anew "try { Connect-DcrServer $($server.Issuer) } catch { `$_.FullyQualifiedErrorId -replace ',.*'; `"`$_`" }" `
            -Setup "chown 4711 '$env:DCRPOWERSHELL_HOME'; chmod 700 '$env:DCRPOWERSHELL_HOME'"
        $lines[0] | Should -Be 'StoreReadOnly'
        $lines[1] | Should -BeLike '*belongs to another account*'
    }

    It 'have what a process registered that was killed before its command came to an end' {
        $waiting = Start-Waiting "`$null = Connect-DcrServer $($server.Issuer)
            New-DcrClient Kept https://app.example.com/callback -Tenant north | ForEach-Object { Wait-Here }"
        Stop-Waiting $waiting
        $known = Get-TestServerClient $server | Select-Object -Last 1
        $null = Connect-DcrServer $server.Issuer
        $client = Get-DcrClient -Offline -Tenant north
        ConvertTo-PlainText $client.RegistrationAccessToken | Should -Be $known.registrationAccessToken
        ConvertTo-PlainText $client.ClientSecret | Should -Be $known.clientSecret
    }

    It 'tell of a request whose fate nobody knows' {
        $dropping = New-TestServer @{ faults = @(@{ on = 'register'; drop = 'beforeAnswer' }) }
        Add-Client Unknown north $dropping
        $lines = Invoke-Anew "foreach (`$issuer in '$($server.Issuer)', '$($dropping.Issuer)') {
                `$null = Connect-DcrServer `$issuer -WarningVariable warnings -WarningAction SilentlyContinue
                `"said: `$warnings`"
            }"
        $lines[0] | Should -Be 'said: ' -Because 'it was another server, where Find-DcrOrphan would show nothing'
        $lines[1] | Should -Be 'said: The outcome of 1 request is unknown: see Find-DcrOrphan.'
    }

    It 'say that the key is gone, and no new one is made' {
        Add-Client Keyed north
        $key = Join-Path $env:DCRPOWERSHELL_HOME store.key
        Move-Item $key "$key.away"
        Clear-TestServerRequest $server
        $lines = Invoke-Anew "
            try { Connect-DcrServer $($server.Issuer) } catch {
                `$_.FullyQualifiedErrorId -replace ',.*'; `$_.CategoryInfo.Category; `"`$_`"
            }
            Test-Path '$key'
            Move-Item '$key.away' '$key'
            (Get-DcrClient -Offline).ClientName"
        $lines[0, 1] | Should -Be 'StoreKeyMissing', 'ObjectNotFound'
        $lines[2] | Should -BeLike "*$key*"
        $lines[3, 4] | Should -Be 'False', 'Keyed'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'are missed where the ledger is gone: no tenant is registered again' {
        Add-Client Mine one
        $ledger = (Get-LedgerFile).FullName
        Move-Item $ledger "$ledger.away"
        Clear-TestServerRequest $server
        $lines = Invoke-Anew "
            `$register = { `$null = Connect-DcrServer $($server.Issuer); New-DcrClient Mine https://app.example.com/callback -Tenant one }
            foreach (`$command in `$register, { Get-DcrStore }) {
                try { & `$command } catch { `$_.FullyQualifiedErrorId -replace ',.*' }
            }"
        $lines | Should -Be 'StoreDamaged', 'StoreDamaged'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        $ledger | Should -Not -Exist
    }

    It 'are missed at once by a session that has them open when an older copy takes their place' {
        $lines = Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer)
            `$null = New-DcrClient Older https://app.example.com/callback -Tenant one -WarningAction Ignore
            `$null = New-Item -ItemType Directory '$env:DCRPOWERSHELL_HOME-copy'
            Copy-Item '$env:DCRPOWERSHELL_HOME/*' '$env:DCRPOWERSHELL_HOME-copy' -Exclude *.lock
            `$null = New-DcrClient Newer https://app.example.com/callback -Tenant two
            Remove-Item -Recurse '$env:DCRPOWERSHELL_HOME'
            Copy-Item -Recurse '$env:DCRPOWERSHELL_HOME-copy' '$env:DCRPOWERSHELL_HOME'
            if (`$PSEdition -eq 'Core' -and -not `$IsWindows) { chmod -R go= '$env:DCRPOWERSHELL_HOME' }
            (Get-DcrClient -Offline -WarningVariable warnings -WarningAction SilentlyContinue).Tenant
            `"`$warnings`"
            New-DcrClient Newer https://app.example.com/callback -Tenant two -WarningAction Ignore -ErrorVariable failed ``
                -ErrorAction SilentlyContinue
            `$failed[0].FullyQualifiedErrorId -replace ',.*'
            `$null = Connect-DcrServer $($server.Issuer) -WarningVariable warnings -WarningAction SilentlyContinue
            `"`$warnings`""
        $lines[0] | Should -Be 'one'
        $lines[1] | Should -BeLike '*older copy*'
        $lines[2] | Should -Be 'StoreDamaged'
        $lines[3] | Should -BeLike '*older copy*'
        @(Get-TestServerClient $server | Where-Object { $_.metadata.client_name -eq 'Newer' }).Count | Should -Be 1
    }

    It 'of another store do not open with this one''s key' {
        Add-Client Mine one
        $mine = Join-Path $env:DCRPOWERSHELL_HOME store.key
        $ledger = Get-LedgerFile
        Switch-TestFolder
        $null = New-DcrKey any
        Copy-Item (Join-Path $env:DCRPOWERSHELL_HOME store.key) $mine
        Switch-TestFolder (Split-Path $ledger.FullName)
        Clear-TestServerRequest $server
        $lines = Invoke-Anew "try {
                `$null = Connect-DcrServer $($server.Issuer)
                New-DcrClient Mine https://app.example.com/callback -Tenant one
            } catch { `$_.FullyQualifiedErrorId -replace ',.*' }"
        $lines | Should -Be 'StoreKeyMissing' -Because 'all tenants would be unknown, and be registered again'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'lose one registration, and say so, where one byte in the middle was changed' {
        1..6 | ForEach-Object { Add-Client "App$_" "t$_" }
        $file = (Get-LedgerFile).FullName
        $bytes = [IO.File]::ReadAllBytes($file)
        $bytes[[int]($bytes.Length / 2)] = $bytes[[int]($bytes.Length / 2)] -bxor 1
        [IO.File]::WriteAllBytes($file, $bytes)
        Clear-TestServerRequest $server
        $lines = Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer) -WarningVariable warnings -WarningAction SilentlyContinue
            @(Get-DcrClient -Offline -WarningAction SilentlyContinue -ErrorAction SilentlyContinue).Count
            (Get-DcrStore).Damaged
            `"`$warnings`""
        [int] $lines[0] | Should -BeGreaterOrEqual 5
        $lines[1] | Should -Be 1
        $lines[2] | Should -BeLike '*is damaged in 1 place*'
        Get-LedgerFile | ForEach-Object Length | Should -BeGreaterOrEqual $bytes.Length
    }

    It 'are found again by a machine of another name' -Skip:(-not $canMount) {
        Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer)
            `$null = New-DcrClient Moved https://app.example.com/callback -Tenant north" -Setup 'hostname one-0123456789'
        Clear-TestServerRequest $server
        $lines = Invoke-Anew "[Net.Dns]::GetHostName()
            `$null = Connect-DcrServer $($server.Issuer)
            (New-DcrClient Moved https://app.example.com/callback -Tenant north).ClientName" -Setup 'hostname two-9876543210'
        $lines | Should -Be 'two-9876543210', 'Moved'
        Get-TestServerRequest $server -Operation register | Should -BeNullOrEmpty
    }

    It 'are used all the same, with one warning, where file locks are switched off' {
        if ([Environment]::OSVersion.Platform -eq 'Win32NT') {
            Set-ItResult -Skipped -Because 'Windows itself locks files, and nothing switches that off'
            return
        }

        $env:DOTNET_SYSTEM_IO_DISABLEFILELOCKING = '1'
        try {
            $waiting = Start-Waiting "`$null = Connect-DcrServer $($server.Issuer) -WarningAction SilentlyContinue
                `$null = New-DcrClient One https://app.example.com/callback -Tenant one"
            $lines = Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer) -WarningVariable warnings -WarningAction SilentlyContinue
                `"`$warnings`"
                (New-DcrClient One https://app.example.com/callback -Tenant one).ClientName
                (New-DcrClient Two https://app.example.com/callback -Tenant two).ClientName"
        } finally { $env:DOTNET_SYSTEM_IO_DISABLEFILELOCKING = $null }

        $lines[0] | Should -BeLike 'File locks do not work*DOTNET_SYSTEM_IO_DISABLEFILELOCKING*'
        $lines[1, 2] | Should -Be 'One', 'Two'
        Stop-Waiting $waiting
        (Get-DcrClient -Offline | Sort-Object Tenant).Tenant | Should -Be 'one', 'two'
        @(Get-TestServerClient $server | Where-Object { $_.metadata.client_name -in 'One', 'Two' }).Count | Should -Be 2
    }
}
