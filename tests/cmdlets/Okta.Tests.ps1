# A client's life in Okta's dialect, through the cmdlets.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $server = New-TestServer @{ dialect = 'okta'; okta = @{ apiToken = '00-not-a-real-api-token' } }
    $token = ConvertTo-SecureString '00-not-a-real-api-token' -AsPlainText -Force
    $null = Connect-DcrServer $server.Issuer -ApiToken $token
}

AfterAll {
    Stop-DcrTest
}

Describe 'Okta' {
    It 'is found from what the server says of itself' {
        $connection = Get-DcrServer
        $connection.Provider | Should -Be 'Okta'
        $connection.Credential | Should -Be 'ApiToken'
        $connection.Capabilities.HasFlag([DcrPowerShell.DcrCapabilities]::List) | Should -BeTrue
    }

    It 'registers, lists, changes, resets and removes' {
        $web = New-DcrClient 'Example web' https://www.example.com/cb -GrantType authorization_code, refresh_token -Tenant web
        1..3 | ForEach-Object { New-DcrClient "Other $_" https://www.example.com/cb } | Out-Null
        (Get-DcrClient).ClientName | Should -Be 'Example web', 'Other 1', 'Other 2', 'Other 3'
        (Get-DcrClient -ClientName *2).ClientName | Should -Be 'Other 2'
        (Get-DcrClient -Tenant web).ClientId | Should -Be $web.ClientId

        ($web | Set-DcrClient -RedirectUri https://www.example.com/cb2).RedirectUris | Should -Be 'https://www.example.com/cb2'
        ($web | Set-DcrClient -AddRedirectUri https://www.example.com/cb3 -RemoveRedirectUri https://www.example.com/cb2).RedirectUris |
            Should -Be 'https://www.example.com/cb3'
        $new = Reset-DcrClientSecret -Force $web.ClientId -ClientSecretName web-secret
        Get-ApplicationSecret web-secret | Should -Be ($new.ClientSecret | ConvertFrom-SecureString -AsPlainText)
        Get-ApplicationSecret web-secret | Should -Be (Get-TestServerClient $server -ClientId $web.ClientId).clientSecret

        Get-DcrClient -ClientName 'Other*' | Remove-DcrClient -Confirm:$false
        (Get-DcrClient).ClientId | Should -Be $web.ClientId
    }

    It 'has two secrets while an application moves from one to the other' {
        $client = New-DcrClient 'Moving' https://www.example.com/cb
        $new = $client | Reset-DcrClientSecret -Force -Overlap -ClientSecretName moving-secret
        $there = (Get-TestServerState $server).secrets.($client.ClientId)
        $there.status | Should -Be 'ACTIVE', 'ACTIVE'
        $there.client_secret | Should -BeExactly (ConvertTo-PlainText $client.ClientSecret), (ConvertTo-PlainText $new.ClientSecret)
        (Get-KeptRecord $client).client_secret | Should -BeExactly $there[1].client_secret
        Get-ApplicationSecret moving-secret | Should -BeExactly $there[1].client_secret

        $null = Assert-Failure { $client | Reset-DcrClientSecret -Force -Overlap } -Id OverlapRefused -Category InvalidOperation `
            -Message '*two client secrets already*the one known here*' -Action '*-CompleteOverlap*'

        # The object from before has the old secret, and the store the new one, which counts.
        $client | Reset-DcrClientSecret -Force -CompleteOverlap | Should -BeOfType DcrPowerShell.DcrClient
        (Get-TestServerState $server).secrets.($client.ClientId).client_secret | Should -BeExactly $there[1].client_secret
        Reset-DcrClientSecret -Force $client.ClientId -CompleteOverlap -WarningVariable warned -WarningAction SilentlyContinue |
            Should -Not -BeNullOrEmpty
        $warned | Should -BeLike '*no old one to delete*'
        $client | Remove-DcrClient -Confirm:$false
    }

    It 'takes one step of an overlap at a time' {
        Clear-TestServerRequest $server
        $null = Assert-Failure { Reset-DcrClientSecret -Force any -Overlap -CompleteOverlap } -Id OverlapRefused `
            -Category InvalidOperation -Message '-Overlap and -CompleteOverlap*' -Action '*Run -Overlap first*' -Terminating
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'sends nothing with -WhatIf' {
        $client = New-DcrClient 'Kept' https://www.example.com/cb
        Clear-TestServerRequest $server
        $client | Remove-DcrClient -WhatIf
        $client | Reset-DcrClientSecret -WhatIf
        $client | Reset-DcrClientSecret -Overlap -WhatIf
        $client | Reset-DcrClientSecret -CompleteOverlap -WhatIf
        @(Get-TestServerRequest $server).Count | Should -Be 0
    }

    It 'says what a credential lacks' {
        Set-TestServerSwitch $server @{ okta = @{ apiToken = '00-not-a-real-api-token'; apiTokenScopes = @('okta.clients.read') } }
        $null = Assert-Failure { New-DcrClient App https://www.example.com/cb } -Id InsufficientScope -Category PermissionDenied `
            -Message '*okta.clients.register*' -Action '*admin role*'
    }
}
