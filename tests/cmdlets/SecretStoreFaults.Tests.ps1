# Needs: SecretManagement, SecretStore
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest -Vault
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }
    $store = Join-Path $(if ($env:OS -eq 'Windows_NT') { "$env:LOCALAPPDATA/Microsoft/PowerShell/secretmanagement" } else {
        "$HOME/.secretmanagement" }) localstore
    $copies = Join-Path ([Environment]::GetFolderPath('LocalApplicationData', 'DoNotVerify')) 'DcrPowerShell/secretstore'
    # Made up for this run: no password of anybody's.
    $password = ConvertTo-Secret ([guid]::NewGuid().ToString())

    # Runs a script in a new process, which opens the store itself. Gives its lines.
    function Invoke-Anew([string] $Script) {
        $result = Wait-Pwsh (Start-Pwsh $Script)
        $result.Errors | Should -BeNullOrEmpty
        $result.Output.Trim() -split '\r?\n'
    }

    # A store and a vault that know nothing of each other yet.
    function Reset-All {
        $env:DCRPOWERSHELL_HOME = New-StoreFolder
        Reset-TestStore
        Remove-Item $copies, $store/*.torn-* -Recurse -ErrorAction Ignore
        $null = Set-DcrStore -DefaultVault TestStore
    }

    $connect = { "try { `$null = Connect-DcrServer $($server.Issuer) -WarningAction SilentlyContinue; 'connected' } catch {
        `$_.FullyQualifiedErrorId; `"`$_`"; `$_.ErrorDetails.RecommendedAction }" }
}

AfterAll { Stop-DcrTest }

Describe 'A SecretStore that lost a file' {
    BeforeEach {
        Reset-All
        $server = New-ConnectedServer
        $client = New-DcrClient @app
        Clear-TestServerRequest $server
    }

    It 'storefile: nothing is written or sent, and the copy brings it back' {
        Remove-Item $store/storefile
        $lines = Invoke-Anew (& $connect)
        $lines[0] | Should -BeLike 'VaultReadFailed,*'
        $lines[1] | Should -BeLike "Vault 'TestStore' held 1 registration and is empty now, so it was left as it is. Nothing was sent."
        $lines[2] | Should -BeLike '*Restore-DcrRegistration -SecretStoreCopy*'
        Get-TestServerRequest $server | Should -BeNullOrEmpty

        Invoke-Anew 'Restore-DcrRegistration -SecretStoreCopy 3>$null' | Should -Be ''
        (Invoke-Anew "$(& $connect); (Get-DcrClient -Offline).Storage
            [Net.NetworkCredential]::new('', (Get-DcrClient -Offline).RegistrationAccessToken).Password") |
            Should -Be 'connected', 'Vault', (Get-TestServerClient $server).registrationAccessToken
    }

    It '<File>, which is <How>: the error names it, and the repair does not say that the store is whole' -ForEach @(
        @{ File = 'storeaux'; How = 'missing' }
        @{ File = 'storeaux'; How = 'empty' }
        @{ File = 'storeconfig'; How = 'missing' }
        @{ File = 'storeconfig'; How = 'empty' }
        @{ File = 'storefile'; How = 'empty' }
    ) {
        if ($How -eq 'missing') { Remove-Item $store/$File } else { [IO.File]::WriteAllBytes("$store/$File", [byte[]]@()) }
        # As a person does: the repair is run where the error was read.
        $lines = Invoke-Anew "$(& $connect)
            Restore-DcrRegistration -SecretStoreCopy 3>`$null
            'repaired'"
        $lines[0] | Should -BeLike 'VaultReadFailed,*'
        $lines[1] | Should -BeLike "*its file '*$File' is $How; Restore-DcrRegistration -SecretStoreCopy restores the copy of *"
        $lines[3..9] | Should -Be 'repaired'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        Invoke-Anew "$(& $connect); (Get-DcrClient -Offline).Storage" | Should -Be 'connected', 'Vault'
    }
}

Describe 'A SecretStore that cannot be written' {
    BeforeEach {
        Reset-All
        $server = New-ConnectedServer
        $client = New-DcrClient @app
        Clear-TestServerRequest $server
    }

    It 'because its disk is full midway is as it was before, and the registration is kept' -Skip:($env:OS -eq 'Windows_NT') {
        # The limit of a process on the size of a file: what is there and a copy of it have room, and another registration has not. The
        # local store's files, with the room for answers, are to be smaller.
        Set-Secret filler -Secret ('x' * 200KB) -Vault TestStore
        $limit = [Math]::Ceiling((Get-Item $store/storefile).Length / 1024) + 1
        $script = Join-Path $HOME full.ps1
        [IO.File]::WriteAllText($script, "`$ErrorActionPreference = 'Stop'; Import-Module '$((Get-Module DcrPowerShell).Path)'
            $(& $connect)
            `$large = @{ note = 'x' * 4096 }
            try { New-DcrClient Second https://app.example.com/ -Metadata `$large } catch { `$_.FullyQualifiedErrorId; `"`$_`" }
            try { New-DcrClient Third https://app.example.com/ -Metadata `$large } catch { `$_.FullyQualifiedErrorId; `"`$_`" }")
        $shell = New-PwshStartInfo @('-NoProfile', '-File', $script)
        # .NET itself maps a file of more than the limit otherwise. Without the signal, a write beyond it fails as on a full disk.
        $lines = @(bash -c "export DOTNET_EnableWriteXorExecute=0; trap '' XFSZ; ulimit -f $limit; exec '$($shell.FileName)' $($shell.Arguments)" 2>&1) -match 'connected|Vault'
        $lines[0] | Should -Be 'connected'
        $lines[1] | Should -BeLike 'VaultWriteFailed,*'
        $lines[2] | Should -BeLike "Client '*' was registered, and vault 'TestStore' did not keep that: Unable to write to local store file with error: *. The local store has it."
        $lines[-1] | Should -BeLike "Vault 'TestStore' does not keep what is written to it: *Nothing was sent."
        @(Get-TestServerRequest $server -Operation register).Count | Should -Be 1

        Get-ChildItem "$store/*.torn-*" | Should -BeNullOrEmpty
        Invoke-Anew "$(& $connect); Get-DcrClient -Offline | ForEach-Object { `"`$(`$_.ClientName) `$(`$_.Storage)`" } | Sort-Object" |
            Should -Be 'connected', 'App Vault', 'Second Vault'
    }

    It 'because no copy of its files can be made is left alone, and nothing is sent' {
        Remove-Item $copies -Recurse
        Set-Content $copies 'in the way'
        try {
            $before = (Get-FileHash $store/storefile).Hash
            $lines = Invoke-Anew (& $connect)
            $lines[0] | Should -BeLike 'VaultWriteFailed,*'
            $lines[1] | Should -BeLike '*no copy of its files could be made (*), and it is not written without one. Nothing was sent.'
            (Get-FileHash $store/storefile).Hash | Should -Be $before
            Get-TestServerRequest $server | Should -BeNullOrEmpty
        } finally { Remove-Item $copies }
    }
}

Describe 'A SecretStore whose file somebody else is writing' {
    It 'is waited for: nobody can read the file meanwhile' {
        Reset-All
        Set-Secret -Vault TestStore -Name of-the-user -Secret 'value'
        $shell = [powershell]::Create()
        $writer = [IO.File]::Open("$store/storefile", 'Open', 'ReadWrite', 'None')
        try {
            $reader = @{ Thread = $null }
            $running = $shell.AddScript({
                    param($Reader, $Module, $Path)
                    $Reader.Thread = [Threading.Thread]::CurrentThread
                    $members = $Module.ImplementingAssembly.GetType('DcrPowerShell.Vaults.SecretStore.SecretStoreMembers')
                    $members.GetMethod('Bytes').Invoke($null, @($Path)).Count
                }).AddArgument($reader).AddArgument((Get-Module DcrPowerShell)).AddArgument("$store/storefile").BeginInvoke()
            $waits = [Threading.ThreadState]::WaitSleepJoin
            Wait-Until { $running.IsCompleted -or ($reader.Thread -and $reader.Thread.ThreadState -band $waits) }
            $writer.Dispose()
            $shell.EndInvoke($running) | Should -Be (Get-Item "$store/storefile").Length
        } finally {
            $writer.Dispose()
            $shell.Dispose()
        }
    }
}

Describe 'A SecretStore that many registrations go into' {
    It 'is written and copied once for all that wait' {
        Reset-All
        $server = New-ConnectedServer @{ latencyMs = 50 }
        $copied = [Collections.Concurrent.ConcurrentBag[string]]::new()
        $watcher = [IO.FileSystemWatcher]::new($copies)
        $subscription = Register-ObjectEvent $watcher Created -Action { $Event.MessageData.Add($EventArgs.Name) } -MessageData $copied
        try {
            $watcher.EnableRaisingEvents = $true
            $clients = 1..48 | ForEach-Object { [pscustomobject]@{ ClientName = "App$_"; RedirectUri = 'https://app.example.com/' } } |
                New-DcrClient -ThrottleLimit 16
            Start-Sleep -Milliseconds 200
        } finally {
            $watcher.Dispose()
            Unregister-Event $subscription.Name
        }

        $copied.Count | Should -BeGreaterThan 0
        $copied.Count | Should -BeLessThan 25
        $clients.Storage | Sort-Object -Unique | Should -Be 'Vault'
        # Another process reads the file itself.
        Invoke-Anew "(Get-SecretInfo -Vault TestStore dcr-127*).Count
            `$record = Get-Secret -Vault TestStore -Name $($clients[20].SecretName) -AsPlainText | ConvertFrom-Json
            `$record.registration_access_token" |
            Should -Be '48', (Get-TestServerClient $server $clients[20].ClientId).registrationAccessToken
    }

    It 'keeps what was there before: other secrets of every kind, and one that is overwritten' {
        Reset-All
        Set-Secret -Vault TestStore -Name a-text -Secret 'text' -Metadata @{ Purpose = 'test' }
        Set-Secret -Vault TestStore -Name some-bytes -Secret ([byte[]](1..200))
        Set-Secret -Vault TestStore -Name a-table -Secret @{ One = 'first'; Two = 'second' }
        Set-Secret -Vault TestStore -Name a-person -Secret ([pscredential]::new('ann', (ConvertTo-Secret 'of ann')))
        $server = New-ConnectedServer @{ rotateSecret = 'put' }
        $client = New-DcrClient @app -ClientSecretName a-copy
        $null = $client | Reset-DcrClientSecret -Force -ClientSecretName a-copy
        New-DcrClient @app | Remove-DcrClient -Confirm:$false
        Invoke-Anew "Get-Secret -Vault TestStore -Name a-text -AsPlainText
            (Get-SecretInfo -Vault TestStore -Name a-text).Metadata['Purpose']
            (Get-Secret -Vault TestStore -Name some-bytes).Count
            (Get-Secret -Vault TestStore -Name a-table -AsPlainText)['Two']
            (Get-Secret -Vault TestStore -Name a-person).GetNetworkCredential().Password
            Get-Secret -Vault TestStore -Name a-copy -AsPlainText
            (Get-SecretInfo -Vault TestStore dcr-127*).Count" |
            Should -Be 'text', 'test', '200', 'second', 'of ann', (Get-TestServerClient $server $client.ClientId).clientSecret, '1'
    }
}

Describe 'A SecretStore with a password' {
    BeforeEach {
        Reset-All
        Reset-TestStore -Password $password
        $server = New-TestServer
    }

    AfterAll { Reset-All }

    It 'that ends soon is said at connect, once for each unlocking' {
        Unlock-SecretStore -Password $password -PasswordTimeout 605
        $null = Connect-DcrServer $server.Issuer -WarningVariable told -WarningAction SilentlyContinue
        $null = Connect-DcrServer $server.Issuer -WarningVariable again -WarningAction SilentlyContinue
        "$told" | Should -BeLike 'SecretStore locks itself in 10 minutes*Set-SecretStoreConfiguration -PasswordTimeout*'
        "$again" | Should -BeNullOrEmpty
        Unlock-SecretStore -Password $password -PasswordTimeout 7200
        $null = Connect-DcrServer $server.Issuer -WarningVariable long -WarningAction SilentlyContinue
        "$long" | Should -BeNullOrEmpty
    }

    It 'that locks itself midway ends the command before the next request' {
        Unlock-SecretStore -Password $password
        $null = Connect-DcrServer $server.Issuer -WarningAction SilentlyContinue
        $rows = 1..5 | ForEach-Object { [pscustomobject]@{ ClientName = "App$_"; RedirectUri = 'https://app.example.com/' } }
        $made = [Collections.Generic.List[object]]::new()
        $failure = $null
        try {
            $rows | New-DcrClient -ThrottleLimit 1 -ErrorAction Stop | ForEach-Object {
                $made.Add($_)
                if ($made.Count -eq 2) {
                    Unlock-SecretStore -Password $password -PasswordTimeout 1
                    Wait-Until { try { $null = Get-Secret -Vault TestStore -Name dcr-probe -ErrorAction Stop; $false } catch { $true } }
                }
            }
        } catch { $failure = $_ }
        $failure.FullyQualifiedErrorId | Should -BeLike 'VaultLocked,*'
        $sent = @(Get-TestServerRequest $server -Operation register).Count
        $sent | Should -BeLessOrEqual 3 -Because 'one request may have been under way'

        Unlock-SecretStore -Password $password
        $null = Connect-DcrServer $server.Issuer -WarningAction SilentlyContinue
        @(Get-DcrClient -Offline).Count | Should -Be $sent
        Get-DcrClient -Offline | ForEach-Object Storage | Sort-Object -Unique | Should -Be 'Vault'
    }

    It 'that is asked for at every call cannot be used, and the error says what to do' {
        # SecretStore watches its own configuration from another thread: its commands trip over that now and then, and it locks itself.
        Wait-Until { try { Unlock-SecretStore -Password $password; Set-SecretStoreConfiguration -PasswordTimeout 0 `
            -Confirm:$false; $true } catch [NullReferenceException] { $false } }
        Wait-Until {
            try { Unlock-SecretStore -Password $password } catch { return $false }
            $script:failure = Get-Failure { Connect-DcrServer $server.Issuer }
            $script:failure.FullyQualifiedErrorId -like 'VaultReadFailed,*'
        }
        "$failure" | Should -BeLike '*its PasswordTimeout is 0*'
        $failure.ErrorDetails.RecommendedAction | Should -BeLike 'Give it a longer one: Set-SecretStoreConfiguration*'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }
}

Describe 'Processes that meet at one SecretStore' {
    It 'and find no probe in it agree on one id' {
        Reset-All
        $server = New-TestServer
        $started = 1..3 | ForEach-Object {
            Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer) -WarningAction SilentlyContinue
                (New-DcrClient App$_ https://app.example.com/).Storage" }
        $results = $started | ForEach-Object { Wait-Pwsh $_ }
        $results.Errors | Should -Be '', '', ''
        $results | ForEach-Object { $_.Output.Trim() } | Should -Be 'Vault', 'Vault', 'Vault'
        $settings = Get-Content $env:DCRPOWERSHELL_HOME/store.json -Raw | ConvertFrom-Json
        @($settings.vaults.PSObject.Properties).Count | Should -Be 1
        $null = Connect-DcrServer $server.Issuer
        @(Get-DcrClient).Count | Should -Be 3
    }

    It 'wait for each other, whatever folders their local stores are in' {
        Reset-All
        $server = New-TestServer
        $folders = 1..2 | ForEach-Object { New-StoreFolder }
        $null = New-ConnectedServer
        $started = $folders | ForEach-Object {
            Start-Pwsh "`$env:DCRPOWERSHELL_HOME = '$_'
            `$null = Connect-DcrServer $($server.Issuer) -Vault TestStore -WarningAction SilentlyContinue
            1..20 | ForEach-Object { [pscustomobject]@{ ClientName = `"`$PID-`$_`"; Tenant = `"`$PID-`$_`";
                RedirectUri = 'https://app.example.com/' } } | New-DcrClient -WarningVariable told | Out-Null
            `"`$told`"" }
        $started | ForEach-Object { (Wait-Pwsh $_).Output.Trim() } | Should -Be '', '' -Because 'nothing had to be put back'
        Invoke-Anew '(Get-SecretInfo -Vault TestStore dcr-127*).Count' | Should -Be '40'
    }
}
