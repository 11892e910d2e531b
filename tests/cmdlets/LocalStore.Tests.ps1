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
        $run = "`$null = Connect-DcrServer $($server.Issuer)
            (Import-Csv '$csv' | New-DcrClient -SummaryVariable summary -WarningAction Ignore | Sort-Object Tenant).ClientId
            `"`$(`$summary.Made) `$(`$summary.Found)`""
        $first = Invoke-Anew $run
        $second = Invoke-Anew $run
        $first[2], $second[2] | Should -Be '2 0', '0 2'
        $second[0, 1] | Should -Be $first[0, 1]
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

    It 'sees what is kept when the server is down: <Name>' -ForEach @(
        @{ Name = 'Get-DcrClient -Offline without a connection'; Script = { '' } }
        @{ Name = 'Connect-DcrServer -Offline'; Script = { "`$null = Connect-DcrServer $($server.Issuer) -Offline" } }
        @{ Name = 'Connect-DcrServer -Offline, with a slash at the end';
            Script = { "`$null = Connect-DcrServer $($server.Issuer)/ -Offline" } }
    ) {
        if (-not (Test-Path variable:script:last)) {
            $script:last = Get-TestServerClient $server
            $server | Remove-TestServer
        }

        $known = $script:last
        $lines = Invoke-Anew "$(& $Script)
            `$client = Get-DcrClient -Offline
            `"`$(`$client.ClientName)|`$(`$client.ClientId)|`$(`$client.Issuer)|`$(`$client.State)`"
            [Net.NetworkCredential]::new('', `$client.RegistrationAccessToken).Password"
        $lines | Should -Be "Two|$($known.clientId)|$($server.Issuer)|Unknown", $known.registrationAccessToken
    }

    It 'is told that an offline connection sends nothing' {
        $result = Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer) -Offline
            foreach (`$command in { New-DcrClient App https://app.example.com/ }, { Get-DcrClient },
                { Get-DcrClient -Offline | Set-DcrClient -Scope read }) {
                try { & `$command -ErrorAction Stop } catch { `$_.FullyQualifiedErrorId -replace ',.*' }
            }"
        $result | Should -Be 'NotConnected', 'NotConnected', 'NotConnected'
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
    }

    It 'the module does its main job' {
        $lines = Invoke-Anew -Alone "
            @(Get-Module -ListAvailable Microsoft.PowerShell.Secret*).Count
            `$null = Connect-DcrServer $($server.Issuer)
            `$client = New-DcrClient App https://app.example.com/ -Tenant one -ClientSecretName app-secret
            (`$client | Get-DcrClient | Set-DcrClient -Scope read).Scope
            (Get-DcrStore).Registrations
            `$client | Remove-DcrClient -Confirm:`$false
            (Get-DcrStore).Registrations"
        $lines | Should -Be '0', 'read', '1', '0'
    }

    It '<Name> says how to install it, and sends nothing' -ForEach @(
        @{ Name = 'Connect-DcrServer -Vault'; Command = { "Connect-DcrServer $($server.Issuer) -Vault Any" } }
        @{ Name = 'Set-DcrStore -DefaultVault'; Command = { 'Set-DcrStore -DefaultVault Any' } }
        @{ Name = 'Set-DcrStore -Protection Vault'; Command = { 'Set-DcrStore -Protection Vault -Vault Any' } }
        @{ Name = 'Move-DcrRegistration -To'; Command = { 'Move-DcrRegistration -To Any' } }
        @{ Name = 'New-DcrKey -Vault'; Command = { 'New-DcrKey app-key -Vault Any' } }
    ) {
        Clear-TestServerRequest $server
        $lines = Invoke-Anew -Alone "
            try { $(& $Command) } catch { `$_.FullyQualifiedErrorId -replace ',.*'; `$_.ErrorDetails.RecommendedAction }"
        $lines[0] | Should -Be 'SecretManagementNotFound'
        $lines[1] | Should -BeLike '*Install-*Microsoft.PowerShell.SecretManagement*'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
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

    It 'of a folder that <Name> are refused before anything is sent' -Skip:$isOnWindows -ForEach @(
        @{ Name = 'the group may look into'; Spoil = { chmod 750 $env:DCRPOWERSHELL_HOME };
            Words = '*other accounts have rights on*chmod go=*' }
        @{ Name = 'everybody may look into'; Spoil = { chmod 701 $env:DCRPOWERSHELL_HOME }; Words = '*other accounts have rights on*' }
        @{ Name = 'is a link'; Spoil = { $link = "$env:DCRPOWERSHELL_HOME-link"; $null = New-Item $link -ItemType SymbolicLink `
            -Target $env:DCRPOWERSHELL_HOME; $env:DCRPOWERSHELL_HOME = $link }; Words = '*is a link*' }
        @{ Name = 'has a key that the group can read'; Spoil = { Invoke-Anew '$null = New-DcrKey any';
            chmod 640 (Join-Path $env:DCRPOWERSHELL_HOME store.key) }; Words = '*other accounts have rights on*store.key*' }
        @{ Name = 'has a ledger that the group can read'; Spoil = { Invoke-Anew '$null = New-DcrKey any';
            chmod 640 (Get-LedgerFile).FullName }; Words = '*other accounts have rights on*ledger-*' }
    ) {
        & $Spoil
        Clear-TestServerRequest $server
        $lines = Invoke-Anew "try { Connect-DcrServer $($server.Issuer) } catch { `$_.FullyQualifiedErrorId -replace ',.*'; `"`$_`" }"
        $lines[0] | Should -Be 'StoreReadOnly'
        $lines[1] | Should -BeLike $Words
        Get-TestServerRequest $server | Should -BeNullOrEmpty
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
        $lines = Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer)
            `$client = Get-DcrClient -Offline -Tenant north
            [Net.NetworkCredential]::new('', `$client.RegistrationAccessToken).Password
            [Net.NetworkCredential]::new('', `$client.ClientSecret).Password"
        $lines | Should -Be $known.registrationAccessToken, $known.clientSecret
    }

    It 'tell of a request whose fate nobody knows' {
        $dropping = New-TestServer @{ faults = @(@{ on = 'register'; drop = 'beforeAnswer' }) }
        Invoke-Anew "`$null = Connect-DcrServer $($dropping.Issuer); New-DcrClient Unknown https://app.example.com/callback -ErrorAction SilentlyContinue" | Should -BeNullOrEmpty
        $said = "`$null = Connect-DcrServer {0} -WarningVariable warnings -WarningAction SilentlyContinue; `$warnings | ForEach-Object {{ `"`$_`" }}"
        Invoke-Anew ($said -f $dropping.Issuer) | Should -Be 'The outcome of 1 request is unknown: see Find-DcrOrphan.'
        Invoke-Anew ($said -f $server.Issuer) | Should -BeNullOrEmpty `
            -Because 'it was another server, where Find-DcrOrphan would show nothing'
    }

    It 'say that the key is gone, and no new one is made' {
        Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer); `$null = New-DcrClient Keyed https://app.example.com/callback"
        $key = Join-Path $env:DCRPOWERSHELL_HOME store.key
        Move-Item $key "$key.away"
        Clear-TestServerRequest $server
        $script = "try { Connect-DcrServer $($server.Issuer) } catch { `$_.FullyQualifiedErrorId -replace ',.*'; `$_.CategoryInfo.Category; `"`$_`" }"
        $lines = Invoke-Anew $script
        $lines[0, 1] | Should -Be 'StoreKeyMissing', 'ObjectNotFound'
        $lines[2] | Should -BeLike "*$key*"
        $key | Should -Not -Exist
        Get-TestServerRequest $server | Should -BeNullOrEmpty

        Move-Item "$key.away" $key
        Invoke-Anew '(Get-DcrClient -Offline).ClientName' | Should -Be 'Keyed'
    }

    It 'are missed where the ledger is gone: no tenant is registered again' {
        Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer); `$null = New-DcrClient Mine https://app.example.com/callback -Tenant one"
        $ledger = (Get-LedgerFile).FullName
        Move-Item $ledger "$ledger.away"
        Clear-TestServerRequest $server
        $lines = Invoke-Anew "foreach (`$command in { `$null = Connect-DcrServer $($server.Issuer); New-DcrClient Mine https://app.example.com/callback -Tenant one }, { Get-DcrStore }) { try { & `$command } catch { `$_.FullyQualifiedErrorId -replace ',.*' } }"
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

    It 'are not in a folder that depends on the current one: <Path>' -ForEach @(@{ Path = 'relative/folder' }, @{ Path = '~/folder' }) {
        $lines = Invoke-Anew "`$env:DCRPOWERSHELL_HOME = '$Path'; try { Connect-DcrServer $($server.Issuer) } catch { `$_.FullyQualifiedErrorId -replace ',.*'; `"`$_`" }"
        $lines[0] | Should -Be 'InvalidSetup'
        $lines[1] | Should -BeLike "*DCRPOWERSHELL_HOME*$Path*"
    }

    It 'of another store do not open with this one''s key' {
        Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer); `$null = New-DcrClient Mine https://app.example.com/callback -Tenant one"
        $mine = Join-Path $env:DCRPOWERSHELL_HOME store.key
        $ledger = Get-LedgerFile
        Switch-TestFolder
        Invoke-Anew '$null = New-DcrKey any'
        Copy-Item (Join-Path $env:DCRPOWERSHELL_HOME store.key) $mine
        $env:DCRPOWERSHELL_HOME = Split-Path $ledger.FullName
        Clear-TestServerRequest $server
        $lines = Invoke-Anew "try { `$null = Connect-DcrServer $($server.Issuer); New-DcrClient Mine https://app.example.com/callback -Tenant one } catch { `$_.FullyQualifiedErrorId -replace ',.*' }"
        $lines | Should -Be 'StoreKeyMissing' -Because 'all tenants would be unknown, and be registered again'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'lose one registration, and say so, where one byte in the middle was changed' {
        Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer); 1..6 | ForEach-Object { `$null = New-DcrClient `"App`$_`" https://app.example.com/callback -Tenant `"t`$_`" }"
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
        Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer); `$null = New-DcrClient Moved https://app.example.com/callback -Tenant north" -Setup 'hostname one-0123456789'
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
            $waiting = Start-Waiting "`$null = Connect-DcrServer $($server.Issuer) -WarningAction SilentlyContinue; `$null = New-DcrClient One https://app.example.com/callback -Tenant one"
            $lines = Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer) -WarningVariable warnings -WarningAction SilentlyContinue
                `"`$warnings`"
                (New-DcrClient One https://app.example.com/callback -Tenant one).ClientName
                (New-DcrClient Two https://app.example.com/callback -Tenant two).ClientName"
        } finally { $env:DOTNET_SYSTEM_IO_DISABLEFILELOCKING = $null }

        $lines[0] | Should -BeLike 'File locks do not work*DOTNET_SYSTEM_IO_DISABLEFILELOCKING*'
        $lines[1, 2] | Should -Be 'One', 'Two'
        Stop-Waiting $waiting
        Invoke-Anew '(Get-DcrClient -Offline | Sort-Object Tenant).Tenant' | Should -Be 'one', 'two'
        @(Get-TestServerClient $server | Where-Object { $_.metadata.client_name -in 'One', 'Two' }).Count | Should -Be 2
    }
}
