BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $server = New-ConnectedServer @{} @{ Name = 'production' }
    $null = New-ConnectedServer @{} @{ Name = 'test system' }
    $connection = Get-DcrServer production
    $mail = New-DcrClient Mail https://app.example.com/ -Connection $connection -Tenant "St. Mary's"
    $maps = New-DcrClient Maps https://app.example.com/ -Connection $connection -Tenant north
    $null = Connect-DcrServer $server.Issuer -Name production

    function Get-Completion([string] $Line) { (TabExpansion2 $Line $Line.Length).CompletionMatches }
}

AfterAll { Stop-DcrTest }

Describe 'Tab completes' {
    It '<Line>' -ForEach @(
        @{ Line = 'New-DcrClient -GrantType '; Expected = 'authorization_code', 'client_credentials', 'refresh_token' }
        @{ Line = 'New-DcrClient -GrantType refresh_token, a'; Expected = @('authorization_code') }
        @{ Line = 'New-DcrClient -GrantType urn:openid'; Expected = @('urn:openid:params:grant-type:ciba') }
        @{ Line = 'New-DcrClient -ResponseType '; Expected = 'code', 'id_token', 'token', 'none' }
        @{ Line = 'New-DcrClient -TokenEndpointAuthMethod client_secret_';
            Expected = 'client_secret_basic', 'client_secret_post', 'client_secret_jwt' }
        @{ Line = 'New-DcrClient -ApplicationType '; Expected = 'web', 'native' }
        @{ Line = 'Set-DcrClient abc -TokenEndpointAuthMethod n'; Expected = @('none') }
        @{ Line = 'New-DcrClient -Connection p'; Expected = @('production') }
        @{ Line = 'Get-DcrServer '; Expected = 'production', "'test system'" }
        @{ Line = 'Disconnect-DcrServer te'; Expected = @("'test system'") }
        @{ Line = "Disconnect-DcrServer 'te"; Expected = @("'test system'") }
        @{ Line = 'Set-DcrStore -Protection Pa'; Expected = @('Passphrase') }
        @{ Line = 'Get-DcrClient -Tenant '; Expected = 'north', "'St. Mary''s'" }
        @{ Line = 'Remove-DcrClient -Tenant north, st'; Expected = @("'St. Mary''s'") }
        @{ Line = 'Set-DcrClient -Tenant n'; Expected = @('north') }
        @{ Line = 'Export-DcrClient x.csv -Tenant n'; Expected = @('north') }
        @{ Line = 'New-DcrClient -Tenant n'; Expected = @('north') }
        @{ Line = 'Get-DcrAuditLog -Tenant n'; Expected = @('north') }
        @{ Line = 'Get-DcrClient -ClientName '; Expected = 'Mail', 'Maps' }
        @{ Line = 'Find-DcrOrphan ma'; Expected = 'Mail', 'Maps' }
        @{ Line = 'New-DcrClient -Scope pr'; Expected = @('profile') }
        @{ Line = 'Get-DcrClient -ExpiringWithin 3'; Expected = @("'30d'") }
    ) {
        $offered = (Get-Completion $Line).CompletionText
        $Expected | ForEach-Object { $offered | Should -Contain $_ }
        if ($Line -notmatch 'GrantType $') { $offered | Should -HaveCount $Expected.Count }
    }

    It 'ids of known clients, with their names, for <_>' -ForEach 'Get-DcrClient', 'Set-DcrClient', 'Remove-DcrClient',
        'Reset-DcrClientSecret' {
        Clear-TestServerRequest $server
        $offered = Get-Completion "$_ "
        $offered.CompletionText | Should -Be $mail.ClientId, $maps.ClientId
        $offered.ToolTip | Should -Be 'Mail', 'Maps'
        $offered.ListItemText | Should -Be "$($mail.ClientId) (Mail)", "$($maps.ClientId) (Maps)"
        (Get-Completion "$_ -ClientId $($maps.ClientId.Substring(0, 5))").CompletionText | Should -Be $maps.ClientId
        (Get-Completion "$_ map").CompletionText | Should -Be $maps.ClientId -Because 'a name finds its id'

        Get-TestServerRequest $server | Should -BeNullOrEmpty -Because 'completion does not wait for a network'
    }

    It 'ids of the clients of the connection that is named' {
        $other = New-DcrClient Other https://app.example.com/ -Connection 'test system'
        (Get-Completion "Get-DcrClient -Connection 'test system' -ClientId ").CompletionText | Should -Be $other.ClientId
        (Get-Completion 'Get-DcrClient -Connection production -ClientId ').CompletionText | Should -Contain $mail.ClientId
    }

    It 'clients of earlier sessions' {
        $text = (Wait-Pwsh (Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer)
            (TabExpansion2 'Remove-DcrClient -Tenant ' 25).CompletionMatches.CompletionText")).Output
        $text | Should -BeLike '*north*'
    }

    It 'no file, where no file is meant' {
        $folder = New-Item (Join-Path $TestDrive empty) -ItemType Directory
        $null = New-Item (Join-Path $folder file.txt)
        Push-Location $folder
        try {
            $offering = foreach ($command in Get-Command -Module DcrPowerShell) {
                $common = [Management.Automation.Cmdlet]::CommonParameters + [Management.Automation.Cmdlet]::OptionalCommonParameters
                foreach ($parameter in $command.Parameters.Values | Where-Object { $_.Name -notin $common -and -not $_.SwitchParameter }) {
                    if ((Get-Completion "$command -$($parameter.Name) " | ForEach-Object CompletionText) -match 'file\.txt') {
                        "$command -$($parameter.Name)" }
                }
            }
        } finally {
            Pop-Location
        }

        $offering | Where-Object { $_ -notmatch 'Path$' -and $_ -notmatch '-(InputObject|TrustAnchor)$' } | Should -BeNullOrEmpty
        $offering | Should -Contain 'Connect-DcrServer -PrivateKeyPath'
    }

    It 'no client that was removed' {
        $gone = New-DcrClient Gone https://app.example.com/
        (Get-Completion 'Get-DcrClient ').CompletionText | Should -Contain $gone.ClientId
        $gone | Remove-DcrClient -Confirm:$false
        (Get-Completion 'Get-DcrClient ').CompletionText | Should -Not -Contain $gone.ClientId
    }

    It 'tenants that PowerShell would take for numbers or parameters in quotes' {
        $odd = '0123', '1kb', '1.10', '-dash', '@at', '#hash'
        $null = $odd | ForEach-Object { [pscustomobject]@{ ClientName = "Client $_"; RedirectUri = 'https://app.example.com/';
            Tenant = $_ } } | New-DcrClient
        foreach ($tenant in $odd) {
            $text = (Get-Completion "Get-DcrClient -Tenant '$tenant").CompletionText
            (& ([scriptblock]::Create("Get-DcrClient -Offline -Tenant north, $text"))).Tenant | Should -Be north, $tenant
        }

        Get-DcrClient -Tenant $odd | Remove-DcrClient -Force
    }

    It 'ids with strange characters in quotes' {
        $odd = New-ConnectedServer @{ fixedClientId = "it's app (1)"; registrationClientUri = 'query' } @{ Name = 'odd' }
        $client = New-DcrClient Odd https://app.example.com/
        $text = (Get-Completion 'Get-DcrClient ').CompletionText
        $text | Should -Be "'it''s app (1)'"
        (& ([scriptblock]::Create("Get-DcrClient $text"))).ClientName | Should -Be $client.ClientName
        @(Get-TestServerRequest $odd -Operation read).Count | Should -Be 1
        $null = Connect-DcrServer $server.Issuer -Name production
    }
}
