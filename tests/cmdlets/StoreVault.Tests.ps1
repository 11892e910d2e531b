# The local store as a SecretManagement vault: what other scripts read there, write and remove.
# Needs: SecretManagement
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $WarningPreference = 'SilentlyContinue'
    Import-Module Microsoft.PowerShell.SecretManagement
    Register-SecretVault DcrStore -ModuleName (Get-Module DcrPowerShell).Path.Replace('core/DcrPowerShell.dll', 'DcrPowerShell.psd1')
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/' }

    function Get-Text([string] $Name) { Get-Secret -Vault DcrStore -Name $Name -AsPlainText -ErrorAction SilentlyContinue }
}

AfterAll {
    Unregister-SecretVault DcrStore -ErrorAction SilentlyContinue
    Stop-DcrTest
}

Describe 'The local store as a vault' {
    BeforeAll {
        Switch-TestFolder
        $server = New-ConnectedServer
        $client = New-DcrClient @app -ClientSecretName app-secret
        $key = New-DcrKey app-key
    }

    It 'has the copy that a row names for a client of before' {
        $row = [pscustomobject]@{ ClientName = 'Copied'; RedirectUri = 'https://app.example.com/'; Tenant = 'copied' }
        $null = $row | New-DcrClient
        $row | Add-Member ClientSecretName row-secret
        $found = $row | New-DcrClient
        Get-Text row-secret | Should -BeExactly (ConvertTo-PlainText $found.ClientSecret)
        $row.RedirectUri = 'https://app.example.com/v2'
        $row.ClientSecretName = 'row-secret-2'
        $changed = $row | New-DcrClient -Update
        Get-Text row-secret-2 | Should -BeExactly (ConvertTo-PlainText $changed.ClientSecret)
        $other = [pscustomobject]@{ ClientName = 'Other'; RedirectUri = 'https://app.example.com/'; Tenant = 'other';
            ClientSecretName = 'row-secret' }
        $null = Assert-Failure { $other | New-DcrClient } -Id SecretExists -Category ResourceExists -Message '*row-secret*'
        'copied', 'other' | ForEach-Object { Remove-DcrClient -Tenant $_ -Force -ErrorAction SilentlyContinue }
    }

    It 'reads registrations and secrets, and takes a user''s own' {
        Get-Text app-secret | Should -BeExactly (Get-TestServerClient $server).clientSecret
        (Get-Text $client.SecretName | ConvertFrom-Json).client_id | Should -Be $client.ClientId
        Set-Secret -Vault DcrStore mine 'first'
        Set-Secret -Vault DcrStore mine 'second'
        Get-Text mine | Should -BeExactly 'second'
        (Get-SecretInfo -Vault DcrStore).Name | Should -Contain mine
    }

    It 'keeps <Name> whatever Set-Secret would put in its place, and Remove-Secret makes room' -ForEach @(
        @{ Name = 'app-secret' }
        @{ Name = 'app-key' }
    ) {
        $before = Get-Text $Name
        Set-Secret -Vault DcrStore $Name 'other' -ErrorAction SilentlyContinue -ErrorVariable failures
        "$failures" | Should -BeLike "*'$Name' is a key, or a client's secret*Remove-Secret*"
        Get-Text $Name | Should -BeExactly $before
        Remove-Secret -Vault DcrStore $Name
        Set-Secret -Vault DcrStore $Name 'other'
        Get-Text $Name | Should -BeExactly 'other'
    }

    It 'refuses metadata before it writes, and keeps the former secret' {
        Set-Secret -Vault DcrStore former 'former'
        Set-Secret -Vault DcrStore former 'newer' -Metadata @{ a = 1 } -ErrorAction SilentlyContinue -ErrorVariable failures
        "$failures" | Should -BeLike '*keeps no metadata*'
        Get-Text former | Should -BeExactly 'former'
    }

    It 'says that it is locked where something is to be removed' {
        Set-Secret -Vault DcrStore kept 'text'
        Unlock-DcrStore -Lock
        try {
            Remove-Secret -Vault DcrStore kept -ErrorAction SilentlyContinue -ErrorVariable failures
            "$failures" | Should -BeLike '*is locked*Unlock-DcrStore*'
        } finally { Unlock-DcrStore }
        Get-Text kept | Should -BeExactly 'text'
    }

    It 'cannot hold its own key' {
        $null = Assert-Failure { Set-DcrStore -Protection Vault -Vault DcrStore } -Id InvalidSetup -Category InvalidArgument `
            -Message '*cannot hold its own key*' -Terminating
    }
}
