# What a user of Enable-Auth0Dcr sees. What it does from every state of a tenant is in EnableAuth0OperationTests.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest

    # Starts a tenant and connects to it.
    function New-ConnectedTenant([hashtable] $Auth0 = @{}, [hashtable] $Token = @{}) {
        $tenant = New-TestServer @{ dialect = 'auth0'; auth0 = @{ managementToken = $Token; managementLimit = $null;
            registerLimit = $null } + $Auth0 }
        $null = Connect-DcrServer $tenant.Issuer -ManagementToken (ConvertTo-Secret $tenant.ManagementToken)
        Clear-TestServerRequest $tenant
        $tenant
    }

    function Test-RegistrationOn($Tenant) { (Get-TestServerState $Tenant).settings.flags | ConvertTo-Json |
        Select-String '"enable_dynamic_client_registration":\s*true' -Quiet }

    function Get-ChangeSent($Tenant) { @(Get-TestServerRequest $Tenant | Where-Object method -ne GET) }

    $everything = @{
        DefaultPermission = @{ 'https://api.example.com' = 'read:items', 'write:items' }
        DomainConnection  = 'Username-Password-Authentication'
        AllowCidr         = '198.51.100.0/24'
    }
}

AfterAll {
    Stop-DcrTest
}

Describe 'Enable-Auth0Dcr' {
    It 'does the whole chain, shows it as a table, and does nothing the second time' {
        $tenant = New-ConnectedTenant
        $steps = Enable-Auth0Dcr @everything -Confirm:$false
        $steps.Step | Should -Be 'Default permission https://api.example.com', 'Domain connection Username-Password-Authentication',
            'Network limit', 'Security mode', 'Dynamic registration'
        $steps.Changed | Should -Be $true, $true, $true, $false, $true
        $table = ($steps | Format-Table | Out-String -Width 120) -replace '\s+', ' '
        $table | Should -BeLike '*Step Wanted Was Is *Dynamic registration on off on*'
        Test-RegistrationOn $tenant | Should -BeTrue
        (New-DcrClient App https://app.example.com/cb).ClientId | Should -BeLike 'tpc_*'

        Clear-TestServerRequest $tenant
        (Enable-Auth0Dcr @everything -Confirm:$false).Changed | Should -Be (, $false * 5)
        Get-ChangeSent $tenant | Should -BeNullOrEmpty
    }

    It 'sends only reads with -WhatIf, named or preferred' {
        $tenant = New-ConnectedTenant -Token @{ scopes = 'read:tenant_settings', 'read:client_grants', 'read:connections',
            'read:network_acls' }
        $steps = Enable-Auth0Dcr @everything -WhatIf -WarningVariable warnings -WarningAction SilentlyContinue
        $steps.Changed | Should -Be (, $false * 5)
        $steps[-1] | ForEach-Object { $_.Wanted, $_.Was, $_.Is } | Should -Be 'on', 'off', 'off'
        $warnings | Should -BeLike '*lacks create:client_grants, update:connections, create:network_acls, update:tenant_settings*'
        & { $WhatIfPreference = $true; Enable-Auth0Dcr @everything -WarningAction SilentlyContinue } | Should -HaveCount 5
        Get-ChangeSent $tenant | Should -BeNullOrEmpty
        @(Get-TestServerRequest $tenant).Count | Should -BeGreaterThan 0
    }

    It 'takes scopes as one text, and names and modes in any case' {
        $tenant = New-ConnectedTenant @{ tenant = @{ settings = @{ dynamic_client_registration_security_mode = 'permissive' } } }
        $steps = Enable-Auth0Dcr -DefaultPermission ([ordered]@{ 'https://api.example.com' = 'read:items write:items' }) `
            -SecurityMode STRICT -Confirm:$false -WarningAction SilentlyContinue
        $steps[0].Is | Should -Be 'read:items, write:items'
        (Get-TestServerState $tenant).settings.dynamic_client_registration_security_mode | Should -BeExactly 'strict'
    }

    It 'warns of what registered clients cannot do' {
        $null = New-ConnectedTenant
        $null = Enable-Auth0Dcr -Confirm:$false -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings | Should -HaveCount 3
        $warnings | Should -BeLike '*: *'
    }

    It 'names every missing scope before the first change' {
        $tenant = New-ConnectedTenant -Token @{ scopes = 'read:tenant_settings', 'read:client_grants', 'read:connections' }
        $null = Assert-Failure { Enable-Auth0Dcr -DomainConnection Username-Password-Authentication -Confirm:$false } `
            -Id InsufficientScope -Category PermissionDenied -Message '*update:connections, update:tenant_settings*' `
            -Action '*Auth0 Management API*' -Terminating
        Get-ChangeSent $tenant | Should -BeNullOrEmpty
    }

    It 'leaves a rule that says something else, reports every step all the same, and keeps registration off' {
        $rule = @{ description = 'Office'; active = $true; priority = 1;
            rule = @{ action = @{ block = $true }; not_match = @{ ipv4_cidrs = @('203.0.113.0/24') };
            scope = 'dynamic_client_registration' } }
        $tenant = New-ConnectedTenant @{ tenant = @{ networkAcls = @($rule) } }
        $null = Assert-Failure { $script:steps = Enable-Auth0Dcr @everything -Confirm:$false -WarningAction SilentlyContinue } `
            -Id NetworkRuleExists -Category ResourceExists -Message '*only 203.0.113.0/24*' -Action '*Access Control*'
        (Get-TestServerState $tenant).networkAcls.rule.not_match.ipv4_cidrs | Should -Be '203.0.113.0/24'
        Test-RegistrationOn $tenant | Should -Not -BeTrue
        $script:steps = Enable-Auth0Dcr @everything -Confirm:$false -WarningAction SilentlyContinue -ErrorAction SilentlyContinue
        $script:steps.Is | Should -Be 'read:items, write:items', 'promoted', 'only 203.0.113.0/24', 'strict', 'off'
    }

    It 'keeps what was reported when a step fails' {
        $tenant = New-ConnectedTenant @{ networkAclLimit = 0 }
        $steps = Enable-Auth0Dcr @everything -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable failure
        $steps.Changed | Should -Be $true, $true
        $failure.FullyQualifiedErrorId | Should -BeLike 'RegistrationForbidden,*'
        Test-RegistrationOn $tenant | Should -Not -BeTrue
    }

    It 'refuses address ranges that are none, and servers that are not Auth0' {
        $tenant = New-ConnectedTenant
        $null = Assert-Failure { Enable-Auth0Dcr -AllowCidr 198.51.100.0/24, 10.0.0.0/33 -Confirm:$false } -Id InvalidSetup `
            -Category InvalidArgument -Message "*'10.0.0.0/33'*" -Terminating
        @(Get-TestServerRequest $tenant).Count | Should -Be 0
        $null = New-ConnectedServer
        $null = Assert-Failure { Enable-Auth0Dcr -Confirm:$false } -Id OperationNotSupported -Category NotImplemented `
            -Message '*speaks Standard*' -Terminating
    }
}
