BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }
}

AfterAll { Stop-DcrTest }

Describe 'Reset-DcrClientSecret' {
    It 'takes and keeps the new secret of a server that gives one at <Rotate>' -ForEach @(
        @{ Rotate = 'put'; Requests = 'read', 'update' }
        @{ Rotate = 'getAndPut'; Requests = 'read' }
    ) {
        $server = New-ConnectedServer @{ rotateSecret = $Rotate; rotateToken = $Rotate }
        $client = New-DcrClient @app -Scope read -Tenant contoso -AllowDuplicate
        Clear-TestServerRequest $server
        $reset = Reset-DcrClientSecret -Force $client.ClientId

        $reset | Should -BeOfType DcrPowerShell.DcrClient
        $known = Get-TestServerClient $server
        ConvertTo-PlainText $reset.ClientSecret | Should -BeExactly $known.clientSecret
        ConvertTo-PlainText $reset.ClientSecret | Should -Not -Be (ConvertTo-PlainText $client.ClientSecret)
        (Get-KeptRecord $client).client_secret | Should -BeExactly $known.clientSecret
        (Get-KeptRecord $client).registration_access_token | Should -BeExactly $known.registrationAccessToken
        $reset.Tenant | Should -Be 'contoso'
        (Get-TestServerRequest $server).operation | Should -Be $Requests
    }

    It 'changes nothing else' {
        $server = New-ConnectedServer @{ rotateSecret = 'put' }
        $client = New-DcrClient @app -Scope read, write -Metadata @{ custom = 'kept' }
        $before = (Get-TestServerClient $server).metadata | ConvertTo-Json
        $null = Reset-DcrClientSecret -Force $client.ClientId
        (Get-TestServerClient $server).metadata | ConvertTo-Json | Should -BeExactly $before
    }

    It 'renews the copy under -ClientSecretName' {
        $server = New-ConnectedServer @{ rotateSecret = 'put' }
        $client = New-DcrClient @app -ClientSecretName app-secret
        $null = $client | Reset-DcrClientSecret -Force -ClientSecretName app-secret
        Get-ApplicationSecret app-secret | Should -BeExactly (Get-TestServerClient $server).clientSecret
    }

    It 'takes clients from the pipeline: <How>' -ForEach @(
        @{ How = 'as objects'; Reset = { $clients | Reset-DcrClientSecret -Force -ThrottleLimit 1 } }
        @{ How = 'by property name'; Reset = { $clients | ForEach-Object { [pscustomobject]@{ client_id = $_.ClientId } } |
            Reset-DcrClientSecret -Force -ThrottleLimit 1 } }
        @{ How = 'as an argument'; Reset = { Reset-DcrClientSecret -Force $clients.ClientId -ThrottleLimit 1 } }
    ) {
        $server = New-ConnectedServer @{ rotateSecret = 'put' }
        $clients = 1..2 | ForEach-Object { New-DcrClient @app }
        $reset = & $Reset | ForEach-Object { ConvertTo-PlainText $_.ClientSecret }
        $reset | Should -BeExactly (Get-TestServerClient $server).clientSecret
    }

    It 'sends nothing with -WhatIf' {
        $server = New-ConnectedServer @{ rotateSecret = 'put' }
        $client = New-DcrClient @app
        Clear-TestServerRequest $server
        Reset-DcrClientSecret $client.ClientId -WhatIf | Should -BeNullOrEmpty
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }
}

Describe 'Reset-DcrClientSecret refuses' {
    It 'where the server keeps the old secret, and says what can be done' {
        $server = New-ConnectedServer
        $client = New-DcrClient @app
        $failure = Assert-Failure { Reset-DcrClientSecret -Force $client.ClientId } -Id OperationNotSupported -Category NotImplemented `
            -Message "*$($client.ClientId)*" -Action '*New-DcrClient*Remove-DcrClient*'
        $failure.TargetObject | Should -Be $client.ClientId
        (Get-KeptRecord $client).client_secret | Should -BeExactly (Get-TestServerClient $server).clientSecret
    }

    It 'for a client without a secret, before anything is sent' {
        $server = New-ConnectedServer
        $client = New-DcrClient @app -TokenEndpointAuthMethod none
        Clear-TestServerRequest $server
        $null = Assert-Failure { Reset-DcrClientSecret -Force $client.ClientId } -Id OperationNotSupported -Category NotImplemented `
            -Message '*authenticates with none*' -Action '*-TokenEndpointAuthMethod*'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'a name for the copy that some vaults would take for a pattern' {
        $null = New-ConnectedServer @{ rotateSecret = 'put' }
        $client = New-DcrClient @app
        { $client | Reset-DcrClientSecret -Force -ClientSecretName 'app*' -ErrorAction Stop } | Should -Throw '*wildcard*'
    }

    It 'a client that is named twice: the secret that was just given stays valid' {
        $server = New-ConnectedServer @{ rotateSecret = 'put' }
        $client = New-DcrClient @app
        $reset = @($client, $client | Reset-DcrClientSecret -Force -WarningVariable warnings -WarningAction SilentlyContinue)
        $reset | Should -HaveCount 1
        "$warnings" | Should -BeLike '*named before*'
        ConvertTo-PlainText $reset[0].ClientSecret | Should -BeExactly (Get-TestServerClient $server).clientSecret
    }
}
