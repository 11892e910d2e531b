BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    . "$PSScriptRoot/WholeLife.ps1"
}

AfterAll { Stop-DcrTest }

Describe 'A client lives its whole life at a server where <Name>' -ForEach @(
    @{ Name = 'nothing is special'; Switches = @{} }
    @{ Name = 'registering needs an initial token'; Switches = @{ initialToken = 'initial-token-of-the-test' } }
    @{ Name = 'updates replace the token'; Switches = @{ rotateToken = 'put' } }
    @{ Name = 'reads and updates replace token and secret'; Switches = @{ rotateToken = 'getAndPut'; rotateSecret = 'getAndPut' } }
    @{ Name = 'reads repeat neither token nor secret'; Switches = @{ repeatToken = $false; repeatSecret = $false } }
    @{ Name = 'the issuer has a path and the URI is relative'; Switches = @{ issuerPath = '/tenant1'; registrationClientUri = 'relative' } }
    @{ Name = 'old habits rule'; Switches = @{ registerStatus = 200; registrationClientUri = 'query'; putSecret = 'required';
        rotateSecret = 'put'; scopeAsArray = $true } }
    @{ Name = 'empty values stand for absent ones'; Switches = @{ emptyMembers = 'hydra'; putSecret = 'forbidden'; rotateToken = 'put';
        repeatToken = $false } }
) {
    It 'registered, read, changed, listed, removed' {
        $server = New-TestServer $Switches
        $connect = if ($Switches['initialToken']) { @{ InitialAccessToken = ConvertTo-Secret $Switches.initialToken } } else { @{} }
        Test-WholeLife -Issuer $server.Issuer -Connect $connect
        Get-TestServerClient $server | Should -BeNullOrEmpty
    }
}
