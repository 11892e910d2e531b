#requires -Version 7.0
# Needs: SecretManagement, SecretStore
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest -Vault
    # Where an installed module is found from: a new runspace loads it by itself.
    $env:PSModulePath = (Split-Path (Get-Module DcrPowerShell).ModuleBase) + [IO.Path]::PathSeparator + $env:PSModulePath
}

AfterAll { Stop-DcrTest }

Describe 'Runspaces that work at the same time' {
    It 'share a connection by -Connection: twenty clients are twenty records' {
        $server = New-ConnectedServer
        $connection = Get-DcrServer | Where-Object Issuer -eq $server.Issuer
        $clients = 1..20 | ForEach-Object -ThrottleLimit 5 -Parallel {
            New-DcrClient "App$_" https://app.example.com/ -Tenant "clinic-$_" -Connection $using:connection
        }
        $clients | Should -HaveCount 20
        $clients | ForEach-Object { (Get-VaultRecord $_).registration_access_token } |
            Should -Be ($clients | ForEach-Object { (Get-TestServerClient $server $_.ClientId).registrationAccessToken })
        Get-DcrClient -Offline | ForEach-Object Tenant | Sort-Object | Should -Be (1..20 | ForEach-Object { "clinic-$_" } | Sort-Object)
    }

    It 'have no default connection of their own, and the error says what to do' {
        $null = New-ConnectedServer
        $failure = 1 | ForEach-Object -Parallel { try { New-DcrClient App https://app.example.com/ } catch { $_ } }
        $failure.FullyQualifiedErrorId | Should -BeLike 'NotConnected,*'
        $failure.ErrorDetails.RecommendedAction | Should -BeLike '*-Connection $using:*'
    }

    It 'may use SecretManagement themselves meanwhile' {
        $server = New-ConnectedServer
        $connection = Get-DcrServer | Where-Object Issuer -eq $server.Issuer
        Set-Secret -Vault TestStore -Name of-the-user -Secret 'value'
        $shell = [powershell]::Create()
        try {
            # The user's own calls may fail: SecretManagement takes one call at a time in a process. Ours must not.
            $null = $shell.AddScript({
                    Import-Module Microsoft.PowerShell.SecretManagement
                    while ($true) {
                        $null = Get-Secret -Vault TestStore -Name of-the-user -ErrorAction SilentlyContinue
                        Set-Secret -Vault TestStore -Name of-the-user -Secret 'value' -ErrorAction SilentlyContinue
                    }
                })
            $running = $shell.BeginInvoke()
            $clients = 1..5 | ForEach-Object { New-DcrClient "App$_" https://app.example.com/ -Connection $connection }
            $running.IsCompleted | Should -BeFalse
            $shell.Stop()
        } finally { $shell.Dispose() }

        $clients | Should -HaveCount 5
        $clients | ForEach-Object { (Get-VaultRecord $_).client_secret } |
            Should -Be ($clients | ForEach-Object { (Get-TestServerClient $server $_.ClientId).clientSecret })
    }

    It 'keep what both need when two change the same client' {
        $server = New-ConnectedServer @{ rotateToken = 'put' }
        $connection = Get-DcrServer | Where-Object Issuer -eq $server.Issuer
        $client = New-DcrClient App https://app.example.com/
        $results = 1..4 | ForEach-Object -ThrottleLimit 4 -Parallel {
            try { ($using:client | Set-DcrClient -SoftwareVersion "$_" -Connection $using:connection `
                -ErrorAction Stop).Metadata['software_version'] } catch { $_ }
        }
        # Of two at once one may come too late for the token that the other has replaced; it says so.
        $failures = @($results | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })
        foreach ($failure in $failures) { $failure.FullyQualifiedErrorId | Should -BeLike 'AccessTokenRejected,*' }
        $changed = @($results | Where-Object { $_ -is [string] })
        $changed.Count | Should -BeGreaterThan 0
        $changed.Count + $failures.Count | Should -Be 4
        (Get-TestServerClient $server).metadata.software_version | Should -BeIn $changed
        (Get-VaultRecord $client).registration_access_token | Should -BeExactly (Get-TestServerClient $server).registrationAccessToken
        (Get-DcrClient $client.ClientId).ClientName | Should -Be 'App'
    }
}
