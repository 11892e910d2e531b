@{
    RootModule        = 'DcrTestVault.Extension.psm1'
    ModuleVersion     = '1.0.0'
    GUID              = 'c9c0a6de-2f36-4d0e-9a49-0d5a6d2b7e35'
    Author            = 'DcrPowerShell contributors'
    PowerShellVersion = '5.1'
    FunctionsToExport = @('Get-Secret', 'Set-Secret', 'Remove-Secret', 'Get-SecretInfo', 'Test-SecretVault')
    CmdletsToExport   = @()
    VariablesToExport = @()
    AliasesToExport   = @()
}
