# Many clients in one pipeline: side by side, at the server's pace, and nothing twice.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest

    # Rows as Import-Csv gives them.
    function New-Row([int] $Count, [string] $Name = 'App') {
        1..$Count | ForEach-Object { [pscustomobject]@{ ClientName = "$Name $_"; RedirectUri = 'https://app.example.com/callback';
            Tenant = "$Name-$_" } }
    }
}

AfterAll {
    Stop-DcrTest
}

Describe 'Requests side by side' {
    BeforeEach {
        Switch-TestFolder
    }

    It 'are many at once and each is kept under its own tenant' {
        # The first goes ahead. No other has its answer before all that may be under way at once have arrived.
        $server = New-ConnectedServer @{ faults = @(@{ on = 'register'; skip = 1; times = 12; heldUntil = 13 }) }
        $clients = New-Row 24 | New-DcrClient -ThrottleLimit 12
        $clients.Count | Should -Be 24
        $known = Get-TestServerClient $server
        $kept = @(Get-DcrClient -Offline)
        $kept | Should -HaveCount 24
        foreach ($client in $kept) {
            ($known | Where-Object clientId -EQ $client.ClientId).metadata.client_name | Should -Be $client.ClientName
            $client.Tenant | Should -Be ($client.ClientName -replace ' ', '-')
        }
    }

    It 'go in order with a limit of one' {
        $null = New-ConnectedServer
        (New-Row 4 | New-DcrClient -ThrottleLimit 1).ClientName | Should -Be 'App 1', 'App 2', 'App 3', 'App 4'
    }

    It 'run a second time do only what is left' {
        $server = New-ConnectedServer @{ faults = @(@{ on = 'register'; status = 400; skip = 2; times = 1 }) }
        $first = New-Row 5 | New-DcrClient -ErrorAction SilentlyContinue -ErrorVariable failures
        $failures.Count | Should -Be 1
        $failures[0].TargetObject.Tenant | Should -BeLike 'App-*'
        $second = New-Row 5 | New-DcrClient
        $second.Count | Should -Be 5
        @(Get-TestServerClient $server).Count | Should -Be 5
        $first | Should -HaveCount 4
        $first.ClientId | ForEach-Object { $_ | Should -BeIn $second.ClientId }
    }

    It 'go on after a kill where it stopped, and make no tenant a second client' {
        $server = New-ConnectedServer @{ latencyMs = 400 }
        $rows = Join-Path $TestDrive rows.csv
        New-Row 32 | Export-Csv $rows
        $killed = Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer); Import-Csv '$rows' | New-DcrClient -ThrottleLimit 8"
        Wait-Until { @(Get-TestServerClient $server).Count -ge 8 }
        $killed.Process.Kill()
        $killed.Process.WaitForExit()
        @(Get-TestServerClient $server).Count | Should -BeLessThan 32
        Set-TestServerSwitch $server @{ latencyMs = 0 }

        $null = Connect-DcrServer $server.Issuer -WarningAction SilentlyContinue
        $clients = Import-Csv $rows | New-DcrClient -SummaryVariable summary -ErrorAction SilentlyContinue -ErrorVariable failures
        $known = @(Get-TestServerClient $server)
        @($known.metadata.client_name | Sort-Object -Unique).Count | Should -Be $known.Count -Because 'no tenant has two'
        $summary.Made + $summary.Found + $summary.Unknown | Should -Be 32
        $summary.Unknown | Should -BeLessOrEqual 8 -Because 'no more were under way'
        $summary.Failed | Should -Be 0
        $failures | Where-Object FullyQualifiedErrorId -NotLike 'OutcomeUnknown,*' | Should -BeNullOrEmpty
        @($clients.ClientId | Sort-Object -Unique).Count | Should -Be (32 - $summary.Unknown)
    }

    It 'take no more memory for ten thousand rows than for two thousand, and read no more than 500 ahead' {
        $server = New-TestServer
        $null = Connect-DcrServer $server.Issuer
        $pulled = 0
        $done = 0
        $furthest = 0
        $memory = @{}
        1..10000 | ForEach-Object { $pulled++; [pscustomobject]@{ ClientName = "App $_";
            RedirectUri = 'https://app.example.com/callback' } } | New-DcrClient -ThrottleLimit 16 -WarningAction SilentlyContinue |
            ForEach-Object {
            $done++
            $furthest = [math]::Max($furthest, $pulled - $done)
            if ($done -in 2000, 9000) { $memory[$done] = [GC]::GetTotalMemory($true) }
        }
        $done | Should -Be 10000
        $furthest | Should -BeLessOrEqual (500 + 16)
        ($memory[9000] - $memory[2000]) / 1MB | Should -BeLessThan 8
    }

    It 'make one client of a tenant that stands in the file twice' {
        $server = New-ConnectedServer
        $clients = @(New-Row 1) * 3 | New-DcrClient
        @($clients.ClientId | Sort-Object -Unique).Count | Should -Be 1
        @(Get-TestServerClient $server).Count | Should -Be 1
    }

    It 'end after so many failures and keep what was made' {
        $server = New-ConnectedServer
        $rows = New-Row 6
        $rows[1, 3, 5] | ForEach-Object { $_.RedirectUri = 'http://app.example.com/' }
        $failure = {
            $rows | ForEach-Object {
                # The first one is under way before the others fail.
                if ($_ -eq $rows[1]) { Wait-Until { Get-TestServerRequest $server -Operation register } }
                $_
            } | New-DcrClient -MaxFailures 2 -ErrorAction SilentlyContinue
        } | Should -Throw -PassThru
        $failure.FullyQualifiedErrorId | Should -BeLike 'TooManyFailures,*'
        "$failure" | Should -BeLike '*-MaxFailures gives, 2. *'
        Get-TestServerClient $server | Should -Not -BeNullOrEmpty
        @(Get-DcrClient -Offline).Count | Should -Be @(Get-TestServerClient $server).Count
    }

    It 'tell once that there were too many failures, also where more come of what was sent' {
        $null = New-ConnectedServer @{ faults = @(@{ on = 'register'; status = 400; times = 40 }) }
        try { New-Row 40 | New-DcrClient -MaxFailures 2 -ErrorVariable told -ErrorAction SilentlyContinue } catch { $failure = $_ }
        $failure.FullyQualifiedErrorId | Should -BeLike 'TooManyFailures,*'
        @($told | Where-Object { "$_" -like '*-MaxFailures*' }) | Should -HaveCount 1
    }

    It 'end at the first failure with -ErrorAction Stop, and keep what was under way' {
        $server = New-ConnectedServer @{ faults = @(@{ on = 'register'; status = 400; skip = 3; times = 1 }) }
        { New-Row 40 | New-DcrClient -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidClientMetadata,*'
        $known = @(Get-TestServerClient $server)
        $known.Count | Should -BeGreaterOrEqual 3
        $known.Count | Should -BeLessThan 40
        @(Get-DcrClient -Offline).Count | Should -Be $known.Count
    }

    It 'keep what is under way when the pipeline has had enough' {
        $server = New-ConnectedServer
        $one = New-Row 20 | New-DcrClient | Select-Object -First 1
        $one | Should -Not -BeNullOrEmpty
        @(Get-TestServerClient $server).Count | Should -BeLessThan 20
        @(Get-DcrClient -Offline).Count | Should -Be @(Get-TestServerClient $server).Count
    }

    It 'change, reset and remove side by side' {
        $server = New-ConnectedServer @{ rotateToken = 'put'; rotateSecret = 'put' }
        New-Row 12 | New-DcrClient | Set-DcrClient -TosUri https://app.example.com/terms -WarningAction SilentlyContinue | Out-Null
        (Get-DcrClient).Metadata.tos_uri | Sort-Object -Unique | Should -Be 'https://app.example.com/terms'
        @(Get-DcrClient | Reset-DcrClientSecret -Force).Count | Should -Be 12
        $kept = @(Get-DcrClient -Offline)
        $kept | Should -HaveCount 12
        foreach ($client in $kept) {
            $client.ClientSecret | ConvertFrom-SecureString -AsPlainText |
                Should -Be (Get-TestServerClient $server -ClientId $client.ClientId).clientSecret
        }

        Get-DcrClient | Remove-DcrClient -Confirm:$false
        Get-TestServerClient $server | Should -BeNullOrEmpty
        Get-DcrClient -Offline | Should -BeNullOrEmpty
    }
}

Describe 'The pace' {
    It 'is what the server says is left' {
        $server = New-ConnectedServer @{ rateLimit = @{ on = 'register'; perSecond = 20; burst = 10; headers = 'okta' } }
        $clients = New-Row 30 'Paced' | New-DcrClient -ThrottleLimit 16
        $clients.Count | Should -Be 30
        @(Get-TestServerRequest $server | Where-Object status -EQ 429).Count | Should -BeLessOrEqual 2
    }

    It 'pauses all at once where the server says no more than 429, and makes nobody twice' {
        $server = New-ConnectedServer @{ rateLimit = @{ on = 'register'; perSecond = 10; burst = 5; headers = 'none' } }
        $clients = New-Row 20 'Paused' | New-DcrClient -ThrottleLimit 16 -SummaryVariable summary
        @($clients.ClientId | Sort-Object -Unique).Count | Should -Be 20
        @(Get-TestServerClient $server).Count | Should -Be 20
        $summary.Made | Should -Be 20
        $summary.Requests | Should -Be @(Get-TestServerRequest $server -Operation register).Count
    }

    It 'has nobody send while the server wants a pause' {
        $server = New-ConnectedServer @{ faults = @(@{ on = 'register'; status = 429; skip = 8; times = 1;
            rateLimitHeaders = 'retryAfterSeconds'; retryAfter = 2 }) }
        $null = New-Row 40 'Resting' | New-DcrClient -ThrottleLimit 8
        @(Get-TestServerClient $server).Count | Should -Be 40
        $log = @(Get-TestServerRequest $server -Operation register)
        $refused = @($log | Where-Object status -EQ 429)
        $refused | Should -HaveCount 1
        $over = ([datetime] $refused[0].receivedAt).AddSeconds(1.9)
        $inThePause = @($log | Where-Object { $_.sequence -gt $refused[0].sequence -and [datetime] $_.receivedAt -lt $over })
        $inThePause.Count | Should -BeLessOrEqual 7 -Because 'no more were under way already'
    }

    It 'is told while it lasts: how many of how many, how fast, and when it will be done' {
        $server = New-ConnectedServer @{ rateLimit = @{ on = 'register'; perSecond = 8; burst = 8; headers = 'auth0' } }
        $shell = [powershell]::Create()
        $time = [Diagnostics.Stopwatch]::StartNew()
        $null = $shell.AddScript({
            param($module, $connection, $rows)
            Import-Module $module
            $rows | New-DcrClient -Connection $connection
        }).AddParameters(@((Get-Module DcrPowerShell).Path, (Connect-DcrServer $server.Issuer), (New-Row 30 'Told'))).Invoke()
        $shell.Streams.Error | Should -BeNullOrEmpty
        $told = $shell.Streams.Progress | Where-Object Activity -EQ 'New-DcrClient'
        $told[-1].RecordType | Should -Be 'Completed'
        $told.Count | Should -BeGreaterThan 1
        $told | Select-Object -First ($told.Count - 1) | ForEach-Object { $_.StatusDescription |
            Should -Match '^\d+ of 30, \d+ a minute, done at \d\d:\d\d$' }
        $told.Count | Should -BeLessThan (4 * $time.Elapsed.TotalSeconds) -Because 'four times a second at most'
    }

    It 'says how a limit looks' {
        { Connect-DcrServer https://as.example.com -RateLimit often } | Should -Throw '*50/min*'
    }
}
