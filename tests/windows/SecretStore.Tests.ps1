# Needs: SecretManagement, SecretStore
# SecretStore as Windows has it: its files are below the account's local data, and its module is that of netstandard.
BeforeAll {
    Import-Module "$PSScriptRoot/../cmdlets/Common.psm1"
    Start-DcrTest -Vault
    $WarningPreference = 'SilentlyContinue'
    $server = New-ConnectedServer @{ rotateToken = 'put' }

    # What is kept, with its token and its secret.
    function Get-Kept {
        Get-DcrClient -Offline | ForEach-Object {
            "$($_.ClientId) $(ConvertTo-PlainText $_.RegistrationAccessToken) $(ConvertTo-PlainText $_.ClientSecret)"
        } | Sort-Object
    }
}

AfterAll { Stop-DcrTest }

Describe 'SecretStore on Windows' {
    It 'takes registrations, which another process finds there' {
        $made = 1..3 | ForEach-Object {
            [pscustomobject]@{ ClientName = "App $_"; RedirectUri = 'https://app.example.com/'; Tenant = "tenant-$_" }
        } | New-DcrClient
        $made.Storage | Sort-Object -Unique | Should -Be 'Vault'
        (Get-DcrStore).InVaults | Should -Be 3
        foreach ($client in $made) {
            (Get-VaultRecord $client).registration_access_token | Should -BeExactly (ConvertTo-PlainText $client.RegistrationAccessToken)
        }
        $other = Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer) -WarningAction Ignore
            (Get-DcrClient -Tenant tenant-2 | Set-DcrClient -Scope read -WarningAction Ignore).Storage"
        $result = Wait-Pwsh $other
        $result.Errors | Should -BeNullOrEmpty
        $result.Output.Trim() | Should -Be 'Vault'
    }

    It 'fills an empty ledger at connect: nobody is registered twice' {
        Switch-TestFolder
        $null = Connect-DcrServer $server.Issuer -Vault TestStore
        (Get-DcrStore).InVaults | Should -Be 3
        Clear-TestServerRequest $server
        $null = New-DcrClient 'App 1' https://app.example.com/ -Tenant tenant-1
        Get-TestServerRequest $server -Operation register | Should -BeNullOrEmpty
    }

    It 'gives registrations to the local store and gets them back, whole' {
        $before = @(Get-Kept)
        $before | Should -HaveCount 3
        $here = @(Move-DcrRegistration -From TestStore)
        $here.Storage | Should -Be 'Local', 'Local', 'Local'
        Get-VaultRecordName | Should -BeNullOrEmpty
        $null = Connect-DcrServer $server.Issuer -LocalStore
        Get-Kept | Should -Be $before

        $there = @(Move-DcrRegistration -To TestStore)
        $there.Storage | Should -Be 'Vault', 'Vault', 'Vault'
        $null = Connect-DcrServer $server.Issuer -Vault TestStore
        Get-Kept | Should -Be $before
        (Get-DcrClient -Tenant tenant-1 | Set-DcrClient -Scope read).Storage | Should -Be 'Vault'
    }
}
