BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $quiet = @{ WarningAction = 'SilentlyContinue' }
}

AfterAll { Stop-DcrTest }

Describe 'Repair-DcrClient' {
    BeforeEach {
        Switch-TestFolder
        $server = New-ConnectedServer @{ unknownClient = 'notFound' }
        $living, $dead = 'living', 'dead' | ForEach-Object {
            New-DcrClient "App $_" "https://$_.example.com/cb" -Scope read -Tenant $_ -ClientSecretName "$_-secret" @quiet
        }
        Remove-TestServerClient $server $dead.ClientId
        Clear-TestServerRequest $server
    }

    It 'registers again what -State Gone finds, in one pipeline' {
        $new = Get-DcrClient -State Gone, Unknown | Repair-DcrClient -Force
        $new | Should -BeOfType DcrPowerShell.DcrClient
        $new.ClientId | Should -Not -Be $dead.ClientId
        $new.ClientName, $new.Tenant, $new.RedirectUris, $new.State | Should -Be 'App dead', 'dead', 'https://dead.example.com/cb', 'Active'
        (Get-DcrClient -Offline).ClientId | Sort-Object | Should -Be ($living.ClientId, $new.ClientId | Sort-Object)
        (Get-DcrClient -Tenant dead).ClientId | Should -Be $new.ClientId
        Get-ApplicationSecret dead-secret | Should -BeExactly (ConvertTo-PlainText $new.ClientSecret)
        Get-ApplicationSecret living-secret | Should -BeExactly (ConvertTo-PlainText $living.ClientSecret)
        @(Get-DcrClient -State Gone | Repair-DcrClient -Force) | Should -BeNullOrEmpty
        $log = Get-DcrAuditLog | Where-Object Operation -eq Repair
        $log.Outcome, $log.ClientId, $log.Tenant | Should -Be 'Succeeded', $new.ClientId, 'dead'
    }

    It 'sends a fresh software statement, by <_>' -ForEach 'script block', 'string' {
        $fresh = 'eyJhbGciOiJQUzI1NiJ9.e30.c2ln'
        $statement = if ($_ -eq 'string') { $fresh } else { { if ($_.Tenant -eq 'dead') { $fresh } } }
        $null = $dead | Repair-DcrClient -SoftwareStatement $statement -Force @quiet
        $sent = (Get-TestServerRequest $server -Operation register).Body | ConvertFrom-Json
        $sent.software_statement | Should -BeExactly $fresh
        $sent.client_name | Should -Be 'App dead'
    }

    It 'sends and keeps nothing with -WhatIf' {
        $before = Get-DcrClient -Offline
        Get-DcrClient -State Gone, Unknown | Repair-DcrClient -WhatIf | Should -BeNullOrEmpty
        Repair-DcrClient -Tenant living, dead -WhatIf | Should -BeNullOrEmpty
        @(Get-TestServerRequest $server -Operation register) | Should -BeNullOrEmpty
        (Get-DcrClient -Offline).ClientId | Should -Be $before.ClientId
    }

    It 'refuses a living client, by <_>' -ForEach 'id', 'tenant', 'pipeline', 'pipeline with -WhatIf' {
        $null = Assert-Failure {
            switch ($_) {
                'id' { Repair-DcrClient $living.ClientId -Force }
                'tenant' { Repair-DcrClient -Tenant living -Force }
                'pipeline' { $living | Repair-DcrClient -Force }
                'pipeline with -WhatIf' { Get-DcrClient $living.ClientId | Repair-DcrClient -WhatIf }
            }
        } -Id ClientNotGone -Category InvalidOperation -Message '*The server has client*' -Action '*-State Gone*'
        @(Get-TestServerRequest $server -Operation register) | Should -BeNullOrEmpty
    }

    It 'goes on after one that fails, and each row has its own error' {
        $rows = @{ Tenant = 'living' }, @{ Tenant = 'dead' }, @{ Tenant = 'nobody' } | ForEach-Object { [pscustomobject]$_ }
        $new = $rows | Repair-DcrClient -Force -ErrorVariable failures -ErrorAction SilentlyContinue
        $new.Tenant | Should -Be 'dead'
        $failures.FullyQualifiedErrorId | ForEach-Object { $_.Split(',')[0] } | Sort-Object | Should -Be 'ClientNotFound', 'ClientNotGone'
    }

    It 'says that a refused token may have another reason' {
        Set-TestServerSwitch $server @{ unknownClient = 'unauthorized' }
        $null = Repair-DcrClient -Tenant dead -Force -WarningVariable warned @quiet
        $warned | Should -BeLike '*a token that was replaced elsewhere*'
    }
}
