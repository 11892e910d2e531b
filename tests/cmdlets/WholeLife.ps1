# The main job, as an administrator does it; what a server is like must not matter.
function Test-WholeLife {
    param(
        [Parameter(Mandatory)] [string] $Issuer,
        # Further parameters of Connect-DcrServer.
        [hashtable] $Connect = @{}
    )

    $WarningPreference = 'SilentlyContinue'
    $connection = Connect-DcrServer $Issuer @Connect
    $connection.Issuer | Should -Be $Issuer
    Get-DcrClient | Should -BeNullOrEmpty

    $client = New-DcrClient 'Patient portal' https://portal.example.com/callback -Scope openid, profile -Tenant clinic-1 `
        -WarningVariable warnings
    $client.ClientName | Should -Be 'Patient portal'
    $client.ClientSecret | Should -Not -BeNullOrEmpty
    $record = Get-KeptRecord $client
    $record.registration_access_token | Should -Not -BeNullOrEmpty

    $read = Get-DcrClient $client.ClientId -WarningVariable +warnings
    $read.RedirectUris | Should -Be 'https://portal.example.com/callback'
    $read.Tenant | Should -Be 'clinic-1'

    foreach ($number in 1..2) {
        $uris = 'https://portal.example.com/callback', "https://portal.example.com/callback$number"
        $changed = $read | Set-DcrClient -RedirectUri $uris -WarningVariable +warnings
        # A server may say only the first of them.
        $changed.RedirectUris[0] | Should -Be $uris[0]
        $changed.Scope | Should -Be 'openid', 'profile'
        $changed.ClientName | Should -Be 'Patient portal'
    }

    $listed = Get-DcrClient -Tenant clinic-* -WarningVariable +warnings
    $listed.ClientId | Should -Be $client.ClientId
    $offline = Get-DcrClient $client.ClientId -Offline
    ConvertTo-PlainText $offline.RegistrationAccessToken | Should -BeExactly (ConvertTo-PlainText $listed.RegistrationAccessToken)
    $warnings | Where-Object { "$_" -notlike '*the server replaced the client secret*' } | Should -BeNullOrEmpty

    $listed | Remove-DcrClient -Confirm:$false
    Get-DcrClient | Should -BeNullOrEmpty
    Get-KeptId | Should -Not -Contain $client.ClientId
    (Get-Failure { $client | Get-DcrClient })[0].FullyQualifiedErrorId | Should -Match '^(AccessTokenRejected|ClientNotFound),'
    Disconnect-DcrServer
}
