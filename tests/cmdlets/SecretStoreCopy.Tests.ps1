# Needs: SecretManagement, SecretStore
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest -Vault
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }
    $storeFile = Join-Path $(if ($env:OS -eq 'Windows_NT') { "$env:LOCALAPPDATA/Microsoft/PowerShell/secretmanagement" } else {
        "$HOME/.secretmanagement" }) localstore/storefile
    $folder = Join-Path ([Environment]::GetFolderPath('LocalApplicationData', 'DoNotVerify')) 'DcrPowerShell/secretstore'

    # As a kill in the midst of SecretStore's writing leaves it: another hash, and half of what it is of.
    function Set-TornStore {
        $bytes = [IO.File]::ReadAllBytes($storeFile)
        4..([int]($bytes.Length / 2)) | ForEach-Object { $bytes[$_] = $bytes[$_] -bxor 85 }
        [IO.File]::WriteAllBytes($storeFile, $bytes)
    }

    # Runs a script in a new process, which opens the store itself.
    function Invoke-Anew([string] $Script) {
        $result = Wait-Pwsh (Start-Pwsh $Script)
        $result.Errors | Should -BeNullOrEmpty
        $result.Output.Trim()
    }
}

AfterAll { Stop-DcrTest }

Describe 'A store that a killed process left unreadable' {
    BeforeEach { Reset-TestStore }

    It 'comes back by the copy, and what the server had delivered after it by the local store' {
        $server = New-TestServer @{ rotateToken = 'put'; rotateSecret = 'put' }
        # The store is held, so that the second answer is in the local store alone when the process is killed.
        $marker = Join-Path $HOME registered
        $pwsh = Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer) -Vault TestStore
            `$null = New-DcrClient Stored https://app.example.com/callback
            `$held = [IO.File]::Open('$storeFile', 'Open', 'ReadWrite', 'None')
            `$null = New-DcrClient Pending https://app.example.com/callback -ErrorAction SilentlyContinue
            Set-Content '$marker' ready
            `$null = [Console]::In.ReadLine()"
        Wait-Until { (Test-Path $marker) -or $pwsh.Process.HasExited }
        $pwsh.Process.Kill()
        $null = $pwsh.Process.WaitForExit()
        Set-TornStore

        Invoke-Anew "try { Connect-DcrServer $($server.Issuer) -Vault TestStore } catch {
            `$_.FullyQualifiedErrorId; `$_.Exception.Message; `$_.Exception.RecommendedAction }" |
            Should -BeLike "VaultReadFailed,*Vault 'TestStore' could not be read: * fails its integrity check*Restore-DcrRegistration -SecretStoreCopy restores the copy of *Run Restore-DcrRegistration -SecretStoreCopy. *"
        Invoke-Anew 'Restore-DcrRegistration -SecretStoreCopy -WarningAction SilentlyContinue -WarningVariable told; "$told"' |
            Should -BeLike 'SecretStore has the copy of * again. *Connect-DcrServer restores what the local store has.'
        Get-ChildItem "$storeFile.torn-*" | Should -HaveCount 1

        $found = Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer) -Vault TestStore -WarningAction SilentlyContinue
            Get-DcrClient -Offline | Sort-Object ClientName |
                ForEach-Object { `"`$(`$_.ClientName) `$([Net.NetworkCredential]::new('', `$_.RegistrationAccessToken).Password)`" }"
        $known = Get-TestServerClient $server
        $found -split '\r?\n' | Should -Be "Pending $($known[1].registrationAccessToken)", "Stored $($known[0].registrationAccessToken)"
        if ($env:OS -ne 'Windows_NT') {
            "$((Get-Item $folder).UnixMode) $((Get-Item $folder/copy).UnixMode) $((Get-Item $storeFile).UnixMode)" |
                Should -Be 'drwx------ -rw------- -rw-------'
        }
    }

    It 'comes back in the process that has it open, whose commands never copied the torn file' {
        $null = New-ConnectedServer
        $client = New-DcrClient @app
        Set-TornStore
        # Registered, because this process had found the vault writable, and in the local store.
        New-DcrClient @app -ErrorAction SilentlyContinue -ErrorVariable failed | Should -Not -BeNullOrEmpty
        "$failed" | Should -BeLike '*integrity check*Restore-DcrRegistration -SecretStoreCopy restores the copy of *'
        Restore-DcrRegistration -SecretStoreCopy -WarningAction SilentlyContinue
        (Get-VaultRecord $client).client_id | Should -Be $client.ClientId
        (Restore-DcrRegistration).Storage | Should -Be 'Vault'
        (New-DcrClient @app).Storage | Should -Be 'Vault'
    }

    It 'is left alone by -WhatIf' {
        $null = New-ConnectedServer
        $null = New-DcrClient @app
        Set-TornStore
        $before = [IO.File]::ReadAllBytes($storeFile)
        Restore-DcrRegistration -SecretStoreCopy -WhatIf
        [IO.File]::ReadAllBytes($storeFile) | Should -Be $before
    }

    It 'with a password comes back where that is named, and is left alone otherwise' {
        $password = ConvertTo-Secret 'of the store'
        Reset-TestStore -Password $password
        Unlock-SecretStore -Password $password
        $null = New-ConnectedServer
        $client = New-DcrClient @app
        Set-TornStore
        { Restore-DcrRegistration -SecretStoreCopy -ErrorAction Stop } |
            Should -Throw -ErrorId 'VaultWriteFailed,*' `
            -ExpectedMessage 'SecretStore was left as it is: the copy * does not open without a password.'
        { Restore-DcrRegistration -SecretStoreCopy -Password (ConvertTo-Secret wrong) -ErrorAction Stop } |
            Should -Throw -ExpectedMessage '*does not open with that password.'
        Restore-DcrRegistration -SecretStoreCopy -Password $password -WarningAction SilentlyContinue
        Unlock-SecretStore -Password $password
        (Get-VaultRecord $client).client_id | Should -Be $client.ClientId
    }
}

Describe 'A store that can be read' {
    BeforeEach { Reset-TestStore }

    It 'is never replaced' {
        $null = New-ConnectedServer
        $null = New-DcrClient @app
        $before = [IO.File]::ReadAllBytes($storeFile)
        $null = Assert-Failure { Restore-DcrRegistration -SecretStoreCopy } -Id VaultWriteFailed -Category WriteError `
            -Message 'SecretStore was left as it is: it is whole.' -Action '*Unlock-SecretStore*'
        [IO.File]::ReadAllBytes($storeFile) | Should -Be $before
    }

    It 'is not written where no copy of it can be made, and nothing is sent' {
        Remove-Item $folder -Recurse
        Set-Content $folder 'in the way'
        try {
            $server = New-TestServer
            $null = Assert-Failure { Connect-DcrServer $server.Issuer -Vault TestStore } -Id VaultWriteFailed -Category WriteError `
                -Message '*no copy of its files could be made*Nothing was sent.' -Terminating
            Get-TestServerRequest $server | Should -BeNullOrEmpty
        } finally {
            Remove-Item $folder
        }
    }

    It 'has no copy that could be restored where that is damaged' {
        $null = New-ConnectedServer
        $null = New-DcrClient @app
        $whole = [IO.File]::ReadAllBytes($storeFile)
        Set-Content $folder/copy 'damaged by somebody'
        Set-TornStore
        try {
            $null = Assert-Failure { Restore-DcrRegistration -SecretStoreCopy } -Id VaultWriteFailed -Category WriteError `
                -Message '*there is no whole copy of it.' -Action 'Reset-SecretStore *'
        } finally {
            [IO.File]::WriteAllBytes($storeFile, $whole)
        }
    }
}
