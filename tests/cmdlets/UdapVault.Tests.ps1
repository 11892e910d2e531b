# UDAP clients in a SecretStore, and a certificate's key in a vault.
# Needs: SecretManagement, SecretStore
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Import-Module "$PSScriptRoot/Udap.psm1"
    Start-DcrTest -Vault
    $quiet = @{ WarningAction = 'SilentlyContinue' }
    $service = @{ ClientName = 'Acme B2B'; GrantType = 'client_credentials'; Scope = 'system/Patient.read'; Contact = 'ops@example.com' }
}

AfterAll { Stop-DcrTest }

Describe 'A UDAP client in a vault' {
    BeforeAll {
        $server = New-UdapServer
        $pem = New-UdapPem $server
    }

    BeforeEach {
        Reset-TestStore
        # SecretStore notices its own reset on another thread, and may ask for a password until then.
        $key = [IO.File]::ReadAllText("$pem/key.pem")
        Wait-Until { try { Set-Secret community-key -Vault TestStore -Secret $key; $true } catch { $false } }
        $given = @{ CertificatePath = "$pem/certificate.pem"; PrivateKey = Get-Secret community-key -Vault TestStore }
        $null = Connect-Udap $server $given
    }

    It 'is kept there, changed, found by a new machine, and cancelled' {
        $client = New-DcrClient @service -Tenant st-mary @quiet
        "$($client.Storage)" | Should -Be Vault
        $record = Get-VaultRecord $client
        $record.client_id, $record.tenant | Should -Be $client.ClientId, 'st-mary'
        "$($record.registration_access_token)$($record.client_secret)" | Should -BeNullOrEmpty
        (Get-Secret -Vault TestStore -Name $client.SecretName -AsPlainText) | Should -Not -Match 'PRIVATE KEY|eyJ'
        $null = Set-DcrClient $client.ClientId -ClientName 'Acme 2'
        (Get-VaultRecord $client).metadata.client_name | Should -Be 'Acme 2'

        Switch-TestFolder (New-StoreFolder -DefaultVault TestStore)
        $null = Connect-Udap $server $given @quiet
        Clear-TestServerRequest $server
        (New-DcrClient @service -ClientName 'Acme 2' -Tenant st-mary @quiet).ClientId | Should -Be $client.ClientId
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        Remove-DcrClient $client.ClientId -Confirm:$false
        Get-VaultRecordName | Should -BeNullOrEmpty
        Get-TestServerClient $server | Should -BeNullOrEmpty
    }

    It 'is moved to the local store and back, and changed in both places' {
        $client = New-DcrClient @service -Tenant st-mary @quiet
        (Move-DcrRegistration -From TestStore -Confirm:$false).ClientId | Should -Be $client.ClientId
        Get-VaultRecordName | Should -BeNullOrEmpty
        $null = Connect-Udap $server ($given + @{ LocalStore = $true })
        $changed = Set-DcrClient $client.ClientId -ClientName 'Acme 2'
        "$($changed.ClientId) $($changed.Storage)" | Should -Be "$($client.ClientId) Local"
        $null = Move-DcrRegistration -To TestStore -Confirm:$false
        $null = Connect-Udap $server $given
        (New-DcrClient @service -ClientName 'Acme 2' -Tenant st-mary @quiet).ClientId | Should -Be $client.ClientId
        $null = Set-DcrClient $client.ClientId -ClientName 'Acme 3'
        (Get-VaultRecord $client).metadata.client_name | Should -Be 'Acme 3'
        Remove-DcrClient $client.ClientId -Confirm:$false
        Get-VaultRecordName | Should -BeNullOrEmpty
        Get-TestServerClient $server | Should -BeNullOrEmpty
    }

    It 'may get a new id by a change: the vault has that one alone' {
        $client = New-DcrClient @service @quiet
        Set-TestServerSwitch $server @{ udap = @{ modification = 'newClient' } }
        try { $changed = Set-DcrClient $client.ClientId -ClientName 'Acme 2' @quiet } finally {
            Set-TestServerSwitch $server @{ udap = @{ modification = 'sameClient' } } }
        $changed.ClientId | Should -Not -Be $client.ClientId
        (Get-VaultRecord $changed).client_id | Should -Be $changed.ClientId
        Get-VaultRecordName | Should -Be $changed.SecretName
        Remove-DcrClient $changed.ClientId -Confirm:$false
    }
}
