# Needs: Glewlwyd
BeforeDiscovery {
    $schema = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3'
    $obstacle = if (-not (Test-Path /usr/bin/glewlwyd) -or -not (Test-Path $schema)) { 'Debian''s package is not on this machine.' }
    elseif (-not (Get-Command sqlite3 -ErrorAction SilentlyContinue)) { 'sqlite3 is not on this machine.' }
    if ($obstacle) { Write-Host "SKIPPED glewlwyd: $obstacle" }
}

Describe 'glewlwyd' -Skip:([bool] $obstacle) {
    BeforeAll {
        Import-Module "$PSScriptRoot/Common.psm1"
        Start-DcrTest
        $folder = New-Item "$TestDrive/glewlwyd" -ItemType Directory
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $listener.Start()
        $port = $listener.LocalEndpoint.Port
        $listener.Stop()
        $origin = "http://127.0.0.1:$port"

        # Its own settings and database, with an administrator "admin", whose password is "password".
        Get-Content /usr/share/dbconfig-common/data/glewlwyd/install/sqlite3 | sqlite3 "$folder/data.db"
        $settings = Get-Content /etc/glewlwyd/glewlwyd.conf | Where-Object { $_ -notmatch '^(@include|#?bind_address|log_mode)' }
        $settings = $settings -replace '^port=.*', "port=$port" -replace '^external_url=.*', "external_url=`"$origin`""
        $settings += 'bind_address="127.0.0.1"', 'log_mode="console"', "database = { type = `"sqlite3`"; path = `"$folder/data.db`"; };"
        Set-Content "$folder/glewlwyd.conf" $settings
        $start = [Diagnostics.ProcessStartInfo]::new('/usr/bin/glewlwyd', "--config-file=$folder/glewlwyd.conf")
        $start.RedirectStandardOutput = $true
        $start.RedirectStandardError = $true
        $process = [Diagnostics.Process]::Start($start)
        while (($line = $process.StandardOutput.ReadLine()) -notmatch 'Glewlwyd started') {
            if ($null -eq $line) { throw 'glewlwyd ended at once.' }
        }
        $null = $process.StandardOutput.ReadToEndAsync(), $process.StandardError.ReadToEndAsync()

        # Registration and its management, open to everybody.
        $json = @{ ContentType = 'application/json'; Method = 'Post' }
        $null = Invoke-RestMethod "$origin/api/auth/" @json -Body '{"username":"admin","password":"password"}' -SessionVariable admin
        $plugin = @{ module = 'oidc'; name = 'oidc'; display_name = 'OIDC'; enabled = $true; parameters = @{
            iss = "$origin/api/oidc"; 'jwt-type' = 'sha'; 'jwt-key-size' = '256'; key = 'secret'
            'code-duration' = 600; 'refresh-token-duration' = 1209600; 'access-token-duration' = 3600; 'allow-non-oidc' = $true
            'auth-type-client-enabled' = $true; 'auth-type-code-enabled' = $true; 'auth-type-implicit-enabled' = $true
            'auth-type-password-enabled' = $true; 'auth-type-refresh-enabled' = $true
            'register-client-allowed' = $true; 'register-client-auth-scope' = @(); 'register-client-credentials-scope' = @()
            'register-client-management-allowed' = $true } }
        $null = Invoke-RestMethod "$origin/api/mod/plugin/" @json -Body (ConvertTo-Json $plugin -Depth 4) -WebSession $admin

        function Invoke-Registration([DcrPowerShell.DcrClient] $Client, [string] $Method, [hashtable] $Members) {
            $request = @{ Method = $Method; Headers = @{ Authorization = "Bearer $(ConvertTo-PlainText $Client.RegistrationAccessToken)" } }
            if ($Members) { $request += @{ ContentType = 'application/json'; Body = ConvertTo-Json $Members } }
            Invoke-RestMethod $Client.RegistrationClientUri @request
        }

        function New-Row([int] $Number) {
            [pscustomobject]@{ Tenant = "round-$Number"; ClientName = "Round $Number"
                RedirectUri = "https://round-$Number.example.com/callback"; TokenEndpointAuthMethod = 'client_secret_post'
                ApplicationType = 'web'; Scope = 'openid'; Contact = 'it@example.com' }
        }
    }

    AfterAll {
        if ($process -and -not $process.HasExited) { $process.Kill() }
        Stop-DcrTest
    }

    BeforeEach {
        Switch-TestFolder
        $null = Connect-DcrServer "$origin/api/oidc"
    }

    # One at a time: with SQLite it answers some requests of several at once by 500.
    It 'goes the whole round of a list: registers, finds what others changed, puts it right, and nothing is left' {
        $rows = 1..50 | ForEach-Object { New-Row $_ }
        $one = @{ ThrottleLimit = 1; TenantPattern = 'round-*'; WarningAction = 'Ignore' }
        $done = $rows | Sync-DcrClient @one
        $done.Result | Select-Object -Unique | Should -Be Registered
        $found = $rows | Compare-DcrClient @one
        $found | Should -HaveCount 50
        $found.Status | Select-Object -Unique | Should -Be Same

        foreach ($client in Get-DcrClient -Tenant round-2, round-3 -Offline) {
            $null = Invoke-Registration $client Put @{ client_id = $client.ClientId; client_name = 'Theirs'
                redirect_uris = @($client.RedirectUris; 'https://theirs.example.com/'); token_endpoint_auth_method = 'client_secret_basic' }
        }
        $null = Invoke-Registration (Get-DcrClient -Tenant round-4 -Offline) Delete
        $null = New-DcrClient Extra https://extra.example.com/ -Tenant round-extra -WarningAction Ignore

        $found = $rows | Compare-DcrClient @one | Where-Object Status -NE Same
        $found | ForEach-Object { "$($_.Tenant) $($_.Status)" } | Sort-Object |
            Should -Be 'round-2 Differs', 'round-3 Differs', 'round-4 Gone', 'round-extra Extra'
        ($found | Where-Object Status -EQ Differs).Changes.HasDrifted | Select-Object -Unique | Should -BeTrue

        $done = $rows | Sync-DcrClient @one -Prune -Force
        $done | ForEach-Object { "$($_.Tenant) $($_.Result)" } | Sort-Object |
            Should -Be 'round-2 Changed', 'round-3 Changed', 'round-4 Repaired', 'round-extra Removed'
        $left = $rows | Compare-DcrClient @one
        $left | Should -HaveCount 50
        $left.Status | Select-Object -Unique | Should -Be Same
        $rows | Sync-DcrClient @one -Force | Should -BeNullOrEmpty
    }

    It 'leaves no client with another one''s redirect URI, although the server mixes them up' {
        $rows = 101..130 | ForEach-Object { New-Row $_ }
        $quiet = @{ WarningAction = 'Ignore'; ErrorAction = 'SilentlyContinue' }
        $registered = $rows | Sync-DcrClient @quiet -ThrottleLimit 8 | Where-Object Result -EQ Registered
        $registered | Should -Not -BeNullOrEmpty
        $null = $rows | Sync-DcrClient @quiet -ThrottleLimit 1
        foreach ($client in Get-DcrClient -Tenant $registered.Tenant -Offline) {
            (Invoke-Registration $client Get).redirect_uris | Should -Be "https://$($client.Tenant).example.com/callback"
        }
    }
}
