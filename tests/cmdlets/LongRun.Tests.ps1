# What a run over many rows says at its end, also where a person stops it.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $modulePath = (Get-Module DcrPowerShell).Path

    function New-Row([int] $Count) { 1..$Count | ForEach-Object {
        [pscustomobject]@{ ClientName = "App $_"; RedirectUri = 'https://app.example.com/'; Tenant = "tenant-$_" } } }

    # Begins a script in a runspace of its own: $rows, and what it leaves in $state.
    function Start-Run([object] $Server, [object[]] $Rows, [string] $Script, [string] $Connect = '') {
        $state = [hashtable]::Synchronized(@{})
        $shell = [powershell]::Create()
        $null = $shell.AddScript("param(`$rows, `$state) Import-Module '$modulePath'
            `$null = Connect-DcrServer $($Server.Issuer) $Connect
            $Script").AddParameters(@($Rows, $state))
        [pscustomobject]@{ Shell = $shell; State = $state; Running = $shell.BeginInvoke() }
    }
}

AfterAll { Stop-DcrTest }

Describe 'A long run' {
    It 'ends with one line: what came of it' {
        $server = New-TestServer @{ latencyMs = 300; faults = @(@{ on = 'register'; skip = 3; status = 400 }) }
        $run = Start-Run $server (New-Row 12) '$rows | New-DcrClient -ThrottleLimit 1 -SummaryVariable summary -WarningAction Ignore
            $state.summary = $summary'
        $null = $run.Shell.EndInvoke($run.Running)
        $lines = @($run.Shell.Streams.Information | Where-Object { $_.Tags -contains 'DcrSummary' })
        $lines | Should -HaveCount 1
        "$($lines[0])" | Should -Match '^New-DcrClient: 11 made, 0 found, .*1 failed, 0 unknown in \d+ seconds\.$'
        $lines[0].Tags -contains 'PSHOST' | Should -Be (-not [Console]::IsOutputRedirected) `
            -Because 'a program that reads the output is not to find it there'
        $run.State.summary.Run | Should -Be @(Get-DcrAuditLog -Tenant tenant-1)[-1].Run
        $progress = @($run.Shell.Streams.Progress | Where-Object Activity -EQ 'New-DcrClient')
        $progress[0].StatusDescription | Should -BeLike '* of 12*' -Because 'how many there are is known when the bar is first seen'
        $progress[-1].RecordType | Should -Be 'Completed'
        $run.Shell.Dispose()
    }

    It 'that is short says nothing at its end' {
        $null = New-ConnectedServer
        New-Row 3 | New-DcrClient -InformationVariable lines | Should -HaveCount 3
        $lines | Where-Object { $_.Tags -contains 'DcrSummary' } | Should -BeNullOrEmpty
    }

    It 'that ends early leaves no bar behind' {
        $server = New-TestServer @{ latencyMs = 300; faults = @(@{ on = 'register'; skip = 9; status = 400 }) }
        $run = Start-Run $server (New-Row 12) 'try {
            $rows | New-DcrClient -ThrottleLimit 1 -MaxFailures 1 -ErrorAction SilentlyContinue
        } catch { $state.ended = "$_" }'
        $null = $run.Shell.EndInvoke($run.Running)
        $run.State.ended | Should -BeLike '*-MaxFailures*'
        @($run.Shell.Streams.Progress | Where-Object Activity -EQ 'New-DcrClient')[-1].RecordType | Should -Be 'Completed'
        $run.Shell.Dispose()
    }

    It 'promises no more than -RateLimit allows' {
        $server = New-TestServer
        $run = Start-Run $server (New-Row 50) '$rows | New-DcrClient' -Connect '-RateLimit 10/s'
        $null = $run.Shell.EndInvoke($run.Running)
        $shown = @($run.Shell.Streams.Progress | Where-Object {
            $_.Activity -eq 'New-DcrClient' -and $_.StatusDescription -match '^\d+ of 50' })
        $shown | Should -Not -BeNullOrEmpty
        foreach ($record in $shown) {
            $left = 50 - [int] ($record.StatusDescription -replace ' of .*')
            if ($left -gt 10) { $record.SecondsRemaining | Should -BeGreaterOrEqual ([math]::Floor($left / 10) - 2) `
                -Because $record.StatusDescription }
        }

        $run.Shell.Dispose()
    }
}

Describe 'A long run that a person stops' {
    It 'counts what ended in its grace time, and -ErrorVariable has those errors' {
        $server = New-TestServer @{ faults = @(@{ on = 'register'; times = 4; delayMs = 1500; status = 400 },
            @{ on = 'register'; times = 4; delayMs = 1500 }) }
        $run = Start-Run $server (New-Row 30) '$state.failures = $null
            $quiet = @{ SummaryVariable = "summary"; ErrorVariable = "failures"; ErrorAction = "SilentlyContinue" }
            try { $rows | New-DcrClient -ThrottleLimit 8 @quiet } finally {
                $state.summary = $summary
                $state.failures = @($failures)
            }'
        Wait-Until { @(Get-TestServerRequest $server -Operation register).Count -ge 8 }
        $run.Shell.Stop()
        $run.State.summary.Made | Should -Be @(Get-TestServerClient $server).Count
        $run.State.summary.Made | Should -BeGreaterThan 0
        $run.State.summary.Failed | Should -Be 4
        $run.State.failures | Should -HaveCount 4
        $run.State.failures | ForEach-Object { $_.FullyQualifiedErrorId | Should -BeLike 'InvalidClientMetadata*' }
        $run.Shell.Dispose()
    }
}

Describe 'A long run at a prompt' -Skip:($PSEdition -eq 'Desktop' -or $IsWindows) {
    It 'says after Ctrl-C what came of it and what to do next' {
        $server = New-TestServer @{ faults = @(@{ on = 'register'; times = 30; delayMs = 1000 }) }
        $pwsh = Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer)
            1..30 | ForEach-Object { [pscustomobject]@{ ClientName = `"App `$_`"; RedirectUri = 'https://app.example.com/';
                Tenant = `"tenant-`$_`" } } | New-DcrClient -ThrottleLimit 4 | Out-Null"
        # In the second wave: by then all rows were read, and the command knows that it is a long one.
        Wait-Until { @(Get-TestServerRequest $server -Operation register).Count -ge 8 }
        & /bin/kill -INT $pwsh.Process.Id
        $result = Wait-Pwsh $pwsh
        $result.Output | Should -Match 'New-DcrClient was stopped: \d+ made.* Run it again: what is registered is found by its tenant'
    }
}
