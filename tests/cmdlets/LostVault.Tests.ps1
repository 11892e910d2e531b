# The vault's file is gone or damaged, and what was registered in this session is still in the local store.
# Needs: SecretManagement, SecretStore
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest -Vault
}

AfterAll { Stop-DcrTest }

Describe 'A vault that lost everything' {
    It 'gets back from the local store what this session registered, with the newest tokens' {
        $server = New-ConnectedServer @{ rotateToken = 'put' }
        $clients = 'One', 'Two' | ForEach-Object { New-DcrClient $_ https://app.example.com/ -Tenant $_ }
        $null = $clients[0] | Set-DcrClient -Scope read
        Reset-TestStore -KeepLedger

        $restored = Restore-DcrRegistration
        $restored.ClientName | Sort-Object | Should -Be 'One', 'Two'
        foreach ($client in $clients) {
            $record = Get-VaultRecord $client
            $known = Get-TestServerClient $server $client.ClientId
            $record.registration_access_token | Should -BeExactly $known.registrationAccessToken
            $record.client_secret | Should -BeExactly $known.clientSecret
        }

        (Get-DcrClient -Tenant Two).ClientId | Should -Be $clients[1].ClientId
        ($clients[0] | Set-DcrClient -Scope write).Scope | Should -Be 'write'
    }
}
