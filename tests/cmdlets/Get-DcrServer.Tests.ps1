BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
}

AfterAll { Stop-DcrTest }

Describe 'Get-DcrServer' {
    It 'gives nothing before the first connection' {
        Get-DcrServer | Should -BeNullOrEmpty
    }

    It 'shows each connection with its endpoint and capabilities' {
        $one = New-ConnectedServer @{} @{ Name = 'one' }
        $two = New-ConnectedServer @{} @{ Name = 'two' }

        $connections = Get-DcrServer
        $connections | Should -BeOfType DcrPowerShell.DcrConnection
        $connections.Name | Should -Be 'one', 'two'
        $connections.Issuer | Should -Be $one.Issuer, $two.Issuer
        $connections.RegistrationEndpoint | Should -Be "$($one.Url)/register", "$($two.Url)/register"
        $connections[0].Capabilities.ToString() | Should -Be 'Register, Read, Update, Delete'
        $connections.Vault | Should -Be $null, $null
        $connections.Store | Should -Be $env:DCRPOWERSHELL_HOME, $env:DCRPOWERSHELL_HOME
    }

    It 'finds connections by name, wildcards and position: <Name>' -ForEach @(
        @{ Name = 'ONE'; Found = 'one' }
        @{ Name = 't*'; Found = 'two' }
        @{ Name = 'one', 'two'; Found = 'one', 'two' }
        @{ Name = 'none'; Found = $null }
    ) {
        Get-DcrServer $Name | ForEach-Object Name | Should -Be $Found
    }

    It 'takes names from the pipeline' {
        ('two', 'one' | Get-DcrServer).Name | Should -Be 'two', 'one'
    }

    It 'asks no server' {
        $server = New-ConnectedServer
        Clear-TestServerRequest $server
        $null = Get-DcrServer
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'shows another runspace nothing of this one' {
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddCommand('Import-Module').AddArgument((Get-Module DcrPowerShell).Path).AddStatement().AddCommand('Get-DcrServer')
            $shell.Invoke() | Should -BeNullOrEmpty
            $shell.HadErrors | Should -BeFalse
        } finally { $shell.Dispose() }
    }
}
