# Software statements as a command line gives them: strings, and script blocks that get a fresh one for each client.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $null = New-DcrKey directory ES256
    $key = ConvertTo-Secret (Get-ApplicationSecret directory)
    function New-Statement { New-DcrSoftwareStatement -Issuer https://directory.example -PrivateKey $key @args }
    function Get-SentStatement ($Operation = 'register') {
        Get-TestServerRequest $server $Operation | ForEach-Object { ($_.body | ConvertFrom-Json).software_statement }
    }

    $rows = 'ClientName,RedirectUri,Tenant', 'One,https://one.example.com/,one', 'Two,https://two.example.com/,two' | ConvertFrom-Csv
}

AfterAll { Stop-DcrTest }

Describe 'A script block for -SoftwareStatement' {
    BeforeEach { $server = New-ConnectedServer @{ statementAgeSeconds = 300; oneClientPerSoftware = $true } }

    It 'is called on the pipeline thread for each row, with the row in $_' {
        $calls = [Collections.Generic.List[object]]::new()
        $clients = $rows | New-DcrClient -SoftwareStatement {
            $calls.Add(@{ Row = $_; Thread = [Threading.Thread]::CurrentThread.ManagedThreadId })
            New-Statement -SoftwareId $_.Tenant
        }
        $clients.Tenant | Sort-Object | Should -Be 'one', 'two'
        $calls.Row.Tenant | Sort-Object | Should -Be 'one', 'two'
        $calls.Thread | Should -Be (@([Threading.Thread]::CurrentThread.ManagedThreadId) * 2)
        @(Get-SentStatement | Sort-Object -Unique) | Should -HaveCount 2
    }

    It 'is called when a row''s turn comes, not when it is read' {
        Set-TestServerSwitch $server @{ latencyMs = 50 }
        $log = [Collections.Generic.List[string]]::new()
        $null = 1..4 |
            ForEach-Object { $log.Add("read $_"); [pscustomobject]@{ ClientName = "C$_"; RedirectUri = "https://c.example/$_" } } |
            New-DcrClient -ThrottleLimit 1 -SoftwareStatement {
                $log.Add("call $($_.ClientName)")
                New-Statement -SoftwareId $_.ClientName
            }
        $log.IndexOf('call C2') | Should -BeGreaterThan $log.IndexOf('read 4')
        $log | Where-Object { $_ -like 'call*' } | Should -Be 'call C1', 'call C2', 'call C3', 'call C4'
    }

    It 'may say all of the client' {
        $client = New-DcrClient -SoftwareStatement { New-Statement Portal https://portal.example.com/cb -SoftwareId 1 }
        $client.ClientName | Should -Be 'Portal'
    }

    It 'is not called with -WhatIf, nor for a tenant that has a client' {
        $null = $rows[0] | New-DcrClient -SoftwareStatement { New-Statement -SoftwareId 1 }
        $again = $rows[0] | New-DcrClient -SoftwareStatement { throw 'called' }
        $again.Tenant | Should -Be 'one'
        $again.Changes | Should -BeNullOrEmpty
        New-DcrClient App https://app.example.com/ -SoftwareStatement { throw 'called' } -WhatIf
    }

    It 'is called again where a statement is old already: <Name>' -ForEach @(
        @{ Name = 'it has expired'; Claims = @{ iat = 1; exp = 2 } }
        @{ Name = 'it says no end, and was issued long ago'; Claims = @{ iat = 1 } }
    ) {
        $script:calls = 0
        $old = 'e30.{0}.c2ln' -f [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes((ConvertTo-Json $Claims))).TrimEnd('=')
        $client = New-DcrClient App https://app.example.com/ -SoftwareStatement {
            if (++$script:calls -eq 1) { $old } else { New-Statement -SoftwareId 1 }
        }
        $client.ClientName | Should -Be 'App'
        $script:calls | Should -Be 2
        @(Get-SentStatement) | Should -HaveCount 1
    }

    It 'that gives no statement is an error of its row, and the next one goes on: <Name>' -ForEach @(
        @{ Name = 'nothing'; Script = { }; Message = '*gave nothing*' }
        @{ Name = 'two'; Script = { 'a'; 'b' }; Message = '*gave 2 objects*' }
        @{ Name = 'a blank'; Script = { ' ' }; Message = '*gave an empty string*' }
        @{ Name = 'an object'; Script = { @{ statement = 'a' } }; Message = '*gave an object that is no string*' }
        @{ Name = 'an error'; Script = { throw 'the directory is down' }; Message = '*failed: the directory is down. Nothing was sent*' }
        @{ Name = 'an error by preference'; Script = { Get-Item (Join-Path $HOME nowhere) -ErrorAction Stop };
            Message = '*failed: Cannot find path*' }
        @{ Name = 'break'; Script = { break }; Message = '*failed: it has break or exit*' }
    ) {
        $failing = $Script
        $clients = $rows | New-DcrClient -ErrorAction SilentlyContinue -ErrorVariable failures -SoftwareStatement {
            if ($_.Tenant -eq 'one') { & $failing } else { New-Statement -SoftwareId 2 }
        }
        $clients.Tenant | Should -Be 'two'
        $failure = $failures | Where-Object FullyQualifiedErrorId -like 'InvalidSoftwareStatement,*'
        $failure | Should -HaveCount 1
        "$failure" | Should -BeLike "Row 1, one: -SoftwareStatement: The script block $($Message.TrimStart('*'))" -Because "$failure"
        Find-DcrOrphan | Should -BeNullOrEmpty
    }

    It 'is not called for what waits once the pipeline has what it wants' {
        Set-TestServerSwitch $server @{ oneClientPerSoftware = $false }
        $script:calls = 0
        $first = 1..40 | ForEach-Object { [pscustomobject]@{ ClientName = "C$_"; RedirectUri = 'https://c.example/'; Tenant = "c$_" } } |
            New-DcrClient -ThrottleLimit 2 -SoftwareStatement { $script:calls++; New-Statement } | Select-Object -First 1
        $first.ClientName | Should -Be 'C1'
        $script:calls | Should -BeLessThan 20
        @(Get-SentStatement).Count | Should -BeLessOrEqual $script:calls
        Find-DcrOrphan | Should -BeNullOrEmpty
    }

    It 'ends with the command when the user stops it, and nothing is sent' {
        $isIn = [Threading.ManualResetEventSlim]::new()
        $shell = [powershell]::Create().AddScript({
            param($Module, $Connection, $IsIn)
            Import-Module $Module
            'one', 'two' | ForEach-Object { [pscustomobject]@{ ClientName = $_; RedirectUri = 'https://c.example/'; Tenant = $_ } } |
                New-DcrClient -Connection $Connection -SoftwareStatement { $IsIn.Set(); while ($true) { Start-Sleep 1 } }
        }).AddArgument((Get-Module DcrPowerShell).Path).AddArgument((Connect-DcrServer $server.Issuer)).AddArgument($isIn)
        $run = $shell.BeginInvoke()
        [Threading.WaitHandle]::WaitAny(@($isIn.WaitHandle, $run.AsyncWaitHandle)) |
            Should -Be 0 -Because "$($shell.Streams.Error.ReadAll())"
        $shell.Stop()
        "$($shell.InvocationStateInfo.State)" | Should -Be 'Stopped'
        Get-SentStatement | Should -BeNullOrEmpty
        Find-DcrOrphan | Should -BeNullOrEmpty
    }

    It 'changes clients too, with the client in $_' {
        $client = New-DcrClient App https://app.example.com/ -Tenant app -SoftwareStatement { New-Statement -SoftwareId 1 }
        $changed = $client | Set-DcrClient -RedirectUri https://new.example.com/ -SoftwareStatement {
            New-Statement -SoftwareId 1 -SoftwareVersion $_.Tenant
        }
        $changed.RedirectUris | Should -Be 'https://new.example.com/'
        (Get-TestServerClient $server).metadata.software_version | Should -Be 'app'
        Set-DcrClient $client.ClientId -SoftwareStatement { New-Statement -SoftwareId 1 -SoftwareVersion 2 } | ForEach-Object ClientName |
            Should -Be 'App'
    }
}

Describe 'A software statement that is given' {
    BeforeEach { $server = New-ConnectedServer @{ oneClientPerSoftware = $true } }

    It 'is an error before anything is sent where it has expired' {
        $old = 'e30.{0}.c2ln' -f [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('{"exp":2}')).TrimEnd('=')
        $null = Assert-Failure { New-DcrClient App https://app.example.com/ -SoftwareStatement $old } -Id InvalidSoftwareStatement `
            -Category InvalidData -Message '-SoftwareStatement: The software statement expired at 1970-01-01*' -Action '*fresh*'
        Get-TestServerRequest $server register | Should -BeNullOrEmpty
        $null = New-DcrClient App https://app.example.com/ -SoftwareStatement $old -SkipValidation
    }

    It 'is a string or a script block' {
        $null = Assert-Failure { New-DcrClient App https://app.example.com/ -SoftwareStatement 5 } -Id InvalidClientMetadata `
            -Category InvalidData -Message '-SoftwareStatement*neither a string nor a script block*'
    }

    It 'is taken from a column' {
        $row = [pscustomobject]@{ ClientName = 'App'; RedirectUri = 'https://app.example.com/'; software_statement = New-Statement }
        $null = $row | New-DcrClient
        Get-SentStatement | Should -BeExactly $row.software_statement
    }

    It 'has an error of its own where its software has a client already' {
        $statement = New-Statement -SoftwareId 1
        $null = New-DcrClient App https://app.example.com/ -SoftwareStatement $statement
        $null = Assert-Failure { New-DcrClient App https://app.example.com/ -SoftwareStatement $statement } -Id AlreadyRegistered `
            -Category ResourceExists -Message '-SoftwareStatement: The server has a client for this software statement already*' `
            -Action '*Import-DcrClient*'
    }
}

Describe 'New-DcrSoftwareStatement refuses' {
    It '<Name>' -ForEach @(
        @{ Name = 'a client secret'; Asked = @{ Claim = @{ client_secret = 'cs-not-a-real-secret' } };
            Message = '*client_secret is or has a secret*' }
        @{ Name = 'a private key'; Asked = @{ Jwks = @{ keys = @(@{ kty = 'EC'; crv = 'P-256'; x = 'eA'; y = 'eQ'; d = 'ZA' }) } };
            Message = '-Jwks*private*' }
        @{ Name = 'a claim of its own'; Asked = @{ Claim = @{ exp = 1 } }; Message = '-Claim*sets exp*' }
        @{ Name = 'a redirect URI with a fragment'; Asked = @{ RedirectUri = 'https://a.example/#a' }; Message = '-RedirectUri*fragment*' }
        @{ Name = 'no time'; Asked = @{ Lifetime = [timespan]::Zero }; Message = '-Lifetime*' }
        @{ Name = 'time without end'; Asked = @{ Lifetime = [timespan]::MaxValue }; Message = '-Lifetime*' }
    ) {
        $errors = Get-Failure { New-Statement App @Asked }
        "$($errors[0])" | Should -BeLike $Message
        "$($errors[0])" | Should -Not -BeLike '*cs-not-a-real-secret*'
    }

    It 'to sign without a key' {
        $null = Assert-Failure { New-DcrSoftwareStatement App -Issuer me } -Id InvalidPrivateKey -Category InvalidArgument `
            -Message '*no private key was given*' -Action '*-PrivateKeyPath*'
    }

    It 'has no parameter that needs a server' {
        $names = (Get-Command New-DcrSoftwareStatement).Parameters.Keys
        'Connection', 'ThrottleLimit', 'MaxFailures', 'SoftwareStatement' | Where-Object { $_ -in $names } | Should -BeNullOrEmpty
    }
}
