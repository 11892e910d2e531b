BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $folder = Join-Path ([Environment]::GetFolderPath('LocalApplicationData', 'DoNotVerify')) 'DcrPowerShell/journal'
    $server = New-TestServer @{ rotateToken = 'put'; rotateSecret = 'put' }

    function Get-JournalFile { Get-ChildItem $folder -Filter *.dcrj -ErrorAction SilentlyContinue }

    # Starts a process that connects, runs a script and then waits until it is killed. Gives it when it has got there.
    function Start-Waiting([string] $Script) {
        $marker = Join-Path $HOME "$([guid]::NewGuid().ToString('n')).txt"
        $pwsh = Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer) -Vault TestStore
            $Script
            Set-Content '$marker' ready
            `$null = [Console]::In.ReadLine()"
        Wait-Until { (Test-Path $marker) -or $pwsh.Process.HasExited }
        $pwsh
    }

    # Kills it, as the operating system would.
    function Stop-Waiting([object] $Pwsh) {
        $Pwsh.Process.Kill()
        $null = $Pwsh.Process.WaitForExit()
        $Pwsh.Errors.Result | Should -BeNullOrEmpty
    }

    # What connecting says in a new process. SecretStore reads its file anew there.
    function Connect-Anew([string] $Script) {
        $result = Wait-Pwsh (Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer) -Vault TestStore -WarningAction SilentlyContinue -WarningVariable warnings
            `$warnings | ForEach-Object { `"`$_`" }
            $Script")
        $result.Errors | Should -BeNullOrEmpty
        $result.Output.Trim()
    }
}

AfterAll { Stop-DcrTest }

Describe 'The journal on the disk' {
    BeforeEach { $waiting = $null }
    AfterEach { if ($waiting -and -not $waiting.Process.HasExited) { $waiting.Process.Kill() } }

    It 'is for the user''s eyes only, and nobody can read it' -Skip:($env:OS -eq 'Windows_NT') {
        $waiting = Start-Waiting '$client = New-DcrClient CanaryClinic https://app.example.com/callback
            $null = Set-DcrClient $client.ClientId -ClientName CanaryRenamed'
        $file = @(Get-JournalFile)
        $file.Count | Should -Be 1
        "$((Get-Item $folder).UnixMode) $((Get-Item (Split-Path $folder)).UnixMode) $($file[0].UnixMode)" | Should -Be 'drwx------ drwx------ -rw-------'

        $client = Get-TestServerClient $server | Select-Object -Last 1
        $log = Get-TestServerRequest $server
        # Another handle would be refused: the file is that process's alone. cat does not ask.
        $bytes = [Text.Encoding]::GetEncoding('iso-8859-1').GetString([byte[]] (& sh -c "od -An -v -tu1 '$($file[0].FullName)'" | ForEach-Object { $_.Trim() -split '\s+' }))
        $bytes.Length | Should -BeGreaterThan 500
        $bytes.Substring(0, 4) | Should -BeExactly 'DCRJ'
        $canaries = @('Canary', $client.clientId, $client.clientSecret, $client.registrationAccessToken, $server.Issuer, 'register', 'callback') + @($log | ForEach-Object { $_.headers.PSObject.Properties['Authorization'] } | Where-Object { $_ } | ForEach-Object { $_.Value -replace '^Bearer ' })
        foreach ($canary in $canaries) { $bytes.Contains($canary) | Should -BeFalse -Because "it holds '$canary'" }
    }

    It 'goes with its process, where nothing is open' {
        $null = Connect-Anew '$null = New-DcrClient App https://app.example.com/callback'
        Get-JournalFile | Should -BeNullOrEmpty
    }

    It 'of a process that lives is left alone' {
        $waiting = Start-Waiting
        Connect-Anew '' | Should -BeNullOrEmpty
        @(Get-JournalFile).Count | Should -Be 1
        Stop-Waiting $waiting
        Connect-Anew '' | Should -BeNullOrEmpty
        Get-JournalFile | Should -BeNullOrEmpty
    }

    It 'of a process that was killed is replayed by the next Connect-DcrServer, which says so in one line' {
        # SecretStore's file is held, so that the answer is in the journal alone when the process is killed.
        $store = Join-Path $HOME '.secretmanagement/localstore/storefile'
        $waiting = Start-Waiting "`$held = [IO.File]::Open('$store', 'Open', 'ReadWrite', 'None')
            `$null = New-DcrClient Restored https://app.example.com/callback -Tenant north -ErrorAction SilentlyContinue"
        $known = Get-TestServerClient $server | Select-Object -Last 1
        Stop-Waiting $waiting
        @(Get-JournalFile).Count | Should -Be 1

        $said = Connect-Anew "`$client = Get-DcrClient -Offline -Tenant north
            [Net.NetworkCredential]::new('', `$client.RegistrationAccessToken).Password
            [Net.NetworkCredential]::new('', `$client.ClientSecret).Password
            (`$client | Get-DcrClient).ClientName"
        $said -split '\r?\n' | Should -Be @(
            'An earlier session ended before the vault had 1 answer, and the journal had kept it: restored Restored.'
            $known.registrationAccessToken
            $known.clientSecret
            'Restored')
        Connect-Anew '' | Should -BeNullOrEmpty
        Get-JournalFile | Should -BeNullOrEmpty
    }

    It 'tells of a request whose fate nobody knows' {
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'register'; drop = 'beforeAnswer' }) }
        Connect-Anew 'New-DcrClient Unknown https://app.example.com/callback -ErrorAction SilentlyContinue' | Should -BeNullOrEmpty
        Connect-Anew '' | Should -BeLike 'Of 1 request nobody knows*'
        Get-ChildItem $folder -Filter *.dcrj | Remove-Item
    }

    It 'is not needed: where it cannot be written there is one warning' -Skip:($env:OS -eq 'Windows_NT' -or (id -u) -eq 0) {
        chmod 500 $folder
        try {
            Connect-Anew '$null = New-DcrClient App https://app.example.com/callback' | Should -BeLike 'There is no journal: *'
        } finally {
            chmod 700 $folder
        }
    }

    It 'is not needed: a file may be where its folder should be' {
        Move-Item $folder "$folder.kept"
        Set-Content $folder 'in the way'
        try {
            $said = Connect-Anew '(New-DcrClient App https://app.example.com/callback).ClientName'
            $said | Should -BeLike 'There is no journal: *App'
        } finally {
            Remove-Item $folder
            Move-Item "$folder.kept" $folder
        }
    }
}
