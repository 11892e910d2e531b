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

    It 'without wildcards does not stand for clients without a tenant' {
        $null = New-DcrClient 'Nobody' https://app.example.com/callback
        Get-DcrClient -Tenant Nobody -Offline | Should -BeNullOrEmpty
        (Get-DcrClient -Tenant * -Offline).ClientName | Should -Contain 'Nobody'
    }
}
