BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }
}

AfterAll { Stop-DcrTest }

Describe 'Remove-DcrClient' {
    BeforeAll { $server = New-ConnectedServer }

    BeforeEach {
        Set-TestServerSwitch $server @{ operations = @('read', 'update', 'delete'); unknownClient = 'unauthorized'; faults = @() }
        $client = New-DcrClient @app
        Clear-TestServerRequest $server
    }

    It 'deletes the client at the server, then what is kept of it, and gives nothing' {
        Remove-DcrClient $client.ClientId -Confirm:$false | Should -BeNullOrEmpty
        (Get-TestServerRequest $server).operation | Should -Be 'delete'
        Get-TestServerClient $server $client.ClientId | Should -BeNullOrEmpty
        Get-KeptId | Should -Not -Contain $client.ClientId
    }

    It 'is done, and says so, where the file of the store cannot be rewritten' {
        $newest = Get-ChildItem $env:DCRPOWERSHELL_HOME -Filter 'ledger-*.dcrl' | Sort-Object Name | Select-Object -Last 1
        $next = Join-Path $newest.DirectoryName ('ledger-{0:d6}.dcrl.new' -f (1 + [int]($newest.BaseName -replace '\D')))
        $null = New-Item -ItemType Directory (Join-Path $next 'in-the-way')
        try {
            Remove-DcrClient $client.ClientId -Confirm:$false -WarningVariable said -WarningAction SilentlyContinue
        } finally {
            Remove-Item $next -Recurse
        }

        "$said" | Should -BeLike 'It is done, but*The next removal or move drops it.'
        Get-TestServerClient $server $client.ClientId | Should -BeNullOrEmpty
        Get-KeptId | Should -Not -Contain $client.ClientId
    }

    It 'deletes several: <How>' -ForEach @(
        @{ How = 'an array of ids'; Remove = { Remove-DcrClient $client.ClientId, $second.ClientId -Confirm:$false } }
        @{ How = 'clients from the pipeline'; Remove = { $client, $second | Remove-DcrClient -Confirm:$false } }
        @{ How = 'by property name'; Remove = { [pscustomobject]@{ client_id = $client.ClientId },
            [pscustomobject]@{ ClientId = $second.ClientId } | Remove-DcrClient -Confirm:$false } }
    ) {
        $second = New-DcrClient @app
        & $Remove
        Get-TestServerClient $server | Where-Object clientId -in $client.ClientId, $second.ClientId | Should -BeNullOrEmpty
        Get-KeptId | Where-Object { $_ -in $client.ClientId, $second.ClientId } | Should -BeNullOrEmpty
    }

    It 'sends nothing and drops nothing with -WhatIf' {
        Remove-DcrClient $client.ClientId -WhatIf
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        Get-KeptId | Should -Contain $client.ClientId
    }

    It 'asks before it deletes, by its ConfirmImpact' {
        $attribute = (Get-Command Remove-DcrClient).ImplementingType.GetCustomAttributes([System.Management.Automation.CmdletAttribute],
            $false)
        $attribute.ConfirmImpact | Should -Be 'High'
    }

    It 'keeps the registration of a client that a server answering <Answer> does not know, unless -StoreOnly is given' -ForEach @(
        @{ Answer = 'unauthorized'; Id = 'AccessTokenRejected'; Category = 'AuthenticationError' }
        @{ Answer = 'notFound'; Id = 'ClientNotFound'; Category = 'ObjectNotFound' }
    ) {
        Set-TestServerSwitch $server @{ unknownClient = $Answer }
        Remove-TestServerClient $server $client.ClientId
        $failure = Assert-Failure { Remove-DcrClient $client.ClientId -Confirm:$false } -Id $Id -Category $Category `
            -Action '*Remove-DcrClient -StoreOnly*'
        $failure.TargetObject | Should -Be $client.ClientId
        Get-KeptId | Should -Contain $client.ClientId

        Remove-DcrClient $client.ClientId -StoreOnly -Force
        Get-KeptId | Should -Not -Contain $client.ClientId
    }

    It 'keeps the registration where the server does not delete (<Name>), unless -StoreOnly is given' -ForEach @(
        @{ Name = '405'; Switches = @{ operations = @('read', 'update') } }
        @{ Name = '404, and yet it knows the client'; Switches = @{ faults = @(@{ on = 'delete'; status = 404; times = 2 }) } }
    ) {
        Set-TestServerSwitch $server $Switches
        $null = Assert-Failure { Remove-DcrClient $client.ClientId -Confirm:$false } -Id OperationNotSupported -Category NotImplemented `
            -Action '*administration*'
        Get-KeptId | Should -Contain $client.ClientId

        $client | Remove-DcrClient -StoreOnly -Force
        Get-KeptId | Should -Not -Contain $client.ClientId
    }

    It 'keeps the registration when nobody knows whether the server has deleted' {
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'delete'; drop = 'beforeAnswer' }) }
        $null = Assert-Failure { Remove-DcrClient $client.ClientId -Confirm:$false } -Id OutcomeUnknown -Category InvalidResult
        Get-KeptId | Should -Contain $client.ClientId
    }

    It 'goes on with the rest when one of many fails' {
        $second = New-DcrClient @app
        $failure = Assert-Failure { Remove-DcrClient no-such-client, $client.ClientId, $second.ClientId -Confirm:$false } `
            -Id ClientNotFound -Category ObjectNotFound
        $failure.TargetObject | Should -Be 'no-such-client'
        Get-KeptId | Where-Object { $_ -in $client.ClientId, $second.ClientId } | Should -BeNullOrEmpty
    }

    It 'goes to the server that issued a piped client, whatever the default one is' {
        $null = New-ConnectedServer
        $client | Remove-DcrClient -Confirm:$false
        Get-TestServerClient $server $client.ClientId | Should -BeNullOrEmpty
        $null = Connect-DcrServer $server.Issuer
    }

    It 'takes the connection of -Connection' {
        $null = New-ConnectedServer
        Remove-DcrClient $client.ClientId -Connection ([uri] $server.Url).Authority -Confirm:$false
        Get-TestServerClient $server $client.ClientId | Should -BeNullOrEmpty
        $null = Connect-DcrServer $server.Issuer
    }
}
