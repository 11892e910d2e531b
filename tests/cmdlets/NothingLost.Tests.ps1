# Whatever ends a command while its requests are under way: what the server delivers is kept, and the next run makes nobody twice.
BeforeDiscovery {
    $operations = @(
        @{ Command = 'New-DcrClient'; On = 'register'; With = @{} }
        @{ Command = 'Set-DcrClient'; On = 'update'; With = @{ TosUri = 'https://app.example.com/terms' } }
        @{ Command = 'Reset-DcrClientSecret'; On = 'update'; With = @{ Force = $true } }
        @{ Command = 'Reset-DcrRegistrationToken'; On = 'update'; With = @{} }
        @{ Command = 'Remove-DcrClient'; On = 'delete'; With = @{ Confirm = $false } }
    )
    $ends = @(
        @{ End = 'the command before it in the pipeline throws';
            Act = { { 0..5 | ForEach-Object { if ($_ -eq 4) { Wait-Until { @(Get-TestServerRequest $server -Operation $On).Count -ge 2 };
            throw 'upstream' }; $things[$_] } | & $Command @With -ThrottleLimit 4 } | Should -Throw 'upstream' } }
        @{ End = 'the command after it in the pipeline throws';
            Act = { { $things | & $Command @With -ThrottleLimit 4 6>&1 | ForEach-Object { throw 'downstream' } } |
            Should -Throw 'downstream' } }
        @{ End = 'one of its requests is refused, with -ErrorAction Stop'; Act = {
                Set-TestServerSwitch $server @{ faults = @(@{ on = $On; status = 400; error = 'invalid_client_metadata'; skip = 1 },
                    @{ on = $On; delayMs = 700; times = 20 }) }
                $ErrorActionPreference = 'Stop'
                { $things | & $Command @With -ThrottleLimit 4 } | Should -Throw
            }
        }
        @{ End = 'Select-Object has had enough'; Act = { $null = $things | & $Command @With -ThrottleLimit 4 | Select-Object -First 1 } }
        @{ End = 'a person stops it'; Act = {
                $shell = [powershell]::Create()
                try {
                    $null = $shell.AddScript('param($module, $connection, $things, $command, $with)
                        Import-Module $module
                        $PSDefaultParameterValues = @{ "*-Dcr*:Connection" = $connection }
                        $things | & $command @with -ThrottleLimit 4')
                    $null = $shell.AddParameters(@((Get-Module DcrPowerShell).Path, $connection, $things, $Command, $With))
                    $null = $shell.BeginInvoke()
                    Wait-Until { @(Get-TestServerRequest $server `
                        -Operation $On).Count -ge 2 -or $shell.InvocationStateInfo.State -eq 'Failed' }
                    $shell.Stop()
                } finally { $shell.Dispose() }
            }
        }
    )
    $cases = foreach ($operation in $operations) { foreach ($end in $ends) { $operation + $end } }
}

BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $WarningPreference = 'SilentlyContinue'

    function New-Row([int] $Count) {
        1..$Count | ForEach-Object { [pscustomobject]@{ ClientName = "App $_"; RedirectUri = 'https://app.example.com/callback';
            Tenant = "tenant-$_" } }
    }

    # What the server has, with the secrets that it knows, is what is kept: no client more, and none less.
    function Assert-Kept([object] $Server) {
        $known = @(Get-TestServerClient $Server | ForEach-Object { "$($_.clientId) $($_.registrationAccessToken) $($_.clientSecret)" } |
            Sort-Object)
        $kept = @(Get-DcrClient -Offline -Connection $connection |
            ForEach-Object { "$($_.ClientId) $(ConvertTo-PlainText $_.RegistrationAccessToken) $(ConvertTo-PlainText $_.ClientSecret)" } |
            Sort-Object)
        $kept | Should -Be $known
        Find-DcrOrphan -Connection $connection | Should -BeNullOrEmpty -Because 'all that was sent was answered'
    }
}

AfterAll { Stop-DcrTest }

Describe 'All that the server delivers to <Command> is kept where <End>' -ForEach $cases {
    It 'and a second run does the rest, and nothing twice' {
        $server = New-TestServer @{ rotateToken = 'put'; rotateSecret = 'put' }
        $connection = Connect-DcrServer $server.Issuer
        $things = @(New-Row 6)
        if ($On -ne 'register') { $things = @($things | New-DcrClient -ThrottleLimit 1) }
        Clear-TestServerRequest $server
        Set-TestServerSwitch $server @{ faults = @(@{ on = $On; delayMs = 700 }, @{ on = $On; delayMs = 1400; times = 20 }) }
        & $Act
        @(Get-TestServerRequest $server -Operation $On).Count | Should -BeGreaterThan 1 -Because 'else nothing was under way'
        Assert-Kept $server

        Set-TestServerSwitch $server @{ faults = @() }
        if ($On -eq 'delete') { $things = @(Get-DcrClient -Offline -Connection $connection) }
        $things | & $Command @With -ThrottleLimit 4 | Out-Null
        Assert-Kept $server
        if ($On -eq 'delete') { Get-TestServerClient $server | Should -BeNullOrEmpty }
        else { (Get-TestServerClient $server).metadata.client_name | Sort-Object |
            Should -Be 'App 1', 'App 2', 'App 3', 'App 4', 'App 5', 'App 6' }
    }
}

Describe 'A pipeline of two commands' {
    It 'keeps what both did, where a row of the first is refused and errors stop it: New-DcrClient | Set-DcrClient' {
        $server = New-TestServer @{ rotateToken = 'put'; faults = @(@{ on = 'register'; status = 400; error = 'invalid_client_metadata';
            skip = 3 }, @{ on = 'any'; delayMs = 300; times = 50 }) }
        $connection = Connect-DcrServer $server.Issuer
        { New-Row 6 | New-DcrClient -ErrorAction Stop | Set-DcrClient -TosUri https://app.example.com/terms } |
            Should -Throw -ErrorId 'InvalidClientMetadata,*'
        @(Get-TestServerClient $server).Count | Should -BeGreaterOrEqual 3
        Assert-Kept $server
        Set-TestServerSwitch $server @{ faults = @() }
        (New-Row 6 | New-DcrClient | Set-DcrClient -TosUri https://app.example.com/terms).Count | Should -Be 6
        @(Get-TestServerClient $server).Count | Should -Be 6
        Assert-Kept $server
    }

    It 'counts in its summary what was answered after it was stopped' {
        $server = New-TestServer @{ faults = @(@{ on = 'register'; delayMs = 1000; skip = 1; times = 20 }) }
        $connection = Connect-DcrServer $server.Issuer
        { 1..6 | ForEach-Object { if ($_ -eq 6) { Wait-Until { @(Get-TestServerRequest $server -Operation register).Count -ge 5 };
            throw 'upstream' }; (New-Row 6)[$_ - 1] } | New-DcrClient -SummaryVariable global:stoppedSummary } | Should -Throw 'upstream'
        $made = @(Get-TestServerClient $server).Count
        $made | Should -BeGreaterThan 1
        $global:stoppedSummary.Made | Should -Be $made
        Remove-Variable stoppedSummary -Scope Global
    }
}

Describe 'An answer that cannot be used' {
    It 'is kept as it came, and its tenant stays taken: <Name>' -ForEach @(
        @{ Name = '201 and nothing'; Fault = @{ body = 'empty' } }
        @{ Name = 'a page'; Fault = @{ body = 'html' } }
        @{ Name = 'half of it'; Fault = @{ body = 'half' } }
        @{ Name = 'NaN'; Fault = @{ content = '{"client_id":NaN}' } }
        @{ Name = 'no client_id'; Fault = @{ content = '{"registration_access_token":"rat_of_the_test"}' } }
        @{ Name = '202'; Fault = @{ status = 202; content = '{"status":"pending"}' } }
        @{ Name = '204'; Fault = @{ status = 204; body = 'empty' } }
        @{ Name = 'members one level down';
            Fault = @{ content = '{"data":{"client_id":"c1","registration_access_token":"rat_of_the_test"}}' } }
        @{ Name = 'a list'; Fault = @{ content = '[{"client_id":"c1"}]' } }
        @{ Name = 'a connection that breaks'; Fault = @{ drop = 'midBody' } }
    ) {
        $server = New-TestServer @{ faults = @(@{ on = 'register' } + $Fault) }
        $null = Connect-DcrServer $server.Issuer
        $row = (New-Row 1)[0]
        $first = @(Get-Failure { $row | New-DcrClient })
        $first.FullyQualifiedErrorId | Should -Match '^(ResponseNotConformant|OutcomeUnknown),'
        # Again in this session, over another connection, and in another process: nothing is sent.
        $null = Assert-Failure { $row | New-DcrClient } -Id OutcomeUnknown -Category InvalidResult -Action '*Find-DcrOrphan*'
        $null = Connect-DcrServer $server.Issuer -Name another
        $null = Assert-Failure { $row | New-DcrClient } -Id OutcomeUnknown -Category InvalidResult
        @(Get-TestServerRequest $server -Operation register).Count | Should -Be 1

        $orphan = Find-DcrOrphan
        $orphan.Tenant | Should -Be 'tenant-1'
        if ($Fault['content']) { ConvertTo-PlainText $orphan.Answer | Should -BeExactly $Fault.content }
        $orphan | Resolve-DcrOrphan -Dismiss -Confirm:$false
        Find-DcrOrphan | Should -BeNullOrEmpty
        ($row | New-DcrClient).Tenant | Should -Be 'tenant-1'
        Disconnect-DcrServer another
    }

    It 'is none where the server says with 200 what it refuses' {
        $server = New-TestServer @{ faults = @(@{ on = 'register'; when = 'beforeProcessing'; status = 200;
            content = '{"error":"invalid_client_metadata","error_description":"no such scope"}' }) }
        $null = Connect-DcrServer $server.Issuer
        $row = (New-Row 1)[0]
        $null = Assert-Failure { $row | New-DcrClient } -Id InvalidClientMetadata -Category InvalidData -Message '*no such scope*'
        Find-DcrOrphan | Should -BeNullOrEmpty
        ($row | New-DcrClient).Tenant | Should -Be 'tenant-1'
    }
}

Describe 'A tenant' {
    It 'is the same in another spelling: <Name>' -ForEach @(
        @{ Name = 'upper and lower case'; First = 'Hill'; Second = 'hILL' }
        @{ Name = 'blanks round it'; First = 'a'; Second = " a`t" }
        @{ Name = 'composed and decomposed letters'; First = "Caf$([char]0xE9)"; Second = "Cafe$([char]0x301)" }
        @{ Name = 'a no-break space'; First = 'b'; Second = "b$([char]0xA0)" }
    ) {
        $server = New-ConnectedServer
        $one = New-DcrClient App https://app.example.com/callback -Tenant $First
        $two = New-DcrClient App https://app.example.com/callback -Tenant $Second
        $two.ClientId | Should -Be $one.ClientId
        @(Get-TestServerClient $server).Count | Should -Be 1
        @($First, $Second, $First | ForEach-Object { [pscustomobject]@{ ClientName = 'App'; RedirectUri = 'https://app.example.com/';
            Tenant = $_ } } | New-DcrClient).ClientId | Sort-Object -Unique | Should -Be $one.ClientId
    }

    It 'has its client also over a second connection of the session, and a second client only with -AllowDuplicate' {
        $server = New-ConnectedServer @{} @{ Name = 'first' }
        $one = New-DcrClient App https://app.example.com/callback -Tenant north
        $null = Connect-DcrServer $server.Issuer -Name second
        (New-DcrClient App https://app.example.com/callback -Tenant north).ClientId | Should -Be $one.ClientId
        (New-DcrClient App https://app.example.com/callback -Tenant north -AllowDuplicate).ClientId | Should -Not -Be $one.ClientId
        $one | Remove-DcrClient -Confirm:$false
        @(Get-TestServerClient $server).Count | Should -Be 1
    }

    It 'is registered once by four processes with one list of 100, and nothing is left over' {
        $server = New-TestServer @{ latencyMs = 20 }
        $csv = Join-Path $TestDrive list.csv
        New-Row 100 | Export-Csv $csv
        $script = "`$null = Connect-DcrServer $($server.Issuer)
            `$rows = Import-Csv '$csv' | Sort-Object { Get-Random }
            @(`$rows | New-DcrClient -ThrottleLimit 8 -SummaryVariable summary).Count
            `$summary.Made"
        $all = 1..4 | ForEach-Object { Start-Pwsh $script } | ForEach-Object { Wait-Pwsh $_ }
        $all.Errors | Where-Object { $_ } | Should -BeNullOrEmpty
        $known = @(Get-TestServerClient $server)
        $known.Count | Should -Be 100
        @($known.metadata.client_name | Sort-Object -Unique).Count | Should -Be 100
        @(Get-TestServerRequest $server -Operation register).Count | Should -Be 100
        $lines = $all | ForEach-Object { , ($_.Output.Trim() -split '\r?\n') }
        $lines | ForEach-Object { $_[0] } | Should -Be '100', '100', '100', '100'
        ($lines | ForEach-Object { [int] $_[1] } | Measure-Object -Sum).Sum | Should -Be 100
        $connection = Connect-DcrServer $server.Issuer
        Assert-Kept $server
    }
}
