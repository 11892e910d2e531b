@{
    RootModule             = if ($PSEdition -eq 'Desktop') { 'desktop/DcrPowerShell.dll' } else { 'core/DcrPowerShell.dll' }
    ModuleVersion          = '0.1.0'
    GUID                   = '2d2f4f0e-6f0a-4f3b-9d0c-0b9a7d1f7591'
    Author                 = 'DcrPowerShell contributors'
    CompanyName            = 'DcrPowerShell contributors'
    Copyright              = '(c) DcrPowerShell contributors. MIT licence.'
    Description            = 'Registers OAuth 2.0 and OpenID Connect clients and manages them for their whole life: RFC 7591 dynamic client registration, RFC 7592 read, update and delete. Registration access tokens and client secrets, which a server may show only once, are kept in an encrypted file of your account, or in SecretManagement vaults.'

    PowerShellVersion      = '5.1'
    DotNetFrameworkVersion = '4.7.2'
    CompatiblePSEditions   = @('Desktop', 'Core')
    # Before the types, which refer to it.
    RequiredAssemblies     = if ($PSEdition -eq 'Desktop') { 'desktop/DcrPowerShell.dll' } else { 'core/DcrPowerShell.dll' }
    NestedModules          = @('DcrPowerShell.Extension')
    FormatsToProcess       = @('DcrPowerShell.Format.ps1xml')
    TypesToProcess         = @('DcrPowerShell.Types.ps1xml')

    CmdletsToExport        = @(
        'Backup-DcrStore'
        'Compare-DcrClient'
        'Connect-DcrServer'
        'Disconnect-DcrServer'
        'Enable-Auth0Dcr'
        'Export-DcrClient'
        'Find-DcrOrphan'
        'Get-DcrAuditLog'
        'Get-DcrClient'
        'Get-DcrServer'
        'Get-DcrStore'
        'Import-DcrClient'
        'Move-DcrRegistration'
        'New-DcrClient'
        'New-DcrClientDocument'
        'New-DcrKey'
        'New-DcrSoftwareStatement'
        'Remove-DcrClient'
        'Repair-DcrClient'
        'Reset-DcrClientSecret'
        'Reset-DcrRegistrationToken'
        'Resolve-DcrOrphan'
        'Restore-DcrRegistration'
        'Set-DcrClient'
        'Set-DcrStore'
        'Sync-DcrClient'
        'Test-DcrClient'
        'Test-DcrClientDocument'
        'Test-DcrServer'
        'Unlock-DcrStore'
    )
    FunctionsToExport      = @()
    AliasesToExport        = @()
    VariablesToExport      = @()

    PrivateData            = @{
        PSData = @{
            Tags         = @(
                'OAuth', 'OAuth2', 'OpenIDConnect', 'OIDC', 'DCR', 'RFC7591', 'RFC7592', 'Registration', 'SecretManagement'
                'PSEdition_Core', 'PSEdition_Desktop', 'Windows', 'Linux', 'MacOS'
            )
            # Such as preview1: the version is then 0.1.0-preview1.
            Prerelease   = ''
            ProjectUri   = 'https://github.com/DcrPowerShell/DcrPowerShell'
            LicenseUri   = 'https://github.com/DcrPowerShell/DcrPowerShell/blob/main/LICENSE'
            IconUri      = 'https://raw.githubusercontent.com/DcrPowerShell/DcrPowerShell/main/docs/images/icon.png'
            ReleaseNotes = 'https://github.com/DcrPowerShell/DcrPowerShell/blob/main/CHANGELOG.md'
        }
    }
}
