BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }
}

AfterAll { Stop-DcrTest }

Describe 'Disconnect-DcrServer' {
    BeforeEach {
        Get-DcrServer | Disconnect-DcrServer
        $one = New-ConnectedServer @{} @{ Name = 'one' }
        $two = New-ConnectedServer @{} @{ Name = 'two' }
    }

    It 'closes the default connection, and no other steps in' {
        Disconnect-DcrServer | Should -BeNullOrEmpty
        (Get-DcrServer).Name | Should -Be 'one'
        $null = Assert-Failure { New-DcrClient @app } -Id NotConnected -Category ConnectionError -Terminating
        Get-TestServerRequest $one -Operation register | Should -BeNullOrEmpty
    }

    It 'closes a connection by <How>' -ForEach @(
        @{ How = 'name'; Close = { Disconnect-DcrServer one } }
        @{ How = 'the parameter Name'; Close = { Disconnect-DcrServer -Name one } }
        @{ How = 'object'; Close = { Disconnect-DcrServer (Get-DcrServer one) } }
        @{ How = 'pipeline'; Close = { Get-DcrServer one | Disconnect-DcrServer } }
        @{ How = 'name from the pipeline'; Close = { 'one' | Disconnect-DcrServer } }
    ) {
        & $Close
        (Get-DcrServer).Name | Should -Be 'two'
        (New-DcrClient @app).Issuer | Should -Be $two.Issuer
    }

    It 'leaves the store as it is' {
        $client = New-DcrClient @app
        Disconnect-DcrServer
        (Get-KeptRecord $client).client_id | Should -Be $client.ClientId
        $null = Connect-DcrServer $two.Issuer
        (Get-DcrClient $client.ClientId).ClientName | Should -Be 'App'
    }

    It 'names the connections there are when a name is none of them' {
        { Disconnect-DcrServer three } | Should -Throw '*three*one, two*'
    }

    It 'fails without a connection, and says what to do' {
        Get-DcrServer | Disconnect-DcrServer
        $null = Assert-Failure { Disconnect-DcrServer } -Id NotConnected -Category ConnectionError -Action '*Connect-DcrServer*' `
            -Terminating
    }

    It 'makes the object useless, at once and clearly' {
        $connection = Get-DcrServer two
        Disconnect-DcrServer
        $null = Assert-Failure { New-DcrClient @app -Connection $connection } -Id NotConnected -Category ConnectionError `
            -Message '*closed*' -Terminating
        Get-TestServerRequest $two -Operation register | Should -BeNullOrEmpty
    }
}
