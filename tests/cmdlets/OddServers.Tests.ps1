BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    function New-Row([int] $Number, [string] $Uri = 'https://app.example.com/callback') {
        [pscustomobject]@{ ClientName = "App $Number"; RedirectUri = $Uri; Tenant = "tenant$Number" }
    }
}

AfterAll { Stop-DcrTest }

Describe 'An error of a pipeline' {
    It 'begins with its row and tenant, whether the server refused it or nothing was sent' {
        $null = New-ConnectedServer @{ faults = @(@{ on = 'register'; status = 400;
            content = '{"detail":[{"loc":["body","scope"],"msg":"unknown"}]}' }) }
        $null = 1..3 | ForEach-Object { New-Row $_ $(if ($_ -eq 3) { 'https://app.example.com/#top' } else {
            'https://app.example.com/callback' }) } |
            New-DcrClient -ThrottleLimit 1 -ErrorVariable failures -ErrorAction SilentlyContinue
        "$($failures | Where-Object FullyQualifiedErrorId -Like 'InvalidClientMetadata*')" |
            Should -BeLike 'Row 1, tenant1: The server does not accept*scope: unknown*'
        "$($failures | Where-Object FullyQualifiedErrorId -Like 'InvalidRedirectUri*')" |
            Should -BeLike 'Row 3, tenant3: -RedirectUri:*fragment*'
    }

    It 'names the tenant and the client of those that are piped' {
        $null = New-ConnectedServer
        $clients = 1, 2 | ForEach-Object { New-Row $_ } | New-DcrClient
        $null = $clients | Set-DcrClient -RedirectUri 'https://app.example.com/#top' -ErrorVariable failures -ErrorAction SilentlyContinue
        foreach ($client in $clients) {
            "$failures" | Should -BeLike "*$($client.Tenant), client '$($client.ClientId)': -RedirectUri:*"
        }
    }

    It 'names no row where there is none' {
        $null = New-ConnectedServer
        "$((Get-Failure { New-DcrClient App https://app.example.com/#top }))" | Should -BeLike '-RedirectUri:*'
    }
}

Describe 'A server without RFC 7592' {
    BeforeAll {
        $server = New-ConnectedServer @{ operations = @(); secretExpiresAt = 'future' }
        $registered = 1..5 | ForEach-Object { New-Row $_ } | New-DcrClient -WarningVariable warnings -WarningAction SilentlyContinue
    }

    It 'is told once at registration, and the others are counted' {
        $said = @($warnings | Where-Object { "$_" -like '*no registration access token*' })
        $said.Count | Should -Be 2
        "$($said[0])" | Should -BeLike "Client '*': *"
        "$($said[1])" | Should -BeLike "4 other clients ('*', '*', '*' and 1 more): *-AllowDuplicate*"
        (Get-DcrServer | Where-Object Issuer -EQ $server.Issuer).Capabilities | Should -Be 'Register'
    }

    It 'has its clients listed as they are kept, with one warning' {
        Clear-TestServerRequest $server
        $clients = Get-DcrClient -WarningVariable warned -WarningAction SilentlyContinue
        $clients.Count | Should -Be 5
        $clients.State | Sort-Object -Unique | Should -Be 'Unknown'
        @($warned).Count | Should -Be 1
        "$warned" | Should -BeLike '5 clients could not be read*-StoreOnly*'
        (Get-DcrClient -Tenant tenant1 -WarningAction SilentlyContinue).ClientId |
            Should -Be ($registered | Where-Object Tenant -EQ tenant1).ClientId
        @(Get-DcrClient -ExpiringWithin 100d -WarningAction SilentlyContinue).Count | Should -Be 5
        Get-DcrClient -State Gone -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'has them exported' {
        Get-DcrClient -WarningAction SilentlyContinue | Export-DcrClient "$TestDrive/clients.json"
        (Get-Content "$TestDrive/clients.json" -Raw | ConvertFrom-Json).Count | Should -Be 5
    }
}

Describe 'A limit of an hour that a success tells' {
    It 'ends the next registration at once, with the time that is left' {
        $server = New-ConnectedServer @{ faults = @(@{ on = 'register';
            headers = @{ 'RateLimit-Limit' = '20'; 'RateLimit-Remaining' = '0'; 'RateLimit-Reset' = '3599' } }) }
        $client = New-DcrClient App https://app.example.com/callback
        $null = Assert-Failure { New-DcrClient Other https://app.example.com/callback } -Id RateLimited -Category LimitsExceeded `
            -Message '*60 minutes*Nothing was sent*' -Action '*in 60 minutes*'
        (Get-DcrClient $client.ClientId).State | Should -Be 'Active' -Because 'reading is not counted as registering'
        @(Get-TestServerRequest $server | Where-Object operation -EQ register).Count | Should -Be 1
    }

    It 'advises nothing about registering where a client is read or changed' {
        $server = New-ConnectedServer
        $client = New-DcrClient App https://app.example.com/callback
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'read'; status = 429; rateLimitHeaders = 'retryAfterSeconds'; retryAfter = 3600;
            times = 9 }) }
        $null = Assert-Failure { Get-DcrClient $client.ClientId } -Id RateLimited -Category LimitsExceeded `
            -Action 'Run the command again later.'
        $null = Assert-Failure { Set-DcrClient $client.ClientId -Scope read } -Id RateLimited -Category LimitsExceeded `
            -Message '*Nothing was sent*' -Action 'Run the command again in 60 minutes.'
    }
}
