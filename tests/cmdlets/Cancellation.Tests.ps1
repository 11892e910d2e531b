BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $modulePath = (Get-Module DcrPowerShell).Path

    # Runs a script in a runspace of its own, and stops it as Ctrl-C does once the server works on its request.
    function Stop-During([object] $Server, [string] $Operation, [string] $Script) {
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("Import-Module '$modulePath'; `$null = Connect-DcrServer $($Server.Issuer)`n$Script")
            $running = $shell.BeginInvoke()
            Wait-Until { Get-TestServerRequest $Server -Operation $Operation }
            $shell.Stop()
            $running.IsCompleted | Should -BeTrue
            $shell.InvocationStateInfo.State | Should -Be 'Stopped'
        } finally { $shell.Dispose() }
    }

    # The server has not answered yet: the command did not wait for that.
    function Assert-Unanswered([object] $Server, [string] $Operation) {
        $request = @(Get-TestServerRequest $Server -Operation $Operation)
        $request | Should -HaveCount 1
        $request.status | Should -BeNullOrEmpty
    }

    function New-Client([object] $Server) {
        $null = Connect-DcrServer $Server.Issuer
        New-DcrClient App https://app.example.com/
    }
}

AfterAll { Stop-DcrTest }

Describe 'Stopping a command' {
    It 'waits for the answer to a registration under way, and keeps it' {
        $server = New-TestServer @{ faults = @(@{ on = 'register'; delayMs = 1000 }) }
        Stop-During $server register 'New-DcrClient Stopped https://app.example.com/'
        $known = Get-TestServerClient $server
        $null = Connect-DcrServer $server.Issuer
        $client = Get-DcrClient -Offline
        $client.ClientId | Should -Be $known.clientId
        (Get-KeptRecord $client).registration_access_token | Should -BeExactly $known.registrationAccessToken
        @(Get-TestServerRequest $server -Operation register).Count | Should -Be 1
    }

    It 'sends nothing more: the rest of a pipeline is left' {
        $server = New-TestServer @{ faults = @(@{ on = 'register'; delayMs = 1000 }) }
        Stop-During $server register '1..5 | ForEach-Object { [pscustomobject]@{ ClientName = "App$_"; RedirectUri = "https://app.example.com/" } } | New-DcrClient -ThrottleLimit 1'
        @(Get-TestServerRequest $server -Operation register).Count | Should -Be 1
        $null = Connect-DcrServer $server.Issuer
        (Get-DcrClient -Offline).ClientName | Should -Be 'App1'
    }

    It 'keeps the token that an update under way brings' {
        $server = New-TestServer @{ rotateToken = 'put'; faults = @(@{ on = 'update'; delayMs = 1000 }) }
        $client = New-Client $server
        Stop-During $server update "Set-DcrClient $($client.ClientId) -Scope read"
        $record = Get-KeptRecord $client
        $record.registration_access_token | Should -BeExactly (Get-TestServerClient $server).registrationAccessToken
        $record.metadata.scope | Should -Be 'read'
        (Get-DcrClient $client.ClientId).Scope | Should -Be 'read'
    }

    It 'forgets a client whose deletion was under way' {
        $server = New-TestServer @{ faults = @(@{ on = 'delete'; delayMs = 1000 }) }
        $client = New-Client $server
        Stop-During $server delete "Remove-DcrClient $($client.ClientId) -Confirm:`$false"
        Get-TestServerClient $server | Should -BeNullOrEmpty
        Get-KeptId | Should -Not -Contain $client.ClientId
    }

    It 'does not wait for the answer to a read' {
        $server = New-TestServer @{ faults = @(@{ on = 'read'; delayMs = 60000 }) }
        $client = New-Client $server
        Stop-During $server read "Get-DcrClient $($client.ClientId)"
        Assert-Unanswered $server read
        (Get-DcrClient $client.ClientId).ClientName | Should -Be 'App'
    }

    It 'ends before the server''s rate limit is over' {
        $server = New-TestServer @{ faults = @(@{ on = 'register'; times = 9; status = 429; rateLimitHeaders = 'retryAfterSeconds';
            retryAfter = 60 }) }
        Stop-During $server register 'New-DcrClient App https://app.example.com/'
        $request = @(Get-TestServerRequest $server -Operation register)
        $request | Should -HaveCount 1
        ([datetime] $request[0].receivedAt).ToUniversalTime().AddSeconds(60) | Should -BeGreaterThan ([datetime]::UtcNow)
    }

    It 'does not wait for the answer of a server that it searches' {
        $server = New-TestServer @{ latencyMs = 60000 }
        Stop-During $server discovery ''
        Assert-Unanswered $server discovery
    }
}

Describe 'Ctrl-C at a PowerShell process' -Skip:($PSEdition -eq 'Desktop' -or $IsWindows) {
    It 'waits for the answer to a registration under way, and keeps it' {
        $server = New-TestServer @{ faults = @(@{ on = 'register'; delayMs = 5000 }) }
        $pwsh = Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer)
            try { New-DcrClient Interrupted https://app.example.com/ } finally { 'stopped' }
            'not reached'"
        Wait-Until { Get-TestServerRequest $server -Operation register }
        & /bin/kill -INT $pwsh.Process.Id
        $result = Wait-Pwsh $pwsh
        $result.Output | Should -Not -BeLike '*not reached*'

        # SecretStore shows this process what it read before; a new process sees what was written. The server takes the token that was kept.
        $read = Wait-Pwsh (Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer); (Get-DcrClient).ClientId")
        $read.Errors | Should -BeNullOrEmpty
        $read.Output.Trim() | Should -Be (Get-TestServerClient $server).clientId
    }
}
