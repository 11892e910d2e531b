# Looks for secrets everywhere that a person or a file may see them. The test server's secrets have a look of their own (rat_..., cs_...).
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }
    $initialToken = "initial-token-$([guid]::NewGuid())"

    # In clear text, and as PowerShell writes a SecureString to a file where the system has no encryption for it: hexadecimal UTF-16.
    $hexadecimal = { ([Text.Encoding]::Unicode.GetBytes($args[0]) | ForEach-Object { $_.ToString('x2') }) -join '' }
    $secretPattern = '(rat|cs)_[0-9A-Za-z]{43}', [regex]::Escape($initialToken), "$(& $hexadecimal 'rat_')([0-9a-f]{4}){43}", "$(& $hexadecimal 'cs_')([0-9a-f]{4}){43}" -join '|'

    function Assert-NoSecret([string] $Text) {
        $Text | Should -Not -BeNullOrEmpty -Because 'else nothing was looked at'
        [regex]::Matches($Text, $secretPattern) | ForEach-Object Value | Should -BeNullOrEmpty
    }

    function Connect-WithInitialToken([hashtable] $Switches) {
        New-ConnectedServer ($Switches + @{ initialToken = $initialToken }) @{ InitialAccessToken = ConvertTo-Secret $initialToken }
    }

    # A whole life with everything switched on that talks, failures too. All six streams, in the order they came.
    function Invoke-TalkativeLife {
        $server = New-TestServer @{ initialToken = $initialToken; rotateToken = 'getAndPut'; rotateSecret = 'put'; dropScope = @('admin'); secretExpiresAt = 'absent' }
        $talk = @{ Verbose = $true; Debug = $true; ErrorAction = 'Continue'; InformationAction = 'Continue'; WarningAction = 'Continue' }
        & {
            Connect-DcrServer $server.Issuer -InitialAccessToken (ConvertTo-Secret $initialToken) @talk
            Get-DcrServer @talk
            $client = New-DcrClient @app -Scope read, admin -ClientSecretName app-secret @talk
            $client
            $client | Get-DcrClient @talk
            $client | Set-DcrClient -Scope read, admin @talk
            $client | Set-DcrClient -Scope write -WhatIf @talk
            $client | Reset-DcrClientSecret -ClientSecretName app-secret @talk
            Get-DcrClient -Offline @talk
            Set-TestServerSwitch $server @{ faults = @(@{ on = 'register'; status = 400; body = 'echo' }, @{ on = 'update'; drop = 'beforeAnswer' }, @{ on = 'register'; body = 'half' }) }
            New-DcrClient @app @talk
            $client | Set-DcrClient -Scope write @talk
            New-DcrClient @app @talk
            $null = Reset-TestServerClientToken $server $client.ClientId
            $client | Get-DcrClient @talk
            $client | Remove-DcrClient -Force -Confirm:$false @talk
            Disconnect-DcrServer @talk
        } *>&1
    }
}

AfterAll { Stop-DcrTest }

Describe 'No secret is' {
    BeforeAll {
        $Error.Clear()
        $everything = Invoke-TalkativeLife
        $clients = $everything | Where-Object { $_ -is [DcrPowerShell.DcrClient] }
        $connections = $everything | Where-Object { $_ -is [DcrPowerShell.DcrConnection] }
        $failures = $everything | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] }
        $errorVariable = @($Error)
    }

    It 'missed by this search' {
        $clients | Should -HaveCount 5
        $failures | Should -HaveCount 4
        ConvertTo-PlainText $clients[0].RegistrationAccessToken | Should -Match $secretPattern
        ConvertTo-PlainText $clients[0].ClientSecret | Should -Match $secretPattern
        & $hexadecimal (ConvertTo-PlainText $clients[0].ClientSecret) | Should -Match $secretPattern
        $initialToken | Should -Match $secretPattern
    }

    It 'in the text of any stream' {
        $text = $everything | Out-String -Width 500
        $text | Should -BeLike '*POST http*- 201*'
        Assert-NoSecret $text
        Assert-NoSecret ($everything | ForEach-Object { "$_" } | Out-String -Width 500)
    }

    It 'in an object shown as <_>' -ForEach 'Format-Table', 'Format-List', 'Format-Custom', 'Format-Wide' {
        Assert-NoSecret ($clients | & $_ | Out-String -Width 500)
        if ($_ -ne 'Format-Wide') { Assert-NoSecret ($clients + $connections | & $_ -Property * -Force | Out-String -Width 500) }
    }

    It 'in an object as JSON' {
        Assert-NoSecret ($clients | ConvertTo-Json -Depth 10)
        Assert-NoSecret ($connections | ConvertTo-Json -Depth 10)
    }

    It 'in an object as CSV' {
        Assert-NoSecret ($clients | ConvertTo-Csv | Out-String)
    }

    It 'in an object as CliXml, which has no encryption on Linux and macOS' {
        $file = Join-Path $TestDrive clients.xml
        $clients | Export-Clixml $file -Depth 5
        Assert-NoSecret (Get-Content $file -Raw)
        $read = Import-Clixml $file
        $read[0].ClientId | Should -Be $clients[0].ClientId
        $read[0].Metadata['redirect_uris'] | Should -Be $app.RedirectUri
    }

    It 'in an error, however deep one looks' {
        $text = $failures | ForEach-Object {
            $_ | Format-List * -Force
            for ($exception = $_.Exception; $exception; $exception = $exception.InnerException) { $exception | Format-List * -Force }
            $_.TargetObject | Format-List * -Force
            $_ | Format-Custom * -Depth 4
            "$_", "$($_.Exception)", "$($_.ErrorDetails)", $_.ScriptStackTrace, "$($_.InvocationInfo.Line)"
        } | Out-String -Width 500
        Assert-NoSecret $text
        Assert-NoSecret ($failures | Get-Error | Out-String -Width 500)
        Assert-NoSecret ([System.Management.Automation.PSSerializer]::Serialize($failures, 5))
    }

    It 'in the audit log' {
        $records = Get-DcrAuditLog
        $records.Outcome | Should -Contain Unknown
        Assert-NoSecret ($records | Format-List * | Out-String -Width 500)
        Assert-NoSecret ($records | ConvertTo-Json -Depth 5)
    }

    It 'in $Error' {
        $errorVariable.Count | Should -BeGreaterOrEqual $failures.Count
        Assert-NoSecret ($errorVariable | Format-List * -Force | Out-String -Width 500)
    }
}

Describe 'A secret stays hidden' {
    It 'in the result of a job' {
        $server = Connect-WithInitialToken @{}
        $client = New-DcrClient @app
        $result = Start-Job -ArgumentList (Get-Module DcrPowerShell).Path, $server.Issuer, $client.ClientId {
            param($module, $issuer, $clientId)
            Import-Module $module
            $null = Connect-DcrServer $issuer
            Get-DcrClient $clientId
        } | Receive-Job -Wait -AutoRemoveJob
        $result.ClientId | Should -Be $client.ClientId
        Assert-NoSecret ($result | Format-List * -Force | Out-String)
        Assert-NoSecret ([System.Management.Automation.PSSerializer]::Serialize($result, 5))
    }

    It 'in a transcript, and on the screen' {
        $server = New-TestServer @{ initialToken = $initialToken; rotateToken = 'put'; faults = @(@{ on = 'register'; skip = 1; status = 400; body = 'echo' }) }
        $env:DCR_TEST_TOKEN = $initialToken
        try {
            $result = Wait-Pwsh (Start-Pwsh "`$ErrorActionPreference = 'Continue'; `$VerbosePreference = `$DebugPreference = 'Continue'
                `$null = Start-Transcript '$TestDrive/transcript.txt'
                Connect-DcrServer $($server.Issuer) -InitialAccessToken (ConvertTo-SecureString `$env:DCR_TEST_TOKEN -AsPlainText -Force)
                `$client = New-DcrClient App https://app.example.com/
                `$client | Set-DcrClient -Scope read | Format-List *
                New-DcrClient App https://app.example.com/
                `$null = Stop-Transcript")
        } finally { $env:DCR_TEST_TOKEN = $null }

        $transcript = Get-Content $TestDrive/transcript.txt -Raw
        $transcript | Should -BeLike '*PUT http*- 200*'
        $transcript | Should -BeLike '*The server does not accept*'
        Assert-NoSecret $transcript
        Assert-NoSecret ($result.Output + $result.Errors)
    }

    It 'when the server quotes the initial access token in its refusal' {
        $null = Connect-WithInitialToken @{ faults = @(@{ on = 'register'; status = 401; error = 'invalid_token'; errorDescription = "the token $initialToken is used up" }) }
        $failure = Assert-Failure { New-DcrClient @app } -Id AccessTokenRejected -Category AuthenticationError -Message '*the token `*`*`* is used up*'
        Assert-NoSecret ($failure | Format-List * -Force | Out-String -Width 500)
    }

    It 'when the server quotes the <Name> in its refusal of an update' -ForEach @(
        @{ Name = 'registration access token'; Known = 'registrationAccessToken' }
        @{ Name = 'client secret'; Known = 'clientSecret' }
    ) {
        $server = Connect-WithInitialToken @{}
        $client = New-DcrClient @app
        $secret = (Get-TestServerClient $server).$Known
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'update'; status = 403; error = 'forbidden'; errorDescription = "not with $secret" }) }
        $failure = Assert-Failure { $client | Set-DcrClient -Scope read } -Id RegistrationForbidden -Category PermissionDenied -Message '*not with `*`*`**'
        Assert-NoSecret ($failure.Exception.ServerError | Format-List * | Out-String -Width 500)
    }

    It 'when the server quotes it in the address of a redirect' {
        $null = Connect-WithInitialToken @{ faults = @(@{ on = 'register'; status = 302; headers = @{ Location = "https://login.example.com/$($initialToken)?token=$initialToken" } }) }
        $failure = Assert-Failure { New-DcrClient @app } -Id ResponseNotConformant -Category ProtocolError
        Assert-NoSecret ($failure | Format-List * -Force | Out-String -Width 500)
    }

    It 'in members that a server adds of its own' {
        $token = 'rat_' + 'x' * 43
        $null = Connect-WithInitialToken @{ answerOverrides = @{ any = @{ master_api_token = $token; management = @{ password = $token; api_secret = $token }; admin = @(@{ access_token = $token }) } } }
        $client = New-DcrClient @app
        $client.Metadata['master_api_token'] | Should -Be '***'
        $client.Metadata['management']['password'] | Should -Be '***'
        Assert-NoSecret ($client.Metadata | ConvertTo-Json -Depth 10)
    }
}
