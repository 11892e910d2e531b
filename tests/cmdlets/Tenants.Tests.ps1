# What a tenant is called: one comparison for registering and for reading.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $server = New-ConnectedServer

    function New-TenantClient([string] $Tenant) { New-DcrClient "Client of $Tenant" https://app.example.com/callback -Tenant $Tenant }
}

AfterAll { Stop-DcrTest }

Describe 'A tenant' {
    It 'is the same with other case, blanks around it, or another Unicode form: <Other>' -ForEach @(
        @{ Tenant = 'Hill'; Other = 'hill' }
        @{ Tenant = 'lake'; Other = ' lake ' }
        @{ Tenant = "caf$([char]0xE9)"; Other = "cafe$([char]0x301)" }
    ) {
        $client = New-TenantClient $Tenant
        (New-TenantClient $Other).ClientId | Should -BeExactly $client.ClientId
        (Get-DcrClient -Tenant $Other).ClientId | Should -BeExactly $client.ClientId
        (Get-DcrClient -Tenant $Other -Offline).ClientId | Should -BeExactly $client.ClientId
    }

    It 'is refused where .NET cannot tell the forms of its letters, and would be another one there' {
        Clear-TestServerRequest $server
        $script = "`$null = Connect-DcrServer $($server.Issuer)
            foreach (`$tenant in `"cafe`$([char]0x301)`", `"th`$([char]0xE9)`") {
                try { (New-DcrClient x https://app.example.com/ -Tenant `$tenant -ErrorAction Stop).ClientName } catch { `"`$_`" }
            }"
        $result = Wait-Pwsh (Start-Pwsh $script -Environment @{ DOTNET_SYSTEM_GLOBALIZATION_INVARIANT = '1' })
        $lines = $result.Output.Trim() -split '\r?\n'
        $lines[0] | Should -BeLike '*cannot tell them apart*DOTNET_SYSTEM_GLOBALIZATION_INVARIANT*Nothing was sent.'
        $lines[1] | Should -Be 'x'
        @(Get-TestServerRequest $server -Operation register).Count | Should -Be 1
    }

    It 'may have a bracket in its name, and is found by that name' {
        $client = New-TenantClient 'a[1]'
        $null = New-TenantClient 'a1'
        $found = Get-DcrClient -Tenant 'a[1]' -Offline
        $found.ClientId | Should -BeExactly $client.ClientId
    }

    It 'is found by wildcards only where there are some' {
        $null = New-TenantClient 'north'
        $null = New-TenantClient 'northwest'
        (Get-DcrClient -Tenant north -Offline).Tenant | Should -Be 'north'
        (Get-DcrClient -Tenant north* -Offline).Tenant | Sort-Object | Should -Be 'north', 'northwest'
    }

    It 'that is removed takes no other client along' {
        $null = New-TenantClient 'q'
        $null = New-TenantClient 'qq'
        Get-DcrClient -Tenant q | Remove-DcrClient -Confirm:$false
        (Get-DcrClient -Tenant q* -Offline).Tenant | Should -Be 'qq'
    }

    It 'out of a file is no pattern' {
        $null = New-TenantClient 'east'
        $failure = Assert-Failure { [pscustomobject]@{ Tenant = 'eas*' } | Get-DcrClient -Offline } -Id ClientNotFound `
            -Category ObjectNotFound -Message "Row 1: Tenant 'eas*' has no client*" -Action '*wildcards*'
        $failure.TargetObject | Should -Be 'eas*'
    }

    It 'without wildcards does not stand for clients without a tenant' {
        $null = New-DcrClient 'Nobody' https://app.example.com/callback
        Get-DcrClient -Tenant Nobody -Offline -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        (Get-DcrClient -Tenant * -Offline).ClientName | Should -Contain 'Nobody'
    }
}

Describe 'Tenants name clients' {
    BeforeEach {
        $server = New-ConnectedServer @{ rotateSecret = 'put'; rotateToken = 'put' }
        $null = 'north', 'south', 'east' | ForEach-Object { New-TenantClient $_ }
        $list = Join-Path $TestDrive "$([guid]::NewGuid()).csv"
        Clear-TestServerRequest $server
    }

    It 'for <Command>: <How>' -ForEach $(
        foreach ($command in 'Get-DcrClient', 'Set-DcrClient', 'Reset-DcrClientSecret', 'Reset-DcrRegistrationToken', 'Remove-DcrClient',
            'Export-DcrClient') {
            @{ Command = $command; How = 'a list as an argument'; Rows = $null }
            @{ Command = $command; How = 'rows with a column Tenant'; Rows = "Tenant,Note`nNORTH,x`n`"east `",y`n" }
            @{ Command = $command; How = 'rows with an empty column ClientId too'; Rows = "ClientId,Tenant`n,north`n,east`n" }
            @{ Command = $command; How = 'a blank row between'; Rows = "Tenant`nnorth`n`"`"`n`" `"`neast`n" }
        }
    ) {
        $more = switch ($Command) {
            Set-DcrClient { @{ Scope = 'read' } }
            Export-DcrClient { @{ Path = "$list.out.csv" } }
            { $_ -in 'Remove-DcrClient', 'Reset-DcrClientSecret' } { @{ Force = $true } }
            default { @{} }
        }
        $warn = @{ WarningVariable = 'warnings'; WarningAction = 'SilentlyContinue'; ErrorVariable = 'failures';
            ErrorAction = 'SilentlyContinue' }
        if ($Rows) {
            [IO.File]::WriteAllText($list, $Rows)
            $result = Import-Csv $list | & $Command @more @warn
        } else {
            $result = & $Command -Tenant north, '', east, NORTH @more @warn
        }

        $failures | Should -BeNullOrEmpty
        switch ($Command) {
            Remove-DcrClient { (Get-DcrClient -Offline).Tenant | Should -Be south }
            Export-DcrClient { (Import-Csv "$list.out.csv").Tenant | Should -Be north, east }
            default {
                $result.Tenant | Sort-Object | Should -Be east, north
                (Get-DcrClient -Tenant south).Scope | Should -BeNullOrEmpty
            }
        }
        $expected = if ($Command -eq 'Set-DcrClient' -and $How -eq 'rows with a column Tenant') { '*Note*' }
        "$($warnings -notmatch 'replaced the client secret')" | Should -BeLike "$expected"
    }

    It 'by a script block, from texts' {
        ('north', 'east' | Get-DcrClient -Tenant { $_ } -Offline).Tenant | Should -Be north, east
    }

    It 'and a text alone names nobody: <_>' -ForEach 'Get-DcrClient', 'Set-DcrClient', 'Remove-DcrClient', 'Export-DcrClient' {
        $command = $_
        $more = if ($command -eq 'Export-DcrClient') { @{ Path = "$list.out.csv" } } else { @{} }
        $null = Assert-Failure { 'north' | & $command @more } -Id InvalidClientMetadata -Category InvalidData `
            -Message "*The text 'north' names no client*" -Action '*-Tenant (Get-Content*'
    }

    It 'or nothing does, and then nothing is done: <What>' -ForEach @(
        @{ What = 'a row of other columns'; Do = { [pscustomobject]@{ Tenat = 'north'; Url = 'x' } | Remove-DcrClient -Force };
            Message = '*No client was named; the row has the columns Tenat, Url.*' }
        @{ What = 'the same to Get'; Do = { [pscustomobject]@{ Tenat = 'north' } | Get-DcrClient };
            Message = '*No client was named; the row has the column Tenat.*' }
        @{ What = 'a variable that is not set'; Do = { Get-DcrClient -Tenant $null | Remove-DcrClient -Force };
            Message = '*No client was named. Nothing was sent.' }
        @{ What = 'an empty list'; Do = { Remove-DcrClient -Tenant '', ' ' -Force }; Message = '*No client was named. Nothing was sent.' }
        @{ What = 'no parameter'; Do = { Remove-DcrClient -Force }; Message = '*No client was named. Nothing was sent.' }
    ) {
        $null = Assert-Failure $Do -Id InvalidClientMetadata -Category InvalidData -Message $Message -Action '*-Tenant*'
        @(Get-DcrClient -Offline).Count | Should -Be 3
    }

    It 'and a blank row is not taken for all clients' {
        [pscustomobject]@{ Tenant = '' }, $null | Get-DcrClient | Should -BeNullOrEmpty
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        [pscustomobject]@{ Tenant = '' } | Get-DcrClient -Verbose 4>&1 | Should -BeLike '1 blank row was skipped.'
    }

    It 'and one that is not known is an error: <_>' -ForEach 'Get-DcrClient', 'Set-DcrClient', 'Reset-DcrClientSecret',
        'Remove-DcrClient', 'Export-DcrClient' {
        $command = $_
        $more = switch ($command) { Set-DcrClient { @{ Scope = 'read' } } Export-DcrClient { @{ Path = "$list.out.csv" } } Get-DcrClient {
            @{} } default { @{ Force = $true } } }
        $failure = Assert-Failure { & $command -Tenant north, nope @more } -Id ClientNotFound -Category ObjectNotFound `
            -Message "Tenant 'nope' has no client at $($server.Issuer). Nothing was sent." -Action '*Get-DcrClient -Offline*'
        $failure.TargetObject | Should -Be nope
    }

    It 'and wildcards that match nothing are no error' {
        Get-DcrClient -Tenant nope* | Should -BeNullOrEmpty
    }

    It 'and wildcards name nobody who is changed: <Name>' -ForEach @(
        @{ Name = 'Set-DcrClient'; Command = { Set-DcrClient -Tenant nor* -Scope x } }
        @{ Name = 'Reset-DcrClientSecret'; Command = { Reset-DcrClientSecret -Tenant nor* -Force } }
        @{ Name = 'Remove-DcrClient'; Command = { Remove-DcrClient -Tenant nor* -Force } }
    ) {
        $null = Assert-Failure $Command -Id ClientNotFound -Category ObjectNotFound -Action '*Only Get-DcrClient -Tenant takes wildcards*'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'and two clients of one are shown to who reads, and an error that lists both to who changes' {
        $both = (Get-DcrClient -Tenant north -Offline), (New-DcrClient Second https://app.example.com/callback -Tenant North `
            -AllowDuplicate)
        Clear-TestServerRequest $server
        (Get-DcrClient -Tenant north -Offline -WarningVariable warnings -WarningAction SilentlyContinue).ClientId |
            Should -Be $both.ClientId
        "$warnings" | Should -BeLike "Tenant 'north' has several clients: *$($both[0].ClientId)*"
        foreach ($command in { Set-DcrClient -Tenant north -Scope x }, { Remove-DcrClient -Tenant north -Force },
            { [pscustomobject]@{ Tenant = 'north' } | Reset-DcrClientSecret -Force }) {
            $failure = Assert-Failure $command -Id TenantNotUnique -Category InvalidArgument `
                -Message "*Tenant 'north' has several clients: *" -Action '*-ClientId*'
            $both.ClientId | ForEach-Object { "$failure" | Should -BeLike "*$_*" }
        }
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'and -Tenant beside -ClientId has to be the tenant of that client' {
        $north = Get-DcrClient -Tenant north -Offline
        (Set-DcrClient -ClientId $north.ClientId -Tenant north -Scope read).Scope | Should -Be read
        $null = Assert-Failure { Remove-DcrClient -ClientId $north.ClientId -Tenant south -Force } -Id ClientNotFound `
            -Category ObjectNotFound -Message "*belongs to tenant 'north', not to tenant 'south'*"
        $null = Assert-Failure { $north | Remove-DcrClient -Tenant south -Force } -Id InvalidClientMetadata -Category InvalidData `
            -Message '*Clients were piped*'
    }

    It 'and changes by rows change no tenant' {
        $changed = [pscustomobject]@{ Tenant = 'north'; Scope = 'read' }, [pscustomobject]@{ Tenant = 'south'; Scope = '' } |
            Set-DcrClient -ErrorVariable failures -ErrorAction SilentlyContinue
        $changed.Tenant, $changed.Scope | Should -Be 'north', 'read'
        "$failures" | Should -BeLike '*Nothing to change was named; the row has the columns Tenant, Scope.*'
    }

    It 'and rows of an inventory go to no other server' {
        Export-DcrClient $list
        $null = New-ConnectedServer
        $here = (Get-DcrServer)[-1]
        $null = New-TenantClient north
        $null = Assert-Failure { Import-Csv $list | Select-Object -First 1 | Remove-DcrClient -Force -Connection $here } -Id NotConnected `
            -Category ConnectionError -Message "*belongs to $($server.Issuer)*"
        $null = Assert-Failure { Import-Csv $list | Select-Object Tenant, Issuer -First 1 | Remove-DcrClient -Force -Connection $here } `
            -Id NotConnected -Category ConnectionError -Message "*belongs to $($server.Issuer)*"
        (Get-DcrClient -Offline).Tenant | Should -Be north
    }

    It 'and a client that lost its type means itself and brings no wishes: <How>' -ForEach @(
        @{ How = 'Export-Clixml'; Through = { $input | Export-Clixml "$list.xml"; Import-Clixml "$list.xml" } }
        @{ How = 'Select-Object'; Through = { $input | Select-Object * -ExcludeProperty ClientSecret, RegistrationAccessToken } }
    ) {
        $client = Get-DcrClient -Tenant north
        $null = $client | Set-DcrClient -RedirectUri https://app.example.com/v2
        $changed = $client | & $Through | Set-DcrClient -Contact it@example.com
        $changed.RedirectUris | Should -Be https://app.example.com/v2
        $changed.Contacts | Should -Be it@example.com
        $client | & $Through | Remove-DcrClient -Force
        (Get-DcrClient -Offline).Tenant | Sort-Object | Should -Be east, south
    }

    It 'and an error says whose it is: <How>' -ForEach @(
        @{ How = 'a list'; First = ''; Second = ''; Third = '';
            Do = { Set-DcrClient -Tenant north, nobody, south -RedirectUri 'https://app.example.com/#x' -ErrorAction SilentlyContinue } }
        @{ How = 'rows'; First = 'Row 1, '; Second = 'Row 2: '; Third = 'Row 3, ';
            Do = { 'north', 'nobody', 'south' | ForEach-Object {
            [pscustomobject]@{ Tenant = $_; RedirectUri = 'https://app.example.com/#x' } } | Set-DcrClient -ErrorAction SilentlyContinue } }
        @{ How = 'clients'; First = ''; Second = ''; Third = '';
            Do = { Get-DcrClient -Tenant north, nobody, south -ThrottleLimit 1 -ErrorAction SilentlyContinue |
            Set-DcrClient -RedirectUri 'https://app.example.com/#x' -ErrorAction SilentlyContinue } }
    ) {
        $Error.Clear()
        & $Do
        $said = @($Error | ForEach-Object { "$_" })
        [array]::Reverse($said)
        $said -like '*nobody*' | Should -BeExactly "${Second}Tenant 'nobody' has no client at $($server.Issuer). Nothing was sent."
        ($said -notlike '*nobody*')[0] |
            Should -BeLike "${First}north, client '$((Get-DcrClient -Tenant north -Offline).ClientId)': -RedirectUri: *"
        ($said -notlike '*nobody*')[1] |
            Should -BeLike "${Third}south, client '$((Get-DcrClient -Tenant south -Offline).ClientId)': -RedirectUri: *"
    }

    It 'and a failed read of one of several names the tenant' {
        $one = @{ Tenant = 'north'; Message = "north, client '$((Get-DcrClient -Tenant north -Offline).ClientId)': *" }
        Set-TestServerSwitch $server @{ faults = @(@{ status = 403 }) }
        $Error.Clear()
        $found = Get-DcrClient -Tenant north, south -ThrottleLimit 1 -ErrorAction SilentlyContinue
        $found.Tenant | Should -Be 'south'
        "$($Error[0])" | Should -BeLike $one.Message
    }

    It 'not in rows and on the line at once' {
        $null = Assert-Failure { [pscustomobject]@{ Tenant = 'north' } | Get-DcrClient -Tenant south } -Id InvalidClientMetadata `
            -Category InvalidData -Message '*Clients were piped*'
        $null = Assert-Failure { [pscustomobject]@{ Tenant = 'north' } | Remove-DcrClient -Tenant south -Force } -Id InvalidClientMetadata `
            -Category InvalidData -Message '*Clients were piped*'
    }

    It 'and an inventory of nobody replaces none' {
        $file = "$TestDrive/kept.csv"
        Export-DcrClient $file -Tenant north
        $before = Get-Content $file -Raw
        Export-DcrClient $file -Tenant nobody -ErrorAction SilentlyContinue
        'north' | Export-DcrClient $file -ErrorAction SilentlyContinue
        Get-Content $file -Raw | Should -BeExactly $before
    }

    It 'and a row that names none is counted' {
        $rows = '1,north', '2,', '3,south' | ConvertFrom-Csv -Header Number, Tenant
        $failure = Assert-Failure { $rows | Set-DcrClient -Scope read -WarningAction Ignore } -Id InvalidClientMetadata `
            -Category InvalidData -Message 'Row 2: No client was named*' -Action "Fill in the row's*"
        $failure.TargetObject.Number | Should -Be 2
    }

    It 'and a question says which of how many' {
        $log = Join-Path $TestDrive whatif.txt
        Start-Transcript $log | Out-Null
        try { Remove-DcrClient -Tenant north, south -WhatIf } finally { Stop-Transcript | Out-Null }
        Get-Content $log -Raw | Should -BeLike '*Client of north (*, 1 of 2*Client of south (*, 2 of 2*'
    }

    It 'and -Verbose says whom each request is for' {
        (Set-DcrClient -Tenant north -Scope read -Verbose 4>&1 |
            Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }).Message -like "Tenant 'north': *" | Should -HaveCount 2
    }
}
