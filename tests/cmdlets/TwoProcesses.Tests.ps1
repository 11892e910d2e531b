# Needs: SecretManagement, SecretStore
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest -Vault
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }
    $storeFile = Join-Path $(if ($env:OS -eq 'Windows_NT') { "$env:LOCALAPPDATA/Microsoft/PowerShell/secretmanagement" } else {
        "$HOME/.secretmanagement" }) localstore/storefile
    $lockFile = Join-Path ([Environment]::GetFolderPath('LocalApplicationData',
        'DoNotVerify')) 'DcrPowerShell/locks/microsoft.powershell.secretstore.lock'
}

AfterAll { Stop-DcrTest }

Describe 'Two processes on one SecretStore' {
    It 'register fifty clients each: a hundred records, each with its own token' {
        $server = New-TestServer
        $script = "`$null = Connect-DcrServer $($server.Issuer)
            1..50 | ForEach-Object { [pscustomobject]@{ ClientName = `"`$PID-`$_`"; RedirectUri = 'https://app.example.com/';
                Tenant = `"`$PID-`$_`" } } | New-DcrClient -WarningVariable told | Out-Null
            `$told -join '; '"
        $started = 1..2 | ForEach-Object { Start-Pwsh $script }
        $results = $started | ForEach-Object { Wait-Pwsh $_ }
        $results.Errors | Should -Be '', ''
        $results.Output.Trim() | Where-Object { $_ } | Should -BeNullOrEmpty -Because 'nothing had to be put back'

        # This process loaded its copy of the store before: it is to see what the others wrote.
        $null = Connect-DcrServer $server.Issuer
        $found = Get-DcrClient -Offline
        $known = Get-TestServerClient $server
        $known | Should -HaveCount 100
        $found | ForEach-Object { "$($_.ClientId) $(ConvertTo-PlainText $_.RegistrationAccessToken)" } | Sort-Object |
            Should -Be ($known | ForEach-Object { "$($_.clientId) $($_.registrationAccessToken)" } | Sort-Object)
    }

    It 'a token that the other one rotated is the one that is used' {
        $server = New-ConnectedServer @{ rotateToken = 'put' }
        $client = New-DcrClient @app
        $result = Wait-Pwsh (Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer)
            (Set-DcrClient $($client.ClientId) -Scope read).ClientId")
        $result.Output.Trim() | Should -Be $client.ClientId
        (Set-DcrClient $client.ClientId -SoftwareVersion 2).Scope | Should -Be 'read'
    }
}

Describe 'A process that is the first to use SecretStore' {
    It 'makes its files alone: another one that comes meanwhile finds no half of them' -Skip:($env:OS -eq 'Windows_NT') {
        # SecretStore makes empty files and runs chmod before it writes them.
        $bin = New-Item (Join-Path $TestDrive bin) -ItemType Directory
        $ready, $go = 'ready', 'go' | ForEach-Object { Join-Path $TestDrive $_ }
        Set-Content "$bin/chmod" "#!/bin/sh`ntouch '$ready'`nwhile [ ! -e '$go' ]; do sleep 0.05; done`nPATH=/usr/bin:/bin exec chmod `"`$@`""
        chmod +x "$bin/chmod"
        $server = New-TestServer
        Remove-Item "$(Split-Path $storeFile)/storefile", "$(Split-Path $storeFile)/storeaux"
        $process = Start-Pwsh "`$env:DCRPOWERSHELL_HOME = '$TestDrive/ledger'; `$env:PATH = '$bin' + ':' + `$env:PATH
            `$null = Connect-DcrServer $($server.Issuer) -Vault TestStore"
        try {
            Wait-Until { Test-Path $ready }
            { [IO.File]::Open($lockFile, 'Open', 'ReadWrite', 'None').Dispose() } | Should -Throw
        } finally {
            Set-Content $go ''
            (Wait-Pwsh $process).Errors | Should -BeNullOrEmpty
        }
    }
}

Describe 'A process that writes SecretStore from an old copy' {
    It 'drops records while a command is at work: its end puts them back and says so' {
        $server = New-ConnectedServer
        # Set-Secret in a console whose copy is from before the command.
        $go = Join-Path $TestDrive go
        $ready = Join-Path $TestDrive ready
        $console = Start-Pwsh -Module Microsoft.PowerShell.SecretStore "
            `$null = Get-SecretInfo -Vault TestStore
            [IO.File]::WriteAllText('$ready', '')
            while (-not [IO.File]::Exists('$go')) { Start-Sleep -Milliseconds 20 }
            Set-Secret -Vault TestStore -Name of-the-console -Secret value"
        Wait-Until { Test-Path $ready }
        $clients = 1..3 | ForEach-Object { [pscustomobject]($app + @{ Tenant = "$([guid]::NewGuid())" }) } |
            New-DcrClient -ThrottleLimit 1 -WarningVariable told -WarningAction SilentlyContinue | ForEach-Object {
            if (@(Get-TestServerClient $server).Count -eq 2) {
                Set-Content $go ''
                (Wait-Pwsh $console).Errors | Should -BeNullOrEmpty
            }
            $_
        }
        "$told" | Should -Be "Another process overwrote vault 'TestStore' with an older copy of it: 2 of the secrets that this command had stored were stored there again."
        $names = (Wait-Pwsh (Start-Pwsh `
            -Module Microsoft.PowerShell.SecretStore '(Get-SecretInfo -Vault TestStore).Name')).Output -split '\r?\n'
        $clients.SecretName + 'of-the-console' | Should -BeIn $names
    }

    It 'drops records before a command is stopped: they are put back all the same' {
        $server = New-ConnectedServer
        $before = [IO.File]::ReadAllBytes($storeFile)
        $client = 1..3 | ForEach-Object { [pscustomobject]($app + @{ Tenant = "$([guid]::NewGuid())" }) } |
            New-DcrClient -WarningAction SilentlyContinue | ForEach-Object {
            [IO.File]::WriteAllBytes($storeFile, $before)
            $_
        } | Select-Object -First 1
        (Get-VaultRecord $client).client_id | Should -Be $client.ClientId
        (Get-DcrClient $client.ClientId -Offline).ClientName | Should -Be 'App'
    }
}

Describe 'SecretStore, which reads its file again by itself when another process has been quiet for five seconds' {
    It 'does not do so in the middle of a write, which would drop what is written' {
        $server = New-ConnectedServer
        $null = New-DcrClient @app
        $isOver = [Threading.ManualResetEventSlim]::new()
        $rereading = [powershell]::Create()
        # What its timer does, without the five seconds.
        $running = $rereading.AddScript({
            param($isOver)
            $any = [Reflection.BindingFlags]'Static,NonPublic,Public'
            $file = [AppDomain]::CurrentDomain.GetAssemblies() |
                ForEach-Object { $_.GetType('Microsoft.PowerShell.SecretStore.SecureStoreFile') } | Where-Object { $_ }
            $raise = $file.GetMethod('RaiseDataUpdatedEvent', $any)
            $later = [Activator]::CreateInstance($raise.GetParameters()[0].ParameterType, [object[]]@([datetime]::MaxValue))
            while (-not $isOver.IsSet) { $raise.Invoke($null, @($later)) }
        }).AddArgument($isOver).BeginInvoke()
        try { $clients = 1..20 | ForEach-Object { [pscustomobject]($app + @{ Tenant = "$([guid]::NewGuid())" }) } | New-DcrClient }
        finally { $isOver.Set() }
        $rereading.EndInvoke($running)
        $rereading.Streams.Error | Should -BeNullOrEmpty
        $names = (Wait-Pwsh (Start-Pwsh `
            -Module Microsoft.PowerShell.SecretStore '(Get-SecretInfo -Vault TestStore).Name')).Output -split '\r?\n'
        $clients.SecretName | Should -BeIn $names
    }
}

Describe 'A vault that another process is writing to' {
    BeforeAll {
        $server = New-ConnectedServer
        $vaults = Get-ProcessState Vaults
        $usual = $vaults.LongestTurn
    }

    AfterEach {
        $vaults.LongestTurn = $usual
        if ($held) { $held.Dispose() }
    }

    It 'is waited for, and the user is told' {
        $held = [IO.FileStream]::new($lockFile, 'OpenOrCreate', 'ReadWrite', 'None')
        # The message itself is what lets go.
        $client = New-DcrClient @app -Verbose 4>&1 | ForEach-Object {
            if ($_ -isnot [System.Management.Automation.VerboseRecord]) { return $_ }
            if ("$_" -eq "Another process is writing to vault 'TestStore'; waiting for it.") { $held.Dispose() }
        }
        $held.CanWrite | Should -BeFalse -Because 'the user was told'
        (Get-VaultRecord $client).client_name | Should -Be 'App'
    }

    It 'for too long is one clear error that carries the client, and the next command works' {
        $null = New-DcrClient @app
        $vaults.LongestTurn = [timespan]::FromMilliseconds(20)
        $held = [IO.FileStream]::new($lockFile, 'OpenOrCreate', 'ReadWrite', 'None')
        $failure = Assert-Failure { New-DcrClient @app } -Id VaultWriteFailed -Category WriteError `
            -Message '*another process has been writing to it for 1 second*'
        ConvertTo-PlainText $failure.TargetObject.RegistrationAccessToken |
            Should -BeExactly (Get-TestServerClient $server $failure.TargetObject.ClientId).registrationAccessToken
        $held.Dispose()
        (New-DcrClient @app).ClientName | Should -Be 'App'
    }
}
