# From a protected resource, such as an MCP server, to its authorization server (RFC 9728).
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
}

AfterAll { Stop-DcrTest }

Describe 'Connect-DcrServer -Discovery Resource' {
    It 'takes the resource in the first position, and offers its scopes' {
        $server = New-TestServer @{ resourcePath = '/mcp' }
        $connection = Connect-DcrServer -Discovery Resource "$($server.Url)/mcp"
        $connection.Issuer | Should -BeExactly $server.Issuer
        $connection.Resource | Should -BeExactly "$($server.Url)/mcp"
        $connection.ScopesSupported | Should -Be mcp:tools, mcp:resources
        $connection | Format-List | Out-String |
            Should -BeLike "*Resource * $($server.Url)/mcp*ScopesSupported * {mcp:tools, mcp:resources}*"
        ([System.Management.Automation.CommandCompletion]::CompleteInput('New-DcrClient -Scope mcp:t', 26,
            $null)).CompletionMatches.CompletionText |
            Should -Be mcp:tools

        $null = New-DcrClient Agent http://127.0.0.1:7777/callback
        (Get-TestServerRequest $server -Operation register).body | Should -BeLike '*"application_type":"native"*'
    }

    It 'leaves the choice among several servers to -Issuer' {
        $server = New-TestServer @{ resourcePath = '/mcp' }
        Set-TestServerSwitch $server @{ resourceOverrides = @{ authorization_servers = @('https://as.example.com', $server.Issuer) } }
        $null = Assert-Failure { Connect-DcrServer -Discovery Resource "$($server.Url)/mcp" } -Id DiscoveryFailed -Category InvalidData `
            -Message "*2 authorization servers: https://as.example.com, $($server.Issuer)*" -Action '*-Issuer*' -Terminating
        (Connect-DcrServer "$($server.Url)/mcp" -Discovery Resource -Issuer $server.Issuer).Issuer | Should -BeExactly $server.Issuer
        (Connect-DcrServer -Resource "$($server.Url)/mcp" -Issuer $server.Issuer).Issuer | Should -BeExactly $server.Issuer
    }

    It 'does not go with another discovery' {
        $null = Assert-Failure { Connect-DcrServer -Resource https://mcp.example.com -Discovery Smart } -Id InvalidSetup `
            -Category InvalidArgument -Message '*-Resource and -Discovery Smart cannot be used together*' -Terminating
    }
}
