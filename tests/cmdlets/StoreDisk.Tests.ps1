# Disks that refuse. Who runs this as root is stopped by no mode bits, so a mount refuses; where none can be made, these tests are named as
# skipped.
BeforeDiscovery {
    Import-Module "$PSScriptRoot/Common.psm1"
    $canMount = Test-Unshare
}

BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $server = New-TestServer

    function Invoke-Anew([string] $Script, [string] $Setup) {
        $result = Wait-Pwsh (Start-Pwsh $Script -Setup $Setup)
        $result.Errors | Should -BeNullOrEmpty
        $result.Output.Trim() -split '\r?\n' | Where-Object { $_ }
    }
}

AfterAll { Stop-DcrTest }

Describe 'A home that cannot be written' -Skip:(-not $canMount) {
    BeforeAll {
        Switch-TestFolder
        Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer); `$null = New-DcrClient Before https://app.example.com/ -Tenant before"
        $readOnly = "mount --bind '$env:DCRPOWERSHELL_HOME' '$env:DCRPOWERSHELL_HOME'; mount -o remount,bind,ro '$env:DCRPOWERSHELL_HOME'"
    }

    It 'is one clear error before anything is sent: <Name>' -ForEach @(
        @{ Name = 'Connect-DcrServer'; Command = { "Connect-DcrServer $($server.Issuer)" } }
        @{ Name = 'Set-DcrStore'; Command = { 'Set-DcrStore -DefaultVault $null' } }
        @{ Name = 'New-DcrKey'; Command = { 'New-DcrKey app-key' } }
    ) {
        Clear-TestServerRequest $server
        $lines = Invoke-Anew "try { $(& $Command) } catch {
            `$_.FullyQualifiedErrorId -replace ',.*'; `$_.CategoryInfo.Category; `"`$_`"; `$_.ErrorDetails.RecommendedAction }" -Setup $readOnly
        $lines[0, 1] | Should -Be 'StoreReadOnly', 'WriteError'
        $lines[2] | Should -BeLike '*Read-only*Nothing was sent*'
        $lines[3] | Should -BeLike '*DCRPOWERSHELL_HOME*'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'can be looked at and backed up, as in an outage' {
        $backup = Join-Path $HOME "read-only-$([guid]::NewGuid()).dcrb"
        $lines = Invoke-Anew "(Get-DcrStore).Registrations
            (Get-DcrClient -Offline).Tenant
            `$null = Connect-DcrServer $($server.Issuer) -Offline
            (Get-DcrClient -Offline).ClientName
            (Backup-DcrStore '$backup' (ConvertTo-SecureString words -AsPlainText -Force)).Name" -Setup $readOnly
        $lines | Should -Be '1', 'before', 'Before', (Split-Path $backup -Leaf)
    }
}

Describe 'A full disk' -Skip:(-not $canMount) {
    BeforeEach {
        Switch-TestFolder
        $small = "mount -t tmpfs -o size=160k,mode=700 none '$env:DCRPOWERSHELL_HOME'"
        Clear-TestServerRequest $server
    }

    It 'stops the command before the next request; everything that was answered is kept' {
        $lines = Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer) -AuditPath '$HOME/audit-$([guid]::NewGuid()).jsonl'
            `$rows = 1..200 | ForEach-Object { [pscustomobject]@{ ClientName = `"App `$_`";
                RedirectUri = 'https://app.example.com/callback'; Tenant = `"t`$_`" } }
            `$clients = `$rows | New-DcrClient -ThrottleLimit 4 -ErrorVariable failures -ErrorAction SilentlyContinue ``
                -WarningVariable warnings -WarningAction SilentlyContinue
            `"`$(`$failures.FullyQualifiedErrorId -replace ',.*') `$(`$failures.TargetObject.Tenant)`"
            `"`$(`$warnings -like '*ended early*')`"
            `"`$(`$clients.Count)`"
            `"`$(@(`$clients | Where-Object Storage -EQ Local).Count)`"
            `"`$(@(Get-DcrClient -Offline).Count)`"
            `"`$((Get-DcrStore).OpenRequests)`"
            Get-DcrClient -Offline | ForEach-Object { [Net.NetworkCredential]::new('',
                `$_.RegistrationAccessToken).Password }" -Setup $small
        $lines[0] | Should -Match '^StoreReadOnly t\d+$' -Because 'the command ends at the first'
        $lines[1] | Should -BeLike 'The command ended early: * objects were not worked on.*'
        [int] $lines[2] | Should -BeGreaterThan 3
        [int] $lines[2] | Should -BeLessThan 200
        $sent = @(Get-TestServerRequest $server -Operation register).Count
        $lines[2, 3, 4] | Should -Be "$sent", "$sent", "$sent" -Because 'there is room for the answers to all that was sent'
        $lines[5] | Should -Be '0'
        $known = @(Get-TestServerClient $server | Select-Object -Last $sent)
        $lines | Select-Object -Skip 6 | Should -HaveCount $sent
        $lines | Select-Object -Skip 6 | ForEach-Object { $_ | Should -BeIn $known.registrationAccessToken }
    }

    It 'is used again when there is room' {
        $lines = Invoke-Anew "`$null = Connect-DcrServer $($server.Issuer) -AuditPath '$HOME/audit-$([guid]::NewGuid()).jsonl'
            `$null = New-DcrClient First https://app.example.com/ -Tenant first -WarningAction Ignore
            try { [IO.File]::WriteAllBytes('$env:DCRPOWERSHELL_HOME/filler', [byte[]]::new(200000)) } catch { }
            try { New-DcrClient Second https://app.example.com/ -Tenant second ``
                -Metadata @{ padding = 'x' * 8000 } } catch { `$_.FullyQualifiedErrorId -replace ',.*' }
            Remove-Item '$env:DCRPOWERSHELL_HOME/filler'
            (New-DcrClient Second https://app.example.com/ -Tenant second).Storage
            (Get-DcrClient -Offline | Sort-Object ClientName).ClientName" -Setup $small
        $lines | Should -Be 'StoreReadOnly', 'Local', 'First', 'Second'
        @(Get-TestServerRequest $server -Operation register).Count | Should -Be 2
    }
}
