# How the local store is protected, opened, backed up and restored. Nothing of it asks a person.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $WarningPreference = 'SilentlyContinue'
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }
    # Made up for this run: no passphrase of anybody's.
    $words = [guid]::NewGuid().ToString()
    $passphrase = ConvertTo-Secret $words
    $env:DCR_TEST_PASSPHRASE = $words
    $unlock = 'Unlock-DcrStore ([Net.NetworkCredential]::new("", $env:DCR_TEST_PASSPHRASE).SecurePassword)'

    # Runs a script in a process of its own, which has the same store, and a standard input that stays open: whoever prompts there, waits.
    function Invoke-Anew([string] $Script) {
        $result = Wait-Pwsh (Start-Pwsh -Interactive $Script)
        $result.Errors | Should -BeNullOrEmpty
        $result.Output.Trim() -split '\r?\n' | Where-Object { $_ }
    }
}

AfterAll {
    $env:DCR_TEST_PASSPHRASE = $null
    Stop-DcrTest
}

Describe 'Get-DcrStore' {
    BeforeAll { Switch-TestFolder }

    It 'shows a store that was never used' {
        $store = Get-DcrStore
        $store | Should -BeOfType DcrPowerShell.DcrStoreInfo
        $store.Path | Should -Be $env:DCRPOWERSHELL_HOME
        $store.Registrations, $store.InVaults, $store.Pending, $store.OpenRequests, $store.Damaged | Should -Be 0, 0, 0, 0, 0
        $store.IsLocked | Should -BeFalse
        $store.DefaultVault | Should -BeNullOrEmpty
    }

    It 'shows where it is, how it is protected, and what is in it' {
        $server = New-ConnectedServer @{ faults = @(@{ on = 'register'; drop = 'beforeAnswer'; skip = 2 }) }
        1..2 | ForEach-Object { New-DcrClient @app } | Out-Null
        New-DcrClient @app -ErrorAction SilentlyContinue
        $store = Get-DcrStore
        $store.Protection | Should -Be 'User'
        $store.KeyPath | Should -Be (Join-Path $env:DCRPOWERSHELL_HOME store.key)
        $store.Registrations, $store.OpenRequests | Should -Be 2, 1
        $store.Size | Should -Be (Get-Item (Join-Path $env:DCRPOWERSHELL_HOME *.dcrl)).Length
        @(Get-TestServerClient $server).Count | Should -Be 3
        $store | Format-List | Out-String | Should -BeLike '*Registrations*2*'
    }
}

Describe 'A passphrase' {
    BeforeAll {
        Switch-TestFolder
        $server = New-ConnectedServer @{ rotateToken = 'put' }
        $client = New-DcrClient @app -Tenant north
        $before = @(Get-ChildItem $env:DCRPOWERSHELL_HOME -Filter *.dcrl)
    }

    It 'is set with everything sealed again, and this session goes on' {
        $store = Set-DcrStore -Protection Passphrase -Passphrase $passphrase
        $store.Protection | Should -Be 'Passphrase'
        @(Get-ChildItem $env:DCRPOWERSHELL_HOME -Filter *.dcrl).Name |
            Should -Not -Be $before.Name -Because 'the old key must open nothing any more'
        (Get-DcrClient $client.ClientId).ClientName | Should -Be 'App'
        (New-DcrClient @app -Tenant north).ClientId | Should -Be $client.ClientId
        Get-Content (Join-Path $env:DCRPOWERSHELL_HOME store.key) -Raw | Should -BeLike '*"iterations":*'
    }

    It 'is one clear error in another process, before anything is sent, and no prompt: <Name>' -ForEach @(
        @{ Name = 'Connect-DcrServer'; Command = { "Connect-DcrServer $($server.Issuer)" } }
        @{ Name = 'Get-DcrClient -Offline'; Command = { 'Get-DcrClient -Offline' } }
        @{ Name = 'Set-DcrStore'; Command = { 'Set-DcrStore -Protection User' } }
        @{ Name = 'Backup-DcrStore'; Command = {
            'Backup-DcrStore (Join-Path $HOME locked.dcrb) ([Net.NetworkCredential]::new("", "x").SecurePassword)' } }
        @{ Name = 'New-DcrKey'; Command = { 'New-DcrKey app-key' } }
        @{ Name = 'a wrong passphrase'; Command = { 'Unlock-DcrStore ([Net.NetworkCredential]::new("", "wrong").SecurePassword)' };
            Message = '*passphrase does not open*' }
    ) {
        if (-not (Test-Path variable:Message)) { $Message = '*is locked*Nothing was sent*' }
        Clear-TestServerRequest $server
        $lines = Invoke-Anew "try { $(& $Command) } catch {
            `$_.FullyQualifiedErrorId -replace ',.*'; `$_.CategoryInfo.Category; `"`$_`"; `$_.ErrorDetails.RecommendedAction }"
        $lines[0, 1] | Should -Be 'StoreLocked', 'AuthenticationError'
        $lines[2] | Should -BeLike $Message
        $lines[3] | Should -Match 'Unlock-DcrStore|Set-DcrStore -Protection Passphrase'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'locked, shows how it is protected, and not what is in it' {
        $lines = Invoke-Anew '$store = Get-DcrStore; "$($store.IsLocked) $($store.Protection) [$($store.Registrations)]"'
        $lines | Should -Be 'True Passphrase []'
    }

    It 'opens the store for a process, which then does everything' {
        $lines = Invoke-Anew "$unlock
            `$null = Connect-DcrServer $($server.Issuer)
            (New-DcrClient App https://app.example.com/callback -Tenant north).ClientId
            (Get-DcrClient -Tenant north | Set-DcrClient -Scope read).Scope
            Unlock-DcrStore -Lock
            try { Get-DcrClient -Tenant north } catch { `$_.FullyQualifiedErrorId -replace ',.*' }
            $unlock
            (Get-DcrClient -Tenant north).Scope"
        $lines | Should -Be $client.ClientId, 'read', 'StoreLocked', 'read'
    }

    It 'is not taken as plain text, and not without -Protection' {
        { Set-DcrStore -Protection Passphrase -Passphrase 'words' } | Should -Throw '*plain text*'
        $null = Assert-Failure { Set-DcrStore -Protection Passphrase -Passphrase ([securestring]::new()) } -Id InvalidSetup `
            -Category InvalidArgument -Message '*empty*' -Terminating
        $null = Assert-Failure { Set-DcrStore -Protection Passphrase } -Id InvalidSetup -Category InvalidArgument -Message '-Passphrase*' `
            -Terminating
        $null = Assert-Failure { Set-DcrStore -Passphrase $passphrase } -Id InvalidSetup -Category InvalidArgument -Terminating
        (Get-DcrStore).Protection | Should -Be 'Passphrase'
    }

    It 'goes again with -Protection User' {
        (Set-DcrStore -Protection User).Protection | Should -Be 'User'
        Invoke-Anew '(Get-DcrClient -Offline).Tenant' | Should -Be 'north'
    }

    It 'changes nothing with -WhatIf' {
        Set-DcrStore -Protection Passphrase -Passphrase $passphrase -WhatIf | Out-Null
        (Get-DcrStore).Protection | Should -Be 'User'
    }
}

Describe 'The key''s place' {
    It 'in a folder that is not there is refused before anything else is changed' {
        Switch-TestFolder
        $missing = Join-Path $TestDrive missing apart.key
        $null = Assert-Failure { Set-DcrStore -Protection Passphrase -Passphrase $passphrase -KeyPath $missing } -Id InvalidSetup `
            -Category InvalidArgument -Terminating
        $null = Assert-Failure { Set-DcrStore -Protection Passphrase -Passphrase $passphrase -DefaultVault Nowhere } -Id VaultNotFound `
            -Category ObjectNotFound -Terminating
        (Get-DcrStore).Protection | Should -Be 'User'
    }

    It 'is as it was where the protection that was asked for with it fails' {
        Switch-TestFolder
        $place = New-StoreFolder
        $before = (Get-DcrStore).KeyPath
        $null = Assert-Failure { Set-DcrStore -KeyPath (Join-Path $place apart.key) -Protection Vault -Vault Nowhere } -Id VaultNotFound `
            -Category ObjectNotFound -Terminating
        $store = Get-DcrStore
        $store.KeyPath, "$($store.Protection)" | Should -Be $before, 'User'
        Get-ChildItem $place | ForEach-Object Name | Should -Be 'store.json' -Because 'the key is not left there'
    }

    It 'may be another folder, and is found there' {
        Switch-TestFolder
        $null = New-ConnectedServer
        $client = New-DcrClient @app
        $place = New-StoreFolder
        $key = Join-Path $place apart.key
        (Set-DcrStore -KeyPath $key).KeyPath | Should -Be $key
        $key | Should -Exist
        Join-Path $env:DCRPOWERSHELL_HOME store.key | Should -Not -Exist
        Invoke-Anew '(Get-DcrClient -Offline).ClientId' | Should -Be $client.ClientId
        Rename-Item $place "$place-away"
        Invoke-Anew 'try { Get-DcrClient -Offline } catch { $_.FullyQualifiedErrorId -replace ",.*" }' | Should -Be 'StoreKeyMissing'
        $place | Should -Not -Exist -Because 'a stick that is not plugged in is not replaced by an empty folder'
    }
}

Describe 'A backup' {
    BeforeAll {
        Switch-TestFolder
        $server = New-ConnectedServer @{ rotateToken = 'put' }
        $kept = New-DcrClient Kept https://app.example.com/callback -Tenant kept
        $gone = New-DcrClient Gone https://app.example.com/callback -Tenant gone
        $file = Join-Path $TestDrive store.dcrb
        $written = Backup-DcrStore $file $passphrase
        $home1 = $env:DCRPOWERSHELL_HOME
    }

    It 'is a file for this user alone that nobody can read' {
        $written.FullName | Should -Be $file
        if ($env:OS -ne 'Windows_NT') { $written.UnixMode | Should -Be '-rw-------' }
        $text = [Text.Encoding]::Latin1.GetString([IO.File]::ReadAllBytes($file))
        foreach ($canary in $kept.ClientId, $server.Issuer, (ConvertTo-PlainText $kept.RegistrationAccessToken), 'Kept', $words) {
            $text.Contains($canary) | Should -BeFalse }
        (Get-DcrStore).LastBackupAt | Should -BeGreaterThan ([DateTimeOffset]::UtcNow.AddMinutes(-10))
        (Get-DcrStore).LastBackupCount | Should -Be 2
    }

    It 'leaves a file alone with -NoClobber, and writes nothing with -WhatIf' {
        $null = Assert-Failure { Backup-DcrStore $file $passphrase -NoClobber } -Id InventoryWriteFailed -Category WriteError -Terminating
        Backup-DcrStore (Join-Path $TestDrive what-if.dcrb) $passphrase -WhatIf
        Join-Path $TestDrive what-if.dcrb | Should -Not -Exist
    }

    It 'is made also where the store cannot note it' {
        $inTheWay = New-Item -ItemType Directory (Join-Path $env:DCRPOWERSHELL_HOME store.json.tmp/in-the-way)
        $other = Join-Path $TestDrive other.dcrb
        try {
            $made = Backup-DcrStore $other $passphrase -WarningVariable said -WarningAction SilentlyContinue
        } finally {
            Remove-Item (Split-Path $inTheWay) -Recurse
        }

        $made.FullName | Should -Be $other
        "$said" | Should -BeLike 'The backup is written, but*Get-DcrStore shows the one before.'
    }

    It 'is not written among the store''s own files, where it could be taken for one' {
        $path = Join-Path $env:DCRPOWERSHELL_HOME ledger-000009.dcrl
        $null = Assert-Failure { Backup-DcrStore $path $passphrase } -Id InventoryWriteFailed -Category WriteError -Terminating
        $null = Assert-Failure { Set-DcrStore -KeyPath $path } -Id InvalidSetup -Category InvalidArgument -Terminating
        $path | Should -Not -Exist
    }

    It 'fills what another store does not know, and what that knows better stays' {
        # Afterwards one client changed its token, and one was removed.
        $null = $kept | Set-DcrClient -Scope newer
        $gone | Remove-DcrClient -Confirm:$false
        Restore-DcrRegistration -Path $file -Passphrase $passphrase | Should -BeNullOrEmpty -Because 'all of it is known here'
        (Get-DcrClient -Offline).ClientName | Should -Be 'Kept'
        (Get-DcrClient -Tenant kept | Set-DcrClient -Scope newest).Scope | Should -Be 'newest'

        Switch-TestFolder
        $restored = Restore-DcrRegistration -Path $file -Passphrase $passphrase
        $restored.ClientName | Sort-Object | Should -Be 'Gone', 'Kept'
        $restored.Storage | Should -Be 'Local', 'Local'
        Restore-DcrRegistration -Path $file -Passphrase $passphrase | Should -BeNullOrEmpty
        $null = Connect-DcrServer $server.Issuer
        Clear-TestServerRequest $server
        (New-DcrClient Kept https://app.example.com/callback -Tenant kept).ClientId | Should -Be $kept.ClientId
        Get-TestServerRequest $server -Operation register | Should -BeNullOrEmpty
        ConvertTo-PlainText (Get-DcrClient -Offline -Tenant kept).ClientSecret | Should -BeExactly (ConvertTo-PlainText $kept.ClientSecret)
    }

    It 'is one clear error with <Name>, and changes nothing' -ForEach @(
        @{ Name = 'another passphrase'; Source = { $file }; Word = 'wrong' }
        @{ Name = 'a byte that was changed'; Source = { $bytes = [IO.File]::ReadAllBytes($file); $bytes[40] = $bytes[40] -bxor 1;
            $spoilt = Join-Path $TestDrive spoilt.dcrb; [IO.File]::WriteAllBytes($spoilt, $bytes); $spoilt }; Word = $null }
        @{ Name = 'a file that is none'; Source = { $none = Join-Path $TestDrive none.dcrb; Set-Content $none 'no backup'; $none };
            Word = $null }
        @{ Name = 'a file that is not there'; Source = { Join-Path $TestDrive nowhere.dcrb }; Word = $null }
    ) {
        Switch-TestFolder
        $with = if ($Word) { ConvertTo-Secret $Word } else { $passphrase }
        $path = & $Source
        $null = Assert-Failure { Restore-DcrRegistration -Path $path -Passphrase $with } -Id InventoryReadFailed -Category ReadError `
            -Message '-Path*'
        (Get-DcrStore).Registrations | Should -Be 0
    }
}
